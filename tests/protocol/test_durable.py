"""Durable events: each audience's kinds, logs and authors, and nothing else."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from protocol.durable import EventToStaff, EventToVisitor
from tests.protocol.samples import AGENT, AT, VISITOR_TO_STAFF, message

TO_VISITOR: TypeAdapter[Any] = TypeAdapter(EventToVisitor)
TO_STAFF: TypeAdapter[Any] = TypeAdapter(EventToStaff)

PUBLIC: list[dict[str, Any]] = [
    {"kind": "messageEdited", "targetSeq": 3, "body": "x"},
    {"kind": "messageDeleted", "targetSeq": 3},
    {"kind": "statusChanged", "status": "resolved"},
    {"kind": "assigneeChanged", "assignee": {"kind": "none", "name": None, "avatarUrl": None}},
    {"kind": "form", "formId": "fo_1", "schema": {"fields": []}},
    {"kind": "formSubmitted", "formId": "fo_1", "values": {"email": "x"}},
    {"kind": "ratingRequested"},
    {"kind": "rated", "score": 5, "comment": None},
    {"kind": "handoff", "reason": "asked"},
]
STAFF: list[dict[str, Any]] = [
    {"kind": "note", "body": "x", "attachments": [], "mentions": ["ag_2"]},
    {"kind": "assigned", "agentId": "ag_1", "teamId": None},
    {"kind": "labelsChanged", "added": ["vip"], "removed": []},
    {"kind": "priorityChanged", "priority": "high"},
    {"kind": "snoozed", "until": AT},
    {"kind": "identity", "from": None, "to": "u_1", "verified": True, "reason": "identify"},
    {"kind": "merged", "survivorId": "co_1", "absorbedId": "co_2"},
    {"kind": "toolCalled", "name": "lookup", "status": "ok", "durationMs": 12},
]


def event(log: str, members: dict[str, Any]) -> dict[str, Any]:
    head = {"conversationId": "cv_1", "log": log, "seq": 1, "id": "ev_1", "at": AT, "author": AGENT}
    return head | members


@pytest.mark.parametrize("members", PUBLIC, ids=lambda members: members["kind"])
def test_a_public_event_is_for_both(members: dict[str, Any]) -> None:
    public = event("public", members)

    assert TO_VISITOR.validate_python(public).kind == members["kind"]
    assert TO_STAFF.validate_python(public).kind == members["kind"]


@pytest.mark.parametrize("members", STAFF, ids=lambda members: members["kind"])
def test_a_staff_event_is_for_staff_alone(members: dict[str, Any]) -> None:
    internal = event("staff", members)

    assert TO_STAFF.validate_python(internal).kind == members["kind"]
    with pytest.raises(ValidationError):
        TO_VISITOR.validate_python(internal)


@pytest.mark.parametrize(
    ("log", "members"), [("staff", PUBLIC[1]), ("public", STAFF[1]), ("staff", message())]
)
def test_a_kind_has_its_log(log: str, members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TO_STAFF.validate_python(event(log, members) | {"log": log})


def test_a_message_is_served_as_it_is_now() -> None:
    edited = TO_VISITOR.validate_python(message(body="new", editedAt=AT))
    deleted = TO_VISITOR.validate_python(message(body="", deleted=True))

    assert (edited.body, edited.edited_at, deleted.deleted) == ("new", AT, True)


def test_only_staff_are_sent_custom_data() -> None:
    carrying = message(customData={"order": 7})

    assert TO_STAFF.validate_python(carrying).custom_data == {"order": 7}
    with pytest.raises(ValidationError, match="customData"):
        TO_VISITOR.validate_python(carrying)


def test_a_visitor_is_never_sent_a_visitors_name() -> None:
    own = message(author={"kind": "visitor", "own": True})
    named = message(author=VISITOR_TO_STAFF)

    assert TO_VISITOR.validate_python(own).author.own
    assert TO_STAFF.validate_python(named).author.name == "Jane"
    with pytest.raises(ValidationError):
        TO_VISITOR.validate_python(named)
    with pytest.raises(ValidationError):
        TO_STAFF.validate_python(own)


@pytest.mark.parametrize(
    "change", [{"seq": 0}, {"at": "2026-11-20T10:00:00Z"}, {"headers": {}}, {"seq": "1"}]
)
def test_a_message_of_another_shape_is_not_one(change: dict[str, Any]) -> None:
    assert TO_STAFF.validate_python(message())
    with pytest.raises(ValidationError):
        TO_STAFF.validate_python(message(**change))
