"""Contacts."""

from dataclasses import replace

from server.store.connection import Connection
from server.store.contacts import contacts_by_id
from server.store.transaction import SqlTransaction
from tests.store.scenes import CONTACT


def test_a_contact_is_changed_in_its_own_workspace_only(tx: SqlTransaction) -> None:
    tx.contacts.insert(CONTACT)

    changed = [
        tx.contacts.update("ws_2", "co_1", {"name": "Eve"}),
        tx.contacts.update("ws_1", "co_1", {"name": "Jane", "unverified_metadata": {"a": None}}),
    ]

    expected = replace(CONTACT, name="Jane", unverified_metadata={"a": None})
    assert changed == [False, True]
    assert tx.contacts.get("ws_1", "co_1") == expected
    assert tx.contacts.get("ws_2", "co_1") is None


def test_several_contacts_are_read_at_once(tx: SqlTransaction, db: Connection) -> None:
    tx.contacts.insert(CONTACT)

    assert contacts_by_id(db, ["co_1", "co_nobody"]) == {"co_1": CONTACT}
