"""Queries about sessions and their tokens. A session may have several tokens, one per tab; a token
that is dropped is dead at once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from server.identity.model import SessionRow
from server.store import rows, tables
from server.store.changes import add_change
from server.store.connection import Connection, Prepared

__all__ = ["SessionQueries"]

_MOST_OF_VISITOR: Final = 50

_s, _t = tables.session.c, tables.session_token.c
_this = (_s.id == bindparam("session_id"), _s.workspace_id == bindparam("in_workspace"))

_GET: Final = Prepared(select(tables.session).where(*_this))
_BY_TOKEN: Final = Prepared(
    select(tables.session)
    .join_from(tables.session_token, tables.session, _t.session_id == _s.id)
    .where(_t.token_hash == bindparam("hashed"), _t.workspace_id == bindparam("in_workspace"))
)
_OF_VISITOR: Final = Prepared(
    select(tables.session)
    .where(_s.workspace_id == bindparam("in_workspace"), _s.visitor_id == bindparam("of_visitor"))
    .order_by(_s.started_at.desc(), _s.id.desc())
    .limit(_MOST_OF_VISITOR)
)
_LIVE_OF_VISITOR: Final = Prepared(
    select(tables.session)
    .where(
        _s.workspace_id == bindparam("in_workspace"),
        _s.visitor_id == bindparam("of_visitor"),
        _s.ended_at.is_(None),
    )
    .order_by(_s.id)
)
_OF_CONTACT: Final = Prepared(
    select(tables.session)
    .where(
        _s.workspace_id == bindparam("in_workspace"),
        _s.contact_id == bindparam("of_contact"),
        _s.ended_at.is_(None),
    )
    .order_by(_s.id)
)
_INSERT: Final = Prepared(insert(tables.session))
_INSERT_TOKEN: Final = Prepared(insert(tables.session_token))
_DROP_TOKENS: Final = Prepared(
    delete(tables.session_token).where(
        _t.session_id == bindparam("of_session"), _t.workspace_id == bindparam("in_workspace")
    )
)
_TOUCH: Final = Prepared(
    update(tables.session)
    .values(last_seen_at=bindparam("at"))
    .where(*_this, _s.last_seen_at < bindparam("at"))
)


class SessionQueries:
    """`port.Sessions`."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, workspace_id: str, session_id: str) -> SessionRow | None:
        row = self._db.row(_GET, in_workspace=workspace_id, session_id=session_id)
        return None if row is None else rows.session(row)

    def by_token(self, workspace_id: str, token_hash: str) -> SessionRow | None:
        row = self._db.row(_BY_TOKEN, in_workspace=workspace_id, hashed=token_hash)
        return None if row is None else rows.session(row)

    def of_visitor(self, workspace_id: str, visitor_id: str) -> Sequence[SessionRow]:
        found = self._db.rows(_OF_VISITOR, in_workspace=workspace_id, of_visitor=visitor_id)
        return [rows.session(row) for row in found]

    def live_of_visitor(self, workspace_id: str, visitor_id: str) -> Sequence[SessionRow]:
        found = self._db.rows(_LIVE_OF_VISITOR, in_workspace=workspace_id, of_visitor=visitor_id)
        return [rows.session(row) for row in found]

    def of_contact(self, workspace_id: str, contact_id: str) -> Sequence[SessionRow]:
        found = self._db.rows(_OF_CONTACT, in_workspace=workspace_id, of_contact=contact_id)
        return [rows.session(row) for row in found]

    def insert(self, row: SessionRow, token_hash: str) -> None:
        self._db.run(
            _INSERT,
            id=row.id,
            workspace_id=row.workspace_id,
            visitor_id=row.visitor_id,
            contact_id=row.contact_id,
            trust=row.trust.value,
            external_id=row.external_id,
            version=row.version,
            started_at=row.started_at,
            last_seen_at=row.last_seen_at,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
            identity_expires_at=row.identity_expires_at,
            said=rows.said_text(row.said),
            proof=rows.proof_text(row.proof),
            context=rows.json_text(row.context),
            company_id=row.company_id,
            identity_version=row.identity_version,
            revoked_at=row.revoked_at,
            collected=rows.json_text(row.collected),
        )
        self.add_token(row.workspace_id, row.id, token_hash, row.started_at)

    def add_token(self, workspace_id: str, session_id: str, token_hash: str, at: int) -> None:
        self._db.run(
            _INSERT_TOKEN,
            token_hash=token_hash,
            workspace_id=workspace_id,
            session_id=session_id,
            created_at=at,
        )

    def drop_tokens(self, workspace_id: str, session_id: str) -> None:
        self._db.run(_DROP_TOKENS, in_workspace=workspace_id, of_session=session_id)

    def update(self, workspace_id: str, session_id: str, changes: Mapping[str, Any]) -> SessionRow:
        columns = {**rows.changed_columns(changes), "version": _s.version + 1}
        self._db.change(
            update(tables.session)
            .values(columns)
            .where(_s.id == session_id, _s.workspace_id == workspace_id)
        )
        row = self.get(workspace_id, session_id)
        if row is None:
            raise LookupError(f"no session {session_id}")
        add_change(self._db, workspace_id, "session", session_id)
        return row

    def touch(self, workspace_id: str, session_id: str, at: int) -> None:
        self._db.run(_TOUCH, in_workspace=workspace_id, session_id=session_id, at=at)
