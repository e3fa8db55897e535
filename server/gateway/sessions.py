"""The live sessions of this node, by session, by device and by what they watch.

A session is a row; here are the ones with a socket on this node, each with its newest copy of the
row and what its sockets have in common: rates, grants, the page. A session that lost its last
socket is kept for a moment, so that a page change is no departure.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from protocol import limits
from protocol.frames.visitor import Page
from server.connection.buckets import Rates
from server.identity.model import Grant, SessionRow

if TYPE_CHECKING:
    from server.gateway.visitor import VisitorSocket

__all__ = ["VISITOR_RATES", "LiveSession", "Sessions"]

K = TypeVar("K", bound=Hashable)

VISITOR_RATES: Final[Mapping[str, limits.Rate]] = {
    "message": limits.VISITOR_MESSAGES,
    "identify": limits.VISITOR_IDENTIFY,
    "identityUpdate": limits.VISITOR_IDENTIFY,
    "preChat": limits.VISITOR_IDENTIFY,
    "typing": limits.TYPING,
    "": limits.VISITOR_OTHER,
}
"""The rates of one visitor session, shared by its sockets (PROTOCOL §3)."""

GONE_AFTER_SECONDS: Final = 15.0
"""A visitor whose last socket dropped is offline after this long (IDENTITY T26)."""


class LiveSession:
    """One session with sockets here. `row` is the newest copy this node has."""

    __slots__ = (
        "gone_at", "grants", "is_timed", "page", "rates", "row", "since", "sockets", "told",
        "warned_of", "watched",
    )  # fmt: skip

    def __init__(self, row: SessionRow, since: int) -> None:
        self.row = row
        self.since = since
        self.sockets: list[VisitorSocket] = []
        self.rates: Rates | None = None
        self.grants: dict[str, Grant] = {}
        self.watched: set[str] = set()
        self.page: Page | None = None
        self.gone_at: float | None = None
        # What its sockets were last told that it is, and of which proof's end they were warned.
        self.told = row.trust
        self.warned_of: int | None = None
        self.is_timed = False

    def renew(self, row: SessionRow) -> None:
        """Take a newer copy of the row; an older one is not taken."""
        if row.version >= self.row.version:
            self.row = row


class Sessions:
    """See the module. `changed` is told whenever a visitor's line on the board may have changed."""

    def __init__(self, changed: Callable[[LiveSession], None]) -> None:
        self._changed = changed
        self._by_id: dict[str, LiveSession] = {}
        self._by_visitor: dict[tuple[str, str], list[LiveSession]] = {}
        self._by_contact: dict[str, list[LiveSession]] = {}
        self._watchers: dict[str, list[LiveSession]] = {}
        self._leaving: list[LiveSession] = []

    def __len__(self) -> int:
        return len(self._by_id)

    def join(self, row: SessionRow, socket: VisitorSocket, since: int) -> LiveSession:
        """A socket joins its session, which becomes live if it was not."""
        live = self._by_id.get(row.id)
        if live is None:
            live = self._by_id[row.id] = LiveSession(row, since)
            self._by_visitor.setdefault((row.workspace_id, row.visitor_id), []).append(live)
            if row.contact_id is not None:
                self._by_contact.setdefault(row.contact_id, []).append(live)
        else:
            self.renew(live, row)
        live.sockets.append(socket)
        live.gone_at = None
        self._changed(live)
        return live

    def leave(self, live: LiveSession, socket: VisitorSocket, now: float) -> None:
        """A socket is lost. Its session stays for a moment."""
        live.sockets.remove(socket)
        if not live.sockets:
            live.gone_at = now
            self._leaving.append(live)

    def move(self, socket: VisitorSocket, row: SessionRow, since: int) -> LiveSession:
        """A socket goes on in another session of its device; the one it leaves has ended."""
        before = socket.live
        before.sockets.remove(socket)
        if not before.sockets:
            self._drop(before)
        socket.live = live = self.join(row, socket, since)
        live.page = live.page or before.page
        live.rates = live.rates or before.rates
        return live

    def sweep(self, now: float) -> None:
        """Let go of the sessions that lost their last socket 15 s ago."""
        staying = []
        for live in self._leaving:
            if live.gone_at is None:
                continue
            if now - live.gone_at < GONE_AFTER_SECONDS:
                staying.append(live)
            else:
                self._drop(live)
        self._leaving = staying

    def renew(self, live: LiveSession, row: SessionRow) -> None:
        """A newer copy of the session's row is known."""
        before, trust = live.row.contact_id, live.row.trust
        live.renew(row)
        after = live.row.contact_id
        if after != before and self._is_here(live):
            if before is not None:
                _take(self._by_contact, before, live)
            if after is not None:
                self._by_contact.setdefault(after, []).append(live)
        if (after, live.row.trust) != (before, trust) and self._is_here(live):
            self._changed(live)

    def watch(self, live: LiveSession, conversation_id: str) -> None:
        """The session's lists show this conversation: tell it when it changes."""
        if conversation_id not in live.watched and self._is_here(live):
            live.watched.add(conversation_id)
            self._watchers.setdefault(conversation_id, []).append(live)

    def watching(self, conversation_id: str) -> Sequence[LiveSession]:
        return self._watchers.get(conversation_id, ())

    def of_visitor(self, workspace_id: str, visitor_id: str) -> Sequence[LiveSession]:
        return self._by_visitor.get((workspace_id, visitor_id), ())

    def of_contact(self, contact_id: str) -> Sequence[LiveSession]:
        return self._by_contact.get(contact_id, ())

    def get(self, session_id: str) -> LiveSession | None:
        return self._by_id.get(session_id)

    def of_workspace(self, workspace_id: str) -> Iterator[LiveSession]:
        return (live for live in self._by_id.values() if live.row.workspace_id == workspace_id)

    def is_online(self, contact_id: str) -> bool:
        return any(live.sockets for live in self.of_contact(contact_id))

    def _is_here(self, live: LiveSession) -> bool:
        """Whether it was not let go of while somebody waited for the database."""
        return self._by_id.get(live.row.id) is live

    def _drop(self, live: LiveSession) -> None:
        row = live.row
        if not self._is_here(live):
            return
        del self._by_id[row.id]
        _take(self._by_visitor, (row.workspace_id, row.visitor_id), live)
        if row.contact_id is not None:
            _take(self._by_contact, row.contact_id, live)
        for conversation_id in live.watched:
            _take(self._watchers, conversation_id, live)
        self._changed(live)


def _take(index: dict[K, list[LiveSession]], key: K, live: LiveSession) -> None:
    """Remove one entry of an index, and the key with its last."""
    found = index.get(key)
    if found is not None and live in found:
        found.remove(live)
        if not found:
            del index[key]
