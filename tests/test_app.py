"""The composition root: a node is put together whole, and the first start lets somebody in."""

from pathlib import Path

import pytest

from server import ids
from server.app import _setup_secret, build, key_fingerprint
from server.bootstrap import create_workspace
from server.clock import SystemClock
from server.limits.memory import MemoryLimits, NoLimits
from server.settings import Settings
from server.store.backends import backend
from server.store.engine import open_store
from server.store.migrate import migrate
from server.store.transaction import SqlTransaction
from server.transport.admission import Admission

pytestmark = pytest.mark.adapter

NOW = 1_800_000_000_000


def test_a_fingerprint_knows_its_key_and_tells_nothing_of_it() -> None:
    assert key_fingerprint("a" * 32) == key_fingerprint("a" * 32)
    assert key_fingerprint("a" * 32) != key_fingerprint("a" * 31 + "b")
    assert len(key_fingerprint("a" * 32)) == 16


def test_each_start_makes_a_new_link_for_as_long_as_there_is_no_owner(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/parley.db"
    migrate(url)
    tx = SqlTransaction(backend(url).connect_writer())

    first, second = _setup_secret(tx, NOW), _setup_secret(tx, NOW)

    assert first is not None
    assert second is not None
    assert tx.agents.take_setup(ids.secret_hash(first), NOW) is None
    assert tx.agents.take_setup(ids.secret_hash(second), NOW) is not None
    create_workspace(
        tx, name="Acme", now=NOW, agent_email="sam@acme.test", agent_password="open sesame"
    )
    assert _setup_secret(tx, NOW) is None


async def test_a_node_is_built_from_its_settings_and_nothing_runs_yet(tmp_path: Path) -> None:
    clock = SystemClock()
    store = open_store(f"sqlite:///{tmp_path / 'parley.db'}", clock=clock)
    try:
        limited = build(Settings(heartbeat_interval=7), store, clock, Admission(1_000))
        free = build(Settings(rate_limits="off"), store, clock, Admission(1_000))
    finally:
        await store.close()

    assert limited.gateway.heartbeat.interval == 7
    assert isinstance(limited.gateway.limits, MemoryLimits)
    assert isinstance(free.gateway.limits, NoLimits)
    assert not free.gateway.rates_on
