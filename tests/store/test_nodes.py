"""Several nodes on one PostgreSQL: the locks are the database's, the rules are the same."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from server.chat.model import LogName, OpenOrNew, Outcome
from server.store.connection import Connection
from server.store.engine import SqlStore
from tests.store.databases import PostgresServer
from tests.store.scenes import committed, drafted, opened, row_of, says, write_to

pytestmark = pytest.mark.adapter


@asynccontextmanager
async def two_nodes(postgres: PostgresServer) -> AsyncIterator[tuple[SqlStore, SqlStore]]:
    url = postgres.fresh()
    async with (
        opened(url, exclusive=False) as one,
        opened(url, exclusive=False, furnished=False) as two,
    ):
        yield one, two


async def test_the_same_retry_on_two_nodes_makes_one_row(postgres: PostgresServer) -> None:
    """DELIVERY, failure matrix; I2. From a server, so no visitor's row keeps the two apart: the
    second node is caught waiting for the unique key of the first one's open transaction.
    """
    begun, queued, inserted, held = (threading.Event() for _ in range(4))
    rows = [row_of(f"cv_{n}", visitor_id=None, session_id=None) for n in (1, 2)]
    first, again = (drafted(row, says("hi", "c-1"), key="c-1") for row in rows)

    def hold_the_writer(db: Connection) -> None:
        begun.set()
        queued.wait(20)

    def hold_the_transaction(db: Connection) -> None:
        inserted.set()
        held.wait(20)

    async with two_nodes(postgres) as (one, two):
        one._writer.submit(hold_the_writer, lambda result: None)
        await asyncio.to_thread(begun.wait, 20)
        one.append(first, lambda outcome: None)
        one._writer.submit(hold_the_transaction, lambda result: None)
        queued.set()
        await asyncio.to_thread(inserted.wait, 20)
        settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        two.append(again, settled.set_result)
        await asyncio.to_thread(postgres.wait_for_a_lock)
        held.set()
        second = committed(await settled)
        found = await two.read(lambda tx: tx.conversations.get("ws_1", "cv_2"))

    assert second.duplicate
    assert found is None


async def test_two_nodes_number_one_log_without_holes(postgres: PostgresServer) -> None:
    """I3, I5."""
    async with two_nodes(postgres) as (one, two):
        await write_to(one, drafted(row_of("cv_1"), says("0")))
        await asyncio.gather(
            *[
                write_to(node, *[drafted("cv_1", says("x")) for _ in range(10)])
                for node in (one, two) * 5
            ]
        )
        found = await two.read(
            lambda tx: tx.conversations.events("cv_1", LogName.PUBLIC, limit=999)
        )
        collisions = [node._writer.counters.halvings for node in (one, two)]

    assert collisions == [0, 0]
    assert [event.seq for event in found] == list(range(1, 102))


async def test_two_tabs_on_two_nodes_open_one_conversation(postgres: PostgresServer) -> None:
    """PROTOCOL §5: the visitor's row is the lock."""
    async with two_nodes(postgres) as nodes:
        made = await asyncio.gather(
            *[
                write_to(
                    node,
                    drafted(OpenOrNew(row_of(f"cv_{n}")), says(f"{n}"), session_id="se_1"),
                )
                for n, node in enumerate(nodes * 5)
            ]
        )

    assert len({one.log.id for (one,) in made}) == 1
    assert sum(one.created for (one,) in made) == 1
