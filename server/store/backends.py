"""Where SQLite and PostgreSQL differ, and nowhere else: opening, locking, and what an error means.

A backend opens writer and reader connections, keeps a second server off a database that cannot take
two, and tells an outage (nothing was written, try later) from a fault of a statement. The driver of
PostgreSQL is imported when it is asked for, so a node on SQLite never loads it.

Both drivers are used in autocommit mode; `begin_write` and `begin_read` are the words that open a
transaction.
"""

import contextlib
import fcntl
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError

from server.store.connection import Connection
from server.store.port import StoreUnavailable

__all__ = ["AlreadyRunning", "Backend", "CannotStart", "Postgres", "Sqlite", "backend"]

_RUNNING_LOCK: Final = 0x7061726C6579  # "parley": one server, or several that share a Redis
_MIGRATION_LOCK: Final = _RUNNING_LOCK + 1


class CannotStart(Exception):
    """Something an operator must put right. The message is one line and says what.

    CannotStart
    ├── AlreadyRunning      another server has this database
    ├── DatabaseTooNew      (migrate.py) made by a later Parley
    └── WrongSecretKey      (engine.py) made under another SECRET_KEY
    """


class AlreadyRunning(CannotStart):
    """Another server process has this database."""


class Backend(Protocol):
    """One database, before anybody is connected to it."""

    name: str
    begin_write: str
    begin_read: str
    locks_rows: bool
    """Whether rows need FOR UPDATE: several nodes may write."""

    def connect_writer(self) -> Connection: ...
    def connect_reader(self) -> Connection: ...
    def hold(self, connection: Connection, *, exclusive: bool) -> None:
        """Take the one-server lock for as long as `connection` lives; `AlreadyRunning` if taken."""
        ...

    @property
    def engine_url(self) -> str:
        """For SQLAlchemy's own engine, which only migrations use."""
        ...

    def has_table(self, connection: Connection, name: str) -> bool: ...
    def migration_lock(self) -> contextlib.AbstractContextManager[None]: ...
    def connect_tidier(self) -> Connection | None:
        """A connection for `tidy`; None if the database has housekeeping of its own."""
        ...

    def tidy(self, connection: Connection) -> None:
        """Housekeeping beside the commits."""
        ...

    def release(self) -> None: ...
    def is_outage(self, error: Exception) -> bool:
        """Whether `error` says that the database cannot be used now, whatever was asked of it."""
        ...

    def is_conflict(self, error: Exception) -> bool:
        """Whether another node was in the way, so that the same may succeed when tried again."""
        ...

    def is_taken(self, error: Exception) -> bool:
        """Whether a unique key was taken: perhaps by another node, a moment ago."""
        ...

    def is_open(self, connection: Connection) -> bool: ...


def backend(url: str) -> Backend:
    """The backend for a `DATABASE_URL`."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise CannotStart(
            "DATABASE_URL is no database URL: sqlite:///file or postgresql://…"
        ) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database:
            return Sqlite(Path(parsed.database))
        case "postgresql" | "postgres":
            return Postgres(parsed)
        case _:
            raise CannotStart(
                f"DATABASE_URL begins with {parsed.drivername}:, but only sqlite:///file and "
                "postgresql:// are served"
            )


_SQLITE_OUTAGES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


class Sqlite:
    """A file, with this process as its only writer."""

    name = "sqlite"
    begin_write = "BEGIN IMMEDIATE"
    begin_read = "BEGIN"
    locks_rows = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._dialect = SQLiteDialect_pysqlite(paramstyle="qmark")
        self._lock: int | None = None

    def connect_writer(self) -> Connection:
        connection = self._connect()
        # FULL: a commit returns when the WAL is on disk, so an ack survives a power cut too.
        # Checkpoints are made by `tidy`: an automatic one would run inside somebody's COMMIT.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"):
            connection.say(f"PRAGMA {pragma}")
        if sys.platform == "darwin":
            connection.say("PRAGMA fullfsync=ON")  # fsync alone stops at the drive's cache there
        return connection

    def connect_reader(self) -> Connection:
        connection = self._connect()
        connection.say("PRAGMA query_only=ON")
        return connection

    def hold(self, connection: Connection, *, exclusive: bool) -> None:
        """A lock on the file beside the database, also when shared: SQLite takes one server."""
        del connection, exclusive
        if self._lock is None:
            self._lock = _flock(self._path, ".lock", wait=False)

    @property
    def engine_url(self) -> str:
        return f"sqlite:///{self._path}"

    def has_table(self, connection: Connection, name: str) -> bool:
        found = connection.driver.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,))
        return found.fetchone() is not None

    @contextlib.contextmanager
    def migration_lock(self) -> Iterator[None]:
        descriptor = _flock(self._path, ".migrating", wait=True)
        try:
            yield
        finally:
            os.close(descriptor)

    def connect_tidier(self) -> Connection:
        return self._connect()

    def tidy(self, connection: Connection) -> None:
        # Passive: copies what no reader needs any more and never waits for anybody.
        connection.driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_outage(self, error: Exception) -> bool:
        if not isinstance(error, sqlite3.Error):
            return False
        # The low byte is the primary code; the driver's own complaints have none at all.
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_OUTAGES

    def is_conflict(self, error: Exception) -> bool:
        return False  # there is no other node

    def is_taken(self, error: Exception) -> bool:
        return False

    def is_open(self, connection: Connection) -> bool:
        return True

    def _connect(self) -> Connection:
        try:
            driver = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            for pragma in (
                "busy_timeout=5000",
                "foreign_keys=ON",
                "cache_size=-16000",
                "mmap_size=268435456",
                "temp_store=MEMORY",
            ):
                driver.execute(f"PRAGMA {pragma}")
            driver.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"cannot open {self._path}: {error}") from error
        return Connection(driver, self._dialect)


def _flock(path: Path, suffix: str, *, wait: bool) -> int:
    beside = path.with_name(path.name + suffix)
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"cannot write beside {path}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        raise AlreadyRunning(
            f"another Parley is running on {path}; several need PostgreSQL and REDIS_URL"
        ) from None
    return descriptor


class Postgres:
    """A server that several nodes may share."""

    name = "postgresql"
    begin_write = "BEGIN"
    begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    locks_rows = True

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql")
        self._dialect: Dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]

    def connect_writer(self) -> Connection:
        # A write transaction must end within 20 s (ARCHITECTURE, the store): others read changes
        # with an overlap of 30 s and rely on it.
        return self._connect(
            "-c synchronous_commit=on -c statement_timeout=15s -c lock_timeout=10s"
            " -c idle_in_transaction_session_timeout=20s"
        )

    def connect_reader(self) -> Connection:
        return self._connect(
            "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
            " -c default_transaction_read_only=on"
        )

    def hold(self, connection: Connection, *, exclusive: bool) -> None:
        take = "pg_try_advisory_lock" if exclusive else "pg_try_advisory_lock_shared"
        row = connection.driver.execute(f"SELECT {take}({_RUNNING_LOCK})").fetchone()
        if row is None or not row[0]:
            raise AlreadyRunning(
                f"another Parley is running on {self._shown}; several need REDIS_URL, on each"
            )

    @property
    def engine_url(self) -> str:
        return self._url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    def has_table(self, connection: Connection, name: str) -> bool:
        row = connection.driver.execute("SELECT to_regclass(%s)", (name,)).fetchone()
        return row[0] is not None

    @contextlib.contextmanager
    def migration_lock(self) -> Iterator[None]:
        connection = self._connect("")
        try:
            connection.driver.execute(f"SELECT pg_advisory_lock({_MIGRATION_LOCK})").fetchone()
            yield
        finally:
            connection.close()

    def connect_tidier(self) -> None:
        return None

    def tidy(self, connection: Connection) -> None:
        raise AssertionError("nobody was connected for it")

    def release(self) -> None:
        """Nothing: the lock ends with its connection."""

    def is_outage(self, error: Exception) -> bool:
        import psycopg

        if not isinstance(error, psycopg.Error):
            return False
        state = error.sqlstate
        if state is None:  # the connection itself
            return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        # 08 connection, 25006 read-only standby, 53 resources, 57 operator, 58 system, 55P03 lock.
        return state[:2] in {"08", "53", "57", "58"} or state in {"25006", "55P03"}

    def is_conflict(self, error: Exception) -> bool:
        return getattr(error, "sqlstate", None) in {"40001", "40P01"}  # serialisation, deadlock

    def is_taken(self, error: Exception) -> bool:
        return getattr(error, "sqlstate", None) == "23505"

    def is_open(self, connection: Connection) -> bool:
        driver: Any = connection.driver
        return not (driver.closed or driver.broken)

    @property
    def _shown(self) -> str:
        return self._url.render_as_string(hide_password=True)

    def _connect(self, options: str) -> Connection:
        try:
            import psycopg
        except ImportError as error:
            raise CannotStart(
                'PostgreSQL needs its driver: pip install "parley[postgres]"'
            ) from error
        given = self._url.query.get("options", "")
        asked = " ".join([options, given if isinstance(given, str) else " ".join(given)])
        try:
            driver = psycopg.connect(
                self._url.difference_update_query(["options"]).render_as_string(
                    hide_password=False
                ),
                autocommit=True,
                connect_timeout=5,
                application_name="parley",
                options=asked.strip(),
            )
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[-1]
            raise StoreUnavailable(f"cannot reach {self._shown}: {reason}") from error
        return Connection(driver, self._dialect)
