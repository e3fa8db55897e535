"""Groups, halving, and the end."""

import asyncio
import threading

import pytest

from server.chat.model import Committed, Failed, Outcome, Refused
from server.store.connection import Connection
from server.store.port import StoreUnavailable
from server.store.writer import Result
from tests.store.scenes import drafted, opened, refuses, row_of, says, settled, write_to


async def test_what_waits_while_a_commit_runs_goes_into_the_next(sqlite: str) -> None:
    begun, held = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold(db: Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        held.wait(20)

    async with opened(sqlite) as store:
        await write_to(store, drafted(row_of("cv_1"), says("1")))
        before = store._writer.counters.groups
        store._writer.submit(hold, lambda result: None)
        await begun.wait()
        outcomes: list[Outcome] = []
        for _ in range(100):
            store.append(drafted("cv_1", says("x")), outcomes.append)
        held.set()
        await store.flush()
        groups = store._writer.counters.groups - before

    assert len(outcomes) == 100
    assert groups <= 3


async def test_poison_is_found_by_halving(sqlite: str) -> None:
    async with opened(sqlite) as store:
        await write_to(store, drafted(row_of("cv_1"), says("1")))
        outcomes = await settled(
            store, *[drafted("cv_1", says("\ud800" if n == 9 else "x")) for n in range(16)]
        )
        status = await store.ping()

    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Committed] * 9 + [Failed] + [Committed] * 6
    assert 1 <= status.journal["halvings"] <= 5
    assert status.journal["outages"] == 0


async def test_nothing_is_taken_after_close(sqlite: str) -> None:
    outcomes: list[Outcome | Result] = []

    async with opened(sqlite) as store:
        pass
    store.append(drafted("cv_1", says("late")), outcomes.append)
    store._writer.submit(lambda db: None, outcomes.append)
    with pytest.raises(StoreUnavailable):
        await store.write(lambda tx: None)
    await store.run()

    assert [type(outcome) for outcome in outcomes] == [Failed, Failed]


async def test_a_caller_that_fails_on_its_outcome_does_not_stop_the_others(
    sqlite: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(outcome: Outcome) -> None:
        raise ZeroDivisionError

    told: list[Outcome] = []

    async with opened(sqlite) as store:
        store.append(drafted("cv_nowhere", refuses), fails)
        store.append(drafted("cv_nowhere", refuses), told.append)
        await store.flush()

    assert [type(outcome) for outcome in told] == [Refused]
    assert "a caller failed" in caplog.text


async def test_a_cancelled_write_is_written_all_the_same(sqlite: str) -> None:
    async with opened(sqlite) as store:
        task = asyncio.Task(store.write(lambda tx: tx.set_meta("k", "v")))
        await asyncio.sleep(0)
        task.cancel()
        await store.flush()
        found = await store.read(lambda tx: tx.meta("k"))

    assert task.cancelled()
    assert found == "v"
