"""Topics and their sequencers on one node.

A topic is followed by somebody here, or the hub does not know it: an event of a log that nobody
follows is dropped without being rendered. One task (`run`) reads the logs that have gaps or
followers behind, all that were asked for in one go.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from server.hub.sequencer import Entry, Follower, Sequencer

__all__ = ["Hub", "ReadLogs"]

ReadLogs = Callable[[Mapping[str, int]], Awaitable[Mapping[str, Sequence[Entry]]]]
"""topic → seq in; the next events after it out, ascending and contiguous, a page of each."""

Regrant = Callable[[str, Follower], None]
Rewound = Callable[[str, Sequence[Follower]], None]

_GAP_SECONDS: Final = 0.030
_RETRY_SECONDS: Final = 1.0


class Hub:
    """See the module. `unavailable` is the error by which `read` says: later."""

    def __init__(
        self,
        read: ReadLogs,
        regrant: Regrant,
        rewound: Rewound,
        unavailable: type[Exception],
        *,
        gap_seconds: float = _GAP_SECONDS,
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self._read = read
        self._regrant = regrant
        self._rewound = rewound
        self._unavailable = unavailable
        self._gap_seconds = gap_seconds
        self._retry_seconds = retry_seconds
        self._sequencers: dict[str, Sequencer] = {}
        self._wanted: dict[str, int] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._sequencers)

    def follow(
        self, topic: str, follower: Follower, head: int, recent: Iterable[Entry] = ()
    ) -> None:
        """Admit a follower; see `Sequencer.follow`. In one loop turn with what it was sent last."""
        sequencer = self._sequencers.get(topic)
        if sequencer is not None:
            sequencer.follow(follower, head, recent)
            return
        sequencer = self._sequencers[topic] = Sequencer(topic, self)
        sequencer.follow(follower, head, recent)
        # What was committed since `head` was read was delivered when nobody followed yet: look.
        self.want(topic, head)

    def unfollow(self, follower: Follower) -> None:
        """Nothing of its topic is sent to it after this. Harmless if it follows nothing."""
        sequencer = follower.sequencer
        if sequencer is None:
            return
        sequencer.unfollow(follower)
        if sequencer.is_idle:
            del self._sequencers[sequencer.topic]
            self._wanted.pop(sequencer.topic, None)

    def deliver(self, topic: str, make: Callable[[], Entry]) -> None:
        """An event of `topic` is durable; `make` is called only if somebody follows."""
        sequencer = self._sequencers.get(topic)
        if sequencer is not None:
            sequencer.deliver(make())

    def say(
        self,
        topic: str,
        make: Callable[[int], bytes],
        to: Callable[[Follower], bool],
        sender: str | None = None,
    ) -> None:
        """Send something volatile to some followers of `topic`; `make` renders it by rendition."""
        sequencer = self._sequencers.get(topic)
        if sequencer is not None:
            sequencer.say(make, to, sender)

    def replace(self, topic: str, seq: int) -> None:
        """The event `seq` changed in place."""
        sequencer = self._sequencers.get(topic)
        if sequencer is not None:
            sequencer.replace(seq)

    def head(self, topic: str) -> int | None:
        """How far `topic` was fanned out here; None if nobody follows it."""
        sequencer = self._sequencers.get(topic)
        return sequencer.head if sequencer is not None else None

    def followed(self) -> Sequence[str]:
        """The topics that somebody follows, for the position check."""
        return tuple(self._sequencers)

    def reaches(self, topic: str, head: int) -> None:
        """The position check found that the log reaches `head`."""
        sequencer = self._sequencers.get(topic)
        if sequencer is not None:
            sequencer.reaches(head)

    async def run(self) -> None:
        """Read what is wanted, until cancelled. The one task of the hub."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            wanted, self._wanted = self._wanted, {}
            owed = {topic for topic, after in wanted.items() if self._goes_beyond(topic, after)}
            try:
                found = await self._read(wanted)
            except self._unavailable:
                await asyncio.sleep(self._retry_seconds)
                for topic, after in wanted.items():
                    self.want(topic, after)
                continue
            for topic, entries in found.items():
                sequencer = self._sequencers.get(topic)
                # That nothing follows is an answer too, unless something was known to.
                if sequencer is not None and (entries or topic in owed):
                    sequencer.filled(entries)

    def want(self, topic: str, after: int) -> None:
        if topic in self._sequencers:
            self._wanted[topic] = min(after, self._wanted.get(topic, after))
            self._wake.set()

    def want_soon(self, topic: str) -> None:
        asyncio.get_running_loop().call_later(self._gap_seconds, self._look, topic)

    def regrant(self, topic: str, follower: Follower) -> None:
        self._regrant(topic, follower)

    def rewound(self, topic: str) -> None:
        sequencer = self._sequencers.pop(topic, None)
        if sequencer is not None:
            self._rewound(topic, sequencer.take_followers())

    def _goes_beyond(self, topic: str, seq: int) -> bool:
        sequencer = self._sequencers.get(topic)
        return sequencer is not None and sequencer.goes_beyond(seq)

    def _look(self, topic: str) -> None:
        sequencer = self._sequencers.get(topic)
        if sequencer is not None:
            sequencer.look()
