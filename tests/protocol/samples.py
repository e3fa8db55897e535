"""Outbound data as the contract shows it, for the tests of its shapes."""

from typing import Any

__all__ = ["AGENT", "AT", "CONTACT", "HISTORY", "SUMMARY", "VISITOR_TO_STAFF", "message"]

AT = "2026-11-20T10:00:00.000Z"
AGENT: dict[str, Any] = {"kind": "agent", "id": "ag_1", "name": "Sam", "avatarUrl": None}
VISITOR_TO_STAFF: dict[str, Any] = {
    "kind": "visitor",
    "id": "v_1",
    "contactId": "co_1",
    "name": "Jane",
    "trust": "identified",
}


def message(**members: Any) -> dict[str, Any]:
    """The event of PROTOCOL §7."""
    return {
        "conversationId": "cv_1",
        "log": "public",
        "seq": 44,
        "id": "ev_1",
        "at": AT,
        "kind": "message",
        "author": AGENT,
        "clientMessageId": "c-77",
        "body": "Hi Jane",
        "attachments": [],
    } | members


SUMMARY: dict[str, Any] = {
    "id": "cv_1",
    "status": "open",
    "verified": False,
    "externalId": None,
    "lastSeq": 44,
    "lastEventId": "ev_1",
    "lastMessage": {"preview": "Hi Jane", "author": AGENT, "at": AT},
    "unread": 1,
    "assignee": {"kind": "human", "name": "Sam", "avatarUrl": None},
    "marks": {"visitor": {"read": 43, "delivered": 44}, "agent": {"read": 44}},
    "version": 7,
    "createdAt": AT,
    "updatedAt": AT,
}
CONTACT: dict[str, Any] = {
    "id": "co_1",
    "kind": "lead",
    "name": "Jane",
    "email": "jane@example.com",
    "phone": None,
    "avatarUrl": None,
    "userId": None,
    "verified": False,
    "metadata": {},
    "unverifiedMetadata": {"plan": "pro"},
    "companies": [{"id": "acme", "name": None, "metadata": {}}],
    "lastSeenAt": AT,
    "online": True,
}
HISTORY: dict[str, Any] = {
    "conversationId": "cv_1",
    "log": "public",
    "events": [message()],
    "hasMore": False,
    "complete": True,
    "reset": False,
    "cursor": {"seq": 44, "eventId": "ev_1"},
}
