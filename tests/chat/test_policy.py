"""The rules of a conversation, each beside what it refuses."""

from dataclasses import replace

import pytest

from server.chat import policy
from server.chat.model import (
    Author,
    AuthorKind,
    ConversationRow,
    Decide,
    Decision,
    Event,
    LogName,
    LogRow,
    Refusal,
    Rewrite,
    Rows,
    Status,
)

JANE = Author(AuthorKind.VISITOR, "v_1", contact_id="co_1")
SAM = Author(AuthorKind.AGENT, "ag_sam", "Sam")
BOT = Author(AuthorKind.ASSISTANT, None, "Bot")
LOG = LogRow("cv_1", "ws_1", 5, 2, Status.OPEN, 3, 1)
ROW = ConversationRow("cv_1", "ws_1", "v_1", "co_1", "se_1", None, False, None, 0)
MINUTE = 60_000


def rows(status: Status = Status.OPEN, *, event: Event | None = None, **changes: object) -> Rows:
    conversation = replace(ROW, **changes)  # type: ignore[arg-type]
    return Rows(replace(LOG, status=status), conversation, event)


def message(author: Author = JANE, sender: str = "device:v_1", **changes: object) -> Event:
    event = Event("ws_1", "cv_1", LogName.PUBLIC, 4, "ev_4", 0, "message", author, sender, body="x")
    return replace(event, **changes)  # type: ignore[arg-type]


def decided(decide: Decide, given: Rows, now: int = 0) -> Decision:
    answer = decide(given, now)
    assert isinstance(answer, Decision), answer
    return answer


def kinds(decision: Decision) -> list[tuple[str, str]]:
    return [(event.log.value, event.kind) for event in decision.events]


def write() -> policy.VisitorMessage:
    return policy.VisitorMessage(JANE, "device:v_1", "c1", "hello", {"customData": {"a": 1}})


def test_a_visitors_message_is_one_event_with_its_sender_and_id() -> None:
    (event,) = decided(write(), rows()).events

    assert (event.kind, event.body, event.sender, event.client_message_id) == (
        "message",
        "hello",
        "device:v_1",
        "c1",
    )
    assert event.data == {"customData": {"a": 1}}


def test_writing_to_a_resolved_conversation_reopens_it_in_the_next_event() -> None:
    decision = decided(write(), rows(Status.RESOLVED))

    assert kinds(decision) == [("public", "message"), ("public", "statusChanged")]
    assert decision.events[1].data == {"status": "open"}
    assert (decision.status, decision.answer) == (Status.OPEN, 0)


def test_writing_to_a_snoozed_conversation_wakes_it_unseen_by_the_visitor() -> None:
    decision = decided(write(), rows(Status.SNOOZED, snoozed_until=9))

    assert kinds(decision) == [("public", "message"), ("staff", "snoozed")]
    assert decision.status is Status.OPEN
    assert decision.changes == {"snoozed_until": None}


def reply(expected: int | None, author: Author = SAM) -> policy.AgentMessage:
    return policy.AgentMessage(author, "agent:ag_sam", "a1", "hi", expected)


@pytest.mark.parametrize("expected", [None, 3, 5])
def test_an_agent_who_saw_the_last_reply_may_write(expected: int | None) -> None:
    assert kinds(decided(reply(expected), rows())) == [("public", "message")]


def test_an_agent_who_missed_a_reply_is_told_and_nothing_is_sent() -> None:
    answer = reply(2)(rows(), 0)

    assert isinstance(answer, Refusal)
    assert answer.code == "conflict"


def test_only_a_persons_answer_ends_the_wait_for_a_person() -> None:
    waiting = rows(waiting_for_human=True)

    assert decided(reply(None), waiting).changes == {"waiting_for_human": False}
    assert decided(reply(None, BOT), waiting).changes == {}
    assert decided(reply(None), rows()).changes == {}


def test_a_note_goes_to_the_staff_log_with_its_mentions() -> None:
    (noted,) = decided(policy.AddNote(SAM, "agent:ag_sam", "n1", "psst", ("ag_2",)), rows()).events
    (plain,) = decided(policy.AddNote(SAM, "agent:ag_sam", "n2", "psst"), rows()).events

    assert (noted.log, noted.kind, noted.data) == (LogName.STAFF, "note", {"mentions": ["ag_2"]})
    assert plain.data == {}


def edit(author: Author = JANE, sender: str = "device:v_1") -> policy.EditMessage:
    return policy.EditMessage.of(author, sender, 4, "better", MINUTE)


def test_ones_own_message_can_be_edited_within_the_window() -> None:
    decision = decided(edit(), rows(event=message()), now=MINUTE)

    assert kinds(decision) == [("public", "messageEdited")]
    assert decision.events[0].data == {"targetSeq": 4, "body": "better"}
    assert decision.rewrite == Rewrite(LogName.PUBLIC, 4, "better", deleted=False)


@pytest.mark.parametrize(
    ("event", "now", "code"),
    [
        (None, 0, "not_found"),
        (message(kind="rated"), 0, "not_found"),
        (message(sender="device:v_2"), 0, "not_found"),
        (message(SAM, "agent:ag_sam"), 0, "not_found"),
        (message(deleted=True), 0, "conflict"),
        (message(), MINUTE + 1, "conflict"),
    ],
)
@pytest.mark.parametrize("decide", [edit(), policy.DeleteMessage.of(JANE, "device:v_1", 4, MINUTE)])
def test_a_message_that_is_not_ones_own_or_no_longer_open_stays(
    decide: Decide, event: Event | None, now: int, code: str
) -> None:
    answer = decide(rows(event=event), now)

    assert isinstance(answer, Refusal)
    assert answer.code == code


def test_an_agent_edits_their_own_message_at_any_time_from_any_tab() -> None:
    own = message(SAM, "key:k_1")
    decide = policy.EditMessage.of(SAM, "agent:ag_sam", 4, "better")

    assert kinds(decided(decide, rows(event=own), now=10**12)) == [("public", "messageEdited")]


def test_an_agent_may_not_change_anothers_message_and_an_admin_may_delete_it() -> None:
    theirs = rows(event=message())
    refused = policy.DeleteMessage.of(SAM, "agent:ag_sam", 4)(theirs, 0)
    allowed = policy.DeleteMessage.of(SAM, "agent:ag_sam", 4, any_author=True)

    assert isinstance(refused, Refusal)
    assert refused.code == "forbidden"
    assert decided(allowed, theirs).rewrite == Rewrite(LogName.PUBLIC, 4, "", deleted=True)


def test_ending_a_conversation_resolves_it() -> None:
    decision = decided(policy.EndConversation(JANE, "device:v_1"), rows())

    assert kinds(decision) == [("public", "statusChanged")]
    assert decision.status is Status.RESOLVED


def test_ending_it_twice_is_answered_with_the_first_end() -> None:
    ended = message(kind="statusChanged")
    decision = decided(
        policy.EndConversation(JANE, "device:v_1"), rows(Status.RESOLVED, event=ended)
    )

    assert (decision.existing, decision.events, decision.status) == (ended, (), None)


def test_a_rating_is_an_event_of_its_own() -> None:
    (rated,) = decided(policy.RateConversation(JANE, "device:v_1", 5, "nice"), rows()).events

    assert (rated.kind, rated.data) == ("rated", {"score": 5, "comment": "nice"})


def test_asking_for_a_person_is_noted_once_while_one_waits() -> None:
    asked = message(kind="handoff")
    first = decided(policy.RequestHuman(JANE, "device:v_1"), rows(event=asked))
    again = decided(
        policy.RequestHuman(JANE, "device:v_1"), rows(event=asked, waiting_for_human=True)
    )

    assert kinds(first) == [("public", "handoff")]
    assert first.changes == {"waiting_for_human": True}
    assert again.existing == asked


def test_rules_that_need_no_cold_row_do_without_it() -> None:
    bare = Rows(LOG)

    assert kinds(decided(reply(None), bare)) == [("public", "message")]
    assert decided(policy.RequestHuman(JANE, "device:v_1"), bare).existing is None


def test_what_becomes_known_of_a_visitor_is_for_staff_alone() -> None:
    decision = decided(policy.NoteIdentity({"to": "verified"}), rows())

    assert kinds(decision) == [("staff", "identity")]
    assert decision.events[0].data == {"to": "verified"}
