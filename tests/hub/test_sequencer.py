"""One followed log: order, gaps, followers behind, grants of another time (DELIVERY S, C)."""

import asyncio
from typing import cast

import pytest

from server.hub.outlet import Flusher, Outlet
from server.hub.sequencer import Entry, Follower, Sequencer
from tests.hub.fakes import FakeLoop, FakeUpstream, FakeWire, entry, follower_of


class Scene:
    """A sequencer with followers, and a hub that only writes down."""

    def __init__(self) -> None:
        self.upstream = FakeUpstream()
        self.sequencer = Sequencer("t", self.upstream)
        self._loop = FakeLoop()
        self.flusher = Flusher(cast("asyncio.AbstractEventLoop", self._loop))

    def follow(
        self,
        sent: int = 0,
        head: int = 0,
        recent: tuple[Entry, ...] = (),
        *,
        access_version: int | None = 1,
        rendition: int = 0,
        sender: str | None = None,
    ) -> tuple[Follower, FakeWire]:
        follower, wire = follower_of(
            self.flusher,
            sent=sent,
            access_version=access_version,
            rendition=rendition,
            sender=sender,
        )
        self.sequencer.follow(follower, head, recent)
        return follower, wire

    def deliver(self, *seqs: int, access_version: int = 1) -> None:
        for seq in seqs:
            self.sequencer.deliver(entry(seq, access_version))

    def turn(self) -> None:
        self._loop.turn()


class SlowAfterOne(Outlet):
    """An outlet whose peer is slow from the first frame on."""

    def send(self, frame: bytes) -> None:
        super().send(frame)
        self.slow = True


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_events_in_order_are_sent_in_order(scene: Scene) -> None:
    _, wire = scene.follow()

    scene.deliver(1, 2, 3)
    scene.turn()

    assert wire.sent == [1, 2, 3]
    assert scene.sequencer.head == 3


def test_an_event_that_comes_early_waits_for_the_one_before_it(scene: Scene) -> None:
    _, wire = scene.follow()

    scene.deliver(2, 1)
    scene.turn()

    assert wire.sent == [1, 2]
    assert scene.upstream.looks == 1
    assert not scene.sequencer.has_gap


def test_a_repeat_is_dropped(scene: Scene) -> None:
    _, wire = scene.follow()

    scene.deliver(1, 2, 1, 2)
    scene.turn()

    assert wire.sent == [1, 2]
    assert scene.upstream.rewinds == 0


def test_another_event_under_a_known_number_means_the_log_was_rewound(scene: Scene) -> None:
    """DELIVERY S: the same seq, another id."""
    scene.follow()
    scene.deliver(1, 2)

    scene.sequencer.deliver(entry(2, name="ev_other"))

    assert scene.upstream.rewinds == 1


def test_what_was_heard_before_the_first_follower_is_drained_when_it_comes(scene: Scene) -> None:
    scene.deliver(6, 4)
    before = scene.sequencer.has_gap

    _, wire = scene.follow(sent=5, head=5)
    scene.turn()

    assert not before
    assert wire.sent == [6]


def test_a_gap_that_is_still_there_after_the_hold_is_read(scene: Scene) -> None:
    _, wire = scene.follow()
    scene.deliver(1, 4)

    scene.sequencer.look()
    scene.sequencer.filled([entry(2), entry(3)])
    scene.turn()

    assert scene.upstream.wanted == [1]
    assert wire.sent == [1, 2, 3, 4]


def test_a_gap_that_has_closed_is_not_read(scene: Scene) -> None:
    scene.follow()
    scene.deliver(2, 1)

    scene.sequencer.look()

    assert scene.upstream.wanted == []


def test_a_part_of_a_gap_is_sent_and_the_rest_read_at_once(scene: Scene) -> None:
    _, wire = scene.follow()
    scene.deliver(5)

    scene.sequencer.filled([entry(1), entry(2)])
    scene.turn()

    assert wire.sent == [1, 2]
    assert scene.sequencer.has_gap
    assert scene.upstream.wanted == [2]


def test_what_was_read_past_a_held_event_is_not_sent_twice(scene: Scene) -> None:
    _, wire = scene.follow()
    scene.deliver(2)

    scene.sequencer.filled([entry(1), entry(2), entry(3)])
    scene.turn()

    assert wire.sent == [1, 2, 3]
    assert not scene.sequencer.has_gap


def test_a_gap_that_the_database_does_not_have_is_a_rewind_and_is_not_read_for_ever(
    scene: Scene,
) -> None:
    scene.follow()
    scene.deliver(3)
    scene.sequencer.look()

    scene.sequencer.filled([])

    assert scene.upstream.rewinds == 1
    assert scene.upstream.wanted == [0]


def test_a_follower_behind_whose_read_comes_back_empty_is_a_rewind(scene: Scene) -> None:
    scene.follow(sent=2, head=5)

    scene.sequencer.filled([])

    assert scene.upstream.rewinds == 1
    assert scene.upstream.wanted == [2]


def test_an_empty_read_that_nobody_needs_any_more_says_nothing(scene: Scene) -> None:
    scene.follow(sent=5, head=5)

    scene.sequencer.filled([])

    assert scene.upstream.rewinds == 0


def test_a_second_follower_who_knows_a_longer_log_tells_the_sequencer(scene: Scene) -> None:
    """What it saw in the database, the others are owed, even if no event ever comes."""
    _, first = scene.follow(sent=5, head=5)

    scene.follow(sent=7, head=7)
    scene.sequencer.look()
    scene.sequencer.filled([entry(6), entry(7)])
    scene.turn()

    assert scene.upstream.looks == 1
    assert scene.upstream.wanted == [5]
    assert first.sent == [6, 7]


def test_the_position_check_has_a_missed_last_event_read(scene: Scene) -> None:
    """DELIVERY P (a)."""
    scene.sequencer.reaches(9)
    scene.follow(sent=5, head=5)

    scene.sequencer.reaches(5)
    scene.sequencer.reaches(7)
    scene.sequencer.filled([entry(6)])

    assert scene.upstream.wanted == [5, 6]


def test_a_follower_behind_is_fed_from_the_ring_without_a_read(scene: Scene) -> None:
    scene.follow()
    scene.deliver(1, 2, 3)

    _, late = scene.follow(sent=1, head=1)
    scene.turn()

    assert late.sent == [2, 3]
    assert scene.upstream.wanted == []


def test_a_follower_behind_the_ring_is_fed_from_the_log(scene: Scene) -> None:
    scene.follow(sent=70, head=70)
    scene.deliver(*range(71, 140))

    _, late = scene.follow(sent=72, head=72)
    scene.sequencer.filled([entry(seq) for seq in range(73, 80)])
    scene.turn()

    assert scene.upstream.wanted == [72]
    assert late.sent == list(range(73, 140))


def test_a_new_conversation_comes_with_its_first_events(scene: Scene) -> None:
    _, wire = scene.follow(sent=0, head=2, recent=(entry(1), entry(2)))
    scene.turn()

    assert wire.sent == [1, 2]


def test_a_slow_follower_costs_an_integer_and_goes_on_where_it_was(scene: Scene) -> None:
    slow, wire = scene.follow()
    scene.deliver(1)
    slow.outlet.pause(0.0)
    scene.deliver(2, 3)
    held = slow.sent

    slow.outlet.resume()
    slow.writable()
    scene.turn()

    assert held == 1
    assert wire.sent == [1, 2, 3]


def test_a_follower_that_turns_slow_while_it_is_fed_is_fed_no_further(scene: Scene) -> None:
    scene.follow()
    scene.deliver(1, 2, 3)
    wire = FakeWire()
    late = Follower(SlowAfterOne(scene.flusher, wire, lambda: None), 0, None, 0, 1)

    scene.sequencer.follow(late, 3)
    scene.turn()

    assert wire.sent == [1]


def test_an_edited_event_leaves_the_ring_with_all_before_it(scene: Scene) -> None:
    """Its old bytes must not leave this node again."""
    scene.sequencer.replace(1)
    scene.follow()
    scene.deliver(1, 2, 3)

    scene.sequencer.replace(2)
    _, late = scene.follow(sent=0, head=3)
    _, later = scene.follow(sent=2, head=3)
    scene.turn()

    assert scene.upstream.wanted == [0]
    assert late.sent == []
    assert later.sent == [3]


def test_an_event_newer_than_the_grant_waits_until_it_is_granted_again(scene: Scene) -> None:
    """I8: by `access_version`, before the event and not after it."""
    follower, wire = scene.follow()
    scene.deliver(1)
    scene.deliver(2, access_version=2)
    scene.turn()
    before = list(wire.sent)

    scene.sequencer.granted(follower, 2)
    scene.turn()

    assert before == [1]
    assert scene.upstream.regrants == [follower]
    assert wire.sent == [1, 2]


def test_a_follower_that_is_not_granted_again_gets_nothing_more(scene: Scene) -> None:
    follower, wire = scene.follow()
    scene.deliver(1, access_version=2)

    scene.sequencer.unfollow(follower)
    scene.deliver(2, access_version=2)
    follower.writable()
    scene.turn()

    assert wire.sent == []
    assert scene.sequencer.is_idle


def test_a_grant_newer_than_the_event_needs_no_other(scene: Scene) -> None:
    """Else it would be granted the same version again and again."""
    scene.follow()
    scene.deliver(1, 2)

    _, fresh = scene.follow(sent=0, head=2, access_version=2)
    scene.turn()

    assert fresh.sent == [1, 2]
    assert scene.upstream.regrants == []


def test_what_was_read_under_a_stale_grant_is_granted_before_it_is_read_again(
    scene: Scene,
) -> None:
    follower, wire = scene.follow(sent=0, head=2)

    scene.sequencer.filled([entry(1, 2), entry(2, 2)])
    reads = list(scene.upstream.wanted)
    scene.sequencer.granted(follower, 2)
    scene.sequencer.filled([entry(1, 2), entry(2, 2)])
    scene.turn()

    assert reads == [0]
    assert scene.upstream.wanted == [0, 0]
    assert wire.sent == [1, 2]


def test_staff_and_what_was_read_under_a_fresh_grant_need_no_version(scene: Scene) -> None:
    _, staff = scene.follow(access_version=None)
    _, visitor = scene.follow(access_version=1)

    scene.sequencer.deliver(entry(1, access_version=None))
    scene.deliver(2, access_version=9)
    scene.turn()

    assert staff.sent == [1, 2]
    assert visitor.sent == [1]


def test_each_rendition_is_rendered_once_and_the_sender_gets_its_own(scene: Scene) -> None:
    """ARCHITECTURE, Renditions."""
    rendered: list[int] = []

    def render(rendition: int) -> bytes:
        rendered.append(rendition)
        return f"1{'abcdefgh'[rendition]} ".encode()

    wires = [
        scene.follow(rendition=number, sender=sender)[1]
        for number, sender in ((0, "device:1"), (0, "device:2"), (4, None), (0, "device:2"))
    ]

    scene.sequencer.deliver(Entry(1, "ev_1", 1, "device:1", render))
    scene.turn()

    assert [b"".join(wire.written) for wire in wires] == [b"1b ", b"1a ", b"1e ", b"1a "]
    assert sorted(rendered) == [0, 1, 4]


def test_a_reply_makes_its_receiver_owe_a_sign_of_life(scene: Scene) -> None:
    """PROTOCOL §6, `delivered`."""
    follower, _ = scene.follow()

    scene.deliver(1)
    before = follower.outlet.owes_receipt
    scene.sequencer.deliver(entry(2, receipt=True))

    assert not before
    assert follower.outlet.owes_receipt
    assert follower.receipt == 2


def test_something_volatile_goes_to_those_it_is_for_rendered_once_each(scene: Scene) -> None:
    made: list[int] = []
    _, one = scene.follow()
    _, two = scene.follow(rendition=2)
    _, three = scene.follow(rendition=2)
    source, four = scene.follow()

    def make(rendition: int) -> bytes:
        made.append(rendition)
        return b"0v "

    scene.sequencer.say(make, lambda follower: follower is not source, None)
    scene.turn()

    assert made == [0, 2]
    assert [wire.written for wire in (one, two, three, four)] == [[b"0v "]] * 3 + [[]]


def test_more_early_events_than_can_be_held_are_read_instead(scene: Scene) -> None:
    """Everything has a bound: what is dropped is in the database."""
    scene.follow()
    scene.deliver(*range(2, 1_030))

    scene.deliver(1)

    assert scene.sequencer.head == 1_025


def test_whoever_gives_up_its_followers_feeds_them_no_more(scene: Scene) -> None:
    follower, wire = scene.follow()

    given_up = scene.sequencer.take_followers()
    scene.deliver(1)
    follower.writable()
    scene.turn()

    assert given_up == (follower,)
    assert follower.sequencer is None
    assert wire.sent == []
