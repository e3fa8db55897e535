"""Queries about contacts, the persons: their rows, their keys, what devices stated of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from server.identity.model import (
    ContactRow,
    ContactTokenRow,
    IdentifierRow,
    MergeRow,
    Statement,
)
from server.store import rows, tables
from server.store.connection import Connection, Prepared, Row

__all__ = ["ContactQueries", "contacts_by_id"]

_c, _i, _d = tables.contact.c, tables.contact_identifier.c, tables.device_claim.c
_k, _p = tables.contact_token.c, tables.proof_use.c

_GET: Final = Prepared(
    select(tables.contact).where(
        _c.id == bindparam("contact_id"), _c.workspace_id == bindparam("workspace_id")
    )
)
_MANY: Final = Prepared(select(tables.contact).where(_c.id.in_(bindparam("ids", expanding=True))))
_INSERT: Final = Prepared(insert(tables.contact))
_LOCK: Final = Prepared(
    select(_c.id)
    .where(
        _c.id.in_(bindparam("ids", expanding=True)), _c.workspace_id == bindparam("in_workspace")
    )
    .order_by(_c.id)
    .with_for_update()
)
_this_key = (
    _i.workspace_id == bindparam("in_workspace"),
    _i.kind == bindparam("of_kind"),
    _i.value == bindparam("of_value"),
)
_BY_KEY: Final = Prepared(select(tables.contact_identifier).where(*_this_key))
_KEYS_OF: Final = Prepared(
    select(tables.contact_identifier)
    .where(_i.workspace_id == bindparam("in_workspace"), _i.contact_id == bindparam("of_contact"))
    .order_by(_i.kind, _i.value)
)
_this_claim = (
    _d.workspace_id == bindparam("in_workspace"),
    _d.visitor_id == bindparam("of_visitor"),
    _d.contact_id == bindparam("of_contact"),
)
_CLAIM: Final = Prepared(select(_d.said).where(*_this_claim))
_TOKEN: Final = Prepared(
    select(tables.contact_token).where(
        _k.token_hash == bindparam("hashed"), _k.workspace_id == bindparam("in_workspace")
    )
)
_TOKENS_OF: Final = Prepared(
    select(tables.contact_token)
    .where(_k.workspace_id == bindparam("in_workspace"), _k.contact_id == bindparam("of_contact"))
    .order_by(_k.created_at.desc(), _k.id.desc())
)
_FIRST_USE: Final = Prepared(
    select(_p.first_used_at).where(
        _p.workspace_id == bindparam("in_workspace"), _p.ref == bindparam("of_ref")
    )
)


def contacts_by_id(db: Connection, ids: Iterable[str]) -> dict[str, ContactRow]:
    """Several contacts in one statement; unknown ones are left out."""
    found = (rows.contact(row) for row in db.rows(_MANY, ids=sorted(set(ids))))
    return {contact.id: contact for contact in found}


class ContactQueries:
    """`port.Contacts`."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, workspace_id: str, contact_id: str) -> ContactRow | None:
        row = self._db.row(_GET, workspace_id=workspace_id, contact_id=contact_id)
        return None if row is None else rows.contact(row)

    def insert(self, row: ContactRow) -> None:
        self._db.many(_INSERT, [rows.contact_values(row)])

    def update(self, workspace_id: str, contact_id: str, changes: Mapping[str, Any]) -> bool:
        changed = self._db.change(
            update(tables.contact)
            .values(rows.changed_columns(changes))
            .where(_c.id == contact_id, _c.workspace_id == workspace_id)
        )
        return changed > 0

    def lock(self, workspace_id: str, contact_ids: Iterable[str]) -> None:
        ids = sorted(set(contact_ids))
        if ids:
            self._db.rows(_LOCK, in_workspace=workspace_id, ids=ids)

    def by_key(self, workspace_id: str, kind: str, value: str) -> IdentifierRow | None:
        row = self._db.row(_BY_KEY, in_workspace=workspace_id, of_kind=kind, of_value=value)
        return None if row is None else _identifier(row)

    def keys_of(self, workspace_id: str, contact_id: str) -> Sequence[IdentifierRow]:
        found = self._db.rows(_KEYS_OF, in_workspace=workspace_id, of_contact=contact_id)
        return [_identifier(row) for row in found]

    def put_key(self, row: IdentifierRow) -> None:
        values = {
            "contact_id": row.contact_id, "proven": int(row.proven), "proven_at": row.proven_at,
        }  # fmt: skip
        changed = self._db.change(
            update(tables.contact_identifier)
            .values(values)
            .where(_i.workspace_id == row.workspace_id, _i.kind == row.kind, _i.value == row.value)
        )
        if not changed:
            self._db.change(
                insert(tables.contact_identifier).values(
                    workspace_id=row.workspace_id,
                    kind=row.kind,
                    value=row.value,
                    created_at=row.created_at,
                    **values,
                )
            )

    def drop_key(self, workspace_id: str, kind: str, value: str) -> None:
        self._db.change(
            delete(tables.contact_identifier).where(
                _i.workspace_id == workspace_id, _i.kind == kind, _i.value == value
            )
        )

    def claim(self, workspace_id: str, visitor_id: str, contact_id: str) -> Statement | None:
        row = self._db.row(
            _CLAIM, in_workspace=workspace_id, of_visitor=visitor_id, of_contact=contact_id
        )
        return None if row is None else rows.statement(row[0])

    def put_claim(
        self, workspace_id: str, visitor_id: str, contact_id: str, said: Statement, at: int
    ) -> None:
        values = {"said": rows.said_text(said), "updated_at": at}
        changed = self._db.change(
            update(tables.device_claim)
            .values(values)
            .where(
                _d.workspace_id == workspace_id,
                _d.visitor_id == visitor_id,
                _d.contact_id == contact_id,
            )
        )
        if not changed:
            self._db.change(
                insert(tables.device_claim).values(
                    workspace_id=workspace_id,
                    visitor_id=visitor_id,
                    contact_id=contact_id,
                    **values,
                )
            )

    def note_merge(self, row: MergeRow) -> None:
        self._db.change(
            insert(tables.contact_merge).values(
                id=row.id,
                workspace_id=row.workspace_id,
                survivor_id=row.survivor_id,
                absorbed_id=row.absorbed_id,
                moved=rows.json_text(row.moved),
                actor=row.actor,
                at=row.at,
                undone_at=row.undone_at,
            )
        )

    def first_use(self, workspace_id: str, ref: str, now: int) -> int:
        row = self._db.row(_FIRST_USE, in_workspace=workspace_id, of_ref=ref)
        if row is not None:
            return int(row[0])
        self._db.change(
            insert(tables.proof_use).values(workspace_id=workspace_id, ref=ref, first_used_at=now)
        )
        return now

    def insert_token(self, row: ContactTokenRow, token_hash: str) -> None:
        self._db.change(
            insert(tables.contact_token).values(
                token_hash=token_hash,
                workspace_id=row.workspace_id,
                id=row.id,
                contact_id=row.contact_id,
                created_at=row.created_at,
                expires_at=row.expires_at,
                external_id=row.external_id,
            )
        )

    def token(self, workspace_id: str, token_hash: str) -> ContactTokenRow | None:
        row = self._db.row(_TOKEN, in_workspace=workspace_id, hashed=token_hash)
        return None if row is None else _token(row)

    def tokens_of(self, workspace_id: str, contact_id: str) -> Sequence[ContactTokenRow]:
        found = self._db.rows(_TOKENS_OF, in_workspace=workspace_id, of_contact=contact_id)
        return [_token(row) for row in found]

    def change_token(
        self, workspace_id: str, token_id: str, changes: Mapping[str, Any]
    ) -> ContactTokenRow | None:
        this = (_k.workspace_id == workspace_id, _k.id == token_id)
        self._db.change(
            update(tables.contact_token).values(rows.changed_columns(changes)).where(*this)
        )
        found = self._db.query(select(tables.contact_token).where(*this))
        return _token(found[0]) if found else None


def _token(row: Row) -> ContactTokenRow:
    _, workspace_id, token_id, contact_id, *others = row
    return ContactTokenRow(workspace_id, token_id, contact_id, *others)


def _identifier(row: Row) -> IdentifierRow:
    workspace_id, kind, value, contact_id, proven, created_at, proven_at = row
    return IdentifierRow(workspace_id, kind, value, contact_id, bool(proven), created_at, proven_at)
