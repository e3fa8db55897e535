"""What the answer to each inbound frame carries (PROTOCOL §5, §11).

Many frames are answered by `{}`, which says "done"; `protocol/events.py` has the list.
"""

from protocol.pushes import HistoryToStaff
from protocol.shapes import (
    Contact,
    Count,
    Counts,
    Log,
    Sent,
    Seq,
    State,
    SummaryToStaff,
    Time,
    Viewer,
    Visitor,
)

__all__ = [
    "Appended",
    "BothLogs",
    "CompanyKnown",
    "FormAppended",
    "Identified",
    "InboxShown",
    "MessageAppended",
    "Opened",
    "Posted",
    "Reset",
    "VisitorsShown",
]


class Identified(Sent):
    """Who the session is taken for after `identify`; tokens when they changed."""

    state: State
    verified: bool
    visitor_id: str
    user_id: str | None = None
    contact_id: str | None = None
    linked_conversation_ids: list[str]
    identity_version: Count
    session_token: str | None = None
    visitor_token: str | None = None


class CompanyKnown(Sent):
    """The company that was set."""

    company_id: str


class Reset(Sent):
    """Whether there was anything to reset, and the tokens of what came after."""

    noop: bool
    session_token: str | None = None
    visitor_token: str | None = None


class Appended(Sent):
    """The event that was appended."""

    log: Log
    seq: Seq
    event_id: str


class MessageAppended(Appended):
    """The message's event; `duplicate` if it was there already."""

    at: Time
    duplicate: bool


class Posted(MessageAppended):
    """The message's event and its conversation, which may be new."""

    conversation_id: str


class FormAppended(Appended):
    """The form's event, and what to submit it under."""

    conversation_id: str
    form_id: str


class InboxShown(Sent):
    """The list of conversations as it is now; `inboxChange` goes on from `rev`."""

    view_id: str
    rev: Count
    items: list[SummaryToStaff]
    next_cursor: str | None
    counts: Counts


class BothLogs(Sent):
    """The newest page of each log, or what followed the cursors."""

    public: HistoryToStaff
    staff: HistoryToStaff


class Opened(Sent):
    """The conversation as it is now; both logs go on from here."""

    conversation: SummaryToStaff
    contact: Contact | None
    history: BothLogs
    viewers: list[Viewer]


class VisitorsShown(Sent):
    """The board of visitors as it is now; `visitorChange` goes on from `rev`."""

    view_id: str
    rev: Count
    items: list[Visitor]
    total: Count
    next_cursor: str | None
