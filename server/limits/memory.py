"""Limits of one process. Bounded: buckets that are full again say nothing and are forgotten."""

from typing import Final

from protocol.limits import Rate
from server.clock import Clock
from server.connection.buckets import Bucket
from server.limits.port import Standing

__all__ = ["MemoryLimits", "NoLimits"]

_SUBJECTS: Final = 100_000


class MemoryLimits:
    """A bucket or a count per subject."""

    def __init__(self, clock: Clock, subjects: int = _SUBJECTS) -> None:
        self._clock = clock
        self._most = subjects
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def take(self, kind: str, subject: str, rate: Rate) -> float:
        now = self._clock.monotonic()
        bucket = self._buckets.get((kind, subject))
        if bucket is None:
            if len(self._buckets) >= self._most:
                self._forget(now)
            bucket = self._buckets[kind, subject] = Bucket(rate)
        return bucket.take(now)

    def standing(self, kind: str, subject: str, rate: Rate) -> Standing:
        bucket = self._buckets.get((kind, subject))
        if bucket is None:
            return Standing(rate.burst, 0.0)
        now = self._clock.monotonic()
        return Standing(bucket.left(now), bucket.full_in(now))

    def enter(self, kind: str, subject: str, most: int) -> bool:
        count = self._counts.get((kind, subject), 0)
        if count >= most:
            return False
        self._counts[kind, subject] = count + 1
        return True

    def leave(self, kind: str, subject: str) -> None:
        count = self._counts.get((kind, subject), 0)
        if count > 1:
            self._counts[kind, subject] = count - 1
        else:
            self._counts.pop((kind, subject), None)

    def _forget(self, now: float) -> None:
        """Drop the buckets that say nothing; if all do say something, the oldest half."""
        kept = {key: bucket for key, bucket in self._buckets.items() if not bucket.is_full(now)}
        if len(kept) >= self._most:
            kept = dict(list(kept.items())[len(kept) // 2 :])
        self._buckets = kept


class NoLimits:
    """`RATE_LIMITS=off`: for load tests, with a warning at every start."""

    def take(self, kind: str, subject: str, rate: Rate) -> float:
        return 0.0

    def standing(self, kind: str, subject: str, rate: Rate) -> None:
        return None

    def enter(self, kind: str, subject: str, most: int) -> bool:
        return True

    def leave(self, kind: str, subject: str) -> None:
        return None
