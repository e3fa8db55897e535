"""Rates, by the generic cell rate algorithm: one number per bucket.

A bucket holds the time at which it would be full of tokens again (the "theoretical arrival time" of
ITU-T I.371). Taking one moves that time by one interval; a take that would move it further than the
burst into the future is refused, and says how long to wait. No timer, no list of past requests.
"""

from collections.abc import Mapping

from protocol.limits import Rate

__all__ = ["Bucket", "Rates"]


class Bucket:
    """One rate for one subject. `now` is monotonic seconds."""

    __slots__ = ("_full_at", "_interval", "_tolerance")

    def __init__(self, rate: Rate) -> None:
        self._interval = rate.seconds / rate.count
        self._tolerance = self._interval * (rate.burst - 1)
        self._full_at = 0.0

    def take(self, now: float) -> float:
        """0.0 if there was one to take, else the seconds until there will be."""
        full_at = max(self._full_at, now)
        wait = full_at - self._tolerance - now
        if wait > 1e-9:
            return wait
        self._full_at = full_at + self._interval
        return 0.0

    def left(self, now: float) -> int:
        """How many there are to take now."""
        ahead = max(self._full_at - now, 0.0)
        return max(0, int((self._tolerance - ahead) / self._interval + 1 + 1e-9))

    def full_in(self, now: float) -> float:
        """Seconds until it is full again."""
        return max(self._full_at - now, 0.0)

    def is_full(self, now: float) -> bool:
        """Whether the bucket says no more than a fresh one would; then it may be forgotten."""
        return self._full_at <= now


class Rates:
    """The buckets of one session, made when they are first needed.

    `table` gives each frame type its rate, "" any other; types with the same rate share its bucket.
    """

    __slots__ = ("_buckets", "_table")

    def __init__(self, table: Mapping[str, Rate]) -> None:
        self._table = table
        self._buckets: dict[Rate, Bucket] | None = None

    def take(self, frame_type: str, now: float) -> float:
        """0.0 if a frame of this type is allowed now, else the seconds until one will be."""
        rate = self._table.get(frame_type) or self._table[""]
        if self._buckets is None:
            self._buckets = {}
        bucket = self._buckets.get(rate)
        if bucket is None:
            bucket = self._buckets[rate] = Bucket(rate)
        return bucket.take(now)
