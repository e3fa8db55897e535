"""The bus of one process: nodes that share an `Exchange` hear each other in the next turn of the
loop.

With a single node, the default, nothing is ever encoded or delivered.
"""

import asyncio
from collections.abc import Callable

from server.bus.port import Listener

__all__ = ["Exchange", "MemoryBus"]


class Exchange:
    """What the memory buses of one process have in common."""

    def __init__(self) -> None:
        self.members: list[MemoryBus] = []


class MemoryBus:
    """One node's place on an exchange."""

    def __init__(self, exchange: Exchange | None = None) -> None:
        self._exchange = exchange or Exchange()
        self._exchange.members.append(self)
        self._listener: Listener | None = None

    def publish(self, partition: int, make: Callable[[], bytes]) -> None:
        others = [
            member._listener  # noqa: SLF001 — another of the same class
            for member in self._exchange.members
            if member is not self
        ]
        heard_by = [listener for listener in others if listener is not None]
        if not heard_by:
            return
        payload, loop = make(), asyncio.get_running_loop()
        for listener in heard_by:
            loop.call_soon(listener, payload)

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self._exchange.members.remove(self)
