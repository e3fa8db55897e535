"""What is pushed: each frame of PROTOCOL §6 and §11 with the data it is shown with."""

from typing import Any

import pytest
from pydantic import ValidationError

from protocol.events import SERVER_TO_AGENT, SERVER_TO_VISITOR, Outbound
from tests.protocol.samples import (
    AGENT,
    AT,
    CONTACT,
    HISTORY,
    SUMMARY,
    VISITOR_TO_STAFF,
    message,
)

HEARTBEAT = {"intervalMs": 25_000, "timeoutMs": 10_000}
MEMBER = {
    "id": "ag_1",
    "name": "Sam",
    "email": "sam@acme.example",
    "avatarUrl": None,
    "state": "online",
    "role": "owner",
}
BOARD = {"viewId": "vw_1", "rev": 2, "upsert": [], "remove": []}
MARK = {"conversationId": "cv_1", "author": AGENT, "seq": 4}
TYPING = {"conversationId": "cv_1", "isTyping": True, "author": AGENT}

TO_VISITOR: dict[str, dict[str, Any]] = {
    "welcome": {
        "protocol": 1,
        "serverTime": AT,
        "visitorId": "v_1",
        "visitorToken": "vt_1",
        "sessionToken": "st_1",
        "visitorReplaced": False,
        "state": "anonymous",
        "verified": False,
        "identity": {"userMetadata": {}},
        "identityMode": "optional",
        "settings": {"language": "en"},
        "conversations": [SUMMARY],
        "nextCursor": None,
        "heartbeat": HEARTBEAT,
        "limits": {"frameBytes": 131_072, "messageCharacters": 10_000},
    },
    "event": message(),
    "history": HISTORY,
    "conversations": {"items": [SUMMARY], "nextCursor": None, "reason": "identity"},
    "conversationUpdate": {"id": "cv_1", "unread": 0},
    "identityUpdate": {
        "visitorId": "v_1",
        "state": "identified",
        "verified": False,
        "userMetadata": {},
        "externalId": None,
        "reason": "identify",
        "changed": ["userMetadata.plan"],
        "linkedConversationIds": ["cv_1"],
    },
    "identityExpiring": {"expiresAt": AT},
    "identityExpired": {"reason": "expired", "mode": "optional", "graceSeconds": 60},
    "sessionReset": {"reason": "rotated", "visitorId": "v_1"},
    "greeting": {"messages": ["Hello Jane!"]},
    "typing": TYPING,
    "read": MARK,
    "delivered": MARK,
    "presence": {"agentsOnline": 2},
    "formSchemaRequest": {"requestId": "rq_1", "name": "support", "args": {}},
    "settingsUpdate": {"business_hours": {"open": True}},
    "ping": {"heads": {"cv_1": 44}},
    "pong": {},
    "bye": {"reason": "restart", "retryAfterMs": 900},
}
TO_AGENT: dict[str, dict[str, Any]] = {
    "welcome": {
        "protocol": 1,
        "serverTime": AT,
        "agent": MEMBER,
        "workspace": {"id": "ws_1", "name": "Acme"},
        "agents": [MEMBER],
        "teams": [{"id": "te_1", "name": "Sales"}],
        "labels": ["vip"],
        "heartbeat": HEARTBEAT,
    },
    "event": message(author=VISITOR_TO_STAFF),
    "history": HISTORY,
    "inboxChange": BOARD,
    "visitorChange": BOARD | {"total": 3},
    "presence": {"agents": [{"id": "ag_1", "state": "away"}]},
    "viewing": {
        "conversationId": "cv_1",
        "agents": [{"id": "ag_1", "typing": True, "note": False}],
    },
    "contactUpdated": {"contact": CONTACT},
    "contactMerged": {"survivorId": "co_1", "absorbedId": "co_2", "movedConversationIds": []},
    "contactDeleted": {"contactId": "co_1"},
    "notification": {"kind": "mention", "conversationId": "cv_1", "seq": 3},
    "typing": TYPING | {"author": VISITOR_TO_STAFF, "preview": "Hel"},
    "read": MARK,
    "delivered": MARK,
    "conversationUpdate": {"id": "cv_1", "labels": ["vip"], "version": 8},
    "ping": {"heads": {"cv_1": {"public": 44, "staff": 3}}, "views": {"vw_1": 2}},
    "pong": {},
    "bye": {"reason": "restart", "retryAfterMs": 900},
}

EVERY = pytest.mark.parametrize(
    ("registry", "kind", "data"),
    [
        pytest.param(registry, kind, data, id=f"{audience} {kind}")
        for audience, registry, examples in (
            ("visitor", SERVER_TO_VISITOR, TO_VISITOR),
            ("agent", SERVER_TO_AGENT, TO_AGENT),
        )
        for kind, data in examples.items()
    ],
)


@EVERY
def test_a_push_as_the_contract_shows_it_is_valid(
    registry: Outbound, kind: str, data: dict[str, Any]
) -> None:
    assert registry[kind].model_validate(data).model_dump(exclude_unset=True) == data


@EVERY
def test_a_push_with_a_member_of_the_wrong_kind_is_not(
    registry: Outbound, kind: str, data: dict[str, Any]
) -> None:
    wrong = {name: object() for name in data} or {"unknown": 1}

    with pytest.raises(ValidationError):
        registry[kind].model_validate(wrong)


def test_every_push_has_an_example() -> None:
    assert set(TO_VISITOR) == set(SERVER_TO_VISITOR)
    assert set(TO_AGENT) == set(SERVER_TO_AGENT)


def test_a_visitor_is_not_sent_who_else_is_typing() -> None:
    typing = SERVER_TO_VISITOR["typing"]

    with pytest.raises(ValidationError):
        typing.model_validate(TYPING | {"author": VISITOR_TO_STAFF})
