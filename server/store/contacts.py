"""Queries about contacts, the persons."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from server.identity.model import ContactRow
from server.store import rows, tables
from server.store.connection import Connection, Prepared

__all__ = ["ContactQueries", "contacts_by_id"]

_c = tables.contact.c

_GET: Final = Prepared(
    select(tables.contact).where(
        _c.id == bindparam("contact_id"), _c.workspace_id == bindparam("workspace_id")
    )
)
_MANY: Final = Prepared(select(tables.contact).where(_c.id.in_(bindparam("ids", expanding=True))))
_INSERT: Final = Prepared(insert(tables.contact))


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
