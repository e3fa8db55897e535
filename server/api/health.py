"""Whether the process lives, and whether it can serve: `/healthz` and `/readyz` (PROTOCOL §13)."""

from typing import Literal

from pydantic import BaseModel
from starlette.responses import Response

from server.api.inputs import Nothing
from server.api.operation import Call
from server.api.problems import JsonResponse
from server.store.port import StoreUnavailable

__all__ = ["Alive", "Ready", "alive", "ready"]


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Checks(BaseModel):
    """What was looked at."""

    database: Literal["ok", "unavailable"]
    migrations: Literal["ok", "behind", "unavailable"]
    bus: Literal["ok"]
    draining: bool


class Ready(BaseModel):
    """Whether to send anybody here."""

    status: Literal["ok", "unavailable"]
    checks: Checks


async def alive(call: Call[Nothing]) -> Response:
    return JsonResponse({"status": "ok"})


async def ready(call: Call[Nothing]) -> Response:
    """200, or 503 while draining, or without a database."""
    gateway = call.api.gateway
    database, bus = "ok", "ok"
    try:
        status = await gateway.store.ping()
        migrations = "behind" if status.behind else "ok"
    except StoreUnavailable:
        database = migrations = "unavailable"
    fit = not gateway.draining and database == migrations == "ok"
    checks = {
        "database": database,
        "migrations": migrations,
        "bus": bus,
        "draining": gateway.draining,
    }
    body = {"status": "ok" if fit else "unavailable", "checks": checks}
    return JsonResponse(body, 200 if fit else 503)
