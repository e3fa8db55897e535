"""A transaction on a fresh database, for the rules that read and write."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server.store.backends import backend
from server.store.migrate import migrate
from server.store.transaction import SqlTransaction
from tests.store.databases import sqlite_url


@pytest.fixture(scope="session")
def identity_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("identity")
    migrate(sqlite_url(folder))
    return folder / "parley.db"


@pytest.fixture
def tx(identity_template: Path, tmp_path: Path) -> Iterator[SqlTransaction]:
    """All queries of one unit, on a database with nothing in it."""
    shutil.copy(identity_template, tmp_path / "parley.db")
    with closing(backend(sqlite_url(tmp_path)).connect_writer()) as connection:
        connection.say("BEGIN IMMEDIATE")
        yield SqlTransaction(connection)
