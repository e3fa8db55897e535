"""Fixtures of the wire's tests: every test is run over both codecs."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from server.store.migrate import migrate
from tests.store.databases import PostgresServer, postgres_server, sqlite_url
from tests.wire.harness import Running, running_server
from tests.wire.peers import CODECS, Speech


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with Parley's tables and nothing in them."""
    folder = tmp_path_factory.mktemp("template")
    migrate(sqlite_url(folder))
    return folder / "parley.db"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh database."""
    shutil.copy(sqlite_template, tmp_path / "parley.db")
    return sqlite_url(tmp_path)


@pytest.fixture(params=CODECS, ids=lambda speech: speech.subprotocol.removeprefix("parley.v1."))
def speech(request: pytest.FixtureRequest) -> Speech:
    """One of the two codecs."""
    chosen: Speech = request.param
    return chosen


@pytest.fixture
def serve(database: str, speech: Speech) -> Running:
    """Starts a node whose clients speak one of the codecs: `async with serve() as server`."""
    return partial(running_server, database, speech)
