"""A few threads that read, each with its own connection and one snapshot per query.

The pool knows nothing of what is asked. A connection that has failed is closed, and the next query
on that thread opens another.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from server.store.backends import Backend
from server.store.connection import Connection
from server.store.port import StoreUnavailable

__all__ = ["Readers"]

T = TypeVar("T")

_MOST_WAITING: Final = 20_000


class Readers:
    """Owns the reading threads and their connections."""

    def __init__(self, backend: Backend, *, threads: int = 3) -> None:
        self._backend = backend
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="parley-reader")
        self._own = threading.local()
        self._open: list[Connection] = []
        self._waiting = 0

    async def run(self, query: Callable[[Connection], T]) -> T:
        """What `query` returns or raises; `StoreUnavailable` if the database could not be read."""
        if self._waiting >= _MOST_WAITING:
            raise StoreUnavailable("too much waits to be read")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, query)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Wait for running queries, then close."""
        self._pool.shutdown(cancel_futures=True)
        for connection in self._open:
            with contextlib.suppress(Exception):
                connection.close()

    def _run(self, query: Callable[[Connection], T]) -> T:
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._backend.connect_reader()
            self._open.append(connection)
        try:
            connection.say(self._backend.begin_read)
            answer = query(connection)
            connection.say("COMMIT")
        except Exception as error:
            self._recover(connection)
            if self._backend.is_outage(error):
                raise StoreUnavailable(f"the database cannot be read: {error}") from error
            raise
        return answer

    def _recover(self, connection: Connection) -> None:
        with contextlib.suppress(Exception):
            connection.say("ROLLBACK")
        if not self._backend.is_open(connection):
            self._own.connection = None
            self._open.remove(connection)
            with contextlib.suppress(Exception):
                connection.close()
