"""What may be written, and what it does to the conversation: the `decide` of every draft.

Each rule is a small frozen record that can be called with the rows read under the journal's locks
and the time in ms. It answers with a `Decision` or a `Refusal` and has no other effect, so that it
is decided once, where nothing can change meanwhile, and tested without a database. Who may see the
conversation at all is not asked here: the journal has asked `identity.visibility` before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from server.chat.model import (
    NOTHING,
    Author,
    AuthorKind,
    Decision,
    Event,
    LogName,
    NewEvent,
    Refusal,
    Rewrite,
    Rows,
    Status,
)

__all__ = [
    "NOT_FOUND",
    "AddNote",
    "AgentMessage",
    "DeleteMessage",
    "EditMessage",
    "EndConversation",
    "NoteIdentity",
    "RateConversation",
    "RequestHuman",
    "VisitorMessage",
    "status_changed",
    "woken",
]

NOT_FOUND: Final = Refusal("not_found", "There is no such conversation or message.")
"""One constant, so that what is hidden and what does not exist give the same bytes."""

_SYSTEM: Final = Author(AuthorKind.SYSTEM)


def status_changed(author: Author, status: Status, sender: str | None = None) -> NewEvent:
    data = {"status": status.value}
    return NewEvent(LogName.PUBLIC, "statusChanged", author, data=data, sender=sender)


def woken(author: Author) -> NewEvent:
    return NewEvent(LogName.STAFF, "snoozed", author, data={"until": None})


@dataclass(frozen=True, slots=True)
class VisitorMessage:
    """A visitor writes. That reopens a resolved conversation and wakes a snoozed one (PROTOCOL
    §5).
    """

    author: Author
    sender: str
    client_message_id: str | None
    body: str
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def __call__(self, rows: Rows, now: int) -> Decision:
        message = NewEvent(
            LogName.PUBLIC,
            "message",
            self.author,
            self.body,
            self.data,
            self.sender,
            self.client_message_id,
        )
        match rows.log.status:
            case Status.OPEN:
                return Decision((message,))
            case Status.RESOLVED:
                reopened = status_changed(_SYSTEM, Status.OPEN)
                return Decision((message, reopened), status=Status.OPEN)
            case Status.SNOOZED:
                return Decision(
                    (message, woken(_SYSTEM)),
                    status=Status.OPEN,
                    changes={"snoozed_until": None},
                )


@dataclass(frozen=True, slots=True)
class AgentMessage:
    """An agent, an assistant or a server writes; `expected_seq` is the last reply that its
    author saw.
    """

    author: Author
    sender: str
    client_message_id: str | None
    body: str
    expected_seq: int | None = None
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)

    def __call__(self, rows: Rows, now: int) -> Decision | Refusal:
        if self.expected_seq is not None and rows.log.last_reply_seq > self.expected_seq:
            return Refusal("conflict", "Somebody replied while you typed.")
        message = NewEvent(
            LogName.PUBLIC,
            "message",
            self.author,
            self.body,
            self.data,
            self.sender,
            self.client_message_id,
        )
        waiting = rows.conversation is not None and rows.conversation.waiting_for_human
        answered = waiting and self.author.kind is AuthorKind.AGENT
        return Decision((message,), changes={"waiting_for_human": False} if answered else NOTHING)


@dataclass(frozen=True, slots=True)
class AddNote:
    """An agent writes to the other agents."""

    author: Author
    sender: str
    client_message_id: str | None
    body: str
    mentions: tuple[str, ...] = ()

    def __call__(self, rows: Rows, now: int) -> Decision:
        note = NewEvent(
            LogName.STAFF,
            "note",
            self.author,
            self.body,
            {"mentions": list(self.mentions)} if self.mentions else NOTHING,
            self.sender,
            self.client_message_id,
        )
        return Decision((note,))


@dataclass(frozen=True, slots=True)
class _Change:
    """What editing and deleting have in common: whose message it is, and whether it may still
    change.
    """

    author: Author
    sender: str
    seq: int
    window_ms: int | None = None
    any_author: bool = False

    def event(self, kind: str, data: Mapping[str, Any]) -> NewEvent:
        return NewEvent(LogName.PUBLIC, kind, self.author, data=data, sender=self.sender)

    def refusal(self, event: Event | None, now: int) -> Refusal | None:
        if event is None or event.kind != "message":
            return NOT_FOUND
        if not self._owns(event):
            if self.author.kind is AuthorKind.VISITOR:
                return NOT_FOUND
            return Refusal("forbidden", "Only its author may change this message.")
        if event.deleted:
            return Refusal("conflict", "The message was deleted.")
        if self.window_ms is not None and now - event.at > self.window_ms:
            return Refusal("conflict", "The message is too old to be changed.")
        return None

    def _owns(self, event: Event) -> bool:
        if self.any_author or event.sender == self.sender:
            return True
        is_agent = self.author.kind is AuthorKind.AGENT
        return is_agent and self.author.id is not None and event.author.id == self.author.id


@dataclass(frozen=True, slots=True)
class EditMessage:
    """Somebody corrects what they wrote: the stored event changes, and the log says so."""

    change: _Change
    body: str

    @classmethod
    def of(
        cls, author: Author, sender: str, seq: int, body: str, window_ms: int | None = None
    ) -> "EditMessage":
        return cls(_Change(author, sender, seq, window_ms), body)

    def __call__(self, rows: Rows, now: int) -> Decision | Refusal:
        refusal = self.change.refusal(rows.target_event, now)
        if refusal is not None:
            return refusal
        data = {"targetSeq": self.change.seq, "body": self.body}
        return Decision(
            (self.change.event("messageEdited", data),),
            rewrite=Rewrite(LogName.PUBLIC, self.change.seq, self.body, deleted=False),
        )


@dataclass(frozen=True, slots=True)
class DeleteMessage:
    """Somebody takes back what they wrote: the stored event is blanked and keeps its number."""

    change: _Change

    @classmethod
    def of(
        cls,
        author: Author,
        sender: str,
        seq: int,
        window_ms: int | None = None,
        *,
        any_author: bool = False,
    ) -> "DeleteMessage":
        return cls(_Change(author, sender, seq, window_ms, any_author))

    def __call__(self, rows: Rows, now: int) -> Decision | Refusal:
        refusal = self.change.refusal(rows.target_event, now)
        if refusal is not None:
            return refusal
        data = {"targetSeq": self.change.seq}
        return Decision(
            (self.change.event("messageDeleted", data),),
            rewrite=Rewrite(LogName.PUBLIC, self.change.seq, "", deleted=True),
        )


@dataclass(frozen=True, slots=True)
class EndConversation:
    """The visitor is done. Ended twice, it is answered with the first end."""

    author: Author
    sender: str

    def __call__(self, rows: Rows, now: int) -> Decision:
        if rows.log.status is Status.RESOLVED and rows.target_event is not None:
            return Decision(existing=rows.target_event)
        return Decision(
            (status_changed(self.author, Status.RESOLVED, self.sender),),
            status=Status.RESOLVED,
            changes={"snoozed_until": None, "waiting_for_human": False},
        )


@dataclass(frozen=True, slots=True)
class RateConversation:
    """The visitor rates; the newest score counts."""

    author: Author
    sender: str
    score: int
    comment: str | None

    def __call__(self, rows: Rows, now: int) -> Decision:
        data = {"score": self.score, "comment": self.comment}
        rated = NewEvent(LogName.PUBLIC, "rated", self.author, data=data, sender=self.sender)
        return Decision((rated,))


@dataclass(frozen=True, slots=True)
class RequestHuman:
    """The visitor asks for a person. While they wait, asking again changes nothing."""

    author: Author
    sender: str

    def __call__(self, rows: Rows, now: int) -> Decision:
        waiting = rows.conversation is not None and rows.conversation.waiting_for_human
        if waiting and rows.target_event is not None:
            return Decision(existing=rows.target_event)
        data = {"reason": "requested"}
        handoff = NewEvent(LogName.PUBLIC, "handoff", self.author, data=data, sender=self.sender)
        return Decision((handoff,), changes={"waiting_for_human": True})


@dataclass(frozen=True, slots=True)
class NoteIdentity:
    """What became known of who the visitor is, for staff."""

    data: Mapping[str, Any]

    def __call__(self, rows: Rows, now: int) -> Decision:
        return Decision((NewEvent(LogName.STAFF, "identity", _SYSTEM, data=self.data),))
