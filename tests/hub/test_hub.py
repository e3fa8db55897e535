"""Topics on one node: who follows what, one reader for all gaps, and what always holds.

The last test lets Hypothesis treat two topics badly and checks DELIVERY's I4 and I8 after every
step, and that everyone has everything once the faults stop.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from server.hub.hub import Hub
from server.hub.outlet import Flusher
from server.hub.sequencer import Entry, Follower
from tests.hub.fakes import FakeLog, FakeLoop, FakeWire, entry, follower_of


class Down(Exception):
    """The log cannot be read."""


class Node:
    """A hub over a fake log."""

    def __init__(self, page: int = 100) -> None:
        self.log = FakeLog(page)
        self.turns = FakeLoop()
        self.flusher = Flusher(cast("asyncio.AbstractEventLoop", self.turns))
        self.regrants: list[tuple[str, Follower]] = []
        self.rewinds: list[tuple[str, tuple[Follower, ...]]] = []
        self.failures = 0
        self.hub = Hub(
            self.read,
            lambda topic, follower: self.regrants.append((topic, follower)),
            lambda topic, followers: self.rewinds.append((topic, tuple(followers))),
            Down,
            gap_seconds=0.0,
            retry_seconds=0.0,
        )

    async def read(self, wanted: Mapping[str, int]) -> Mapping[str, Sequence[Entry]]:
        if self.failures:
            self.failures -= 1
            raise Down
        return await self.log.read(wanted)

    def follow(
        self, topic: str = "t", sent: int = 0, head: int = 0, access_version: int | None = 1
    ) -> tuple[Follower, FakeWire]:
        follower, wire = follower_of(self.flusher, sent=sent, access_version=access_version)
        self.hub.follow(topic, follower, head)
        return follower, wire

    def deliver(self, *seqs: int, topic: str = "t") -> None:
        for seq in seqs:
            self.hub.deliver(topic, lambda seq=seq: entry(seq))  # type: ignore[misc]

    async def settle(self) -> None:
        """Let the hub read until it wants nothing more."""
        with suppress(TimeoutError):
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(self.hub.run())
                for _ in range(30):
                    await asyncio.sleep(0)
                running.cancel()
        self.turns.turn()


async def test_an_event_that_nobody_follows_is_not_even_rendered() -> None:
    node = Node()

    def make() -> Entry:
        raise AssertionError("nobody follows")

    node.hub.deliver("t", make)
    node.hub.say("t", lambda rendition: b"", lambda follower: True)
    node.hub.replace("t", 1)
    node.hub.reaches("t", 5)
    node.hub.want("t", 1)
    node.hub.rewound("t")

    assert len(node.hub) == 0
    assert node.hub.head("t") is None
    assert node.rewinds == []


async def test_a_topic_is_known_as_long_as_somebody_follows_it() -> None:
    node = Node()
    one, _ = node.follow(head=3, sent=3)
    two, _ = node.follow(head=3, sent=3)
    known = (len(node.hub), node.hub.head("t"), node.hub.followed())

    node.hub.unfollow(one)
    node.hub.unfollow(one)
    still = len(node.hub)
    node.hub.unfollow(two)

    assert known == (1, 3, ("t",))
    assert still == 1
    assert node.hub.followed() == ()


async def test_volatile_frames_edits_and_heads_reach_the_topic() -> None:
    node = Node()
    follower, wire = node.follow(sent=1, head=1)
    node.log.append("t")
    node.log.append("t")

    node.hub.say("t", lambda rendition: b"9v ", lambda one: one is follower)
    node.hub.replace("t", 1)
    node.hub.reaches("t", 2)
    await node.settle()

    assert wire.sent == [9, 2]


async def test_all_gaps_are_read_in_one_go() -> None:
    node = Node()
    wires = {topic: node.follow(topic)[1] for topic in ("a", "b")}
    for topic in wires:
        for _ in range(3):
            node.log.append(topic)
        node.deliver(3, topic=topic)

    await node.settle()

    assert node.log.reads == [{"a": 0, "b": 0}]
    assert [wire.sent for wire in wires.values()] == [[1, 2, 3], [1, 2, 3]]


async def test_what_came_between_the_reading_and_the_first_follower_is_sent_to_it() -> None:
    """DELIVERY's "event between the resume read and joining live"."""
    node = Node()
    node.log.append("t")
    node.log.append("t")
    node.deliver(2)

    _, wire = node.follow(sent=1, head=1)
    await node.settle()

    assert wire.sent == [2]
    assert node.rewinds == []


async def test_an_empty_answer_to_a_first_look_is_no_rewind_whatever_came_meanwhile() -> None:
    node = Node()
    _, wire = node.follow()
    read = node.log.read

    async def overtaken(wanted: Mapping[str, int]) -> Mapping[str, Sequence[Entry]]:
        found = await read(wanted)
        if not node.log.entries:
            node.log.append("t")
            node.deliver(1)
            node.follow(sent=0, head=1)
        return found

    node.hub._read = overtaken
    await node.settle()

    assert wire.sent == [1]
    assert node.rewinds == []


async def test_the_earliest_place_wanted_is_where_a_log_is_read_from() -> None:
    node = Node()
    for _ in range(4):
        node.log.append("t")
    node.follow(sent=4, head=4)

    node.hub.want("t", 3)
    node.hub.want("t", 1)
    node.hub.want("t", 2)
    await node.settle()

    assert node.log.reads == [{"t": 1}]


async def test_a_follower_far_behind_is_fed_page_by_page() -> None:
    node = Node(page=3)
    for _ in range(8):
        node.log.append("t")

    _, wire = node.follow(sent=0, head=8)
    await node.settle()

    assert wire.sent == list(range(1, 9))
    assert [read["t"] for read in node.log.reads] == [0, 3, 6]


async def test_a_log_that_cannot_be_read_now_is_read_later() -> None:
    node = Node()
    node.failures = 2
    node.log.append("t")
    node.log.append("t")
    _, wire = node.follow()
    node.deliver(2)

    await node.settle()

    assert wire.sent == [1, 2]


async def test_what_nobody_follows_any_more_is_not_read() -> None:
    node = Node()
    follower, _ = node.follow(sent=0, head=5)

    node.hub.unfollow(follower)
    await node.settle()

    assert node.log.reads == [{}]


async def test_an_answer_and_a_second_look_for_a_topic_that_is_gone_are_harmless() -> None:
    node = Node()
    follower, _ = node.follow()
    node.deliver(2)
    node.hub.want("t", 0)
    read = node.read

    async def slow(wanted: Mapping[str, int]) -> Mapping[str, Sequence[Entry]]:
        node.hub.unfollow(follower)
        return await read(wanted)

    node.hub._read = slow
    await node.settle()

    assert len(node.hub) == 0


async def test_a_follower_behind_whose_log_is_empty_is_told_once_and_read_once() -> None:
    """Never an endless loop of reads."""
    node = Node()
    follower, _ = node.follow(sent=2, head=5)

    await node.settle()

    assert node.rewinds == [("t", (follower,))]
    assert len(node.log.reads) == 1
    assert len(node.hub) == 0


async def test_a_gap_that_the_log_does_not_have_is_told_once_and_read_once() -> None:
    node = Node()
    follower, _ = node.follow()
    node.deliver(3)

    await node.settle()

    assert node.rewinds == [("t", (follower,))]
    assert len(node.log.reads) == 1


async def test_a_stale_grant_is_asked_about_and_not_read_about_again_and_again() -> None:
    node = Node()
    for _ in range(2):
        node.log.append("t", access_version=2)
    follower, wire = node.follow(sent=0, head=2)

    await node.settle()
    asked = list(node.regrants)
    assert follower.sequencer is not None
    follower.sequencer.granted(follower, 2)
    await node.settle()

    assert asked == [("t", follower)]
    assert len(node.log.reads) == 2
    assert wire.sent == [1, 2]


TOPICS = st.sampled_from(["a", "b"])


class Deliveries(RuleBasedStateMachine):
    """Logs that grow, and a hub that hears of it late, twice, in any order or not at all.

    The hub is driven without its task: `deliver`, `look` and the reading happen when a rule says.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log = FakeLog(page=3)
        self.loop = FakeLoop()
        self.flusher = Flusher(cast("asyncio.AbstractEventLoop", self.loop))
        self.versions = {"a": 1, "b": 1}
        self.followers: list[tuple[str, int, Follower, FakeWire]] = []
        self.waiting: list[tuple[str, Follower]] = []
        self.reads = 0
        self.hub = Hub(self._unused, self._regrant, self._rewound, Down, gap_seconds=0.0)
        # The two places where the hub asks for the loop.
        self.hub.want_soon = self._look_later  # type: ignore[method-assign]
        self.looks: list[str] = []

    async def _unused(self, wanted: Mapping[str, int]) -> Mapping[str, Sequence[Entry]]:
        raise AssertionError("the rules read")

    def _regrant(self, topic: str, follower: Follower) -> None:
        if (topic, follower) not in self.waiting:
            self.waiting.append((topic, follower))

    def _rewound(self, topic: str, followers: Sequence[Follower]) -> None:
        raise AssertionError("no log was rewound here")

    def _look_later(self, topic: str) -> None:
        self.looks.append(topic)

    @rule(topic=TOPICS, heard=st.booleans())
    def somebody_writes(self, topic: str, heard: bool) -> None:
        written = self.log.append(topic, self.versions[topic])
        if heard:
            self.hub.deliver(topic, lambda: written)

    @rule(topic=TOPICS, data=st.data())
    def an_event_is_heard_late_or_again(self, topic: str, data: st.DataObject) -> None:
        entries = self.log.entries.get(topic)
        if entries:
            heard = data.draw(st.sampled_from(entries[-6:]))
            self.hub.deliver(topic, lambda: heard)

    @rule(topic=TOPICS, back=st.integers(0, 5), staff=st.booleans())
    def somebody_follows(self, topic: str, back: int, staff: bool) -> None:
        """From where it was sent to; with a grant as of now, or as staff."""
        head = len(self.log.entries.get(topic, ()))
        begin = max(0, head - back)
        follower, wire = follower_of(
            self.flusher, sent=begin, access_version=None if staff else self.versions[topic]
        )
        self.followers.append((topic, begin, follower, wire))
        self.hub.follow(topic, follower, head)

    @precondition(lambda self: self.followers)
    @rule(data=st.data())
    def somebody_leaves(self, data: st.DataObject) -> None:
        leaving = data.draw(st.sampled_from(self.followers))
        self.hub.unfollow(leaving[2])
        self.followers.remove(leaving)
        self._check(*leaving)

    @precondition(lambda self: self.followers)
    @rule(data=st.data())
    def somebody_is_slow_or_no_more(self, data: st.DataObject) -> None:
        _, _, follower, _ = data.draw(st.sampled_from(self.followers))
        if follower.outlet.slow:
            follower.outlet.resume()
            follower.writable()
        else:
            follower.outlet.pause(0.0)

    @rule(topic=TOPICS)
    def who_may_see_it_changes(self, topic: str) -> None:
        self.versions[topic] += 1

    @precondition(lambda self: self.waiting)
    @rule(may=st.sampled_from([True, True, False]))
    def grants_are_asked_again(self, may: bool) -> None:
        waiting, self.waiting = self.waiting, []
        for topic, follower in waiting:
            if follower.sequencer is None:
                continue
            if may:
                follower.sequencer.granted(follower, self.versions[topic])
            else:
                self.hub.unfollow(follower)
                self.followers = [known for known in self.followers if known[2] is not follower]

    @rule()
    def gaps_are_looked_at(self) -> None:
        looks, self.looks = self.looks, []
        for topic in looks:
            self.hub._look(topic)

    @rule()
    def the_log_is_read(self) -> None:
        wanted, self.hub._wanted = self.hub._wanted, {}
        for topic, after in wanted.items():
            self.reads += 1
            sequencer = self.hub._sequencers.get(topic)
            if sequencer is not None:
                # Read under the version of now, like every page that comes from the database.
                page = self.log.entries.get(topic, [])[after : after + 3]
                if page:
                    sequencer.filled(entry(one.seq, self.versions[topic]) for one in page)

    @rule(topic=TOPICS)
    def the_position_is_checked(self, topic: str) -> None:
        self.hub.reaches(topic, len(self.log.entries.get(topic, ())))

    @rule(topic=TOPICS, back=st.integers(0, 3))
    def an_event_is_edited(self, topic: str, back: int) -> None:
        self.hub.replace(topic, max(1, len(self.log.entries.get(topic, ())) - back))

    @invariant()
    def everyone_was_sent_one_run(self) -> None:
        self.loop.turn()
        for topic, begin, follower, wire in self.followers:
            self._check(topic, begin, follower, wire)

    def _check(self, topic: str, begin: int, follower: Follower, wire: FakeWire) -> None:
        self.loop.turn()

        assert wire.sent == list(range(begin + 1, follower.sent + 1))
        version = follower.access_version
        newest = self.log.entries[topic][follower.sent - 1] if follower.sent > begin else None
        if version is not None and newest is not None and newest.access_version is not None:
            assert newest.access_version <= version

    def teardown(self) -> None:
        """The faults stop: everyone catches up, with a bounded number of reads."""
        for _, _, follower, _ in self.followers:
            follower.outlet.resume()
            follower.writable()
        before, steps = self.reads, 0
        for topic in self.versions:
            self.the_position_is_checked(topic)
        while (self.hub._wanted or self.waiting or self.looks) and steps < 500:
            steps += 1
            self.gaps_are_looked_at()
            self.the_log_is_read()
            self.grants_are_asked_again(may=True)

        assert steps < 500
        assert self.reads - before <= 2 * sum(map(len, self.log.entries.values())) + 10
        for topic, begin, follower, wire in self.followers:
            self._check(topic, begin, follower, wire)
            assert follower.sent == len(self.log.entries.get(topic, ()))


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(
    derandomize=True, deadline=None, max_examples=50, stateful_step_count=40
)
