"""What the hub's tests put around it: a wire that remembers, and a log that can be read.

Frames here are the bytes `b"<seq> "` and a letter for the rendition, so that what a follower was
sent can be read off its wire.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from server.hub.outlet import Flusher, Outlet
from server.hub.sequencer import Entry, Follower

__all__ = ["FakeLog", "FakeLoop", "FakeUpstream", "FakeWire", "entry", "follower_of", "rendered"]


@dataclass
class FakeWire:
    """A wire whose peer takes as much as the test says."""

    peer: str = "192.0.2.1"
    unsent: int = 0
    written: list[bytes] = field(default_factory=list)
    takes_all: bool = True

    def write(self, frames: bytes) -> None:
        self.written.append(frames)
        if not self.takes_all:
            self.unsent += len(frames)

    def close(self, code: int, reason: str = "") -> None:
        raise NotImplementedError

    def abort(self) -> None:
        raise NotImplementedError

    def pause_reading(self) -> None:
        raise NotImplementedError

    def resume_reading(self) -> None:
        raise NotImplementedError

    @property
    def sent(self) -> list[int]:
        """The seqs of the events written so far."""
        return [int(word[:-1]) for word in b"".join(self.written).split()]


class FakeLoop:
    """The part of a loop that a flusher uses: turns end when the test says so."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.soon.append(callback)

    def turn(self) -> None:
        soon, self.soon = self.soon, []
        for callback in soon:
            callback()


class FakeUpstream:
    """A hub that writes down what its sequencer asks of it."""

    def __init__(self) -> None:
        self.wanted: list[int] = []
        self.looks = 0
        self.regrants: list[Follower] = []
        self.rewinds = 0

    def want(self, topic: str, after: int) -> None:
        self.wanted.append(after)

    def want_soon(self, topic: str) -> None:
        self.looks += 1

    def regrant(self, topic: str, follower: Follower) -> None:
        self.regrants.append(follower)

    def rewound(self, topic: str) -> None:
        self.rewinds += 1


class FakeLog:
    """Durable logs, as a database has them."""

    def __init__(self, page: int = 100) -> None:
        self.entries: dict[str, list[Entry]] = {}
        self.reads: list[dict[str, int]] = []
        self._page = page

    def append(self, topic: str, access_version: int | None = 1) -> Entry:
        log = self.entries.setdefault(topic, [])
        log.append(entry(len(log) + 1, access_version))
        return log[-1]

    async def read(self, wanted: Mapping[str, int]) -> Mapping[str, Sequence[Entry]]:
        self.reads.append(dict(wanted))
        return {
            topic: self.entries.get(topic, [])[after : after + self._page]
            for topic, after in wanted.items()
        }


def rendered(seq: int) -> Callable[[int], bytes]:
    return lambda rendition: f"{seq}{'abcdefgh'[rendition]} ".encode()


def entry(
    seq: int,
    access_version: int | None = 1,
    *,
    sender: str | None = None,
    name: str = "",
    receipt: bool = False,
) -> Entry:
    return Entry(seq, name or f"ev_{seq}", access_version, sender, rendered(seq), receipt=receipt)


def follower_of(
    flusher: Flusher,
    *,
    sent: int = 0,
    access_version: int | None = 1,
    rendition: int = 0,
    sender: str | None = None,
) -> tuple[Follower, FakeWire]:
    """A follower on a wire of its own."""
    wire = FakeWire()
    outlet = Outlet(flusher, wire, lambda: None)
    return Follower(outlet, rendition, sender, sent, access_version), wire
