"""Brings a database's schema up to this code, and says when it cannot.

A start reads two rows and nothing else; Alembic is loaded only when there is something to do.
Migrations run one after another under a lock, whoever starts first; the others find nothing left.

Two versions may share a database while a deploy is rolling: a step only adds, and what it makes
superfluous goes one release later. So a newer schema is no reason to refuse; only its `min_code` in
`meta` is, the oldest code that understands it.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import bindparam, column, create_engine, select, table
from sqlalchemy.pool import NullPool

from server.store import tables
from server.store.backends import Backend, CannotStart, backend
from server.store.connection import Connection, Prepared

__all__ = ["CODE", "REVISIONS", "DatabaseTooNew", "Schema", "check", "migrate", "schema_of"]

CODE: Final = 3
"""What this code calls itself when it meets a `min_code`. Raised with every revision."""
REVISIONS: Final = ("0001", "0002", "0003")
"""All steps this code knows, oldest first."""
MIN_CODE: Final = "min_code"

_VERSION: Final = Prepared(select(column("version_num")).select_from(table("alembic_version")))
_MIN_CODE: Final = Prepared(
    select(tables.meta.c.value).where(tables.meta.c.key == bindparam("of_key"))
)


class DatabaseTooNew(CannotStart):
    """A later Parley has changed this database so that this one would misread it."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Where a database stands. `revision` is None while it is empty."""

    revision: str | None
    behind: bool


def check(url: str) -> Schema:
    """Where the database at `url` stands. Raises as `open_store` does."""
    place = backend(url)
    with closing(place.connect_writer()) as connection:
        return schema_of(place, connection)


def schema_of(place: Backend, connection: Connection) -> Schema:
    """Where a database stands; `DatabaseTooNew` if this code must keep its hands off it."""
    if not place.has_table(connection, "alembic_version"):
        return Schema(None, behind=True)
    row = connection.row(_VERSION)
    revision = None if row is None else str(row[0])
    if revision is not None:
        wanted = connection.row(_MIN_CODE, of_key=MIN_CODE)
        if wanted is not None and int(wanted[0]) > CODE:
            raise DatabaseTooNew(
                f"the database needs Parley's schema code {wanted[0]}, this version has {CODE}: "
                "install the version that last ran on it, or a later one"
            )
    return Schema(revision, behind=revision is None or revision in REVISIONS[:-1])


def migrate(url: str) -> list[str]:
    """Run what is missing; the revisions that were run, oldest first."""
    place = backend(url)
    with place.migration_lock(), closing(place.connect_writer()) as connection:
        if not schema_of(place, connection).behind:
            return []
        return _upgrade(place.engine_url)


def _upgrade(engine_url: str) -> list[str]:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    here = Path(__file__).parent
    scripts = ScriptDirectory(here, version_locations=[here / "migrations"])
    applied: list[str] = []

    def steps(revision: Any, context: Any) -> Any:
        found = scripts._upgrade_revs("head", revision)  # noqa: SLF001 as Alembic's own commands do
        applied.extend(step.revision.revision for step in found)
        return found

    engine = create_engine(engine_url, poolclass=NullPool)
    with engine.begin() as connection:
        # Without an env.py: what it would set up is set up here.
        environment = EnvironmentContext(Config(), scripts, fn=steps)
        environment.configure(connection=connection, target_metadata=tables.metadata)
        with environment:
            environment.run_migrations()
    return applied
