"""Several nodes on one PostgreSQL: the locks are the database's, the rules are the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from server.chat.model import LogName, OpenOrNew
from server.store.engine import SqlStore
from tests.store.databases import PostgresServer
from tests.store.scenes import drafted, opened, row_of, says, write_to

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
    """DELIVERY, failure matrix; I2."""
    async with two_nodes(postgres) as nodes:
        for n in range(20):
            made = await asyncio.gather(
                *[
                    write_to(
                        node,
                        drafted(
                            row_of(f"cv_{n}_{which}"),
                            says("hi", f"c-{n}"),
                            key=f"c-{n}",
                            session_id="se_1",
                        ),
                    )
                    for which, node in enumerate(nodes)
                ]
            )
            (first,), (second,) = made

            assert first.answer == second.answer
            assert sorted([first.duplicate, second.duplicate]) == [False, True]


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
