"""Tells everyone on this node what has just become true: followers, lists, boards.

The journal's commits come here first (`committed`), before their senders are answered: DELIVERY's
W6 before W7. What a follower learns from an event is not told twice; those who only list a
conversation get its changed summary, many changes in one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from server.bus.port import Bus, partition_of
from server.chat.model import Author, AuthorKind, Committed, ConversationRow, Event, LogName
from server.chat.service import device_sender
from server.gateway.context import Gateway
from server.gateway.notices import notice_of, read_notice
from server.gateway.sessions import LiveSession
from server.gateway.translate import (
    CODECS,
    Audience,
    author_shape,
    entry_of,
    frame_of,
    topic,
    visitor_summary,
)
from server.hub.outlet import Outlet
from server.store.port import Marks, StoreUnavailable, Summary

if TYPE_CHECKING:
    from server.gateway.visitor import VisitorSocket

__all__ = ["Announcer"]

_BATCH_SECONDS: Final = 0.1


class Announcer:
    """See the module. `run` must be running for summaries to be told."""

    def __init__(self, gateway: Gateway, bus: Bus) -> None:
        self._gateway = gateway
        self._bus = bus
        bus.listen(self.heard)
        self._dirty: dict[str, set[str]] = {}
        self._wake = asyncio.Event()

    def committed(self, outcome: Committed) -> None:
        """This node committed: deliver here, and tell the other nodes."""
        for event in outcome.events:
            self._gateway.metrics.committed[event.kind] += 1
        self._spread(outcome)
        self._bus.publish(partition_of(outcome.log.id), lambda: notice_of(outcome))

    def heard(self, payload: bytes) -> None:
        """Another node committed. It may come late, twice or never; the sequencers know."""
        outcome = read_notice(payload)
        if outcome is not None:
            self._spread(outcome)

    def _spread(self, outcome: Committed) -> None:
        gateway, log = self._gateway, outcome.log
        for changed in (outcome.rewritten, *outcome.blanked):
            if changed is not None:
                gateway.hub.replace(topic(log.id, changed.log), changed.seq)
        if outcome.created:
            self._introduce(outcome)
        for event in outcome.events:
            self._deliver(event, log.access_version)
        for live in gateway.sessions.watching(log.id):
            if any(log.id not in socket.following for socket in live.sockets):
                self._mark(log.workspace_id, log.id)
                break
        gateway.views.conversation_changed(log.workspace_id, log.id)
        for event in outcome.events:
            gateway.views.notify(event)

    def typing(
        self,
        conversation_id: str,
        author: Author,
        is_typing: bool,
        preview: str | None,
        source: Outlet,
    ) -> None:
        """Somebody types. A preview of unsent text is for staff only."""

        def render(number: int) -> bytes:
            audience = Audience(number % 4)
            data: dict[str, Any] = {
                "conversationId": conversation_id,
                "isTyping": is_typing,
                "author": author_shape(author, audience),
            }
            if preview is not None and audience.is_staff:
                data["preview"] = preview
            return frame_of(CODECS[number // 4], {"type": "typing", "data": data})

        self._gateway.hub.say(
            topic(conversation_id, LogName.PUBLIC),
            render,
            lambda follower: follower.outlet is not source,
            _sender_of(author),
        )

    def read(
        self, workspace_id: str, conversation_id: str, author: Author, seq: int, source: Outlet
    ) -> None:
        """Somebody's read mark moved: tell the other followers and the lists."""
        self._say_mark("read", conversation_id, author, seq, source, staff_only=False)
        self._gateway.views.conversation_changed(workspace_id, conversation_id)

    def unread(self, row: ConversationRow, unread: int, reader: VisitorSocket) -> None:
        """The visitor side's unread count changed: tell the reader's other sockets."""
        data = {"id": row.id, "unread": unread}
        for live in self._gateway.sessions.watching(row.id):
            for socket in live.sockets:
                if socket is not reader and socket.sees(row):
                    socket.following.tell("conversationUpdate", data)

    async def delivered(
        self, workspace_id: str, reached: Mapping[str, int], author: Author
    ) -> None:
        """A visitor's client has shown that it got these: store it and tell staff."""
        try:
            moved = await self._gateway.store.write(
                lambda tx: {
                    conversation_id: tx.conversations.mark_delivered(conversation_id, seq)
                    for conversation_id, seq in reached.items()
                }
            )
        except StoreUnavailable:
            return  # A later frame of this client, or its next session, says it again.
        for conversation_id, seq in moved.items():
            if seq is not None:
                self._say_mark("delivered", conversation_id, author, seq, None, staff_only=True)
                self._gateway.views.conversation_changed(workspace_id, conversation_id)

    async def summaries(
        self, workspace_id: str, conversation_ids: Iterable[str]
    ) -> Sequence[Summary]:
        """Summaries as the visitor side sees them."""
        asked = tuple(conversation_ids)
        return await self._gateway.store.read(
            lambda tx: tx.conversations.summaries(workspace_id, asked)
        )

    async def run(self) -> None:
        """Tell sessions of changed summaries, ten times a second at most, until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(_BATCH_SECONDS)
            self._wake.clear()
            dirty, self._dirty = self._dirty, {}
            for workspace_id, conversation_ids in dirty.items():
                try:
                    found = await self.summaries(workspace_id, conversation_ids)
                except StoreUnavailable:
                    for conversation_id in conversation_ids:
                        self._mark(workspace_id, conversation_id)
                    continue
                for summary in found:
                    self._tell_summary(summary)

    def _deliver(self, event: Event, access_version: int) -> None:
        self._gateway.hub.deliver(
            topic(event.conversation_id, event.log), lambda: entry_of(event, access_version)
        )

    def _introduce(self, outcome: Committed) -> None:
        """A conversation was made: every session here that may see it learns of it before its
        events.
        """
        row = outcome.conversation
        assert row is not None, "what was created was returned"
        sessions = self._gateway.sessions
        candidates: dict[str, LiveSession] = {}
        if row.visitor_id is not None:
            for live in sessions.of_visitor(row.workspace_id, row.visitor_id):
                candidates[live.row.id] = live
        if row.contact_id is not None:
            for live in sessions.of_contact(row.contact_id):
                candidates[live.row.id] = live
        summary = _born(outcome)
        for live in candidates.values():
            seen = [socket for socket in live.sockets if socket.sees(row)]
            if seen:
                sessions.watch(live, row.id)
            for socket in seen:
                socket.following.introduce(summary, outcome)

    def _mark(self, workspace_id: str, conversation_id: str) -> None:
        self._dirty.setdefault(workspace_id, set()).add(conversation_id)
        self._wake.set()

    def _tell_summary(self, summary: Summary) -> None:
        conversation_id = summary.conversation.id
        for live in self._gateway.sessions.watching(conversation_id):
            for socket in live.sockets:
                if conversation_id not in socket.following and socket.sees(summary.conversation):
                    shape = visitor_summary(summary, socket.sender)
                    socket.following.tell("conversationUpdate", shape)

    def _say_mark(
        self,
        frame_type: str,
        conversation_id: str,
        author: Author,
        seq: int,
        source: Outlet | None,
        *,
        staff_only: bool,
    ) -> None:
        def render(number: int) -> bytes:
            audience = Audience(number % 4)
            data = {
                "conversationId": conversation_id,
                "author": author_shape(author, audience),
                "seq": seq,
            }
            return frame_of(CODECS[number // 4], {"type": frame_type, "data": data})

        self._gateway.hub.say(
            topic(conversation_id, LogName.PUBLIC),
            render,
            lambda follower: (
                follower.outlet is not source
                and (not staff_only or Audience(follower.rendition % 4).is_staff)
            ),
            _sender_of(author),
        )


def _sender_of(author: Author) -> str | None:
    """The device that a visitor is at, so that its other tabs are told that it was their own."""
    if author.kind is AuthorKind.VISITOR and author.id is not None:
        return device_sender(author.id)
    return None


def _born(outcome: Committed) -> Summary:
    """The summary of a conversation that was made in this commit, without reading it again."""
    row = outcome.conversation
    assert row is not None, "what was created was returned"
    public = [event for event in outcome.events if event.log is LogName.PUBLIC]
    messages = [event for event in public if event.kind == "message"]
    foreign = sum(event.author.kind is not AuthorKind.VISITOR for event in messages)
    return Summary(
        conversation=row,
        log=outcome.log,
        version=outcome.log.public_seq + outcome.log.staff_seq,
        last_event=public[-1] if public else None,
        last_message=messages[-1] if messages else None,
        unread=foreign,
        marks=Marks(),
        updated_at=public[-1].at if public else row.created_at,
    )
