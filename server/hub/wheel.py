"""One timing wheel for every deadline of every connection: pings, silence, hello, slow writing.

Deadlines move with every frame, far more often than they come. So nothing is cancelled or moved:
when a slot comes up, each timer in it says when it really wants to be asked again, or None. One
loop timer exists in all, and only while there is something to wait for.
"""

import asyncio
from typing import Final, Protocol

from server.clock import Clock

__all__ = ["Timer", "Wheel"]

_TICK: Final = 0.25


class Timer(Protocol):
    """Something with a deadline."""

    def due(self, now: float) -> float | None:
        """It is `now`. Do what is due, and say when to be asked again; None: never.

        A moment that is not after `now` is taken as the next tick.
        """
        ...


class Wheel:
    """Timers by the tick they come up in. Exact to one tick, never early."""

    def __init__(self, clock: Clock, tick: float = _TICK) -> None:
        self._clock = clock
        self._tick = tick
        self._slots: dict[int, list[Timer]] = {}
        self._handle: asyncio.TimerHandle | None = None
        self._next = 0

    def add(self, timer: Timer, deadline: float) -> None:
        """Ask `timer` at `deadline` (monotonic seconds)."""
        now = self._clock.monotonic()
        if self._handle is None:
            self._next = int(now / self._tick) + 1
            self._arm(now)
        slot = max(int(deadline / self._tick) + 1, self._next)
        self._slots.setdefault(slot, []).append(timer)

    def close(self) -> None:
        """Forget every timer."""
        self._slots.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self, now: float) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_later(max(0.0, self._next * self._tick - now), self._turn)

    def _turn(self) -> None:
        now = self._clock.monotonic()
        while self._next * self._tick <= now:
            timers = self._slots.pop(self._next, ())
            self._next += 1
            for timer in timers:
                again = timer.due(now)
                if again is not None:
                    slot = max(int(again / self._tick) + 1, self._next)
                    self._slots.setdefault(slot, []).append(timer)
        if self._slots:
            self._arm(now)
        else:
            self._handle = None
