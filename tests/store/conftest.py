"""Fixtures of the store's tests: one PostgreSQL per session, one database per test."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server.store.backends import backend
from server.store.connection import Connection
from server.store.migrate import migrate
from server.store.transaction import SqlTransaction
from tests.store.databases import PostgresServer, postgres_server, sqlite_url


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with Parley's tables and nothing in them."""
    folder = tmp_path_factory.mktemp("template")
    migrate(sqlite_url(folder))
    return folder / "parley.db"


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "parley.db")
    return sqlite_url(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a fresh database, of each kind."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite"))
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture
def db(sqlite: str) -> Iterator[Connection]:
    """A bare connection to a fresh SQLite database, inside a transaction."""
    with closing(backend(sqlite).connect_writer()) as connection:
        connection.say("BEGIN IMMEDIATE")
        yield connection


@pytest.fixture
def tx(db: Connection) -> SqlTransaction:
    """All queries, over that connection."""
    return SqlTransaction(db)
