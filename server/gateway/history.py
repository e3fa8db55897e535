"""Pages of a log: which events a client gets, and the `history` payload that says what they are.

The rules are those of PROTOCOL §4 and §6: a page ends at its limit or at 256 KiB, a cursor that is
not the log's or lies more than 500 events back begins anew, and `complete` means "up to the head".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from protocol import limits
from protocol.codec import JSON
from protocol.frames.shared import Cursor
from server.chat.model import Event, LogName
from server.gateway.translate import Audience, event_shape
from server.store.port import Conversations, Store

__all__ = ["LogPage", "empty_reset", "history_payload", "next_page", "read_page", "resume_page"]

_SMALL: Final = 16_384
"""Bodies this long in all cannot make a page of 256 KiB, whatever their escapes and metadata."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some events of one log, ascending. `head` is the log's last seq when they were read."""

    conversation_id: str
    log: LogName
    events: tuple[Event, ...]
    head: int
    has_more: bool
    after: int = 0
    reset: bool = False
    held: Cursor | None = None

    @property
    def last_seq(self) -> int:
        """The last seq that a client holds after this page."""
        return self.events[-1].seq if self.events else self.after

    @property
    def complete(self) -> bool:
        return self.last_seq >= self.head


def read_page(
    conversations: Conversations,
    conversation_id: str,
    log: LogName,
    head: int,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = limits.HISTORY_PAGE_DEFAULT,
) -> LogPage:
    """The page that a `history` frame asks for."""
    events = conversations.events(conversation_id, log, after=after, before=before, limit=limit + 1)
    forward = after is not None
    kept = _within(events[:limit] if forward else events[-limit:], forward=forward)
    return LogPage(conversation_id, log, kept, head, len(kept) < len(events), after or 0)


def resume_page(
    conversations: Conversations,
    conversation_id: str,
    log: LogName,
    head: int,
    cursor: Cursor | None,
) -> LogPage:
    """The first page for a client that holds everything up to `cursor`."""
    if cursor is not None and head - limits.RESUME_MAX_EVENTS <= cursor.seq <= head:
        known = conversations.event(conversation_id, log, cursor.seq)
        if known is not None and known.id == cursor.event_id:
            page = read_page(conversations, conversation_id, log, head, after=cursor.seq)
            return replace(page, held=cursor)
    return replace(read_page(conversations, conversation_id, log, head), reset=True)


async def next_page(store: Store, page: LogPage) -> LogPage:
    """The page after one that is not complete, up to the same head."""
    return await store.read(
        lambda tx: read_page(
            tx.conversations, page.conversation_id, page.log, page.head, after=page.last_seq
        )
    )


def history_payload(page: LogPage, sender: str, *, staff: bool) -> dict[str, Any]:
    """PROTOCOL §6's `history`, as `sender` sees it."""
    plain, own = (
        (Audience.STAFF, Audience.STAFF_SENDER)
        if staff
        else (Audience.VISITOR, Audience.VISITOR_SENDER)
    )
    cursor: Mapping[str, Any] | None = None
    if page.events:
        cursor = {"seq": page.events[-1].seq, "eventId": page.events[-1].id}
    elif page.held is not None:
        cursor = {"seq": page.held.seq, "eventId": page.held.event_id}
    return {
        "conversationId": page.conversation_id,
        "log": page.log.value,
        "events": [
            event_shape(event, own if event.sender == sender else plain) for event in page.events
        ],
        "hasMore": page.has_more,
        "complete": page.complete,
        "reset": page.reset,
        "cursor": cursor,
    }


def empty_reset(conversation_id: str, log: str) -> dict[str, Any]:
    """What a cursor on something hidden, deleted or never made is answered with: the same bytes."""
    return {
        "conversationId": conversation_id,
        "log": log,
        "events": [],
        "hasMore": False,
        "complete": True,
        "reset": True,
        "cursor": None,
    }


def _within(events: Sequence[Event], *, forward: bool) -> tuple[Event, ...]:
    """As many as 256 KiB hold, at least one: from the start, or from the end when paging back."""
    if sum(len(event.body or "") for event in events) <= _SMALL and not any(
        "customData" in event.data for event in events
    ):
        return tuple(events)
    room = limits.HISTORY_PAGE_BYTES
    kept: list[Event] = []
    for event in events if forward else reversed(events):
        room -= len(JSON.encode(event_shape(event, Audience.STAFF_SENDER)))
        if room < 0 and kept:
            break
        kept.append(event)
    return tuple(kept if forward else reversed(kept))
