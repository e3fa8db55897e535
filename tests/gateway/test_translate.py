"""Records into the wire's shapes, each held against the contract's own strict model."""

from dataclasses import replace
from typing import Any

import pytest

from protocol.codec import JSON, MSGPACK
from protocol.pushes import LiveEvent, LiveEventToStaff
from protocol.shapes import Agent, Contact, SummaryToStaff, SummaryToVisitor
from server.chat.model import Author, AuthorKind, LogName, Status
from server.gateway.translate import (
    Audience,
    agent_shape,
    author_shape,
    contact_shape,
    entry_of,
    event_shape,
    frame_of,
    rendition,
    staff_summary,
    topic,
    visitor_summary,
)
from server.transport.port import payload_of
from tests.gateway.rows import AGENT, CONTACT, SAM, VISITOR, event, log_row, row, summary

ASSISTANT = Author(AuthorKind.ASSISTANT, name="Robo")
SYSTEM = Author(AuthorKind.SYSTEM)
ASSIGNEE = {"kind": "human", "name": "Sam", "avatarUrl": None}


@pytest.mark.parametrize("author", [VISITOR, AGENT, ASSISTANT, SYSTEM])
@pytest.mark.parametrize(
    "members",
    [
        {},
        {"client_message_id": "c-1", "edited_at": 1, "data": {"customData": {"a": 1}}},
        {"body": "", "deleted": True, "data": {"attachments": [{"id": "at_1"}]}},
        {"kind": "messageEdited", "data": {"targetSeq": 1}},
        {"kind": "messageDeleted", "body": None, "data": {"targetSeq": 1}},
        {"kind": "statusChanged", "body": None, "data": {"status": "open"}},
        {"kind": "assigneeChanged", "body": None, "data": {"assignee": ASSIGNEE}},
        {"kind": "handoff", "body": None, "data": {"reason": "asked"}},
        {"kind": "rated", "body": None, "data": {"score": 5, "comment": None}},
    ],
)
def test_a_public_event_has_the_shape_of_its_audience(
    author: Author, members: dict[str, Any]
) -> None:
    """PROTOCOL §7."""
    shown = event(author=author, **members)

    for audience in Audience:
        model = LiveEventToStaff if audience.is_staff else LiveEvent
        model.model_validate(event_shape(shown, audience))


@pytest.mark.parametrize(
    ("kind", "body", "data"),
    [
        ("note", "For us", {"mentions": ["ag_2"]}),
        ("note", "For us", {}),
        ("snoozed", None, {"until": 1_800_000_000_000}),
        ("snoozed", None, {"until": None}),
        ("assigned", None, {"agentId": "ag_1", "teamId": None}),
    ],
)
def test_a_staff_event_has_the_shape_of_the_contract(
    kind: str, body: str | None, data: dict[str, Any]
) -> None:
    shown = event(author=AGENT, log=LogName.STAFF, kind=kind, body=body, data=data)

    shape = event_shape(shown, Audience.STAFF)

    LiveEventToStaff.model_validate(shape)


def test_a_note_says_whom_it_mentions() -> None:
    shown = event(
        author=AGENT, log=LogName.STAFF, kind="note", body="See", data={"mentions": ["ag_2"]}
    )

    shape = event_shape(shown, Audience.STAFF)

    assert (shape["mentions"], shape["attachments"]) == (["ag_2"], [])


def test_a_visitor_never_learns_a_visitors_name_or_id() -> None:
    own, other = (
        author_shape(VISITOR, audience) for audience in (Audience.VISITOR_SENDER, Audience.VISITOR)
    )

    assert own == {"kind": "visitor", "own": True}
    assert other == {"kind": "visitor", "own": False}


def test_staff_learn_a_visitors_contact_and_trust_as_of_then() -> None:
    known = author_shape(VISITOR, Audience.STAFF)
    unknown = author_shape(replace(VISITOR, trust=None), Audience.STAFF)

    assert (known["contactId"], known["trust"]) == ("co_1", "anonymous")
    assert unknown["trust"] is None


def test_a_client_message_id_goes_to_its_sender_and_custom_data_to_staff() -> None:
    shown = event(client_message_id="c-1", data={"customData": {"a": 1}})

    members = {audience: set(event_shape(shown, audience)) for audience in Audience}

    assert [a for a in Audience if "clientMessageId" in members[a]] == [
        Audience.VISITOR_SENDER,
        Audience.STAFF_SENDER,
    ]
    assert [a for a in Audience if "customData" in members[a]] == [
        Audience.STAFF,
        Audience.STAFF_SENDER,
    ]


def test_a_deleted_message_has_no_files_left() -> None:
    shape = event_shape(event(deleted=True, data={"attachments": [{"id": "a"}]}), Audience.VISITOR)

    assert (shape["deleted"], shape["attachments"]) == (True, [])


@pytest.mark.parametrize("codec", [JSON, MSGPACK])
@pytest.mark.parametrize("audience", list(Audience))
def test_an_entry_is_rendered_for_codec_and_audience_by_one_number(
    codec: Any, audience: Audience
) -> None:
    entry = entry_of(event(sender="device:v_1"), 7)

    payload, text, _ = payload_of(entry.frame(rendition(codec, audience)))

    assert (entry.seq, entry.access_version, entry.sender) == (1, 7, "device:v_1")
    assert text is codec.text
    assert codec.decode(payload) == {"type": "event", "data": event_shape(event(), audience)}


def test_a_reply_asks_for_a_receipt_and_nothing_else_does() -> None:
    asked = [
        entry_of(shown, 1).receipt
        for shown in (
            event(author=AGENT),
            event(author=ASSISTANT),
            event(author=VISITOR),
            event(author=AGENT, kind="statusChanged", data={"status": "open"}),
        )
    ]

    assert asked == [True, True, False, False]


def test_a_topic_and_a_frame_have_one_form() -> None:
    payload, text, _ = payload_of(frame_of(JSON, {"type": "pong"}))

    assert topic("cv_1", LogName.STAFF) == "cv_1/staff"
    assert (payload, text) == (b'{"type":"pong"}', True)


def test_a_visitors_summary_shows_what_a_visitor_may_see() -> None:
    """Snoozed is open to visitors."""
    snoozed = summary(log=log_row(status=Status.SNOOZED))

    shape = visitor_summary(snoozed, "device:v_1")

    SummaryToVisitor.model_validate(shape)
    assert shape["status"] == "open"
    assert shape["lastMessage"]["author"] == {"kind": "visitor", "own": False}


def test_ones_own_last_message_is_own_and_its_preview_is_short() -> None:
    last = event(sender="device:v_1", body="x" * 500)

    shape = visitor_summary(summary(last_message=last), "device:v_1")

    assert shape["lastMessage"]["author"]["own"]
    assert len(shape["lastMessage"]["preview"]) == 140


def test_a_staff_summary_shows_filing_assignee_and_contact() -> None:
    filed = row(assignee_id="ag_1", priority="high", labels=("vip",), snoozed_until=1_000)

    shape = staff_summary(
        summary(
            conversation=filed,
            assignee=SAM,
            contact=CONTACT,
            log=log_row(status=Status.SNOOZED),
        ),
        online=True,
    )

    SummaryToStaff.model_validate(shape)
    assert (shape["status"], shape["assignee"]["kind"]) == ("snoozed", "human")
    assert shape["contact"]["online"]


def test_a_conversation_without_events_or_contact_has_a_summary_too() -> None:
    empty = summary(last_event=None, last_message=None, contact=None)

    shape = staff_summary(empty, online=False)

    SummaryToStaff.model_validate(shape)
    assert (shape["lastEventId"], shape["lastMessage"], shape["contact"]) == (None, None, None)


def test_agents_and_contacts_have_the_shape_of_the_contract() -> None:
    Agent.model_validate(agent_shape(SAM, "away"))
    contact = contact_shape(CONTACT, online=False)

    Contact.model_validate(contact)
    assert contact["verified"]
