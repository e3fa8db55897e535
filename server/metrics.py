"""Counters of this process: plain integers, read when somebody scrapes.

Labels are of fixed small sets (codes, kinds); no id, address or path ever becomes one.
"""

from collections import Counter

__all__ = ["Metrics"]


class Metrics:
    """What happened since the start. Changed on the loop's thread only."""

    def __init__(self) -> None:
        self.closes: Counter[int] = Counter()
        self.refusals: Counter[str] = Counter()
        self.committed: Counter[str] = Counter()
        self.repeats = 0
        self.resumes = 0
        self.resets = 0
        self.tracked = 0
        self.connections_opened: Counter[str] = Counter()
        self.requests: Counter[tuple[str, str, int]] = Counter()
        """By method, route pattern and status."""

    def closed(self, code: int) -> None:
        """The server closed or aborted a connection."""
        self.closes[int(code)] += 1

    def refused(self, code: str) -> None:
        """A frame was answered with an error by the connection machine."""
        self.refusals[str(code)] += 1
