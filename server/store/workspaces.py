"""Queries about workspaces."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from server.identity.model import WorkspaceRow
from server.store import rows, tables
from server.store.connection import Connection, Prepared

__all__ = ["WorkspaceQueries"]

_c = tables.workspace.c

_GET: Final = Prepared(select(tables.workspace).where(_c.id == bindparam("workspace_id")))
_ALL: Final = Prepared(select(tables.workspace).order_by(_c.created_at, _c.id))
_INSERT: Final = Prepared(insert(tables.workspace))
_UPDATE: Final = Prepared(
    update(tables.workspace)
    .values(settings=bindparam("new_settings"), version=_c.version + 1)
    .where(_c.id == bindparam("workspace_id"))
)

_RENAME: Final = Prepared(
    update(tables.workspace)
    .values(name=bindparam("new_name"), version=_c.version + 1)
    .where(_c.id == bindparam("workspace_id"))
)


class WorkspaceQueries:
    """`port.Workspaces`."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, workspace_id: str) -> WorkspaceRow | None:
        row = self._db.row(_GET, workspace_id=workspace_id)
        return None if row is None else rows.workspace(row)

    def all(self) -> Sequence[WorkspaceRow]:
        return [rows.workspace(row) for row in self._db.rows(_ALL)]

    def insert(self, row: WorkspaceRow) -> None:
        self._db.run(
            _INSERT,
            id=row.id,
            name=row.name,
            settings=rows.json_text(row.settings),
            created_at=row.created_at,
            version=row.version,
        )

    def rename(self, workspace_id: str, name: str) -> None:
        self._db.run(_RENAME, workspace_id=workspace_id, new_name=name)

    def update_settings(self, workspace_id: str, settings: Mapping[str, Any]) -> WorkspaceRow:
        self._db.run(_UPDATE, workspace_id=workspace_id, new_settings=rows.json_text(settings))
        row = self.get(workspace_id)
        if row is None:
            raise LookupError(f"no workspace {workspace_id}")
        return row
