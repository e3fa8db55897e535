"""Whether the process lives, and whether it can serve: `/healthz` and `/readyz` (PROTOCOL §13)."""

from starlette.requests import Request
from starlette.responses import Response

from server.api.problems import JsonResponse
from server.gateway.context import Gateway
from server.store.port import StoreUnavailable

__all__ = ["Health"]


class Health:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def alive(self, request: Request) -> Response:
        return JsonResponse({"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """200, or 503 while draining, or without a database."""
        database, bus = "ok", "ok"
        try:
            status = await self._gateway.store.ping()
            migrations = "behind" if status.behind else "ok"
        except StoreUnavailable:
            database = migrations = "unavailable"
        ready = not self._gateway.draining and database == migrations == "ok"
        checks = {
            "database": database,
            "migrations": migrations,
            "bus": bus,
            "draining": self._gateway.draining,
        }
        body = {"status": "ok" if ready else "unavailable", "checks": checks}
        return JsonResponse(body, 200 if ready else 503)
