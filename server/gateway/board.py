"""The live visitor board: who is on the site now, a line per visitor, told in deltas.

Everything on it is in memory already (`sessions`), but for the contact's name, which is read with a
batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from protocol.frames.agent import Visitors
from server.clock import rfc3339
from server.gateway.connection import Reply
from server.gateway.context import Gateway
from server.gateway.sessions import LiveSession
from server.gateway.translate import contact_shape
from server.identity.model import ContactRow
from server.store.port import BadCursor, StoreUnavailable, Transaction

if TYPE_CHECKING:
    from server.gateway.agent import AgentSocket

__all__ = ["Board", "BoardView"]

_SECONDS: Final = 0.5
_PAGE: Final = 100


class BoardView:
    """One agent's board."""

    __slots__ = ("active", "dirty", "id", "loaded", "rev", "state")

    def __init__(self, view_id: str, state: str | None) -> None:
        self.id = view_id
        self.state = state
        self.rev = 0
        self.loaded: set[str] = set()
        self.active = False
        self.dirty: dict[str, None] = {}

    def shows(self, live: LiveSession) -> bool:
        return self.state is None or live.row.trust.value == self.state


class Board:
    """The boards of this node's agents. `run` must be running for changes to be told."""

    def __init__(self, gateway: Gateway, sockets: Mapping[str, Sequence[AgentSocket]]) -> None:
        self._gateway = gateway
        self._sockets = sockets
        self._dirty: dict[str, dict[str, None]] = {}
        self._wake = asyncio.Event()
        self._ids = count(1)

    def changed(self, live: LiveSession) -> None:
        workspace_id = live.row.workspace_id
        if any(socket.board is not None for socket in self._sockets.get(workspace_id, ())):
            self._dirty.setdefault(workspace_id, {})[live.row.visitor_id] = None
            self._wake.set()

    async def follow(self, socket: AgentSocket, data: Visitors) -> Reply:
        """A page of the board; with it the socket is told of changes, or no more."""
        asked = (data.filter or {}).get("state")
        state = asked if isinstance(asked, str) else None
        view = held = socket.board
        if view is None or data.cursor is None or view.state != state:
            view = BoardView(f"vi_{next(self._ids)}", state)
        # From here on what changes is kept for it, and told after the snapshot.
        view.active = False
        socket.board = view if data.follow else None
        shown = [live for live in self._visitors(socket.workspace_id) if view.shows(live)]
        try:
            page, next_cursor = _page(shown, data.cursor)
            contacts = await self._contacts(socket.workspace_id, page)
        except Exception:
            # Refused: what the client held before is still live.
            socket.board = held
            if held is not None:
                held.dirty |= view.dirty
                self._activate(held)
            raise
        view.loaded.update(live.row.visitor_id for live in page)
        answer = {
            "viewId": view.id,
            "rev": view.rev,
            "items": [_line(live, contacts) for live in page],
            "total": len(shown),
            "nextCursor": next_cursor,
        }
        return Reply(answer, lambda: self._activate(view))

    def _activate(self, view: BoardView) -> None:
        """The snapshot has left: changes may follow."""
        view.active = True
        if view.dirty:
            self._wake.set()

    async def run(self) -> None:
        """Tell the boards what changed, twice a second at most, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            for workspace_id, sockets in tuple(self._sockets.items()):
                dirty = self._dirty.pop(workspace_id, {})
                boards = [(s, s.board) for s in sockets if s.board is not None]
                for _, view in boards:
                    view.dirty |= dirty
                try:
                    await self._tell(workspace_id, [(s, v) for s, v in boards if v.active])
                except StoreUnavailable:
                    self._wake.set()
            await asyncio.sleep(_SECONDS)

    async def _tell(
        self, workspace_id: str, boards: Sequence[tuple[AgentSocket, BoardView]]
    ) -> None:
        visitors = {visitor_id for _, view in boards for visitor_id in view.dirty}
        here = {live.row.visitor_id: live for live in self._visitors(workspace_id)}
        changed = [here[visitor_id] for visitor_id in visitors if visitor_id in here]
        contacts = await self._contacts(workspace_id, changed)
        for socket, view in boards:
            if socket.board is not view or not view.active:
                continue  # It was replaced, or is given a page, while this was read.
            asked, view.dirty = view.dirty, {}
            upsert = [live for live in changed if live.row.visitor_id in asked and view.shows(live)]
            shown = {live.row.visitor_id for live in upsert}
            remove = [gone for gone in asked if gone in view.loaded and gone not in shown]
            if not upsert and not remove:
                continue
            view.loaded |= shown
            view.loaded -= set(remove)
            view.rev += 1
            data = {
                "viewId": view.id,
                "rev": view.rev,
                "upsert": [_line(live, contacts) for live in upsert],
                "remove": remove,
                "total": sum(view.shows(live) for live in here.values()),
            }
            socket.connection.push("visitorChange", data)

    def _visitors(self, workspace_id: str) -> Sequence[LiveSession]:
        """Each visitor once, by their newest session, newest first."""
        newest: dict[str, LiveSession] = {}
        for live in self._gateway.sessions.of_workspace(workspace_id):
            known = newest.get(live.row.visitor_id)
            if known is None or (bool(live.sockets), live.since) > (
                bool(known.sockets),
                known.since,
            ):
                newest[live.row.visitor_id] = live
        return sorted(newest.values(), key=_order, reverse=True)

    async def _contacts(
        self, workspace_id: str, lives: Iterable[LiveSession]
    ) -> Mapping[str, ContactRow]:
        wanted = {live.row.contact_id for live in lives if live.row.contact_id is not None}
        if not wanted:
            return {}

        def query(tx: Transaction) -> Mapping[str, ContactRow]:
            found = (tx.contacts.get(workspace_id, contact_id) for contact_id in wanted)
            return {contact.id: contact for contact in found if contact is not None}

        return await self._gateway.store.read(query)


def _order(live: LiveSession) -> tuple[int, str]:
    return live.since, live.row.visitor_id


def _page(
    lives: Sequence[LiveSession], cursor: str | None
) -> tuple[Sequence[LiveSession], str | None]:
    if cursor is not None:
        since, _, visitor_id = cursor.partition(":")
        if not since.isdigit():
            raise BadCursor(cursor)
        lives = [live for live in lives if _order(live) < (int(since), visitor_id)]
    page = lives[:_PAGE]
    if len(page) == len(lives):
        return page, None
    return page, f"{page[-1].since}:{page[-1].row.visitor_id}"


def _line(live: LiveSession, contacts: Mapping[str, ContactRow]) -> dict[str, Any]:
    row, page = live.row, live.page
    online = bool(live.sockets)
    line: dict[str, Any] = {
        "visitorId": row.visitor_id,
        "sessionId": row.id,
        "state": row.trust.value,
        "page": None if page is None else {"url": page.url, "title": page.title},
        "referrer": None if page is None else page.referrer,
        "since": rfc3339(live.since),
        "online": online,
    }
    contact = contacts.get(row.contact_id) if row.contact_id is not None else None
    if contact is not None:
        line["contact"] = contact_shape(contact, online=online)
    return line
