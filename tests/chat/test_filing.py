"""How staff file a conversation, each rule beside what it refuses."""

import pytest

from server.chat import filing
from server.chat.model import Decision, Refusal, Rows, Status
from tests.chat.test_policy import LOG, SAM, decided, kinds, message, rows


def test_assigning_tells_staff_and_visitor_in_one_commit() -> None:
    shape = {"kind": "human", "name": "Sam", "avatarUrl": None}
    decision = decided(filing.Assign(SAM, "ag_sam", None, shape), rows())

    assert kinds(decision) == [("staff", "assigned"), ("public", "assigneeChanged")]
    assert decision.events[1].data == {"assignee": shape}
    assert decision.changes == {"assignee_id": "ag_sam", "team_id": None}


def test_assigning_the_same_agent_again_is_no_news_to_the_visitor() -> None:
    decision = decided(filing.Assign(SAM, "ag_sam", None, {}), rows(assignee_id="ag_sam"))

    assert kinds(decision) == [("staff", "assigned")]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Status.OPEN, Status.RESOLVED, [("public", "statusChanged")]),
        (Status.RESOLVED, Status.OPEN, [("public", "statusChanged")]),
        (Status.SNOOZED, Status.OPEN, [("public", "statusChanged"), ("staff", "snoozed")]),
        (Status.SNOOZED, Status.RESOLVED, [("public", "statusChanged"), ("staff", "snoozed")]),
        (Status.OPEN, Status.SNOOZED, [("staff", "snoozed")]),
        (Status.SNOOZED, Status.SNOOZED, [("staff", "snoozed")]),
        (Status.RESOLVED, Status.SNOOZED, [("staff", "snoozed"), ("public", "statusChanged")]),
        (Status.OPEN, Status.OPEN, [("public", "statusChanged")]),
    ],
)
def test_each_change_of_status_says_so_in_the_right_log(
    before: Status, after: Status, expected: list[tuple[str, str]]
) -> None:
    decision = decided(filing.ChangeStatus(SAM, after), rows(before))

    assert kinds(decision) == expected
    assert decision.status is after


def test_a_status_that_is_already_so_is_answered_with_its_event() -> None:
    resolved = message(kind="statusChanged")
    decide = filing.ChangeStatus(SAM, Status.RESOLVED)

    assert decided(decide, rows(Status.RESOLVED, event=resolved)).existing == resolved


def test_snoozing_needs_a_time_to_come() -> None:
    past = filing.ChangeStatus(SAM, Status.SNOOZED, until=10)(rows(), 10)
    future = decided(filing.ChangeStatus(SAM, Status.SNOOZED, until=11), rows(), 10)

    assert isinstance(past, Refusal)
    assert past.code == "invalid_input"
    assert future.changes == {"snoozed_until": 11}


@pytest.mark.parametrize(
    ("status", "until", "wakes"),
    [
        (Status.SNOOZED, 10, True),
        (Status.SNOOZED, 11, False),
        (Status.SNOOZED, None, False),
        (Status.OPEN, 10, False),
    ],
)
def test_a_conversation_wakes_when_it_is_due_and_still_sleeps(
    status: Status, until: int | None, wakes: bool
) -> None:
    answer = filing.Wake()(rows(status, snoozed_until=until), 10)

    assert isinstance(answer, Decision) is wakes
    if isinstance(answer, Decision):
        assert kinds(answer) == [("staff", "snoozed")]
        assert answer.status is Status.OPEN


def test_a_change_of_priority_names_the_new_one() -> None:
    decision = decided(filing.ChangePriority(SAM, "high"), rows(priority="low"))

    assert decision.events[0].data == {"priority": "high"}
    assert decision.changes == {"priority": "high"}


def test_labels_are_added_and_removed_without_repeats() -> None:
    decide = filing.ChangeLabels(SAM, ("b", "b", "c"), ("a",))
    decision = decided(decide, rows(labels=("a", "b")))

    assert decision.changes == {"labels": ("b", "c")}
    assert decision.events[0].data == {"added": ["c"], "removed": ["a"]}


def test_a_conversation_has_at_most_fifty_labels() -> None:
    fifty = tuple(str(n) for n in range(50))
    answer = filing.ChangeLabels(SAM, ("one more",), ())(rows(labels=fifty), 0)

    assert isinstance(answer, Refusal)
    assert answer.code == "invalid_input"


def test_filing_needs_no_cold_row() -> None:
    bare = Rows(LOG)

    assert decided(filing.ChangeLabels(SAM, ("a",), ()), bare).changes == {"labels": ("a",)}
    assert len(decided(filing.Assign(SAM, None, None, {}), bare).events) == 2
