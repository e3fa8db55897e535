"""Records into the shapes of the wire (PROTOCOL §6, §7, §11), and those into ready-made frames.

One event looks different to the device that sent it, to a visitor's other devices, to staff and to
the agent who wrote it. An `Audience` says which; with the codec it makes the *rendition* number
that the hub passes around without knowing what it means. Nothing here decides who may see an event
at all.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from protocol.codec import JSON, MSGPACK, Codec
from server.chat.model import Author, AuthorKind, Committed, ConversationRow, Event, LogName, Status
from server.clock import rfc3339
from server.hub.sequencer import Entry
from server.identity.model import AgentRow, ContactRow
from server.store.port import Summary
from server.transport.port import server_frame

__all__ = [
    "CODECS",
    "Audience",
    "agent_shape",
    "author_shape",
    "contact_shape",
    "entry_of",
    "event_shape",
    "frame_of",
    "placed_shape",
    "posted_shape",
    "rendition",
    "staff_summary",
    "topic",
    "visitor_summary",
]

CODECS: Final = (JSON, MSGPACK)
_PREVIEW: Final = 140


class Audience(IntEnum):
    """Who looks. Each odd one is who sent it, next to the even one who did not."""

    VISITOR = 0
    VISITOR_SENDER = 1
    STAFF = 2
    STAFF_SENDER = 3

    @property
    def is_staff(self) -> bool:
        return self >= Audience.STAFF

    @property
    def is_sender(self) -> bool:
        return bool(self % 2)


def rendition(codec: Codec, audience: Audience) -> int:
    """The number under which the hub asks for this codec and audience."""
    return codec.index * 4 + audience


def topic(conversation_id: str, log: LogName) -> str:
    """What the hub calls a log."""
    return f"{conversation_id}/{log.value}"


def frame_of(codec: Codec, envelope: Mapping[str, Any]) -> bytes:
    """One envelope of PROTOCOL §2 as a WebSocket frame."""
    return server_frame(codec.encode(envelope), text=codec.text)


def entry_of(event: Event, access_version: int | None) -> Entry:
    """The event for the hub, rendered when somebody needs it."""

    def render(number: int) -> bytes:
        data = event_shape(event, Audience(number % 4))
        return frame_of(CODECS[number // 4], {"type": "event", "data": data})

    reply = event.kind == "message" and event.author.kind in (
        AuthorKind.AGENT,
        AuthorKind.ASSISTANT,
    )
    return Entry(event.seq, event.id, access_version, event.sender, render, receipt=reply)


def event_shape(event: Event, audience: Audience) -> dict[str, Any]:
    """PROTOCOL §7's object."""
    shape: dict[str, Any] = {
        "conversationId": event.conversation_id,
        "log": event.log.value,
        "seq": event.seq,
        "id": event.id,
        "at": rfc3339(event.at),
        "kind": event.kind,
        "author": author_shape(event.author, audience),
    }
    if event.client_message_id is not None and audience.is_sender:
        shape["clientMessageId"] = event.client_message_id
    if event.body is not None:
        shape["body"] = event.body
    data = event.data
    if event.kind == "message":
        shape["attachments"] = [] if event.deleted else data.get("attachments", [])
        if audience.is_staff and "customData" in data:
            shape["customData"] = data["customData"]
    elif event.kind == "note":
        shape.update(data, attachments=[])  # nobody can attach anything to a note yet
    elif event.kind == "snoozed":
        shape["until"] = None if data["until"] is None else rfc3339(data["until"])
    else:
        shape.update(data)
    if event.edited_at is not None:
        shape["editedAt"] = rfc3339(event.edited_at)
    if event.deleted:
        shape["deleted"] = True
    return shape


def author_shape(author: Author, audience: Audience) -> dict[str, Any]:
    """Who wrote, as this audience may know it: a visitor never learns a visitor's name or id."""
    kind = author.kind
    match kind:
        case AuthorKind.SYSTEM:
            return {"kind": kind.value}
        case AuthorKind.ASSISTANT:
            return {"kind": kind.value, "name": author.name, "avatarUrl": author.avatar_url}
        case AuthorKind.AGENT:
            return {
                "kind": kind.value,
                "id": author.id,
                "name": author.name,
                "avatarUrl": author.avatar_url,
            }
        case AuthorKind.VISITOR if audience.is_staff:
            return {
                "kind": kind.value,
                "id": author.id,
                "contactId": author.contact_id,
                "name": author.name,
                "trust": author.trust.value if author.trust else None,
            }
        case AuthorKind.VISITOR:
            return {"kind": kind.value, "own": audience.is_sender}


def placed_shape(outcome: Committed) -> dict[str, Any]:
    """The ack of what has put an event into a log: where it is."""
    event = outcome.answer
    assert event is not None, "what changes a conversation is answered with an event"
    return {"log": event.log.value, "seq": event.seq, "eventId": event.id}


def posted_shape(outcome: Committed) -> dict[str, Any]:
    """The ack of a message or note: where it is, since when, and whether it was there already."""
    event = outcome.answer
    assert event is not None, "a message is answered with its event"
    return {**placed_shape(outcome), "at": rfc3339(event.at), "duplicate": outcome.duplicate}


def agent_shape(agent: AgentRow, state: str) -> dict[str, Any]:
    return {
        "id": agent.id,
        "name": agent.name,
        "email": agent.email,
        "avatarUrl": agent.avatar_url,
        "state": state,
        "role": agent.role.value,
    }


def contact_shape(contact: ContactRow, *, online: bool) -> dict[str, Any]:
    return {
        "id": contact.id,
        "kind": contact.kind,
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "avatarUrl": contact.avatar_url,
        "userId": contact.user_id,
        "verified": contact.verified_at is not None,
        "metadata": dict(contact.metadata),
        "unverifiedMetadata": dict(contact.unverified_metadata),
        "companies": [],
        "lastSeenAt": rfc3339(contact.last_seen_at),
        "online": online,
    }


def visitor_summary(summary: Summary, sender: str) -> dict[str, Any]:
    """A conversation in a visitor's list; `sender` is the device that looks."""
    last = summary.last_message
    own = last is not None and last.sender == sender
    audience = Audience.VISITOR_SENDER if own else Audience.VISITOR
    return _summary(summary, audience)


def staff_summary(summary: Summary, *, online: bool) -> dict[str, Any]:
    """A conversation in the console's list: its summary, its filing and its contact."""
    row = summary.conversation
    contact = summary.contact
    return {
        **_summary(summary, Audience.STAFF),
        "contact": None if contact is None else contact_shape(contact, online=online),
        "labels": list(row.labels),
        "priority": row.priority or "normal",
        "teamId": row.team_id,
        "snoozedUntil": None if row.snoozed_until is None else rfc3339(row.snoozed_until),
    }


def _summary(summary: Summary, audience: Audience) -> dict[str, Any]:
    row, log, last = summary.conversation, summary.log, summary.last_message
    shape: dict[str, Any] = {
        "id": row.id,
        "status": _status(log.status, audience),
        "verified": row.verified,
        "externalId": row.external_id,
        "lastSeq": log.public_seq,
        "lastEventId": None if summary.last_event is None else summary.last_event.id,
        "lastMessage": None
        if last is None
        else {
            "preview": (last.body or "")[:_PREVIEW],
            "author": author_shape(last.author, audience),
            "at": rfc3339(last.at),
        },
        "unread": summary.unread,
        "assignee": _assignee(row, summary.assignee),
        "marks": {
            "visitor": {
                "read": summary.marks.visitor_read,
                "delivered": summary.marks.visitor_delivered,
            },
            "agent": {"read": summary.marks.agent_read},
        },
        "version": summary.version,
        "createdAt": rfc3339(row.created_at),
        "updatedAt": rfc3339(summary.updated_at),
    }
    if row.greeting:
        shape["greeting"] = list(row.greeting)
    return shape


def _status(status: Status, audience: Audience) -> str:
    if status is Status.SNOOZED and not audience.is_staff:
        return Status.OPEN.value
    return status.value


def _assignee(row: ConversationRow, agent: AgentRow | None) -> dict[str, Any]:
    return {
        "kind": "none" if row.assignee_id is None else "human",
        "name": agent.name if agent else None,
        "avatarUrl": agent.avatar_url if agent else None,
    }
