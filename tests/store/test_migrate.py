"""The schema is made by steps, meets the tables, and is left alone when it is newer."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from server.store import tables
from server.store.backends import backend
from server.store.migrate import CODE, REVISIONS, DatabaseTooNew, Schema, check, migrate
from tests.store.databases import PostgresServer, sqlite_url
from tests.store.scenes import opened


def schema_of(path: Path) -> list[tuple[str, str, str]]:
    with sqlite3.connect(path) as db:
        found = db.execute(
            "SELECT name, type, sql FROM sqlite_master"
            " WHERE name NOT LIKE '%alembic%' AND sql IS NOT NULL ORDER BY name"
        ).fetchall()
    db.close()
    return [(name, kind, " ".join(sql.split())) for name, kind, sql in found]


def test_the_steps_on_disk_are_the_steps_the_code_knows() -> None:
    here = Path(tables.__file__).parent
    scripts = ScriptDirectory(here, version_locations=[here / "migrations"])

    found = [script.revision for script in scripts.walk_revisions()]

    assert tuple(reversed(found)) == REVISIONS


def test_an_empty_database_is_migrated_once(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)

    runs = [check(url), migrate(url), migrate(url), check(url)]

    assert runs == [Schema(None, behind=True), [*REVISIONS], [], Schema(REVISIONS[-1], False)]


def test_the_migrated_schema_is_that_of_the_tables_on_sqlite(
    sqlite_template: Path, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/made.db", poolclass=NullPool)
    tables.metadata.create_all(engine)

    assert schema_of(sqlite_template) == schema_of(tmp_path / "made.db")


@pytest.mark.adapter
def test_the_migrated_schema_is_that_of_the_tables_on_postgresql(postgres: PostgresServer) -> None:
    engine = create_engine(backend(postgres.fresh()).engine_url, poolclass=NullPool)

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = compare_metadata(context, tables.metadata)

    assert differences == []


async def test_a_newer_schema_is_used_as_long_as_it_allows_this_code(sqlite: str) -> None:
    async with opened(sqlite, furnished=False) as store:
        await store.write(lambda tx: tx.set_meta("min_code", str(CODE)))
    with sqlite3.connect(sqlite.removeprefix("sqlite:///")) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()

    async with opened(sqlite, furnished=False) as store:
        status = await store.ping()

    assert (status.schema, status.behind) == ("9999", False)


async def test_a_schema_that_demands_later_code_is_refused(sqlite: str) -> None:
    async with opened(sqlite, furnished=False) as store:
        await store.write(lambda tx: tx.set_meta("min_code", str(CODE + 1)))

    with pytest.raises(DatabaseTooNew, match="later one"):
        async with opened(sqlite, furnished=False):
            pass
