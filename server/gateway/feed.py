"""What the hub asks back: the events that it has not seen, and who may still follow.

The hub speaks of topics and integers; here they are logs and grants again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from server.chat.model import ConversationRow, LogName, LogRow
from server.gateway.context import Gateway
from server.gateway.translate import entry_of
from server.hub.sequencer import Entry, Follower
from server.store.port import StoreUnavailable, Transaction

__all__ = ["Feed"]

_PAGE: Final = 100
_RETRY_SECONDS: Final = 1.0


class Feed:
    """The hub's three callbacks."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._asking: dict[str, list[Follower]] = {}

    async def read(self, wanted: Mapping[str, int]) -> Mapping[str, Sequence[Entry]]:
        """The next events of each topic, after a seq; all topics in one unit."""

        def query(tx: Transaction) -> dict[str, list[Entry]]:
            found: dict[str, list[Entry]] = {}
            logs = tx.conversations.logs({_split(topic)[0] for topic in wanted})
            for topic, after in wanted.items():
                conversation_id, name = _split(topic)
                log = logs.get(conversation_id)
                found[topic] = []
                if log is None or _head(log, name) <= after:
                    continue
                events = tx.conversations.events(conversation_id, name, after=after, limit=_PAGE)
                found[topic] = [entry_of(event, log.access_version) for event in events]
            return found

        return await self._gateway.store.read(query)

    def regrant(self, topic: str, follower: Follower) -> None:
        """Ask once for all followers of a topic whose grants are of another time."""
        asking = self._asking.get(topic)
        if asking is None:
            self._asking[topic] = [follower]
            self._gateway.start(self._regrant(topic))
        elif follower not in asking:
            asking.append(follower)

    def rewound(self, topic: str, followers: Sequence[Follower]) -> None:
        """The log is not what was sent: whoever followed it begins anew, with a fresh `hello`."""
        conversation_id, _ = _split(topic)
        outlets = {follower.outlet for follower in followers}
        for connection in tuple(self._gateway.connections):
            if connection.outlet in outlets:
                connection.restart(conversation_id)

    async def _regrant(self, topic: str) -> None:
        conversation_id, _ = _split(topic)

        def query(tx: Transaction) -> tuple[ConversationRow | None, LogRow | None]:
            log = tx.conversations.logs([conversation_id]).get(conversation_id)
            row = None
            if log is not None:
                row = tx.conversations.get(log.workspace_id, conversation_id)
            return row, log

        try:
            row, log = await self._gateway.store.read(query)
        except StoreUnavailable:
            # Nothing is sent meanwhile, and no event would ask again: they are behind.
            await asyncio.sleep(_RETRY_SECONDS)
            if any(follower.sequencer for follower in self._asking[topic]):
                self._gateway.start(self._regrant(topic))
            else:
                del self._asking[topic]
            return
        asking = self._asking.pop(topic)
        for live in tuple(self._gateway.sessions.watching(conversation_id)):
            for socket in tuple(live.sockets):
                follower = socket.following.get(conversation_id)
                if follower is None or follower not in asking:
                    continue
                if row is None or log is None or not socket.sees(row):
                    socket.following.drop(conversation_id)
                elif follower.sequencer is not None:
                    follower.sequencer.granted(follower, log.access_version)


def _head(log: LogRow, name: LogName) -> int:
    return log.public_seq if name is LogName.PUBLIC else log.staff_seq


def _split(topic: str) -> tuple[str, LogName]:
    conversation_id, _, name = topic.partition("/")
    return conversation_id, LogName(name)
