"""Applying events: the next one and no other."""

from typing import Any

import pytest

from protocol.replica import Position, Replica, Verdict

KEY = ("cv_1", "public")


def event(seq: int, conversation_id: str = "cv_1") -> dict[str, Any]:
    return {"conversationId": conversation_id, "log": "public", "seq": seq, "id": f"ev_{seq}"}


def page(*seqs: int, reset: bool = True) -> dict[str, Any]:
    return {
        "conversationId": "cv_1",
        "log": "public",
        "reset": reset,
        "events": [event(seq) for seq in seqs],
    }


@pytest.fixture
def replica() -> Replica:
    replica = Replica()
    replica.replace(page(4, 5))
    return replica


def test_the_next_event_is_applied(replica: Replica) -> None:
    assert replica.receive(event(6)) is Verdict.APPLIED
    assert replica.position(KEY) == Position(6, "ev_6")
    assert not replica.is_behind(KEY)


def test_an_event_that_is_held_changes_nothing(replica: Replica) -> None:
    assert replica.receive(event(5)) is Verdict.HELD
    assert replica.position(KEY) == Position(5, "ev_5")


def test_an_event_beyond_the_next_one_proves_that_one_is_missing(replica: Replica) -> None:
    assert replica.receive(event(7)) is Verdict.MISSING
    assert replica.position(KEY) == Position(5, "ev_5")
    assert replica.is_behind(KEY)


def test_an_unknown_log_starts_at_its_first_event() -> None:
    assert Replica().receive(event(1)) is Verdict.APPLIED
    assert Replica().receive(event(2)) is Verdict.MISSING


def test_a_page_replaces_what_is_held(replica: Replica) -> None:
    replica.replace(page(8, 9))

    assert replica.position(KEY) == Position(9, "ev_9")


def test_an_empty_page_leaves_nothing(replica: Replica) -> None:
    replica.replace(page())

    assert replica.position(KEY) is None
    assert replica.held() == []


def test_what_came_while_a_page_was_asked_for_is_not_forgotten(replica: Replica) -> None:
    replica.receive(event(12))

    replica.replace(page(10, 11, reset=False))
    assert replica.is_behind(KEY)

    replica.replace(page(10, 11, reset=True))
    assert not replica.is_behind(KEY)


def test_a_head_tells_what_is_missing_and_what_was_rewound(replica: Replica) -> None:
    assert replica.learn_head(KEY, 4)
    assert not replica.learn_head(KEY, 5)
    assert not replica.is_behind(KEY)
    assert not replica.learn_head(KEY, 6)
    assert replica.is_behind(KEY)
    assert not replica.learn_head(("cv_2", "public"), 0)
    assert not replica.is_behind(("cv_2", "public"))


def test_cursors_are_those_of_the_logs_that_moved_last() -> None:
    replica = Replica()
    for conversation_id in ("cv_1", "cv_2", "cv_3"):
        replica.receive(event(1, conversation_id))
    replica.receive(event(2, "cv_1"))

    cursors = replica.cursors(2)

    assert cursors == [
        {"conversationId": "cv_3", "log": "public", "seq": 1, "eventId": "ev_1"},
        {"conversationId": "cv_1", "log": "public", "seq": 2, "eventId": "ev_2"},
    ]


def test_a_forgotten_log_is_unknown_again(replica: Replica) -> None:
    replica.receive(event(9))

    replica.forget(KEY)

    assert replica.position(KEY) is None
    assert not replica.is_behind(KEY)
