"""The conversations that one agent's socket has open: both logs of each, and who else looks.

At most 50 (PROTOCOL §11). An open conversation is followed from the page that `open` answered with;
where that page ends before the head, the hub feeds the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from protocol import limits
from protocol.errors import ErrorCode, Problem
from protocol.frames import agent as frames
from protocol.frames.shared import Cursor
from server.chat.model import LogName
from server.gateway.connection import Reply
from server.gateway.history import (
    LogPage,
    empty_reset,
    history_payload,
    next_page,
    read_page,
    resume_page,
)
from server.gateway.presence import Viewer
from server.gateway.refusals import NOT_FOUND, GatewayError
from server.gateway.translate import (
    CODECS,
    Audience,
    contact_shape,
    frame_of,
    rendition,
    staff_summary,
    topic,
)
from server.hub.sequencer import Follower
from server.store.port import Summary, Transaction

if TYPE_CHECKING:
    from server.gateway.agent import AgentSocket

__all__ = ["Desk"]

_TOO_MANY: Final = Problem(
    ErrorCode.CONFLICT, f"At most {limits.OPEN_CONVERSATIONS} conversations can be open."
)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is read to open one conversation."""

    summary: Summary
    public: LogPage
    staff: LogPage


class Desk:
    """See the module."""

    __slots__ = ("_open", "_socket")

    def __init__(self, socket: AgentSocket) -> None:
        self._socket = socket
        self._open: dict[str, tuple[Follower, Follower]] = {}

    async def open(self, data: frames.Open) -> Reply:
        """Answer with the conversation as it is now, and follow both its logs from there."""
        conversation_id = data.conversation_id
        self._check_room(conversation_id)
        cursors: dict[str, Cursor] = {cursor.log: cursor for cursor in data.cursors}
        opened = await self._read(conversation_id, cursors)
        if opened is None:
            raise GatewayError(NOT_FOUND)
        gateway = self._socket.connection.gateway
        contact = opened.summary.contact
        online = contact is not None and gateway.sessions.is_online(contact.id)
        sender = self._socket.sender
        answer = {
            "conversation": staff_summary(opened.summary, online=online),
            "contact": None if contact is None else contact_shape(contact, online=online),
            "history": {
                "public": history_payload(opened.public, sender, staff=True),
                "staff": history_payload(opened.staff, sender, staff=True),
            },
            "viewers": self._viewers(conversation_id),
        }
        return Reply(answer, lambda: self._follow(opened))

    async def resume(self, cursors: Sequence[Cursor]) -> None:
        """Open the conversations that a returning client still shows, in the order of its
        cursors.
        """
        wanted: dict[str, dict[str, Cursor]] = {}
        for cursor in cursors:
            wanted.setdefault(cursor.conversation_id, {})[cursor.log] = cursor
        push = self._socket.connection.push
        for conversation_id, held in wanted.items():
            room = len(self._open) < limits.OPEN_CONVERSATIONS
            opened = await self._read(conversation_id, held) if room else None
            if opened is None:
                for log in held:
                    push("history", empty_reset(conversation_id, log))
                continue
            public = await self._send_pages(opened.public)
            staff = await self._send_pages(opened.staff)
            self._follow(_Opened(opened.summary, public, staff))
            await self._socket.connection.writable()

    async def history(self, data: frames.History) -> Reply:
        """Answer with a page of one log."""
        log = LogName(data.log)

        def query(tx: Transaction) -> LogPage:
            row = tx.conversations.get(self._socket.workspace_id, data.conversation_id)
            if row is None:
                raise GatewayError(NOT_FOUND)
            head = tx.conversations.logs([row.id])[row.id]
            return read_page(
                tx.conversations,
                row.id,
                log,
                head.public_seq if log is LogName.PUBLIC else head.staff_seq,
                after=data.after_seq,
                before=data.before_seq,
                limit=data.limit or limits.HISTORY_PAGE_DEFAULT,
            )

        page = await self._socket.connection.gateway.store.read(query)
        return Reply(history_payload(page, self._socket.sender, staff=True))

    def close(self, conversation_id: str) -> None:
        """Nothing of the conversation is sent after this. Harmless if it is not open."""
        followers = self._open.pop(conversation_id, None)
        if followers is None:
            return
        for follower in followers:
            self._socket.connection.gateway.hub.unfollow(follower)
        self._view(conversation_id, None)

    def close_all(self) -> None:
        for conversation_id in tuple(self._open):
            self.close(conversation_id)

    def typing(self, data: frames.Typing) -> None:
        """Tell colleagues, and, unless it is a note, the visitor."""
        conversation_id = data.conversation_id
        if conversation_id not in self._open:
            raise GatewayError(NOT_FOUND)
        socket = self._socket
        self._view(
            conversation_id,
            Viewer(socket.agent.id, data.is_typing, data.is_typing and data.note),
        )
        if not data.note:
            socket.connection.gateway.announcer.typing(
                conversation_id, socket.staff.author, data.is_typing, None, socket.connection.outlet
            )

    def heads(self) -> Mapping[str, Any]:
        hub = self._socket.connection.gateway.hub
        return {
            conversation_id: {log.value: hub.head(topic(conversation_id, log)) for log in LogName}
            for conversation_id in self._open
        }

    def writable(self) -> None:
        for followers in self._open.values():
            for follower in followers:
                follower.writable()

    def _check_room(self, conversation_id: str) -> None:
        full = len(self._open) >= limits.OPEN_CONVERSATIONS
        if full and conversation_id not in self._open:
            raise GatewayError(_TOO_MANY)

    async def _read(self, conversation_id: str, cursors: Mapping[str, Cursor]) -> _Opened | None:
        socket = self._socket

        def query(tx: Transaction) -> _Opened | None:
            lists = tx.conversations
            found = lists.summaries(
                socket.workspace_id, [conversation_id], agent_id=socket.agent.id
            )
            if not found:
                return None
            log = found[0].log
            pages = [
                resume_page(lists, conversation_id, name, head, cursors.get(name.value))
                for name, head in (
                    (LogName.PUBLIC, log.public_seq),
                    (LogName.STAFF, log.staff_seq),
                )
            ]
            return _Opened(found[0], *pages)

        return await socket.connection.gateway.store.read(query)

    async def _send_pages(self, page: LogPage) -> LogPage:
        """Push a page, and those after it when the last has left; the last one."""
        connection, sender = self._socket.connection, self._socket.sender
        connection.push("history", history_payload(page, sender, staff=True))
        while not page.complete and not connection.is_over:
            await connection.writable()
            page = await next_page(connection.gateway.store, page)
            if not page.events:
                connection.restart(page.conversation_id)
                break
            connection.push("history", history_payload(page, sender, staff=True))
        return page

    def _follow(self, opened: _Opened) -> None:
        connection = self._socket.connection
        log = opened.summary.log
        if connection.is_over or log.id in self._open:
            return
        number = rendition(connection.codec, Audience.STAFF)
        followers: list[Follower] = []
        for page in (opened.public, opened.staff):
            follower = Follower(connection.outlet, number, self._socket.sender, page.last_seq, None)
            connection.gateway.hub.follow(topic(log.id, page.log), follower, page.head)
            followers.append(follower)
        self._open[log.id] = (followers[0], followers[1])
        self._view(log.id, Viewer(self._socket.agent.id))

    def _view(self, conversation_id: str, viewer: Viewer | None) -> None:
        connection = self._socket.connection
        if not connection.gateway.agents.view(conversation_id, connection.id, viewer):
            return
        data = {"conversationId": conversation_id, "agents": self._viewers(conversation_id)}
        connection.gateway.hub.say(
            topic(conversation_id, LogName.STAFF),
            lambda number: frame_of(CODECS[number // 4], {"type": "viewing", "data": data}),
            lambda follower: follower.outlet is not connection.outlet,
        )

    def _viewers(self, conversation_id: str) -> list[dict[str, Any]]:
        viewers = self._socket.connection.gateway.agents.viewers(conversation_id)
        return [{"id": v.agent_id, "typing": v.typing, "note": v.note} for v in viewers]
