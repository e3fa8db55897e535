"""Use cases of a conversation: the draft that each hands to the journal, and who is told when."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from server.chat.model import (
    Committed,
    Draft,
    Existing,
    Failed,
    LogName,
    LogRow,
    New,
    OpenOrNew,
    Outcome,
    Refusal,
    Refused,
    Settle,
    Status,
)
from server.chat.service import (
    ChatRefused,
    ChatService,
    Staff,
    VisitorWrites,
    agent_sender,
    committed,
    device_sender,
)
from server.identity.model import Grant, KeyRow, Role
from server.store.port import StoreUnavailable
from tests.store.scenes import AGENT, SESSION, FixedClock

STAFF = Staff.of_agent(AGENT)
LOG = LogRow("cv_1", "ws_1", 1, 0, Status.OPEN, 0, 1)
DONE = Committed(None, (cast("Any", "an event"),), LOG)


class Journal:
    """A store that keeps the drafts, and settles them as the test says."""

    def __init__(self, outcome: Outcome = DONE) -> None:
        self.drafts: list[Draft] = []
        self.told: list[object] = []
        self._outcome = outcome
        self.chat = ChatService(cast("Any", self), FixedClock(), self.told.append)

    def append(self, draft: Draft, settle: Settle) -> None:
        self.drafts.append(draft)
        settle(self._outcome)

    @property
    def draft(self) -> Draft:
        (draft,) = self.drafts
        return draft

    def settle(self, outcome: Outcome) -> None:
        self.told.append(("settled", outcome))


def test_followers_are_told_before_the_one_who_asked() -> None:
    """DELIVERY W6 before W7."""
    journal = Journal()

    journal.chat.end_nowait(SESSION, "cv_1", journal.settle)

    assert journal.told == [DONE, ("settled", DONE)]


@pytest.mark.parametrize(
    "outcome",
    [replace(DONE, events=(), duplicate=True), Refused(Refusal("conflict", "No.")),
     Failed(StoreUnavailable("x"))],
)  # fmt: skip
def test_what_wrote_nothing_is_told_to_nobody_else(outcome: Outcome) -> None:
    journal = Journal(outcome)

    journal.chat.end_nowait(SESSION, "cv_1", journal.settle)

    assert journal.told == [("settled", outcome)]


@pytest.mark.parametrize(
    ("writes", "target"),
    [
        (VisitorWrites("c", "Hi", "cv_1"), Existing),
        (VisitorWrites("c", "Hi"), OpenOrNew),
        (VisitorWrites("c", "Hi", new_conversation=True), New),
    ],
)
def test_a_visitors_message_goes_where_it_was_said(writes: VisitorWrites, target: type) -> None:
    journal, grant = Journal(), Grant("se_1", "cv_1", 1)

    journal.chat.post_nowait(SESSION, writes, grant, journal.settle)

    draft = journal.draft
    assert type(draft.target) is target
    assert (draft.repeat_key, draft.grant, draft.session_id) == (("device:v_1", "c"), grant, "se_1")


def test_a_conversation_is_born_as_its_session_is() -> None:
    journal = Journal()

    journal.chat.start_nowait(STAFF, SESSION, "Hi", journal.settle, client_message_id="c")
    journal.chat.start_nowait(STAFF, SESSION, "Hi", journal.settle)

    born = journal.drafts[0].target
    assert isinstance(born, New)
    assert (born.row.visitor_id, born.row.contact_id, born.row.verified) == ("v_1", "co_1", False)
    assert [d.repeat_key for d in journal.drafts] == [("agent:ag_1", "c"), None]


Use = Callable[[ChatService, Settle], None]


@pytest.mark.parametrize(
    ("use", "wants_event", "last_event_of"),
    [
        (lambda c, s: c.edit_nowait(SESSION, "cv_1", 3, "x", s, window_ms=1), 3, None),
        (lambda c, s: c.edit_nowait(SESSION, "cv_1", 3, None, s, window_ms=1), 3, None),
        (lambda c, s: c.rate_nowait(SESSION, "cv_1", 5, None, s), None, None),
        (lambda c, s: c.request_human_nowait(SESSION, "cv_1", s), None, "handoff"),
        (lambda c, s: c.end_nowait(SESSION, "cv_1", s), None, "statusChanged"),
        (lambda c, s: c.staff_edit_nowait(STAFF, "cv_1", 3, "x", s), 3, None),
        (lambda c, s: c.staff_edit_nowait(STAFF, "cv_1", 3, None, s), 3, None),
        (lambda c, s: c.reply_nowait(STAFF, "cv_1", "x", s), None, None),
        (lambda c, s: c.note_nowait(STAFF, "cv_1", "x", s), None, None),
        (lambda c, s: c.assign_nowait(STAFF, "cv_1", AGENT, None, s), None, None),
        (lambda c, s: c.assign_nowait(STAFF, "cv_1", None, None, s), None, None),
        (
            lambda c, s: c.status_nowait(STAFF, "cv_1", Status.OPEN, None, s),
            None,
            "statusChanged",
        ),
        (lambda c, s: c.priority_nowait(STAFF, "cv_1", "high", s), None, None),
        (lambda c, s: c.labels_nowait(STAFF, "cv_1", ("vip",), (), s), None, None),
    ],
)
def test_each_use_case_asks_for_the_rows_that_its_rule_reads(
    use: Use, wants_event: int | None, last_event_of: str | None
) -> None:
    journal = Journal()

    use(journal.chat, journal.settle)

    draft = journal.draft
    assert draft.target == Existing("cv_1")
    assert draft.wants_conversation
    assert draft.wants_event == (wants_event and (LogName.PUBLIC, wants_event))
    assert draft.last_event_of == last_event_of
    assert draft.repeat_key is None


def test_staffs_messages_are_repeats_by_sender_and_client_message_id() -> None:
    journal = Journal()

    journal.chat.reply_nowait(STAFF, "cv_1", "x", journal.settle, client_message_id="c")

    assert journal.draft.repeat_key == ("agent:ag_1", "c")


def test_a_key_speaks_in_its_own_name_or_as_an_agent() -> None:
    key = KeyRow("ws_1", "key_1", "secret", "Server", "hash", ("*",), 0)

    own, named = Staff.of_key(key, None), Staff.of_key(key, AGENT)

    assert (own.author.name, named.author.name) == ("Server", "Sam")
    assert (own.sender, named.sender) == ("key:key_1", "key:key_1")
    assert named.may_delete_any


def test_only_owners_and_admins_delete_what_is_not_theirs() -> None:
    may = [Staff.of_agent(replace(AGENT, role=role)).may_delete_any for role in Role]

    assert may == [True, True, False]
    assert (device_sender("v_1"), agent_sender("ag_1")) == ("device:v_1", "agent:ag_1")


async def test_waiting_for_a_draft_returns_or_raises_what_became_of_it() -> None:
    done = await committed(lambda settle: settle(DONE))

    assert done is DONE
    with pytest.raises(ChatRefused, match="No") as refused:
        await committed(lambda settle: settle(Refused(Refusal("conflict", "No."))))
    with pytest.raises(StoreUnavailable):
        await committed(lambda settle: settle(Failed(StoreUnavailable("x"))))
    assert refused.value.refusal.code == "conflict"


async def test_settling_for_one_who_waits_no_more_is_harmless() -> None:
    def twice(settle: Settle) -> None:
        settle(DONE)
        settle(DONE)

    assert await committed(twice) is DONE
