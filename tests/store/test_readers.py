"""A query has one snapshot, and its failure is its own."""

import pytest

from server.store.port import StoreUnavailable, Transaction
from tests.store.scenes import WORKSPACE, opened


async def test_a_query_that_raises_leaves_its_connection_usable(sqlite: str) -> None:
    def fails(tx: Transaction) -> None:
        tx.workspaces.all()
        raise ZeroDivisionError

    async with opened(sqlite) as store:
        for _ in range(5):
            with pytest.raises(ZeroDivisionError):
                await store.read(fails)
        found = await store.read(lambda tx: tx.workspaces.all())

    assert found == [WORKSPACE]


async def test_a_reader_cannot_write(sqlite: str) -> None:
    async with opened(sqlite) as store:
        with pytest.raises(StoreUnavailable, match="readonly database"):
            await store.read(lambda tx: tx.set_meta("a", "b"))
        found = await store.read(lambda tx: tx.meta("a"))

    assert found is None
