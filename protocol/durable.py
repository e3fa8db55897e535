"""Durable events: what a conversation's two logs are made of, by audience (PROTOCOL §7).

An event is the same object live and in history. Its kind fixes its log: what a visitor may see is
public, all else is staff's. The audience fixes its author: a visitor is never sent a visitor's
name, nor any staff kind, and the two unions at the end have no place for them.
"""

from typing import Annotated, Generic, Literal

from pydantic import Field, JsonValue

from protocol.shapes import (
    A,
    Assignee,
    Attachment,
    Count,
    SeenByStaff,
    SeenByVisitor,
    Sent,
    Seq,
    Status,
    Time,
)

__all__ = ["EventToStaff", "EventToVisitor"]


class Durable(Sent, Generic[A]):
    """What every event has. `seq` is the next number of its log, without holes."""

    conversation_id: str
    seq: Seq
    id: str
    at: Time
    author: A


class Public(Durable[A], Generic[A]):
    """An event of the log that the visitor may see."""

    log: Literal["public"]


class Internal(Durable[A], Generic[A]):
    """An event of the log that only staff may see."""

    log: Literal["staff"]


class Words(Sent):
    """What somebody wrote. If it was edited or deleted, it is served as it is now."""

    client_message_id: str | None = None
    body: str
    attachments: list[Attachment]
    edited_at: Time | None = None
    deleted: bool = False


class Said(Words, Public[A], Generic[A]):
    """A message."""

    kind: Literal["message"]


class SaidToStaff(Said[SeenByStaff]):
    """A message, with what only staff are sent."""

    custom_data: dict[str, JsonValue] | None = None


class Noted(Words, Internal[A], Generic[A]):
    """`note`, for staff."""

    kind: Literal["note"]
    mentions: list[str] = Field(default_factory=list)


class MessageEdited(Public[A], Generic[A]):
    """The message at `target_seq` has another body now."""

    kind: Literal["messageEdited"]
    target_seq: Seq
    body: str


class MessageDeleted(Public[A], Generic[A]):
    """The message at `target_seq` is blank now."""

    kind: Literal["messageDeleted"]
    target_seq: Seq


class StatusChanged(Public[A], Generic[A]):
    """The conversation was opened, snoozed or resolved."""

    kind: Literal["statusChanged"]
    status: Status


class AssigneeChanged(Public[A], Generic[A]):
    """Somebody else answers from now on."""

    kind: Literal["assigneeChanged"]
    assignee: Assignee


class FormShown(Public[A], Generic[A]):
    """A form to fill in."""

    kind: Literal["form"]
    form_id: str
    form_schema: dict[str, JsonValue] = Field(alias="schema")


class FormSubmitted(Public[A], Generic[A]):
    """A form, filled in."""

    kind: Literal["formSubmitted"]
    form_id: str
    values: dict[str, JsonValue]


class RatingRequested(Public[A], Generic[A]):
    """The visitor is asked how it was."""

    kind: Literal["ratingRequested"]


class Rated(Public[A], Generic[A]):
    """The visitor said how it was."""

    kind: Literal["rated"]
    score: Annotated[int, Field(ge=1, le=5)]
    comment: str | None = None


class Handoff(Public[A], Generic[A]):
    """A person is wanted."""

    kind: Literal["handoff"]
    reason: str | None = None


class Assigned(Internal[A], Generic[A]):
    """An agent or a team has it, or nobody."""

    kind: Literal["assigned"]
    agent_id: str | None
    team_id: str | None


class LabelsChanged(Internal[A], Generic[A]):
    """Labels were put on and taken off."""

    kind: Literal["labelsChanged"]
    added: list[str]
    removed: list[str]


class PriorityChanged(Internal[A], Generic[A]):
    """It matters more, or less."""

    kind: Literal["priorityChanged"]
    priority: str


class Snoozed(Internal[A], Generic[A]):
    """Put off, until a time or until somebody writes."""

    kind: Literal["snoozed"]
    until: Time | None


class IdentityEvent(Internal[A], Generic[A]):
    """Who the visitor is taken for has changed."""

    kind: Literal["identity"]
    before: str | None = Field(alias="from")
    to: str | None
    verified: bool
    reason: str


class Merged(Internal[A], Generic[A]):
    """The conversation's contact went into another one."""

    kind: Literal["merged"]
    survivor_id: str
    absorbed_id: str


class ToolCalled(Internal[A], Generic[A]):
    """The assistant used a tool."""

    kind: Literal["toolCalled"]
    name: str
    status: str
    duration_ms: Count


EventToVisitor = Annotated[
    Said[SeenByVisitor]
    | MessageEdited[SeenByVisitor]
    | MessageDeleted[SeenByVisitor]
    | StatusChanged[SeenByVisitor]
    | AssigneeChanged[SeenByVisitor]
    | FormShown[SeenByVisitor]
    | FormSubmitted[SeenByVisitor]
    | RatingRequested[SeenByVisitor]
    | Rated[SeenByVisitor]
    | Handoff[SeenByVisitor],
    Field(discriminator="kind"),
]
"""A durable event as visitors are sent it."""

EventToStaff = Annotated[
    SaidToStaff
    | MessageEdited[SeenByStaff]
    | MessageDeleted[SeenByStaff]
    | StatusChanged[SeenByStaff]
    | AssigneeChanged[SeenByStaff]
    | FormShown[SeenByStaff]
    | FormSubmitted[SeenByStaff]
    | RatingRequested[SeenByStaff]
    | Rated[SeenByStaff]
    | Handoff[SeenByStaff]
    | Noted[SeenByStaff]
    | Assigned[SeenByStaff]
    | LabelsChanged[SeenByStaff]
    | PriorityChanged[SeenByStaff]
    | Snoozed[SeenByStaff]
    | IdentityEvent[SeenByStaff]
    | Merged[SeenByStaff]
    | ToolCalled[SeenByStaff],
    Field(discriminator="kind"),
]
"""A durable event as staff are sent it."""
