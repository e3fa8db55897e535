"""Time, as a value that can be handed in.

Two times and no others: `now_ms` is the wall clock, for what people and tokens see; `monotonic` is
for intervals. Nothing else in the server asks the operating system what time it is, so that a test
or the simulation can own time.
"""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

__all__ = ["Clock", "SystemClock", "rfc3339"]


class Clock(Protocol):
    """Where the time comes from."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC. May step back."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment. Never steps back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


def rfc3339(ms: int) -> str:
    """`ms` as the wire writes it: RFC 3339, UTC, milliseconds (PROTOCOL §1)."""
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=256)
def _second(seconds: int) -> str:
    # Kept, because formatting it cost 7 % of the loop's time: many events share a second.
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
