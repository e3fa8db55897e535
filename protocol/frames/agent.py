"""What an agent's console may send: one record per frame type (PROTOCOL §11).

Records that share a name with the visitor's differ where the contract differs: an agent always
names the conversation, and may say up to where it has read it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import FailFast, Field

from protocol.frames.shared import (
    AgentCursors,
    Attachments,
    DeleteMessage,
    EditMessage,
    Log,
    Ping,
    Pong,
    Range,
    Read,
)
from protocol.frames.values import (
    Body,
    ClientMessageId,
    Data,
    FreeForm,
    Id,
    Line,
    Moment,
    OptionalBody,
    Proof,
    Seq,
    Text,
    Token,
    UserId,
    fault,
)
from protocol.limits import INBOX_PAGE_MAX

__all__ = [
    "AGENT",
    "Assign",
    "Availability",
    "Close",
    "Contact",
    "DeleteMessage",
    "EditMessage",
    "Hello",
    "History",
    "Inbox",
    "Labels",
    "Merge",
    "Message",
    "Note",
    "Open",
    "Ping",
    "Pong",
    "Presence",
    "Priority",
    "Read",
    "StartConversation",
    "Status",
    "Typing",
    "Visitors",
]

Presence = Literal["online", "away", "offline"]

_Labels = Annotated[tuple[Line, ...], Field(max_length=50, strict=False), FailFast()]
_Mentions = Annotated[tuple[Id, ...], Field(max_length=50, strict=False), FailFast()]


class Hello(Data):
    """The first frame. Without a token, the cookie of the handshake says who it is."""

    agent_token: Proof | None = None
    availability: Presence | None = None
    cursors: AgentCursors = ()


class Inbox(Data):
    """Look at a list of conversations; it replaces the list looked at before and stays live."""

    view: Literal["mine", "unassigned", "all", "snoozed", "resolved"]
    team_id: Id | None = None
    labels: _Labels = ()
    query: Text | None = None
    contact_id: Id | None = None
    external_id: UserId | None = None
    cursor: Token | None = None
    limit: Annotated[int, Field(ge=1, le=INBOX_PAGE_MAX)] | None = None


class Open(Data):
    """Follow a conversation, both its logs."""

    conversation_id: Id
    cursors: AgentCursors = ()

    def model_post_init(self, _context: object, /) -> None:
        if any(cursor.conversation_id != self.conversation_id for cursor in self.cursors):
            raise fault("cursors", "must be of the conversation that is opened")


class Close(Data):
    """Stop following a conversation."""

    conversation_id: Id


class Message(Data):
    """An answer. With `expected_seq`, it is sent only if no colleague has answered after that."""

    conversation_id: Id
    client_message_id: ClientMessageId
    body: OptionalBody
    attachments: Attachments = ()
    expected_seq: Seq | None = None

    def model_post_init(self, _context: object, /) -> None:
        if not self.body and not self.attachments:
            raise fault("body", "must not be empty without an attachment")


class Note(Data):
    """Words for staff only."""

    conversation_id: Id
    client_message_id: ClientMessageId
    body: Body
    mentions: _Mentions = ()


class Assign(Data):
    """Hand the conversation to an agent or a team; null takes it from whoever has it."""

    conversation_id: Id
    agent_id: Id | None = None
    team_id: Id | None = None

    def model_post_init(self, _context: object, /) -> None:
        if not self.model_fields_set & {"agent_id", "team_id"}:
            raise fault("agentId", "must be given, or else teamId; null for nobody")
        if self.agent_id is not None and self.team_id is not None:
            raise fault("teamId", "must not be given together with agentId")


class Status(Data):
    """Open, snooze or resolve the conversation."""

    conversation_id: Id
    status: Literal["open", "snoozed", "resolved"]
    until: Moment | None = None

    def model_post_init(self, _context: object, /) -> None:
        if self.until is not None and self.status != "snoozed":
            raise fault("until", "must be given with the status snoozed only")


class Priority(Data):
    """How much the conversation matters."""

    conversation_id: Id
    priority: Literal["low", "normal", "high", "urgent"]


class Labels(Data):
    """Put labels on the conversation and take others off."""

    conversation_id: Id
    add: _Labels = ()
    remove: _Labels = ()

    def model_post_init(self, _context: object, /) -> None:
        if not self.add and not self.remove:
            raise fault("add", "must not be empty without remove")


class Typing(Data):
    """The agent is writing, an answer or a note, or has stopped."""

    conversation_id: Id
    is_typing: bool
    note: bool = False


class History(Range):
    """Ask for a page of one of the conversation's logs."""

    log: Log


class Visitors(Data):
    """Look at the board of visitors, or stop doing so."""

    follow: bool
    filter: FreeForm | None = None
    cursor: Token | None = None


class StartConversation(Data):
    """Speak first."""

    visitor_id: Token
    session_id: Id | None = None
    client_message_id: ClientMessageId
    body: Body


class Availability(Data):
    """Whether the agent takes conversations."""

    state: Presence


class Contact(Data):
    """Change what is known of a person."""

    contact_id: Id
    changes: FreeForm


class Merge(Data):
    """Two contacts are one person: `absorbed_id` goes into `survivor_id`."""

    survivor_id: Id
    absorbed_id: Id

    def model_post_init(self, _context: object, /) -> None:
        if self.survivor_id == self.absorbed_id:
            raise fault("absorbedId", "must be another contact than survivorId")


AGENT: Final[Mapping[str, type[Data]]] = MappingProxyType(
    {
        "hello": Hello,
        "inbox": Inbox,
        "open": Open,
        "close": Close,
        "message": Message,
        "note": Note,
        "editMessage": EditMessage,
        "deleteMessage": DeleteMessage,
        "assign": Assign,
        "status": Status,
        "priority": Priority,
        "labels": Labels,
        "typing": Typing,
        "read": Read,
        "history": History,
        "visitors": Visitors,
        "startConversation": StartConversation,
        "availability": Availability,
        "contact": Contact,
        "merge": Merge,
        "ping": Ping,
        "pong": Pong,
    }
)
"""The frame types of the console's socket."""
