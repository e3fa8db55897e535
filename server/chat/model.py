"""The records of a conversation.

A conversation has two logs, one that its visitor may see and one that only staff may. Everything
durable is an `Event` in one of them, numbered 1, 2, 3 … without holes (PROTOCOL §7). Records are
values: they are read under the journal's locks, handed to `policy`, and never changed in place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from server.identity.model import Grant, Trust

__all__ = [
    "NOTHING",
    "Author",
    "AuthorKind",
    "Committed",
    "ConversationRow",
    "Decide",
    "Decision",
    "Draft",
    "Event",
    "Existing",
    "Failed",
    "LogName",
    "LogRow",
    "New",
    "NewEvent",
    "OpenOrNew",
    "Outcome",
    "Refusal",
    "Refused",
    "Rewrite",
    "Rows",
    "Settle",
    "Status",
    "Target",
]

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    # Below Python 3.12 a mapping proxy has no hash, which a plain default must have.
    return NOTHING


class LogName(StrEnum):
    PUBLIC = "public"
    STAFF = "staff"


class Status(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class AuthorKind(StrEnum):
    VISITOR = "visitor"
    AGENT = "agent"
    ASSISTANT = "assistant"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote an event, as of then. For a visitor `id` is the visitorId."""

    kind: AuthorKind
    id: str | None = None
    name: str | None = None
    avatar_url: str | None = None
    contact_id: str | None = None
    trust: Trust | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One durable event. `data` holds what its kind adds (PROTOCOL §7); times are milliseconds
    UTC.
    """

    workspace_id: str
    conversation_id: str
    log: LogName
    seq: int
    id: str
    at: int
    kind: str
    author: Author
    sender: str | None = None
    client_message_id: str | None = None
    body: str | None = None
    data: Mapping[str, Any] = field(default_factory=_nothing)
    edited_at: int | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class LogRow:
    """The narrow hot row: all that an ordinary message needs, and all that it changes."""

    id: str
    workspace_id: str
    public_seq: int
    staff_seq: int
    status: Status
    last_reply_seq: int
    access_version: int


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """The wide cold row: whose it is, and how staff filed it."""

    id: str
    workspace_id: str
    visitor_id: str | None
    contact_id: str | None
    session_id: str | None
    external_id: str | None
    verified: bool
    deleted_at: int | None
    created_at: int
    assignee_id: str | None = None
    team_id: str | None = None
    priority: str | None = None
    labels: tuple[str, ...] = ()
    snoozed_until: int | None = None
    waiting_for_human: bool = False
    greeting: tuple[str, ...] = ()
    """The greeting as its visitor saw it when the conversation began (PROTOCOL §6)."""
    collected: Mapping[str, Any] = field(default_factory=_nothing)
    """What the form before the chat asked (OCX-21): label and value."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read under the locks for one draft. `target_event` only if the draft asked for
    it.
    """

    log: LogRow
    conversation: ConversationRow | None = None
    target_event: Event | None = None
    created: bool = False


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event before it has a number. The journal gives `seq`, `id` and `at`."""

    log: LogName
    kind: str
    author: Author
    body: str | None = None
    data: Mapping[str, Any] = field(default_factory=_nothing)
    sender: str | None = None
    client_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A change of a stored event: its text is edited, or blanked with its attachments."""

    log: LogName
    seq: int
    body: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What a draft does. `answer` is the index in `events` of the one that the ack names.

    `existing` answers with an event that is already in the log instead (a repeated
    `endConversation`). `changes` are new values of `ConversationRow` members.
    """

    events: tuple[NewEvent, ...] = ()
    answer: int = 0
    status: Status | None = None
    changes: Mapping[str, Any] = field(default_factory=_nothing)
    rewrite: Rewrite | None = None
    existing: Event | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing was written: a stable code of PROTOCOL §9, and a sentence for a person."""

    code: str
    message: str


Decide: TypeAlias = Callable[[Rows, int], Decision | Refusal]
"""Pure: rows under the locks and the time in ms in, what to do out."""


@dataclass(frozen=True, slots=True)
class Existing:
    """A conversation named by its id."""

    conversation_id: str


@dataclass(frozen=True, slots=True)
class New:
    """A conversation that is made now, born as `row` says (its `id` is already chosen)."""

    row: ConversationRow


@dataclass(frozen=True, slots=True)
class OpenOrNew:
    """The session's visible conversation, open or snoozed, whose last event is newest; else `row`
    is made.

    The session is the grant's (`Draft.grant`).
    """

    row: ConversationRow


Target: TypeAlias = Existing | New | OpenOrNew


@dataclass(frozen=True, slots=True)
class Draft:
    """Something that wants to be in a log: where, and the rule that decides under the locks.

    `repeat_key` is (sender, clientMessageId): a draft whose key is already in the workspace's logs
    is answered with that event and decides nothing. `grant` is None for staff and servers, whose
    right does not depend on the conversation; otherwise `visible()` is asked again unless the grant
    is still current. `wants_conversation` and `wants_event` say which rows `decide` needs beside
    the log's. `last_event_of` asks for the newest event of a public kind as `target_event` instead.
    """

    workspace_id: str
    target: Target
    decide: Decide
    repeat_key: tuple[str, str] | None = None
    grant: Grant | None = None
    session_id: str | None = None
    wants_conversation: bool = False
    wants_event: tuple[LogName, int] | None = None
    last_event_of: str | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """On disk. `answer` is the event that the ack names; `events` are the new ones, ascending per
    log.

    A repeat has `duplicate` set and no new events. `grant` is current as of this commit (None for
    staff). `access_version` is the log's, for the hub. `log` and `conversation` are the rows after
    the change; `conversation` is there when the draft read, made or changed it.
    """

    answer: Event | None
    events: tuple[Event, ...]
    log: LogRow
    duplicate: bool = False
    created: bool = False
    conversation: ConversationRow | None = None
    rewritten: Event | None = None
    """The event that was edited or erased, as it is now."""
    blanked: tuple[Event, ...] = ()
    """The edits of an erased message, as they are now: what it was edited to went with it."""
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was written, by a rule."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was written, because the store could not."""

    error: Exception


Outcome: TypeAlias = Committed | Refused | Failed
Settle: TypeAlias = Callable[[Outcome], None]
