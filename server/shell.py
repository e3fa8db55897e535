"""What the commands of the shell have in common: settings, an open database, and one-line errors.

Every fault an operator can cause is one line on standard error and exit code 2. A command that
changes something takes the server's own lock on the database, so it cannot write behind the back of
a server that keeps copies in memory; one that only looks needs no lock.
"""

import contextlib
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from server.settings import Settings, SettingsError, load_settings, secret_key

if TYPE_CHECKING:
    from server.store.port import Transaction

__all__ = ["Mistake", "change", "look", "one_line", "run", "settings_of"]

T = TypeVar("T")


class Mistake(click.ClickException):
    """What was asked for cannot be; the text is the one line to print."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"parley: {self.message}", file=file or sys.stderr)


@contextlib.contextmanager
def one_line() -> Iterator[None]:
    """Turn what an operator can put right into one line and exit code 2."""
    from server.store.backends import CannotStart
    from server.store.port import StoreUnavailable
    from server.transport.server import CannotListen

    try:
        yield
    except (SettingsError, CannotStart, StoreUnavailable, CannotListen) as error:
        raise Mistake(" ".join(str(error).split())) from error


def settings_of(**options: Any) -> Settings:
    """The settings, with the command line's options, those that are not None, over them."""
    with one_line():
        return load_settings().with_options(**options)


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run something on an event loop of its own."""
    import uvloop

    return uvloop.run(work())


def change(settings: Settings, unit: Callable[["Transaction", int], T]) -> T:
    """Run a unit on the database, which no server may be using; it gets the time in ms."""

    async def opened() -> T:
        from server.app import key_fingerprint
        from server.clock import SystemClock
        from server.store.engine import open_store

        clock = SystemClock()
        fingerprint = key_fingerprint(secret_key(settings))
        store = open_store(settings.database, clock=clock)
        try:
            await store.ensure_fingerprint(fingerprint)
            return await store.write(lambda tx: unit(tx, clock.now_ms()))
        finally:
            await store.close()

    from server.store.backends import AlreadyRunning, CannotStart

    with one_line():
        try:
            return run(opened)
        except AlreadyRunning as error:
            raise CannotStart("a server is running on this database; stop it first") from error


def look(settings: Settings, query: Callable[["Transaction"], T]) -> T:
    """Run a query on the database, also while a server runs on it."""
    from server.store.backends import CannotStart, backend
    from server.store.migrate import schema_of
    from server.store.transaction import SqlTransaction

    with one_line():
        secret_key(settings)
        place = backend(settings.database)
        with contextlib.closing(place.connect_reader()) as connection:
            if schema_of(place, connection).behind:
                raise CannotStart("the database has no tables of this version: run parley migrate")
            return query(SqlTransaction(connection))
