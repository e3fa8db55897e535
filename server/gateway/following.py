"""The conversations that one visitor's socket follows: from when, and what it was told of them.

A socket follows what it resumed, asked the history of, wrote to, and every new conversation that
its session may see (PROTOCOL §4). A conversation is announced before its first event; what is made
while the socket is still being greeted is announced when it goes live.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from protocol.close import CloseCode
from server.chat.model import Committed, Event, LogName, LogRow
from server.gateway.history import LogPage, history_payload
from server.gateway.translate import Audience, entry_of, rendition, topic, visitor_summary
from server.hub.sequencer import Follower
from server.store.port import StoreUnavailable, Summary

if TYPE_CHECKING:
    from server.gateway.visitor import VisitorSocket

__all__ = ["Following"]


class Following:
    """See the module."""

    __slots__ = ("_delivered", "_followers", "_missed", "_socket")

    def __init__(self, socket: VisitorSocket) -> None:
        self._socket = socket
        self._followers: dict[str, Follower] = {}
        self._delivered: dict[str, int] | None = None
        # What was to be told before the socket had all there was; None: it is live.
        self._missed: list[Callable[[], None]] | None = []

    def __contains__(self, conversation_id: object) -> bool:
        return conversation_id in self._followers

    def get(self, conversation_id: str) -> Follower | None:
        return self._followers.get(conversation_id)

    def add(self, conversation_id: str, sent: int, log: LogRow, *recent: Event) -> None:
        """Follow a conversation of which everything up to `sent` was sent."""
        connection = self._socket.connection
        if connection.is_over or conversation_id in self._followers:
            return
        follower = self._followers[conversation_id] = Follower(
            connection.outlet,
            rendition(connection.codec, Audience.VISITOR),
            self._socket.sender,
            sent,
            log.access_version,
        )
        if 0 < log.last_reply_seq <= sent:
            # It was sent in a page of history, and owes a sign of life like a live one.
            follower.receipt = log.last_reply_seq
            connection.outlet.owes_receipt = True
        entries = [entry_of(event, log.access_version) for event in recent]
        public = topic(conversation_id, LogName.PUBLIC)
        connection.gateway.hub.follow(public, follower, log.public_seq, entries)

    def drop(self, conversation_id: str) -> None:
        """The session may not see the conversation any more."""
        follower = self._followers.pop(conversation_id, None)
        if follower is not None:
            self._socket.connection.gateway.hub.unfollow(follower)

    def show(self, page: LogPage) -> None:
        """Push a page of history, after `welcome` and all that belongs to it."""
        payload = history_payload(page, self._socket.sender, staff=False)
        self.tell("history", payload)

    def drop_unseen(self) -> None:
        """The session has changed: keep only what is certain to be visible still.

        Nothing is certain without the row; the hub asks for a grant before the next event, and what
        is still visible goes on from where it was.
        """
        for follower in self._followers.values():
            follower.access_version = 0

    def clear(self) -> None:
        """The socket is lost."""
        for conversation_id in tuple(self._followers):
            self.drop(conversation_id)

    def introduce(self, summary: Summary, outcome: Committed) -> None:
        """A conversation that is visible to this session has just been made."""
        if self._missed is not None:
            self._missed.append(lambda: self.introduce(summary, outcome))
        elif outcome.log.id not in self._followers:
            self._announce(summary)
            self.add(outcome.log.id, 0, outcome.log, *_public(outcome))

    def go_live(self) -> None:
        """Everything that comes before live was written."""
        missed, self._missed = self._missed, None
        for tell in missed or ():
            tell()

    @property
    def is_live(self) -> bool:
        """Whether everything that comes before live was written."""
        return self._missed is None

    def tell(self, frame_type: str, data: Mapping[str, Any]) -> None:
        """Push something about a conversation, after `welcome` and all that belongs to it."""
        if self._missed is not None:
            self._missed.append(lambda: self.tell(frame_type, data))
        else:
            self._socket.connection.push(frame_type, data)

    def wrote(self, outcome: Committed) -> None:
        """A message of this socket is on disk: from now on it follows that conversation."""
        conversation_id, answer = outcome.log.id, outcome.answer
        if conversation_id in self._followers or answer is None or self._socket.connection.is_over:
            return
        if conversation_id in self._socket.live.watched:
            self.add(conversation_id, answer.seq - 1, outcome.log, *_public(outcome))
        else:
            self._socket.connection.gateway.start(self._catch_up(conversation_id, answer.seq - 1))

    def heads(self) -> Mapping[str, Any]:
        """The last seq of each followed conversation, as far as this node knows."""
        hub = self._socket.connection.gateway.hub
        return {
            conversation_id: hub.head(topic(conversation_id, LogName.PUBLIC))
            for conversation_id in self._followers
        }

    def arrived(self) -> Mapping[str, int]:
        """The replies that the client now has for certain, and was not known to have: their
        seqs.
        """
        if self._delivered is None:
            self._delivered = {}
        reached = {
            conversation_id: follower.receipt
            for conversation_id, follower in self._followers.items()
            if follower.receipt > self._delivered.get(conversation_id, 0)
        }
        self._delivered.update(reached)
        return reached

    def writable(self) -> None:
        """Feed what is behind."""
        for follower in tuple(self._followers.values()):
            follower.writable()

    def _announce(self, summary: Summary) -> None:
        shape = visitor_summary(summary, self._socket.sender)
        self._socket.connection.push("conversationUpdate", shape)

    async def _catch_up(self, conversation_id: str, sent: int) -> None:
        """Show a conversation that this socket was never told of, then follow it."""
        socket = self._socket
        try:
            found = await socket.connection.gateway.announcer.summaries(
                socket.session.workspace_id, [conversation_id]
            )
        except StoreUnavailable:
            # What it wrote is in the log and answered; it comes back and is shown the rest.
            socket.connection.shut(CloseCode.SERVER_FAULT)
            return
        known = conversation_id in self._followers
        if known or not found or not socket.sees(found[0].conversation):
            return
        socket.connection.gateway.sessions.watch(socket.live, conversation_id)
        self._announce(found[0])
        self.add(conversation_id, sent, found[0].log)


def _public(outcome: Committed) -> list[Event]:
    return [event for event in outcome.events if event.log is LogName.PUBLIC]
