"""What the gateway asks of a bus between nodes: to make things fast, never to make them true.

A bus promises nothing. What is published may be lost, come twice, late or out of order, and nobody
is told; a bus may be deaf while it looks well (DELIVERY, "The idea"). The database is the truth,
and whoever hears nothing still converges from it. What a bus must do is not to block, not to raise,
and not to give a node its own messages back.

Messages go to one of 64 partitions, by conversation, so that a bus can spread them over several
channels.
"""

from collections.abc import Callable
from typing import Final, Protocol
from zlib import crc32

__all__ = ["PARTITIONS", "Bus", "Listener", "partition_of"]

PARTITIONS: Final = 64

Listener = Callable[[bytes], None]
"""Called on the loop's thread with what another node published. Must not raise."""


class Bus(Protocol):
    """One node's place on the bus."""

    def publish(self, partition: int, make: Callable[[], bytes]) -> None:
        """Tell the other nodes. `make` is called only if there may be any."""
        ...

    def listen(self, listener: Listener) -> None:
        """Hear what the others publish, from now on. One listener per node."""
        ...

    async def run(self) -> None:
        """Be connected, until cancelled."""
        ...


def partition_of(conversation_id: str) -> int:
    """Where notices about this conversation go, the same on every node."""
    return crc32(conversation_id.encode()) % PARTITIONS
