"""Keys are found by what they are, and stay to be told apart when revoked."""

from dataclasses import replace

from server.identity.model import KeyRow
from server.store.transaction import SqlTransaction
from tests.store.scenes import NOW

WIDGET = KeyRow("ws_1", "key_1", "widget", "Site", "wk_live_1", (), NOW)
SECRET = KeyRow("ws_1", "key_2", "secret", "Server", "hash", ("read",), NOW + 1)


def test_a_key_is_found_by_its_own_kind_only(tx: SqlTransaction) -> None:
    tx.keys.insert(WIDGET)
    tx.keys.insert(SECRET)

    assert tx.keys.widget("wk_live_1") == WIDGET
    assert tx.keys.secret("hash") == SECRET
    assert tx.keys.secret("wk_live_1") is None
    assert tx.keys.widget("hash") is None
    assert tx.keys.of_workspace("ws_1") == [WIDGET, SECRET]


def test_a_revoked_key_is_found_with_its_date_and_revoked_once(tx: SqlTransaction) -> None:
    tx.keys.insert(WIDGET)

    done = [
        tx.keys.revoke("ws_2", "key_1", NOW),
        tx.keys.revoke("ws_1", "key_1", NOW + 5),
        tx.keys.revoke("ws_1", "key_1", NOW + 9),
    ]

    assert done == [False, True, False]
    assert tx.keys.widget("wk_live_1") == replace(WIDGET, revoked_at=NOW + 5)
