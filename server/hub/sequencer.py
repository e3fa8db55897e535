"""One followed log on one node: it puts events in order and hands them to its followers.

The rules are DELIVERY's S and C. `head` is the last seq that was fanned out here; an event fans out
only as head + 1, and a follower is sent an event only as its `sent` + 1. Everything else is one of
two words: the sequencer has a *gap*, or the follower is *behind*; both are mended by reading the
log, and until then cost one integer. Runs on the loop's thread, so it needs no locks.

An event's bytes differ between the sending device, other visitors and staff, and between the two
codecs. To the hub that is a *rendition*, a small integer: `follower.rendition`, plus one for who
sent it.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from server.hub.outlet import Outlet

__all__ = ["RENDITIONS", "Entry", "Follower", "Sequencer", "Upstream"]

RENDITIONS: Final = 8
_RING: Final = 64
_PENDING: Final = 1_024


class Entry:
    """One event, ready to be sent. Bytes are made at first need, once per rendition."""

    __slots__ = ("_frames", "_render", "access_version", "id", "receipt", "sender", "seq")

    def __init__(
        self,
        seq: int,
        entry_id: str,
        access_version: int | None,
        sender: str | None,
        render: Callable[[int], bytes],
        *,
        receipt: bool = False,
    ) -> None:
        """`access_version` is None for what was read from the database under a fresh grant.

        `receipt`: whoever is sent it owes a sign of life (`Outlet.owes_receipt`).
        """
        self.seq = seq
        self.id = entry_id
        self.access_version = access_version
        self.sender = sender
        self.receipt = receipt
        self._render = render
        self._frames: list[bytes | None] = [None] * RENDITIONS

    def frame(self, rendition: int) -> bytes:
        frame = self._frames[rendition]
        if frame is None:
            frame = self._frames[rendition] = self._render(rendition)
        return frame


class Follower:
    """One connection on one log. `sent` is the last seq it was sent.

    `access_version` is its grant's; None for staff, who need none.
    """

    __slots__ = ("access_version", "outlet", "receipt", "rendition", "sender", "sent", "sequencer")

    def __init__(
        self,
        outlet: Outlet,
        rendition: int,
        sender: str | None,
        sent: int,
        access_version: int | None,
    ) -> None:
        self.outlet = outlet
        self.rendition = rendition
        self.sender = sender
        self.sent = sent
        self.access_version = access_version
        self.receipt = 0
        self.sequencer: Sequencer | None = None

    def send(self, entry: Entry) -> None:
        """Send the next event; the caller has checked that it is the next."""
        own = entry.sender is not None and entry.sender == self.sender
        self.outlet.send(entry.frame(self.rendition + 1 if own else self.rendition))
        self.sent = entry.seq
        if entry.receipt:
            self.receipt = entry.seq
            self.outlet.owes_receipt = True

    def writable(self) -> None:
        """The connection can take more."""
        if self.sequencer is not None:
            self.sequencer.feed(self)


class Upstream(Protocol):
    """What a sequencer needs of its hub."""

    def want(self, topic: str, after: int) -> None:
        """Read the log after this seq soon, and call `Sequencer.filled`."""
        ...

    def want_soon(self, topic: str) -> None:
        """Look again in 30 ms whether there still is a gap."""
        ...

    def regrant(self, topic: str, follower: Follower) -> None:
        """Ask whether the follower may still see the log; then `granted` or `unfollow`."""
        ...

    def rewound(self, topic: str) -> None:
        """The log was rewound: every follower must begin anew."""
        ...


class Sequencer:
    """See the module. `head` is None until somebody knows where the log is."""

    __slots__ = ("_followers", "_pending", "_reach", "_ring", "_upstream", "head", "topic")

    def __init__(self, topic: str, upstream: Upstream) -> None:
        self.topic = topic
        self.head: int | None = None
        # The log is known to reach this far, wherever that was heard.
        self._reach = 0
        self._upstream = upstream
        self._followers: dict[Follower, None] = {}
        self._ring: deque[Entry] | None = None
        self._pending: dict[int, Entry] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nobody follows any more."""
        return not self._followers

    @property
    def has_gap(self) -> bool:
        """Whether the log is known to go on after `head`."""
        return self.head is not None and (bool(self._pending) or self._reach > self.head)

    def goes_beyond(self, seq: int) -> bool:
        """Whether the log is known to go on after `seq`."""
        return self.head is not None and (self.head > seq or self.has_gap)

    def follow(self, follower: Follower, head: int, recent: Iterable[Entry] = ()) -> None:
        """Admit a follower that was sent everything up to its `sent`; the log is known to reach
        `head`.
        """
        follower.sequencer = self
        self._followers[follower] = None
        if self.head is None:
            self.head = head
            for entry in recent:
                self._keep(entry)
            self._drain()
        elif head > self.head:
            self._reach = max(self._reach, head)
            self._gap()
        self.feed(follower)

    def unfollow(self, follower: Follower) -> None:
        follower.sequencer = None
        self._followers.pop(follower, None)

    def take_followers(self) -> tuple[Follower, ...]:
        """Give up every follower."""
        followers, self._followers = tuple(self._followers), {}
        for follower in followers:
            follower.sequencer = None
        return followers

    def deliver(self, entry: Entry) -> None:
        """An event was committed, here or on another node. In any order, any number of times."""
        if self.head is None or entry.seq > self.head + 1:
            self._hold(entry)
        elif entry.seq == self.head + 1:
            self._fan_out(entry)
            self._drain()
        else:
            self._repeat(entry)

    def say(
        self, make: Callable[[int], bytes], to: Callable[[Follower], bool], sender: str | None
    ) -> None:
        """Send every follower that `to` picks something that has no number and may be lost.

        `sender` is whose it is, as an event's: they get their own rendition.
        """
        frames: dict[int, bytes] = {}
        for follower in self._followers:
            if to(follower):
                own = sender is not None and sender == follower.sender
                number = follower.rendition + 1 if own else follower.rendition
                if number not in frames:
                    frames[number] = make(number)
                follower.outlet.send_volatile(frames[number])

    def replace(self, seq: int) -> None:
        """The event `seq` was edited or erased: its old bytes must not leave this node again."""
        if self._ring is not None:
            # Whoever still needs it reads it anew, with everything before it.
            self._ring = deque((e for e in self._ring if e.seq > seq), maxlen=_RING)

    def look(self) -> None:
        """If there still is a gap, have it read."""
        if self.has_gap and self.head is not None:
            self._upstream.want(self.topic, self.head)

    def reaches(self, head: int) -> None:
        """Somebody knows that the log reaches `head`."""
        if self.head is not None and head > self.head:
            self._reach = max(self._reach, head)
            self._upstream.want(self.topic, self.head)

    def filled(self, entries: Iterable[Entry]) -> None:
        """What was asked for by `want`: a contiguous part of the log, ascending."""
        read = tuple(entries)
        if not read and self._wants_more():
            # What is known to have been there is not: asking again would be asking for ever.
            self._upstream.rewound(self.topic)
            return
        for entry in read:
            if self.head is not None and entry.seq == self.head + 1:
                self._fan_out(entry)
        self._drain()
        for follower in tuple(self._followers):
            if self._catch_up(follower, read):
                self.feed(follower)
        self.look()

    def granted(self, follower: Follower, access_version: int) -> None:
        """The follower may see the log as of this version."""
        follower.access_version = access_version
        self.feed(follower)

    def feed(self, follower: Follower) -> None:
        """Bring a follower that is behind forward, as far as its connection takes it."""
        if self.head is None or follower.sent >= self.head or follower.outlet.slow:
            return
        ring = self._ring
        if ring and ring[0].seq <= follower.sent + 1:
            for entry in ring:
                if entry.seq <= follower.sent:
                    continue
                if follower.outlet.slow or not self._pass(follower, entry):
                    return
        else:
            self._upstream.want(self.topic, follower.sent)

    def _fan_out(self, entry: Entry) -> None:
        self.head = entry.seq
        self._keep(entry)
        for follower in tuple(self._followers):
            if follower.sent + 1 == entry.seq and not follower.outlet.slow:
                self._pass(follower, entry)

    def _wants_more(self) -> bool:
        head = self.head
        return head is not None and (self.has_gap or any(f.sent < head for f in self._followers))

    def _catch_up(self, follower: Follower, read: Iterable[Entry]) -> bool:
        """Send what was read; False if the follower must be granted first (that feeds it)."""
        for entry in read:
            next_one = entry.seq == follower.sent + 1 and not follower.outlet.slow
            if next_one and not self._pass(follower, entry):
                return False
        return True

    def _pass(self, follower: Follower, entry: Entry) -> bool:
        """Send unless the follower's grant is older than the event.

        A newer grant will do: whoever may see the log now may see what it held before.
        """
        granted, written = follower.access_version, entry.access_version
        if granted is not None and written is not None and granted < written:
            self._upstream.regrant(self.topic, follower)
            return False
        follower.send(entry)
        return True

    def _keep(self, entry: Entry) -> None:
        if self._ring is None:
            self._ring = deque(maxlen=_RING)
        self._ring.append(entry)

    def _hold(self, entry: Entry) -> None:
        if self._pending is None:
            self._pending = {}
        # Past the bound the entry is dropped: it is in the database, and the gap will be read.
        if len(self._pending) < _PENDING:
            self._pending[entry.seq] = entry
        if self.head is not None:
            self._gap()

    def _gap(self) -> None:
        self._upstream.want_soon(self.topic)

    def _drain(self) -> None:
        pending = self._pending
        while pending and self.head is not None:
            entry = pending.pop(self.head + 1, None)
            if entry is None:
                for seq in [seq for seq in pending if seq <= self.head]:
                    del pending[seq]
                if pending:
                    self._gap()
                return
            self._fan_out(entry)

    def _repeat(self, entry: Entry) -> None:
        for known in self._ring or ():
            if known.seq == entry.seq and known.id != entry.id:
                self._ring = None
                self._pending = None
                self._upstream.rewound(self.topic)
                return
