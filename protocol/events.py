"""What the server sends, by name: the registries, and the envelopes around the data (PROTOCOL §2).

Four registries name every outbound frame: what is sent to visitors and to staff, and what the
answer to each inbound frame carries. The server builds plain dicts with `ack`, `error` and `push`
and does not validate them; the tests hold what it sends against the registries.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel

from protocol import acks, pushes, shapes
from protocol.errors import Problem

__all__ = [
    "ACKS_AGENT",
    "ACKS_VISITOR",
    "SERVER_TO_AGENT",
    "SERVER_TO_VISITOR",
    "Outbound",
    "Wire",
    "ack",
    "error",
    "push",
]

Wire = dict[str, Any]
"""A frame on its way to a codec."""

Outbound = Mapping[str, type[BaseModel]]
"""Frame types, and what their data must look like."""


def ack(frame_id: str, data: Wire) -> Wire:
    """The answer to a frame that did what it asked."""
    return {"type": "ack", "id": frame_id, "data": data}


def push(frame_type: str, data: Wire, frame_id: str | None = None) -> Wire:
    """A frame that nobody asked for; with an id, `welcome` or `pong`: answers by their type."""
    if frame_id is None:
        return {"type": frame_type, "data": data}
    return {"type": frame_type, "id": frame_id, "data": data}


def error(frame_id: str | None, problem: Problem, request_id: str | None = None) -> Wire:
    """The answer to a frame that did not do what it asked."""
    told: Wire = {
        "message": problem.message,
        "status": problem.status,
        "code": problem.code.value,
    }
    if problem.details:
        told["details"] = [
            {"path": detail.path, "message": detail.message} for detail in problem.details
        ]
    if problem.retry_after_ms is not None:
        told["retryAfterMs"] = problem.retry_after_ms
    if request_id is not None:
        told["requestId"] = request_id
    if frame_id is None:
        return {"type": "error", "error": told}
    return {"type": "error", "id": frame_id, "error": told}


SERVER_TO_VISITOR: Final[Outbound] = MappingProxyType(
    {
        "welcome": pushes.WelcomeVisitor,
        "event": pushes.LiveEvent,
        "history": pushes.HistoryToVisitor,
        "conversations": pushes.ConversationsReplaced,
        "conversationUpdate": shapes.SummaryChangeToVisitor,
        "identityUpdate": pushes.IdentityUpdate,
        "identityExpiring": pushes.IdentityExpiring,
        "identityExpired": pushes.IdentityExpired,
        "sessionReset": pushes.SessionReset,
        "greeting": pushes.Greeting,
        "typing": pushes.TypingToVisitor,
        "read": pushes.MarkToVisitor,
        "delivered": pushes.MarkToVisitor,
        "presence": pushes.Presence,
        "formSchemaRequest": pushes.FormSchemaRequest,
        "settingsUpdate": pushes.SettingsUpdate,
        "ping": pushes.HeadsToVisitor,
        "pong": pushes.Empty,
        "bye": pushes.Bye,
    }
)

SERVER_TO_AGENT: Final[Outbound] = MappingProxyType(
    {
        "welcome": pushes.WelcomeAgent,
        "event": pushes.LiveEventToStaff,
        "history": pushes.HistoryToStaff,
        "inboxChange": pushes.InboxChange,
        "visitorChange": pushes.VisitorChange,
        "presence": pushes.AgentsPresence,
        "viewing": pushes.Viewing,
        "contactUpdated": pushes.ContactUpdated,
        "contactMerged": pushes.ContactMerged,
        "contactDeleted": pushes.ContactDeleted,
        "notification": pushes.Notification,
        "typing": pushes.TypingToStaff,
        "read": pushes.MarkToStaff,
        "delivered": pushes.MarkToStaff,
        "conversationUpdate": shapes.SummaryChangeToStaff,
        "ping": pushes.HeadsToStaff,
        "pong": pushes.Empty,
        "bye": pushes.Bye,
    }
)

ACKS_VISITOR: Final[Outbound] = MappingProxyType(
    {
        "opened": pushes.Empty,
        "identify": acks.Identified,
        "identityUpdate": acks.Identified,
        "identifyCompany": acks.CompanyKnown,
        "setContext": pushes.Empty,
        "clearContext": pushes.Empty,
        "resetUser": acks.Reset,
        "message": acks.Posted,
        "editMessage": acks.Appended,
        "deleteMessage": acks.Appended,
        "read": pushes.Empty,
        "typing": pushes.Empty,
        "history": pushes.HistoryToVisitor,
        "conversations": pushes.Conversations,
        "endConversation": acks.Appended,
        "preChat": acks.Identified,
        "showForm": acks.FormAppended,
        "formSubmit": acks.Appended,
        "formCancel": pushes.Empty,
        "formSchemaResult": pushes.Empty,
        "rate": acks.Appended,
        "requestHuman": acks.Appended,
        "page": pushes.Empty,
        "track": pushes.Empty,
        "pong": pushes.Empty,
    }
)
"""`hello` is answered by `welcome` and `ping` by `pong`."""

ACKS_AGENT: Final[Outbound] = MappingProxyType(
    {
        "inbox": acks.InboxShown,
        "open": acks.Opened,
        "close": pushes.Empty,
        "message": acks.MessageAppended,
        "note": acks.MessageAppended,
        "editMessage": acks.Appended,
        "deleteMessage": acks.Appended,
        "assign": acks.Appended,
        "status": acks.Appended,
        "priority": acks.Appended,
        "labels": acks.Appended,
        "typing": pushes.Empty,
        "read": pushes.Empty,
        "history": pushes.HistoryToStaff,
        "visitors": acks.VisitorsShown,
        "startConversation": acks.Posted,
        "availability": pushes.Empty,
        "contact": pushes.ContactUpdated,
        "merge": pushes.ContactUpdated,
        "pong": pushes.Empty,
    }
)
"""As for visitors."""
