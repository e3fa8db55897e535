"""One connection's way out: one write per turn, and bounds for a peer that is slow."""

import asyncio
from typing import cast

from protocol import limits
from server.hub.outlet import Flusher, Outlet
from tests.hub.fakes import FakeLoop, FakeWire


class Way:
    """An outlet with everything around it."""

    def __init__(self) -> None:
        self.loop = FakeLoop()
        self.wire = FakeWire()
        self.overflows = 0
        self.flusher = Flusher(cast("asyncio.AbstractEventLoop", self.loop))
        self.outlet = Outlet(self.flusher, self.wire, self._overflow)

    def _overflow(self) -> None:
        self.overflows += 1


def test_the_frames_of_one_turn_leave_in_one_write_and_in_order() -> None:
    way = Way()

    for frame in (b"1", b"2", b"3"):
        way.outlet.send(frame)

    assert way.wire.written == []
    way.loop.turn()
    assert way.wire.written == [b"123"]


def test_every_outlet_that_has_something_is_flushed_once_in_the_turn() -> None:
    one, wire = Way(), FakeWire()
    other = Outlet(one.flusher, wire, lambda: None)

    one.outlet.send(b"a")
    other.send(b"b")

    assert len(one.loop.soon) == 1
    one.loop.turn()
    assert (one.wire.written, wire.written) == ([b"a"], [b"b"])


def test_a_flush_before_its_turn_leaves_nothing_for_the_turn() -> None:
    way = Way()
    way.outlet.send(b"a")

    way.outlet.flush()
    way.loop.turn()

    assert way.wire.written == [b"a"]


def test_a_slow_peer_is_sent_answers_and_nothing_volatile() -> None:
    way = Way()
    way.outlet.send_volatile(b"typing ")
    way.outlet.pause(now=0.0)

    way.outlet.send(b"answer")
    way.outlet.send_volatile(b"typing")
    way.loop.turn()

    assert way.wire.written == [b"typing answer"]


def test_a_slow_peer_that_lets_too_much_pile_up_overflows() -> None:
    way = Way()
    way.outlet.pause(now=0.0)
    way.wire.unsent = limits.UNSENT_BYTES

    way.outlet.send(b"one more")
    way.loop.turn()
    within = way.overflows
    way.wire.takes_all = False
    way.outlet.send(b"and another")
    way.loop.turn()

    assert (within, way.overflows) == (0, 1)


def test_one_write_beyond_the_bound_overflows_as_soon_as_the_transport_complains() -> None:
    way = Way()
    way.wire.unsent = limits.UNSENT_BYTES + 1

    way.outlet.pause(now=0.0)

    assert way.overflows == 1


def test_a_peer_is_stuck_after_30_seconds_without_progress_and_not_before() -> None:
    way = Way()
    way.wire.unsent = 1_000
    way.outlet.pause(now=100.0)

    early = way.outlet.is_stuck(129.9)
    late = way.outlet.is_stuck(130.0)

    assert (early, late) == (False, True)


def test_any_progress_gives_a_slow_peer_another_30_seconds() -> None:
    way = Way()
    way.wire.unsent = 1_000
    way.outlet.pause(now=0.0)

    way.wire.unsent = 999
    progressed = way.outlet.is_stuck(29.0)
    way.wire.unsent = 2_000
    grown = way.outlet.is_stuck(58.0)

    assert (progressed, grown) == (False, False)
    assert way.outlet.is_stuck(59.0)


def test_a_peer_that_is_not_slow_is_never_stuck() -> None:
    way = Way()
    way.outlet.pause(now=0.0)
    way.outlet.resume()

    assert not way.outlet.is_stuck(1_000.0)


async def test_everyone_who_waits_for_the_peer_goes_on_when_it_takes_more() -> None:
    way = Way()
    way.outlet.pause(now=0.0)
    went_on: list[int] = []

    async def wait(name: int) -> None:
        await way.outlet.wait_resumed()
        went_on.append(name)

    async with asyncio.TaskGroup() as tasks:
        given_up = tasks.create_task(wait(0))
        tasks.create_task(wait(1))
        tasks.create_task(wait(2))
        await asyncio.sleep(0)
        given_up.cancel()
        before = list(went_on)
        way.outlet.resume()

    assert before == []
    assert went_on == [1, 2]
    assert not way.outlet.slow
