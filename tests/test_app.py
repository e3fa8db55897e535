"""The composition root: a node is put together whole, and knows its key without telling it."""

from pathlib import Path

from server.app import build, key_fingerprint
from server.clock import SystemClock
from server.limits.memory import MemoryLimits, NoLimits
from server.settings import Settings
from server.store.engine import open_store
from server.transport.admission import Admission


async def test_a_node_is_built_from_its_settings_and_nothing_runs_yet(tmp_path: Path) -> None:
    clock = SystemClock()
    store = open_store(f"sqlite:///{tmp_path / 'parley.db'}", clock=clock)
    try:
        limited = build(Settings(heartbeat_interval=7), store, clock, Admission(1_000))
        free = build(Settings(rate_limits="off"), store, clock, Admission(1_000))
    finally:
        await store.close()

    names = [worker.name for worker in limited.workers]
    assert names == ["journal", "gateway", "hub", "announcer", "views", "board"]
    assert limited.gateway.heartbeat.interval == 7
    assert isinstance(limited.gateway.limits, MemoryLimits)
    assert isinstance(free.gateway.limits, NoLimits)
    assert not free.gateway.rates_on


def test_a_fingerprint_tells_keys_apart_and_nothing_of_them() -> None:
    one, two = key_fingerprint("a" * 32), key_fingerprint("b" * 32)

    assert one != two
    assert len(one) == 16
    assert one == key_fingerprint("a" * 32)
