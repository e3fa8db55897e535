"""The console's live lists: each agent's inbox and visitor board, as snapshots and deltas.

A view is `{viewId, rev}`: a snapshot first, then changes numbered rev + 1 (ARCHITECTURE, "Live
state beyond logs"). What changes only marks conversations and visitors here; a few times a second
the marked ones are read once and every view is told what that means for its own filter and window.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from protocol.close import CloseCode
from protocol.frames.agent import Inbox
from server.chat.model import AuthorKind, Event
from server.gateway.board import Board
from server.gateway.connection import Reply
from server.gateway.context import Gateway
from server.gateway.translate import staff_summary
from server.store.port import InboxFilter, Page, StoreUnavailable, Summary, Transaction

if TYPE_CHECKING:
    from server.gateway.agent import AgentSocket
    from server.gateway.sessions import LiveSession

__all__ = ["InboxView", "Views"]

_INBOX_SECONDS: Final = 0.25
_COUNTS_SECONDS: Final = 1.0
_PAGE: Final = 50


class InboxView:
    """One agent's list: what it filters, what its client holds, and what is new for it.

    `floor` is the order key of the oldest item that the client holds; None: it holds them all.
    """

    __slots__ = ("active", "asked", "counts", "counts_at", "dirty", "floor", "id", "loaded", "rev")

    def __init__(self, view_id: str, asked: InboxFilter) -> None:
        self.id = view_id
        self.asked = asked
        self.rev = 0
        self.loaded: set[str] = set()
        self.floor: int | None = None
        self.dirty: set[str] = set()
        self.active = False
        self.counts: dict[str, int] = {}
        self.counts_at = 0.0

    def load(self, page: Page) -> None:
        """The client is given another page."""
        self.loaded.update(item.conversation.id for item in page.items)
        self.floor = page.items[-1].order if page.items and page.next_cursor else None

    def change(
        self, read: Iterable[Summary], matching: frozenset[str], asked: Iterable[str]
    ) -> tuple[list[Summary], list[str]]:
        """What the client must show and what it must drop, of the conversations `asked` about."""
        upsert = [
            item
            for item in read
            if item.conversation.id in matching
            and (
                item.conversation.id in self.loaded
                or self.floor is None
                or item.order >= self.floor
            )
        ]
        shown = {item.conversation.id for item in upsert}
        remove = [gone for gone in asked if gone in self.loaded and gone not in shown]
        self.loaded -= set(remove)
        self.loaded |= shown
        return upsert, remove


@dataclass(frozen=True, slots=True)
class _Read:
    """What one tick reads for all views of a workspace."""

    rows: Sequence[Summary]
    matching: Mapping[InboxFilter, frozenset[str]]
    unread: Mapping[str, Mapping[str, int]]
    counts: Mapping[str, dict[str, int]]


class Views:
    """The lists of this node's agents. `run` must be running for changes to be told."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._sockets: dict[str, list[AgentSocket]] = {}
        self._dirty: dict[str, set[str]] = {}
        self._written: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._ids = count(1)
        self.board = Board(gateway, self._sockets)
        self.signed_out = 0
        """How many tokens have died here, for a socket that is just being let in."""

    def add(self, socket: AgentSocket) -> None:
        self._sockets.setdefault(socket.workspace_id, []).append(socket)

    def remove(self, socket: AgentSocket) -> None:
        sockets = self._sockets.get(socket.workspace_id, [])
        if socket in sockets:
            sockets.remove(socket)
            if not sockets:
                del self._sockets[socket.workspace_id]

    def sockets(self, workspace_id: str) -> Iterator[AgentSocket]:
        return iter(tuple(self._sockets.get(workspace_id, ())))

    def sign_out(self, workspace_id: str, token_hash: str) -> None:
        """This token is dead: so are its sockets."""
        self.signed_out += 1
        for socket in self.sockets(workspace_id):
            if socket.token_hash == token_hash:
                socket.connection.shut(CloseCode.UNKNOWN_KEY)

    def conversation_changed(self, workspace_id: str, conversation_id: str) -> None:
        """Something that a list shows of this conversation has changed."""
        if workspace_id in self._sockets:
            self._dirty.setdefault(workspace_id, set()).add(conversation_id)
            self._wake.set()

    def visitor_changed(self, live: LiveSession) -> None:
        """Something that the board shows of this visitor has changed."""
        self.board.changed(live)

    def agent_state_changed(self, workspace_id: str, agent_id: str) -> None:
        """An agent came, went or changed availability: tell colleagues and visitors."""
        agents = self._gateway.agents
        state = agents.state(workspace_id, agent_id)
        news = {"agents": [{"id": agent_id, "state": state}]}
        for socket in self.sockets(workspace_id):
            if socket.agent.id != agent_id:
                socket.connection.push_volatile("presence", news)
        online = {"agentsOnline": agents.online(workspace_id)}
        for live in self._gateway.sessions.of_workspace(workspace_id):
            for visitor in live.sockets:
                if visitor.following.is_live:
                    visitor.connection.push_volatile("presence", online)

    def notify(self, event: Event) -> None:
        """Call the agents whom an event concerns."""
        if event.workspace_id not in self._sockets:
            return
        match event.kind:
            case "message" if event.author.kind is AuthorKind.VISITOR:
                # Whose conversation it is, is read with its summary.
                self._written[event.conversation_id] = event.seq
            case "assigned":
                self._call("assigned", event, [event.data["agentId"]])
            case "note":
                self._call("mention", event, event.data.get("mentions", ()))
            case _:
                pass

    async def inbox(self, socket: AgentSocket, data: Inbox) -> Reply:
        """A snapshot, from which on the socket is told of changes."""
        asked = InboxFilter(
            workspace_id=socket.workspace_id,
            agent_id=socket.agent.id,
            view=data.view,
            team_id=data.team_id,
            labels=data.labels,
            query=data.query or None,
            contact_id=data.contact_id,
            external_id=data.external_id,
        )
        view = held = socket.inbox
        if view is None or data.cursor is None or view.asked != asked:
            view = InboxView(f"in_{next(self._ids)}", asked)
        # From here on what changes is kept for it, and told after the snapshot.
        view.active = False
        socket.inbox = view
        limit = data.limit or _PAGE

        def query(tx: Transaction) -> tuple[Page, dict[str, int]]:
            page = tx.conversations.inbox(asked, cursor=data.cursor, limit=limit)
            return page, dict(tx.conversations.counts(asked.workspace_id, asked.agent_id))

        try:
            page, counts = await self._gateway.store.read(query)
        except Exception:
            # Refused: what the client held before is still live.
            socket.inbox = held
            if held is not None:
                held.dirty |= view.dirty
                self._activate(held)
            raise
        view.load(page)
        view.counts = counts
        view.counts_at = self._gateway.clock.monotonic()
        answer = {
            "viewId": view.id,
            "rev": view.rev,
            "items": [self._item(item) for item in page.items],
            "nextCursor": page.next_cursor,
            "counts": counts,
        }
        return Reply(answer, lambda: self._activate(view))

    async def run(self) -> None:
        """Tell the views what changed, four times a second at most, until cancelled."""
        clock = self._gateway.clock
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = clock.monotonic()
            for workspace_id in {*self._dirty, *self._waiting()}:
                dirty = self._dirty.pop(workspace_id, set())
                for socket in self.sockets(workspace_id):
                    if socket.inbox is not None:
                        socket.inbox.dirty |= dirty
                try:
                    await self._tell(workspace_id, dirty)
                except StoreUnavailable:
                    self._dirty.setdefault(workspace_id, set()).update(dirty)
                    self._wake.set()
            # Lists get a fifth of the time at most, however busy the workspace is.
            await asyncio.sleep(max(_INBOX_SECONDS, 4 * (clock.monotonic() - began)))

    def _activate(self, view: InboxView) -> None:
        """The snapshot has left: changes may follow."""
        view.active = True
        if view.dirty:
            self._wake.set()

    def _waiting(self) -> Iterator[str]:
        """The workspaces with a view that was given its snapshot while something changed."""
        for workspace_id, sockets in self._sockets.items():
            if any(s.inbox is not None and s.inbox.active and s.inbox.dirty for s in sockets):
                yield workspace_id

    async def _tell(self, workspace_id: str, dirty: set[str]) -> None:
        now = self._gateway.clock.monotonic()
        sockets = [
            socket
            for socket in self.sockets(workspace_id)
            if socket.inbox is not None and socket.inbox.active and socket.inbox.dirty
        ]
        asked = frozenset(dirty).union(*(s.inbox.dirty for s in sockets if s.inbox is not None))
        if not asked:
            return
        readers = sorted({socket.agent.id for socket in sockets})
        filters = {_shared(socket.inbox.asked) for socket in sockets if socket.inbox is not None}
        counted = {s.agent.id for s in sockets if s.inbox and now - s.inbox.counts_at >= 1.0}

        def query(tx: Transaction) -> _Read:
            lists = tx.conversations
            rows = lists.summaries(workspace_id, asked, agent_id=next(iter(readers), ""))
            return _Read(
                rows,
                {one: lists.matching(one, asked) for one in filters},
                {agent: lists.unread(asked, agent) for agent in readers},
                {agent: dict(lists.counts(workspace_id, agent)) for agent in counted},
            )

        read = await self._gateway.store.read(query)
        items = {row.conversation.id: self._item(row) for row in read.rows}
        for socket in sockets:
            if socket.inbox is not None and socket.inbox.active:
                self._push(socket, socket.inbox, read, items)
        self._call_assignees(workspace_id, read.rows)

    def _push(
        self,
        socket: AgentSocket,
        view: InboxView,
        read: _Read,
        items: Mapping[str, dict[str, Any]],
    ) -> None:
        matching = read.matching.get(_shared(view.asked))
        if matching is None:
            return  # It was replaced while this was read.
        asked, view.dirty = view.dirty, set()
        changed = (row for row in read.rows if row.conversation.id in asked)
        upsert, remove = view.change(changed, matching, asked)
        counts = read.counts.get(socket.agent.id)
        if counts is None:
            # They are due later: mark the view so that a last change is counted as well.
            self._count_later(socket.workspace_id, asked)
        else:
            view.counts_at = self._gateway.clock.monotonic()
        news = counts if counts is not None and counts != view.counts else None
        if not upsert and not remove and news is None:
            return
        view.rev += 1
        unread = read.unread[socket.agent.id]
        data: dict[str, Any] = {
            "viewId": view.id,
            "rev": view.rev,
            "upsert": [
                {**items[row.conversation.id], "unread": unread.get(row.conversation.id, 0)}
                for row in upsert
            ],
            "remove": remove,
        }
        if news is not None:
            data["counts"] = view.counts = news
        socket.connection.push("inboxChange", data)

    def _count_later(self, workspace_id: str, asked: Iterable[str]) -> None:
        loop = asyncio.get_running_loop()
        kept = tuple(asked)[:1]
        for conversation_id in kept:
            loop.call_later(
                _COUNTS_SECONDS, self.conversation_changed, workspace_id, conversation_id
            )

    def _call_assignees(self, workspace_id: str, rows: Iterable[Summary]) -> None:
        for row in rows:
            seq = self._written.pop(row.conversation.id, None)
            assignee = row.conversation.assignee_id
            if seq is None or assignee is None:
                continue
            data = {"kind": "message", "conversationId": row.conversation.id, "seq": seq}
            for socket in self.sockets(workspace_id):
                if socket.agent.id == assignee:
                    socket.connection.push("notification", data)

    def _call(self, kind: str, event: Event, agent_ids: Iterable[str | None]) -> None:
        called = set(agent_ids)
        data = {"kind": kind, "conversationId": event.conversation_id, "seq": event.seq}
        for socket in self.sockets(event.workspace_id):
            if socket.agent.id in called and socket.agent.id != event.author.id:
                socket.connection.push("notification", data)

    def _item(self, item: Summary) -> dict[str, Any]:
        contact = item.conversation.contact_id
        online = contact is not None and self._gateway.sessions.is_online(contact)
        return staff_summary(item, online=online)


def _shared(asked: InboxFilter) -> InboxFilter:
    """The same for all agents whose lists must hold the same conversations."""
    return asked if asked.view == "mine" else replace(asked, agent_id="")
