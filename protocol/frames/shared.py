"""The data that both sockets send in the same form: cursors, edits, marks, the heartbeat.

What only looks alike (a visitor's `message` may start a conversation, an agent's may not) stays
with its socket, so that either can grow without the other.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, FailFast, Field
from pydantic_core import PydanticCustomError

from protocol.frames.values import Body, Data, Id, Seq, Token, fault
from protocol.limits import (
    ATTACHMENTS_PER_MESSAGE,
    CURSORS_AGENT,
    CURSORS_VISITOR,
    HISTORY_PAGE_MAX,
)

__all__ = [
    "AgentCursors",
    "AttachmentRef",
    "Attachments",
    "Cursor",
    "DeleteMessage",
    "EditMessage",
    "Log",
    "Ping",
    "Pong",
    "Range",
    "Read",
    "VisitorCursors",
]

Log = Literal["public", "staff"]


class Cursor(Data):
    """What a client holds of one log: everything up to `seq`, which was the event `event_id`."""

    conversation_id: Id
    log: Log
    seq: Seq
    event_id: Token


def _one_per_log(cursors: tuple[Cursor, ...]) -> tuple[Cursor, ...]:
    seen = {(cursor.conversation_id, cursor.log) for cursor in cursors}
    if len(seen) < len(cursors):
        raise PydanticCustomError("cursors", "must have one cursor per conversation and log")
    return cursors


# A list on the wire is a tuple here, so the tuple alone is lax; its entries are strict like all.
VisitorCursors = Annotated[
    tuple[Cursor, ...],
    Field(max_length=CURSORS_VISITOR, strict=False),
    FailFast(),
    AfterValidator(_one_per_log),
]
AgentCursors = Annotated[
    tuple[Cursor, ...],
    Field(max_length=CURSORS_AGENT, strict=False),
    FailFast(),
    AfterValidator(_one_per_log),
]


class AttachmentRef(Data):
    """An uploaded file, by its id."""

    id: Id


Attachments = Annotated[
    tuple[AttachmentRef, ...], Field(max_length=ATTACHMENTS_PER_MESSAGE, strict=False), FailFast()
]


class EditMessage(Data):
    """Replace the body of a message."""

    conversation_id: Id
    seq: Seq
    body: Body


class DeleteMessage(Data):
    """Blank a message."""

    conversation_id: Id
    seq: Seq


class Read(Data):
    """Move the reader's mark forward, up to and including `seq`."""

    conversation_id: Id
    seq: Seq


class Range(Data):
    """A page of a log: after a `seq`, before one, or, with neither, the newest."""

    conversation_id: Id
    before_seq: Seq | None = None
    after_seq: Seq | None = None
    limit: Annotated[int, Field(ge=1, le=HISTORY_PAGE_MAX)] | None = None

    def model_post_init(self, _context: object, /) -> None:
        if self.before_seq is not None and self.after_seq is not None:
            raise fault("afterSeq", "must not be given together with beforeSeq")


class Ping(Data):
    """Ask whether the server is there."""


class Pong(Data):
    """Answer the server's `ping`."""
