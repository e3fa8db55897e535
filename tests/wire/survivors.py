"""Clients that survive their server: the protocol's own client on a real socket, which comes back
as often as it takes.

Each writes its messages one after the other and keeps what it has applied, exactly as its replica
grew. It waits for the server to be there again instead of for time.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from protocol.client import Client, Role
from protocol.happenings import Applied, Failed, Reset, Settled
from protocol.states import State

__all__ = ["Place", "Survivor"]


@dataclass(slots=True)
class Place:
    """Where the server is, while it is there; and how many messages were acked in all."""

    port: int = 0
    up: asyncio.Event = field(default_factory=asyncio.Event)
    acked: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    async def reaches(self, count: int) -> None:
        """Wait until `count` messages were acked, over all servers."""
        async with asyncio.timeout(60):
            while self.acked < count:
                self.moved.clear()
                await self.moved.wait()


class Survivor:
    """A visitor who writes `count` messages, whatever happens to the server."""

    def __init__(self, place: Place, key: str, name: str, count: int) -> None:
        self.acked: dict[str, int] = {}
        self.conversations: set[str] = set()
        self.log: list[dict[str, Any]] = []
        self.failed: list[Failed] = []
        self._place = place
        self._name = name
        self._count = count
        self._written = 0
        dice = random.Random(name)
        self._client = Client(Role.VISITOR, {"key": key}, random=dice.random)

    @property
    def done(self) -> bool:
        """Whether everything is acked and everything that was acked is held."""
        return len(self.acked) == self._count == len(self.log) and (
            self._client.state is State.LIVE
        )

    async def run(self) -> None:
        """Connect again and again, until `done`."""
        while not self.done:
            await self._place.up.wait()
            self._client.wake(time.monotonic())
            try:
                await self._converse()
            except (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage):
                self._client.disconnected(1006, time.monotonic())

    async def _converse(self) -> None:
        url = f"ws://127.0.0.1:{self._place.port}/ws/widget"
        async with connect(url, proxy=None, compression=None, ping_interval=None) as socket:
            self._client.connected(time.monotonic())
            while True:
                self._go_on()
                for frame in self._client.frames_to_send():
                    await socket.send(json.dumps(frame))
                if self.done:
                    break
                async with asyncio.timeout(30):
                    message = await socket.recv()
                self._client.receive(json.loads(message), time.monotonic())

    def _go_on(self) -> None:
        for happening in self._client.happenings():
            match happening:
                case Settled(client_message_id, conversation_id, seq):
                    self.acked[client_message_id] = seq
                    self.conversations.add(conversation_id)
                    self._place.acked += 1
                    self._place.moved.set()
                case Applied(event):
                    self.log.append(event)
                case Reset(_, _, events):
                    self.log = list(events)
                case Failed():
                    self.failed.append(happening)
                case _:
                    pass
        if self._written < self._count and not len(self._client.outbox):
            self._written += 1
            name = f"{self._name}-{self._written}"
            self._client.send_message(name, f"word {name}", time.monotonic())
