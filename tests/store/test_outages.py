"""What the store does when the database cannot: nothing is told as done, and it comes back."""

import asyncio
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from server.chat.model import Committed, Draft, Failed, LogName, Outcome
from server.store.backends import backend
from server.store.connection import Connection
from server.store.engine import SqlStore
from server.store.port import StoreUnavailable
from server.store.writer import WriterEnded
from tests.store.databases import PostgresServer
from tests.store.scenes import drafted, opened, row_of, says, settled, write_to

pytestmark = pytest.mark.adapter


async def told(store: SqlStore, draft: Draft) -> Outcome:
    """The outcome of one draft, whatever becomes of the writer."""
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    store.append(draft, outcome.set_result)
    return await outcome


async def test_a_full_disk_fails_what_waits_and_passes(sqlite: str) -> None:
    """DELIVERY, failure matrix: nothing acked, recovers by itself when it can write again."""
    big = "x" * 60_000

    async with opened(sqlite) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        db = store._writer._db
        assert db is not None
        pages = db.driver.execute("PRAGMA page_count").fetchone()[0]
        db.driver.execute(f"PRAGMA max_page_count={pages + 8}").fetchone()
        full = await settled(store, drafted("cv_1", says(big)), drafted("cv_1", says("two")))
        with pytest.raises(StoreUnavailable):
            await store.write(lambda tx: tx.set_meta("big", big))
        db.driver.execute("PRAGMA max_page_count=1000000").fetchone()
        (after,) = await settled(store, drafted("cv_1", says(big)))
        status = await store.ping()

    assert [type(outcome) for outcome in full] == [Failed, Failed]
    assert all(isinstance(o, Failed) and isinstance(o.error, StoreUnavailable) for o in full)
    assert isinstance(after, Committed)
    assert after.log.public_seq == 2
    assert status.journal["outages"] >= 1


async def test_a_lost_connection_is_opened_again(postgres: PostgresServer) -> None:
    url = postgres.fresh()

    async with opened(url) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        await store.read(lambda tx: tx.workspaces.all())
        postgres.disconnect_all(url)
        lost = await told(store, drafted("cv_1", says("two")))
        (back,) = await settled(store, drafted("cv_1", says("three")))
        with pytest.raises(StoreUnavailable):
            await store.read(lambda tx: tx.workspaces.all())
        found = await store.read(lambda tx: tx.workspaces.all())

    assert isinstance(lost, Failed)
    assert isinstance(lost.error, StoreUnavailable)
    assert isinstance(back, Committed)
    assert back.log.public_seq == 2
    assert len(found) == 1


async def test_the_writers_death_is_told_and_nothing_is_done_after_it(sqlite: str) -> None:
    def dies(db: Connection) -> None:
        raise SystemExit("the thread is gone")

    async with opened(sqlite) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        store._writer.submit(dies, lambda result: None)
        with pytest.raises(WriterEnded) as ended:
            await store.run()
        after = await told(store, drafted("cv_1", says("two")))
        with pytest.raises(StoreUnavailable):
            await store.write(lambda tx: None)
        with pytest.raises(StoreUnavailable):
            await store.ping()

    assert isinstance(ended.value.__cause__, SystemExit)
    assert isinstance(after, Failed)


APPENDS = """
    import asyncio, os, sys
    from tests.store.scenes import drafted, opened, row_of, says

    async def main():
        async with opened(sys.argv[1]) as store:
            loop = asyncio.get_running_loop()
            done = loop.create_future()
            def told(outcome):
                os.write(1, b"%d\\n" % outcome.answer.seq)
                if outcome.answer.seq % 20 == 0:
                    for n in range(20):
                        store.append(drafted("cv_1", says("x" * 500)), told)
            store.append(drafted(row_of("cv_1"), says("first")), told)
            for n in range(19):
                store.append(drafted("cv_1", says("x" * 500)), told)
            await done
    asyncio.run(main())
"""


def _appends_until_killed(url: str, after: int) -> list[int]:
    """The acks that a writing process gave before it was killed, which was after `after` of them
    or a few more.
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(APPENDS), url],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as writing:
        assert writing.stdout is not None
        told = [int(writing.stdout.readline()) for _ in range(after)]
        writing.kill()
        told += [int(line) for line in writing.stdout if line.endswith(b"\n")]
    return told


@pytest.mark.parametrize("after", [1, 137, 400])
async def test_what_was_told_as_done_survives_a_kill(sqlite: str, after: int) -> None:
    """I1, I3: `after` is how many acks are read before the process is killed."""
    told = _appends_until_killed(sqlite, after)

    async with opened(sqlite, furnished=False) as store:
        found = await store.read(
            lambda tx: tx.conversations.events("cv_1", LogName.PUBLIC, after=0, limit=100_000)
        )
        (next_one,) = await write_to(store, drafted("cv_1", says("goes on")))

    numbers = [event.seq for event in found]
    assert numbers == list(range(1, len(numbers) + 1))
    assert set(told) <= set(numbers)
    assert next_one.log.public_seq == len(numbers) + 1


async def test_a_summary_left_behind_by_a_kill_is_made_at_the_next_start(sqlite: str) -> None:
    told = _appends_until_killed(sqlite, 1)

    async with opened(sqlite, furnished=False) as store:
        (summary,) = await store.read(lambda tx: tx.conversations.summaries("ws_1", ["cv_1"]))

    assert summary.last_message == summary.last_event
    assert summary.last_event is not None
    assert summary.last_event.seq >= told[-1]


def test_the_journals_own_connection_is_durable(sqlite: str) -> None:
    """DELIVERY W5."""
    writer = backend(sqlite).connect_writer()
    found = {
        name: writer.driver.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("synchronous", "journal_mode", "wal_autocheckpoint", "foreign_keys")
    }
    writer.close()

    assert found == {
        "synchronous": 2,
        "journal_mode": "wal",
        "wal_autocheckpoint": 0,
        "foreign_keys": 1,
    }


def test_postgresql_commits_are_durable(postgres: PostgresServer) -> None:
    """DELIVERY W5."""
    writer = backend(postgres.empty()).connect_writer()
    (found,) = writer.driver.execute("SHOW synchronous_commit").fetchone()
    writer.close()

    assert found == "on"
