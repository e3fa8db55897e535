"""Fixtures of the store's tests: one PostgreSQL per session, one database per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.databases import PostgresServer, postgres_server, sqlite_url


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh()
