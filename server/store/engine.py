"""The store: a database opened, with its writer, its readers and the port's methods.

`open_store` does at start whatever can go wrong at start, in the caller's thread, and says in one
line what an operator must put right. `SqlStore` joins the loop to the threads and knows no query.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

from server.chat.model import Draft, Failed, Settle
from server.clock import Clock
from server.store.backends import AlreadyRunning, Backend, CannotStart, backend
from server.store.checkpoints import Tidier
from server.store.connection import Connection
from server.store.migrate import Schema, migrate, schema_of
from server.store.port import StoreStatus, StoreUnavailable, Transaction
from server.store.readers import Readers
from server.store.summaries import stale_ones
from server.store.transaction import BehindError, SqlTransaction
from server.store.writer import Result, Writer, summaries_failed

__all__ = [
    "FINGERPRINT",
    "AlreadyRunning",
    "CannotStart",
    "SqlStore",
    "WrongSecretKey",
    "open_store",
]

T = TypeVar("T")

FINGERPRINT = "secret_key_fingerprint"
"""Under this name the database keeps what tells a wrong SECRET_KEY."""


class WrongSecretKey(CannotStart):
    """What this database holds was encrypted under another SECRET_KEY."""


def open_store(
    url: str,
    *,
    clock: Clock,
    loop: asyncio.AbstractEventLoop | None = None,
    exclusive: bool = True,
) -> "SqlStore":
    """Connect, take the one-server lock, bring the schema up to date, start the writer.

    `exclusive`: no other server may share a PostgreSQL database (there is no REDIS_URL). Raises
    `CannotStart` or `StoreUnavailable`. Close the store with `close`.
    """
    place = backend(url)
    connection = place.connect_writer()
    try:
        place.hold(connection, exclusive=exclusive)
        schema = _up_to_date(url, place, connection)
        stale = stale_ones(connection)
    except Exception as error:
        connection.close()
        place.release()
        if place.is_outage(error):
            raise StoreUnavailable(f"the database cannot be used: {error}") from error
        raise

    def reconnect() -> Connection:
        fresh = place.connect_writer()
        try:
            place.hold(fresh, exclusive=exclusive)
        except CannotStart as error:
            fresh.close()
            raise StoreUnavailable(str(error)) from error
        return fresh

    writer = Writer(
        place,
        connection,
        tidier=Tidier(place),
        clock=clock,
        loop=loop or asyncio.get_running_loop(),
        stale=stale,
        reconnect=reconnect,
    )
    writer.start()
    return SqlStore(place, writer, Readers(place), schema)


def _up_to_date(url: str, place: Backend, connection: Connection) -> Schema:
    schema = schema_of(place, connection)
    if schema.behind:
        migrate(url)
        schema = schema_of(place, connection)
    return schema


class SqlStore:
    """`port.Store` on SQLite or PostgreSQL."""

    def __init__(self, place: Backend, writer: Writer, readers: Readers, schema: Schema) -> None:
        self._schema = schema
        self._place = place
        self._writer = writer
        self._readers = readers
        self._freshening: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Run until the writer ends: returns after `close`, else raises `WriterEnded`."""
        await self._writer.wait_ended()

    async def close(self) -> None:
        """Write everything that waits and let go of the database."""
        await self._writer.close()
        await asyncio.to_thread(self._readers.close)
        self._place.release()

    def append(self, draft: Draft, settle: Settle) -> None:
        self._writer.append(draft, settle)

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        value: T = await self._submit(
            lambda db: unit(SqlTransaction(db, catch_up=lambda: self._writer.summarise()(db)))
        )
        return value

    async def read(self, query: Callable[[Transaction], T]) -> T:
        """A list that finds its order out of date gives up, and is asked again after that is
        mended: so `query` may run twice.
        """
        try:
            return await self._readers.run(lambda db: query(SqlTransaction(db, self._check)))
        except BehindError:
            if self._writer.behind:  # it may have been mended while the query was on its way back
                await self._freshen()
        return await self._readers.run(lambda db: query(SqlTransaction(db)))

    async def ping(self) -> StoreStatus:
        if not self._writer.alive:
            raise StoreUnavailable("the writer has ended")
        await self._readers.run(lambda db: db.say("SELECT 1"))
        counters = self._writer.counters
        return StoreStatus(
            schema=self._schema.revision or "",
            behind=self._schema.behind,
            journal={
                "waiting": self._writer.waiting,
                "groups": counters.groups,
                "items": counters.items,
                "outages": counters.outages,
                "halvings": counters.halvings,
            },
        )

    async def flush(self) -> None:
        with contextlib.suppress(StoreUnavailable):  # in an outage all are settled too, as failed
            await self._submit(lambda _: None, always=True)

    async def ensure_fingerprint(self, fingerprint: str) -> None:
        """Keep the key's fingerprint at the first start; `WrongSecretKey` at a later one that
        differs.
        """

        def unit(transaction: Transaction) -> str:
            known = transaction.meta(FINGERPRINT)
            if known is None:
                transaction.set_meta(FINGERPRINT, fingerprint)
            return known or fingerprint

        if await self.write(unit) != fingerprint:
            raise WrongSecretKey(
                "SECRET_KEY is not the one this database was made with; put the old one back"
            )

    def _check(self) -> None:
        if self._writer.behind:
            raise BehindError

    async def _freshen(self) -> None:
        """Have the summaries brought up to date; readers that wait together share one unit."""
        if self._freshening is None:
            self._freshening = asyncio.get_running_loop().create_future()
            self._writer.submit(self._writer.summarise(), self._freshened, always=True)
        await asyncio.shield(self._freshening)

    def _freshened(self, result: Result) -> None:
        # Also when it failed: with a full disk, lists in an old order are better than none.
        summaries_failed(result)
        if self._freshening is not None:
            self._freshening.set_result(None)
            self._freshening = None

    async def _submit(self, unit: Callable[[Connection], Any], *, always: bool = False) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def settle(result: Result) -> None:
            if answer.done():  # the caller was cancelled; what is written stays written
                return
            if isinstance(result, Failed):
                answer.set_exception(result.error)
            else:
                answer.set_result(result.value)

        self._writer.submit(unit, settle, always=always)
        return await answer
