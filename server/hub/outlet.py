"""One connection's way out: what is written, when, and when it is too much.

Frames of one loop turn leave in one write. While the peer is slow, answers still go out up to a
bound, durable events wait in their log (the follower is *behind*, see `sequencer.py`), and volatile
frames are dropped. A peer that takes nothing for 30 s, or lets 1 MiB pile up, is dropped (PROTOCOL
§3).
"""

import asyncio
from collections.abc import Callable

from protocol import limits
from server.transport.port import Wire

__all__ = ["Flusher", "Outlet"]


class Flusher:
    """The outlets with something to write in this turn of the loop. One per node."""

    __slots__ = ("_dirty", "_loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._dirty: list[Outlet] = []

    def add(self, outlet: "Outlet") -> None:
        if not self._dirty:
            self._loop.call_soon(self._flush)
        self._dirty.append(outlet)

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        for outlet in dirty:
            outlet.flush()


class Outlet:
    """Writes to one wire. `on_overflow` is called once, when the peer is too slow to be served."""

    __slots__ = (
        "_flusher",
        "_frames",
        "_mark",
        "_on_overflow",
        "_since",
        "_waiters",
        "_wire",
        "owes_receipt",
        "slow",
    )

    def __init__(self, flusher: Flusher, wire: Wire, on_overflow: Callable[[], None]) -> None:
        self._flusher = flusher
        self._wire = wire
        self._on_overflow = on_overflow
        self._frames: bytes | list[bytes] | None = None
        self.slow = False
        self.owes_receipt = False
        self._since = 0.0
        self._mark = 0
        self._waiters: list[asyncio.Future[None]] | None = None

    def send(self, frame: bytes) -> None:
        """Write `frame` in this turn, whatever the peer's speed, up to the bound."""
        frames = self._frames
        if frames is None:
            self._frames = frame
            self._flusher.add(self)
        elif isinstance(frames, list):
            frames.append(frame)
        else:
            self._frames = [frames, frame]

    def send_volatile(self, frame: bytes) -> None:
        """Write `frame` unless the peer is slow; then it is dropped without a trace."""
        if not self.slow:
            self.send(frame)

    def flush(self) -> None:
        """Hand over what was collected. Called by the flusher, and before a close frame."""
        frames, self._frames = self._frames, None
        if frames is None:
            return
        self._wire.write(b"".join(frames) if isinstance(frames, list) else frames)
        if self.slow and self._wire.unsent > limits.UNSENT_BYTES:
            self._on_overflow()

    def pause(self, now: float) -> None:
        """The transport holds more than it likes to."""
        self.slow = True
        self._since = now
        self._mark = self._wire.unsent
        if self._mark > limits.UNSENT_BYTES:
            self._on_overflow()

    def resume(self) -> None:
        """The transport can take more, or is gone."""
        self.slow = False
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    async def wait_resumed(self) -> None:
        """Wait for the next `resume`."""
        waiter = asyncio.get_running_loop().create_future()
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        await waiter

    def is_stuck(self, now: float) -> bool:
        """Whether the peer has taken nothing for 30 s. Ask from time to time while `slow`."""
        unsent = self._wire.unsent
        if not self.slow or unsent < self._mark:
            self._mark = unsent
            self._since = now
            return False
        self._mark = unsent
        return now - self._since >= limits.UNSENT_SECONDS
