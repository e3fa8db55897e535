"""Sessions and their tokens."""

from dataclasses import replace

import pytest

from server.store.transaction import SqlTransaction
from tests.store.scenes import NOW, SESSION


def test_any_of_its_tokens_finds_a_session_until_they_are_dropped(tx: SqlTransaction) -> None:
    tx.sessions.insert(SESSION, "one")
    tx.sessions.add_token("ws_1", "se_1", "two", NOW)
    before = [tx.sessions.by_token("ws_1", token) for token in ("one", "two", "three")]

    tx.sessions.drop_tokens("ws_1", "se_1")

    assert before == [SESSION, SESSION, None]
    assert tx.sessions.by_token("ws_1", "one") is None


def test_an_ended_session_is_still_found_by_its_token(tx: SqlTransaction) -> None:
    tx.sessions.insert(SESSION, "one")

    tx.sessions.update("ws_1", "se_1", {"ended_at": NOW, "end_reason": "reset"})

    found = tx.sessions.by_token("ws_1", "one")
    assert found == replace(SESSION, version=2, ended_at=NOW, end_reason="reset")


def test_a_devices_sessions_come_newest_first_and_are_bounded(tx: SqlTransaction) -> None:
    for n in range(60):
        tx.sessions.insert(replace(SESSION, id=f"se_{n}", started_at=NOW + n), f"t{n}")
    tx.sessions.insert(replace(SESSION, id="se_other", visitor_id="v_2"), "other")

    found = [session.id for session in tx.sessions.of_visitor("ws_1", "v_1")]

    assert found == [f"se_{n}" for n in range(59, 9, -1)]


def test_an_unknown_session_cannot_be_changed(tx: SqlTransaction) -> None:
    with pytest.raises(LookupError):
        tx.sessions.update("ws_1", "se_nobody", {"ended_at": NOW})

    assert tx.changes_after(0, 10) == []


def test_being_seen_never_moves_back(tx: SqlTransaction) -> None:
    tx.sessions.insert(SESSION, "one")

    tx.sessions.touch("ws_1", "se_1", NOW + 5)
    tx.sessions.touch("ws_1", "se_1", NOW + 1)

    assert tx.sessions.get("ws_1", "se_1") == replace(SESSION, last_seen_at=NOW + 5)
