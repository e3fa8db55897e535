"""Limits of one process: buckets and counts by subject, bounded however many subjects come."""

from protocol.limits import Rate
from server.limits.memory import MemoryLimits, NoLimits
from server.limits.port import Limits, Standing

RATE = Rate(60, 60, 2)


class HandClock:
    now = 0.0

    def now_ms(self) -> int:
        raise AssertionError("limits know intervals only")

    def monotonic(self) -> float:
        return self.now


def test_a_bucket_allows_its_burst_and_then_its_rate() -> None:
    clock = HandClock()
    limits = MemoryLimits(clock)

    waits = [limits.take("k", "a", RATE) for _ in range(3)]
    clock.now += 1.0
    later = limits.take("k", "a", RATE)

    assert waits == [0.0, 0.0, 1.0]
    assert later == 0.0


def test_subjects_and_kinds_are_counted_apart() -> None:
    limits = MemoryLimits(HandClock())
    for _ in range(2):
        limits.take("k", "a", RATE)

    others = [limits.take("k", "b", RATE), limits.take("other", "a", RATE)]

    assert others == [0.0, 0.0]


def test_a_standing_says_what_is_left_and_when_it_is_full() -> None:
    limits = MemoryLimits(HandClock())
    fresh = limits.standing("k", "a", RATE)
    limits.take("k", "a", RATE)

    used = limits.standing("k", "a", RATE)

    assert fresh == Standing(2, 0.0)
    assert used == Standing(1, 1.0)


def test_a_place_that_is_left_can_be_entered_again() -> None:
    limits = MemoryLimits(HandClock())

    entered = [limits.enter("k", "a", 2) for _ in range(3)]
    limits.leave("k", "a")
    again = limits.enter("k", "a", 2)
    for _ in range(3):
        limits.leave("k", "a")

    assert (entered, again) == ([True, True, False], True)
    assert limits._counts == {}


def test_buckets_that_are_full_again_are_forgotten_first() -> None:
    clock = HandClock()
    limits = MemoryLimits(clock, subjects=3)
    for name in ("a", "b"):
        limits.take("k", name, RATE)
    clock.now += 10.0
    for _ in range(2):
        limits.take("k", "c", RATE)

    limits.take("k", "d", RATE)

    assert limits.take("k", "c", RATE) > 0.0
    assert len(limits._buckets) == 2


def test_when_all_say_something_the_oldest_half_is_forgotten() -> None:
    limits = MemoryLimits(HandClock(), subjects=4)
    for name in "abcd":
        limits.take("k", name, RATE)

    limits.take("k", "e", RATE)

    assert [name for _, name in limits._buckets] == ["c", "d", "e"]


def test_limits_that_are_off_allow_everything() -> None:
    limits: Limits = NoLimits()

    assert limits.take("k", "a", RATE) == 0.0
    assert limits.standing("k", "a", RATE) is None
    assert limits.enter("k", "a", 0)
    limits.leave("k", "a")
