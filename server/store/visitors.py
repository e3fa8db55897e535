"""Queries about visitors, the devices. One of these rows is written for every newcomer, so its
statements are prepared.
"""

from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from server.identity.model import VisitorRow
from server.store import rows, tables
from server.store.connection import Connection, Prepared

__all__ = ["VisitorQueries"]

_c = tables.visitor.c
_this = (_c.workspace_id == bindparam("in_workspace"), _c.id == bindparam("visitor_id"))

_GET: Final = Prepared(select(tables.visitor).where(*_this))
_LOCK: Final = Prepared(select(_c.id).where(*_this).with_for_update())
_INSERT: Final = Prepared(upsert(tables.visitor).on_conflict_do_nothing())
_SET_TOKEN: Final = Prepared(
    update(tables.visitor).values(token_hash=bindparam("new_hash")).where(*_this)
)
_TOUCH: Final = Prepared(
    update(tables.visitor)
    .values(last_seen_at=bindparam("at"))
    .where(*_this, _c.last_seen_at < bindparam("at"))
)


class VisitorQueries:
    """`port.Visitors`."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, workspace_id: str, visitor_id: str) -> VisitorRow | None:
        row = self._db.row(_GET, in_workspace=workspace_id, visitor_id=visitor_id)
        return None if row is None else rows.visitor(row)

    def lock(self, workspace_id: str, visitor_id: str) -> None:
        self._db.row(_LOCK, in_workspace=workspace_id, visitor_id=visitor_id)

    def insert(self, row: VisitorRow) -> bool:
        inserted = self._db.run(
            _INSERT,
            workspace_id=row.workspace_id,
            id=row.id,
            token_hash=row.token_hash,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            language=row.language,
            timezone=row.timezone,
            user_agent=row.user_agent,
        )
        return inserted > 0

    def set_token(self, workspace_id: str, visitor_id: str, token_hash: str) -> None:
        self._db.run(
            _SET_TOKEN, in_workspace=workspace_id, visitor_id=visitor_id, new_hash=token_hash
        )

    def touch(self, workspace_id: str, visitor_id: str, at: int) -> None:
        self._db.run(_TOUCH, in_workspace=workspace_id, visitor_id=visitor_id, at=at)
