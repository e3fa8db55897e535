"""Summaries, contacts and authors, as the contract shows them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from protocol.shapes import (
    Agent,
    Attachment,
    Contact,
    SeenByVisitor,
    SummaryChangeToVisitor,
    SummaryToStaff,
    SummaryToVisitor,
    Visitor,
)
from tests.protocol.samples import AGENT, AT, CONTACT, SUMMARY, VISITOR_TO_STAFF


def test_a_summary_is_read_whole() -> None:
    summary = SummaryToVisitor.model_validate(SUMMARY)

    assert summary.last_message is not None
    assert (summary.last_seq, summary.marks.visitor.delivered) == (44, 44)
    assert summary.model_dump(by_alias=True, exclude_unset=True) == SUMMARY


def test_a_visitors_summary_has_nothing_of_staffs() -> None:
    console = SUMMARY | {
        "contact": CONTACT,
        "labels": ["vip"],
        "priority": "high",
        "teamId": None,
        "snoozedUntil": None,
    }

    assert SummaryToStaff.model_validate(console).labels == ["vip"]
    with pytest.raises(ValidationError):
        SummaryToVisitor.model_validate(console)


def test_a_summary_shows_a_visitor_by_audience() -> None:
    last = {"preview": "Hi", "at": AT, "author": VISITOR_TO_STAFF}

    with pytest.raises(ValidationError):
        SummaryToVisitor.model_validate(SUMMARY | {"lastMessage": last})


def test_a_change_of_a_summary_needs_only_its_id() -> None:
    assert SummaryChangeToVisitor.model_validate({"id": "cv_1", "unread": 0}).unread == 0
    with pytest.raises(ValidationError):
        SummaryChangeToVisitor.model_validate({"unread": 0})


@pytest.mark.parametrize(
    "author",
    [
        AGENT,
        {"kind": "assistant", "name": "Bot", "avatarUrl": None},
        {"kind": "system"},
        {"kind": "visitor", "own": False},
    ],
)
def test_visitors_see_four_kinds_of_authors(author: dict[str, Any]) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(SeenByVisitor)

    assert adapter.validate_python(author).kind == author["kind"]
    with pytest.raises(ValidationError):
        adapter.validate_python(author | {"email": "sam@acme.example"})


def test_people_and_files_are_read_whole() -> None:
    agent = {"id": "ag_1", "name": "Sam", "email": "sam@acme.example", "avatarUrl": None}
    visitor = {"visitorId": "v_1", "sessionId": "se_1", "state": "anonymous", "page": None}

    assert Contact.model_validate(CONTACT).companies[0].id == "acme"
    assert Agent.model_validate(agent | {"state": "online", "role": "owner"}).role == "owner"
    assert Visitor.model_validate(visitor | {"referrer": None, "since": AT, "online": True}).online
    assert Attachment.model_validate({"id": "at_1", "name": "a", "type": "b", "size": 1}).size == 1


@pytest.mark.parametrize("change", [{"kind": "bot"}, {"online": 1}, {"lastSeenAt": "yesterday"}])
def test_a_contact_of_another_shape_is_not_one(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Contact.model_validate(CONTACT | change)
