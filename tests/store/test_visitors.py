"""Devices: an id belongs to whoever had it first, and being seen only moves forward."""

from dataclasses import replace

from server.store.transaction import SqlTransaction
from tests.store.scenes import NOW, VISITOR


def test_an_id_is_taken_per_workspace(tx: SqlTransaction) -> None:
    other = replace(VISITOR, token_hash="other")

    inserted = [
        tx.visitors.insert(VISITOR),
        tx.visitors.insert(other),
        tx.visitors.insert(replace(other, workspace_id="ws_2")),
    ]

    assert inserted == [True, False, True]
    assert tx.visitors.get("ws_1", "v_1") == VISITOR


def test_a_new_token_replaces_the_old_one(tx: SqlTransaction) -> None:
    tx.visitors.insert(VISITOR)

    tx.visitors.set_token("ws_1", "v_1", "new")

    assert tx.visitors.get("ws_1", "v_1") == replace(VISITOR, token_hash="new")


def test_being_seen_never_moves_back(tx: SqlTransaction) -> None:
    tx.visitors.insert(VISITOR)

    tx.visitors.touch("ws_1", "v_1", NOW + 5)
    tx.visitors.touch("ws_1", "v_1", NOW + 1)

    assert tx.visitors.get("ws_1", "v_1") == replace(VISITOR, last_seen_at=NOW + 5)
