"""What answers carry: each row of PROTOCOL §5 and §11, and nothing that the row does not have."""

from typing import Any

import pytest
from pydantic import ValidationError

from protocol.events import ACKS_AGENT, ACKS_VISITOR, Outbound
from tests.protocol.samples import AT, CONTACT, HISTORY, SUMMARY

APPENDED = {"log": "public", "seq": 4, "eventId": "ev_4"}
SENT = APPENDED | {"at": AT, "duplicate": False}
IDENTIFIED = {
    "state": "identified",
    "verified": False,
    "visitorId": "v_1",
    "userId": "u_1",
    "linkedConversationIds": [],
    "identityVersion": 1,
}
CONSOLE = SUMMARY | {
    "contact": CONTACT,
    "labels": [],
    "priority": "normal",
    "teamId": None,
    "snoozedUntil": None,
}
COUNTS = {"mine": 1, "unassigned": 0, "all": 1, "snoozed": 0, "resolved": 9}
STAFF_LOG = HISTORY | {"log": "staff", "events": [], "cursor": None}

EXAMPLES: list[tuple[Outbound, str, dict[str, Any]]] = [
    (ACKS_VISITOR, "opened", {}),
    (ACKS_VISITOR, "identify", IDENTIFIED),
    (ACKS_VISITOR, "identityUpdate", IDENTIFIED | {"sessionToken": "st_2", "contactId": "co_1"}),
    (ACKS_VISITOR, "preChat", IDENTIFIED),
    (ACKS_VISITOR, "identifyCompany", {"companyId": "acme"}),
    (ACKS_VISITOR, "resetUser", {"noop": True}),
    (ACKS_VISITOR, "message", SENT | {"conversationId": "cv_1"}),
    (ACKS_VISITOR, "editMessage", APPENDED),
    (ACKS_VISITOR, "history", HISTORY),
    (ACKS_VISITOR, "conversations", {"items": [SUMMARY], "nextCursor": "x"}),
    (ACKS_VISITOR, "showForm", APPENDED | {"conversationId": "cv_1", "formId": "fo_1"}),
    (ACKS_AGENT, "message", SENT),
    (ACKS_AGENT, "note", SENT | {"log": "staff"}),
    (ACKS_AGENT, "startConversation", SENT | {"conversationId": "cv_1"}),
    (ACKS_AGENT, "assign", APPENDED),
    (ACKS_AGENT, "contact", {"contact": CONTACT}),
    (
        ACKS_AGENT,
        "inbox",
        {"viewId": "vw_1", "rev": 1, "items": [CONSOLE], "nextCursor": None, "counts": COUNTS},
    ),
    (
        ACKS_AGENT,
        "open",
        {
            "conversation": CONSOLE,
            "contact": None,
            "history": {"public": HISTORY, "staff": STAFF_LOG},
            "viewers": [],
        },
    ),
    (
        ACKS_AGENT,
        "visitors",
        {"viewId": "vw_2", "rev": 1, "items": [], "total": 0, "nextCursor": None},
    ),
]


@pytest.mark.parametrize(("registry", "kind", "data"), EXAMPLES)
def test_an_answer_as_the_contract_shows_it_is_valid(
    registry: Outbound, kind: str, data: dict[str, Any]
) -> None:
    assert registry[kind].model_validate(data).model_dump(exclude_unset=True) == data


@pytest.mark.parametrize(("registry", "kind", "data"), EXAMPLES)
def test_an_answer_with_a_member_more_is_not(
    registry: Outbound, kind: str, data: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError, match="surprise"):
        registry[kind].model_validate(data | {"surprise": 1})


def test_an_agents_message_is_answered_without_its_conversation() -> None:
    with pytest.raises(ValidationError, match="conversationId"):
        ACKS_AGENT["message"].model_validate(SENT | {"conversationId": "cv_1"})


def test_a_visitors_message_is_answered_with_its_conversation() -> None:
    with pytest.raises(ValidationError, match="conversationId"):
        ACKS_VISITOR["message"].model_validate(SENT)
