"""Changes are read in order; what was kept once stays."""

from server.store.port import Change
from server.store.transaction import SqlTransaction
from tests.store.scenes import NOW


def test_changes_are_read_from_where_one_was(tx: SqlTransaction) -> None:
    for ref in ("a", "b", "c"):
        tx.add_change("ws_1", "session", ref)

    found = tx.changes_after(1, 1)

    assert found == [Change(2, "ws_1", "session", "b")]
    assert [change.ref for change in tx.changes_after(0, 9)] == ["a", "b", "c"]


def test_a_fact_is_replaced(tx: SqlTransaction) -> None:
    tx.set_meta("k", "1")
    tx.set_meta("k", "2")

    assert (tx.meta("k"), tx.meta("other")) == ("2", None)


def test_the_first_answer_to_a_key_stays(tx: SqlTransaction) -> None:
    tx.keep_answer("scope", "k", ("hash", 201, b"\x00\xff"), NOW)
    tx.keep_answer("scope", "k", ("other", 200, b""), NOW)

    assert tx.answered("scope", "k") == ("hash", 201, b"\x00\xff")
    assert tx.answered("another", "k") is None


def test_answers_are_forgotten_when_their_time_has_come(tx: SqlTransaction) -> None:
    tx.keep_answer("scope", "old", ("hash", 201, b""), NOW)
    tx.keep_answer("scope", "new", ("hash", 201, b""), NOW + 1)

    tx.forget_answers(NOW)

    assert tx.answered("scope", "old") is None
    assert tx.answered("scope", "new") is not None
