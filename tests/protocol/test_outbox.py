"""The outbox: one message per conversation on its way, and none under another's name."""

import pytest

from protocol.outbox import ENTRIES, Entry, Outbox, OutboxFull


def entry(name: str, conversation_id: str | None = "cv_1", epoch: int = 0) -> Entry:
    return Entry(name, conversation_id, {}, epoch)


def outbox(*entries: Entry) -> Outbox:
    box = Outbox()
    for each in entries:
        box.add(each)
    return box


def names(entries: list[Entry]) -> list[str]:
    return [each.client_message_id for each in entries]


def test_the_first_message_of_each_conversation_may_be_sent() -> None:
    box = outbox(entry("a"), entry("b"), entry("c", "cv_2"), entry("d", None), entry("e", None))

    assert names(box.sendable(0.0)) == ["a", "c", "d"]


def test_a_message_on_its_way_holds_up_its_conversation_alone() -> None:
    first = entry("a")
    box = outbox(first, entry("b"), entry("c", "cv_2"))

    first.frame_id = "7"

    assert names(box.sendable(0.0)) == ["c"]
    assert box.next_deadline() == 0.0


def test_a_message_that_was_told_to_wait_waits() -> None:
    first = entry("a")
    box = outbox(first, entry("b"))

    first.not_before = 5.0

    assert box.next_deadline() == 5.0
    assert box.sendable(4.9) == []
    assert names(box.sendable(5.0)) == ["a"]


def test_an_empty_outbox_has_no_deadline() -> None:
    assert Outbox().next_deadline() is None


def test_a_settled_message_lets_the_next_one_go() -> None:
    box = outbox(entry("a"), entry("b"))

    settled = box.settle("a")

    assert settled is not None
    assert box.settle("a") is box.get("a") is None
    assert names(box.sendable(0.0)) == ["b"]
    assert len(box) == 1


def test_a_message_is_kept_once_however_often_it_is_added() -> None:
    box = outbox(entry("a"), entry("a", "cv_2"))

    kept = box.get("a")

    assert kept is not None
    assert kept.conversation_id == "cv_1"
    assert names(list(box)) == ["a"]


def test_a_lost_connection_puts_everything_back() -> None:
    first = entry("a")
    box = outbox(first)
    first.frame_id = "7"

    box.recall()

    assert names(box.sendable(0.0)) == ["a"]


def test_what_somebody_else_wrote_is_expelled() -> None:
    """IDENTITY §6.29: an unsent outbox never leaves under the next person."""
    box = outbox(entry("jane", epoch=0), entry("joe", epoch=1))

    assert names(box.expel(1)) == ["jane"]
    assert names(list(box)) == ["joe"]


def test_an_outbox_ends_at_its_limit() -> None:
    box = outbox(*(entry(str(number)) for number in range(ENTRIES)))

    with pytest.raises(OutboxFull):
        box.add(entry("one too many"))
