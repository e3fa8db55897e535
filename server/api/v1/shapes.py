"""What `/api/v1` answers with: records in snake_case, and how they are made from rows.

The models are built and validated on the way out and OpenAPI is written from them, so the document
cannot differ from the answers. Events are the one exception: they are PROTOCOL §7's object, as the
console's socket has it.
"""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from protocol.durable import EventToStaff
from server.chat.model import Author
from server.clock import rfc3339
from server.gateway.translate import Audience, author_shape
from server.identity.model import AgentRow, ContactRow
from server.store.port import Summary

__all__ = [
    "Agent",
    "Conversation",
    "ConversationAnswer",
    "ConversationList",
    "EventAnswer",
    "EventList",
    "SignedIn",
    "agent_of",
    "conversation_of",
]

_PREVIEW = 140

T = TypeVar("T")


class Answer(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Agent(Answer):
    """Somebody who works here."""

    id: str
    workspace_id: str
    name: str
    email: str
    avatar_url: str | None
    role: Literal["owner", "admin", "agent"]
    state: Literal["online", "away", "offline"]


class SignedIn(Answer):
    """A token of an agent, in clear for this once."""

    token: str
    agent: Agent


class Contact(Answer):
    """A person. `metadata` is proven, `unverified_metadata` is what a browser said."""

    id: str
    kind: str
    name: str | None
    email: str | None
    phone: str | None
    avatar_url: str | None
    user_id: str | None
    verified: bool
    metadata: dict[str, JsonValue]
    unverified_metadata: dict[str, JsonValue]
    last_seen_at: str


class WrittenBy(Answer):
    """Who wrote the last message."""

    kind: Literal["visitor", "agent", "assistant", "system"]
    id: str | None = None
    name: str | None = None
    avatar_url: str | None = None
    contact_id: str | None = None
    trust: str | None = None


class LastMessage(Answer):
    """The newest message, in short."""

    preview: str
    author: WrittenBy
    at: str


class Marks(Answer):
    """Up to which `seq` of the public log each side has read or was reached."""

    visitor_read: int
    visitor_delivered: int
    agent_read: int


class Conversation(Answer):
    """A conversation. Of two copies the one with the larger `version` stands."""

    id: str
    status: Literal["open", "snoozed", "resolved"]
    verified: bool
    visitor_id: str | None
    external_id: str | None
    contact: Contact | None
    assignee_id: str | None
    team_id: str | None
    priority: str
    labels: list[str]
    snoozed_until: str | None
    last_seq: int
    last_event_id: str | None
    last_message: LastMessage | None
    marks: Marks
    version: int
    created_at: str
    updated_at: str


class ConversationAnswer(Answer):
    """One conversation."""

    conversation: Conversation


class Page(Answer, Generic[T]):
    """A page of a list; hand `next_cursor` in as `cursor` for the next one. Null at the end."""

    items: list[T]
    next_cursor: str | None


class ConversationList(Page[Conversation]):
    """Conversations, newest last event first."""


class EventAnswer(Answer):
    """One event."""

    event: EventToStaff


class EventList(Page[EventToStaff]):
    """Events of one log, ascending. `next_cursor` is the `seq` to go on from: as `after` if
    `after` was asked for, else as `before`.
    """


def agent_of(row: AgentRow, state: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "workspace_id": row.workspace_id,
        "name": row.name,
        "email": row.email,
        "avatar_url": row.avatar_url,
        "role": row.role.value,
        "state": state,
    }


def conversation_of(summary: Summary) -> dict[str, Any]:
    """A `Conversation`, from its summary."""
    row, log, marks = summary.conversation, summary.log, summary.marks
    last = summary.last_message
    made = Conversation(
        id=row.id,
        status=log.status.value,
        verified=row.verified,
        visitor_id=row.visitor_id,
        external_id=row.external_id,
        contact=None if summary.contact is None else _contact(summary.contact),
        assignee_id=row.assignee_id,
        team_id=row.team_id,
        priority=row.priority or "normal",
        labels=list(row.labels),
        snoozed_until=None if row.snoozed_until is None else rfc3339(row.snoozed_until),
        last_seq=log.public_seq,
        last_event_id=None if summary.last_event is None else summary.last_event.id,
        last_message=None
        if last is None
        else LastMessage(
            preview=(last.body or "")[:_PREVIEW], author=_author(last.author), at=rfc3339(last.at)
        ),
        marks=Marks(
            visitor_read=marks.visitor_read,
            visitor_delivered=marks.visitor_delivered,
            agent_read=marks.agent_read,
        ),
        version=summary.version,
        created_at=rfc3339(row.created_at),
        updated_at=rfc3339(summary.updated_at),
    )
    return made.model_dump()


def _contact(row: ContactRow) -> Contact:
    return Contact(
        id=row.id,
        kind=row.kind,
        name=row.name,
        email=row.email,
        phone=row.phone,
        avatar_url=row.avatar_url,
        user_id=row.user_id,
        verified=row.verified_at is not None,
        metadata=dict(row.metadata),
        unverified_metadata=dict(row.unverified_metadata),
        last_seen_at=rfc3339(row.last_seen_at),
    )


def _author(author: Author) -> WrittenBy:
    seen = author_shape(author, Audience.STAFF)
    renamed = {"avatarUrl": "avatar_url", "contactId": "contact_id"}
    return WrittenBy(**{renamed.get(name, name): value for name, value in seen.items()})
