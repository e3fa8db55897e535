"""Queries about API keys.

A widget key is found by its text, a secret key by its hash; a revoked one is still found, so that
its holder can be told so.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from server.identity.model import KeyRow
from server.store import rows, tables
from server.store.connection import Connection, Prepared

__all__ = ["KeyQueries"]

_c = tables.api_key.c

_BY_SECRET: Final = Prepared(
    select(tables.api_key).where(_c.kind == bindparam("of_kind"), _c.secret == bindparam("value"))
)
_OF_WORKSPACE: Final = Prepared(
    select(tables.api_key)
    .where(_c.workspace_id == bindparam("workspace_id"))
    .order_by(_c.created_at, _c.id)
)
_INSERT: Final = Prepared(insert(tables.api_key))
_REVOKE: Final = Prepared(
    update(tables.api_key)
    .values(revoked_at=bindparam("at"))
    .where(
        _c.workspace_id == bindparam("in_workspace"),
        _c.id == bindparam("key_id"),
        _c.revoked_at.is_(None),
    )
)


class KeyQueries:
    """`port.Keys`."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def widget(self, key: str) -> KeyRow | None:
        return self._find("widget", key)

    def secret(self, key_hash: str) -> KeyRow | None:
        return self._find("secret", key_hash)

    def of_workspace(self, workspace_id: str) -> Sequence[KeyRow]:
        return [rows.key(row) for row in self._db.rows(_OF_WORKSPACE, workspace_id=workspace_id)]

    def insert(self, row: KeyRow) -> None:
        self._db.run(
            _INSERT,
            id=row.id,
            workspace_id=row.workspace_id,
            kind=row.kind,
            name=row.name,
            secret=row.secret,
            scopes=rows.json_text(row.scopes),
            created_at=row.created_at,
            revoked_at=row.revoked_at,
            retires_at=row.retires_at,
        )

    def revoke(self, workspace_id: str, key_id: str, at: int) -> bool:
        return self._db.run(_REVOKE, in_workspace=workspace_id, key_id=key_id, at=at) > 0

    def _find(self, kind: str, secret: str) -> KeyRow | None:
        row = self._db.row(_BY_SECRET, of_kind=kind, value=secret)
        return None if row is None else rows.key(row)
