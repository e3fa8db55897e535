"""Whether the process lives, and whether it can serve."""

import pytest

from server.store.port import StoreStatus, StoreUnavailable
from tests.api.node import TestNode

pytestmark = pytest.mark.adapter


async def test_a_process_that_answers_is_alive_and_ready(node: TestNode) -> None:
    alive = await node.ask("GET", "/healthz")
    ready = await node.ask("GET", "/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "bus": "ok", "draining": False},
    }


async def test_a_draining_node_lives_and_is_not_ready(node: TestNode) -> None:
    node.node.gateway.draining = True

    assert (await node.ask("GET", "/healthz")).status_code == 200
    assert (await node.ask("GET", "/readyz")).status_code == 503


async def test_without_a_database_it_is_not_ready(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out() -> StoreStatus:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(node.store, "ping", out)

    answer = await node.ask("GET", "/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "unavailable"
    assert (await node.ask("GET", "/healthz")).status_code == 200


async def test_on_an_old_schema_it_is_not_ready(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def old() -> StoreStatus:
        return StoreStatus("0000", behind=True)

    monkeypatch.setattr(node.store, "ping", old)

    answer = await node.ask("GET", "/readyz")

    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "behind")
