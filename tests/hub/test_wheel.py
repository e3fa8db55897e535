"""One wheel for every deadline: never early, at most a tick late, and idle when nothing waits."""

from server.hub.wheel import Wheel


class HandClock:
    """Time that only the test moves."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def now_ms(self) -> int:
        raise AssertionError("a wheel knows intervals only")

    def monotonic(self) -> float:
        return self.now


class Asked:
    """A timer that writes down when it was asked."""

    def __init__(self, *answers: float | None) -> None:
        self.at: list[float] = []
        self._answers = list(answers)

    def due(self, now: float) -> float | None:
        self.at.append(now)
        return self._answers.pop(0)


class Turned:
    """A wheel whose loop timer is run by the test."""

    def __init__(self, now: float = 0.0) -> None:
        self.clock = HandClock(now)
        self.wheel = Wheel(self.clock, tick=0.25)

    def until(self, now: float) -> None:
        """Time passes in small steps; the wheel turns whenever its loop timer would come."""
        while self.clock.now < now:
            self.clock.now = round(self.clock.now + 0.05, 2)
            if self.is_armed:
                self.wheel._turn()

    @property
    def is_armed(self) -> bool:
        return self.wheel._handle is not None


async def test_a_timer_is_asked_at_its_deadline_never_early_and_at_most_a_tick_late() -> None:
    turned, timer = Turned(now=10.1), Asked(None)

    turned.wheel.add(timer, 12.0)
    turned.until(20.0)
    turned.wheel.close()

    assert len(timer.at) == 1
    assert 12.0 <= timer.at[0] <= 12.3


async def test_a_timer_that_names_a_later_moment_is_asked_again_then() -> None:
    turned, timer = Turned(), Asked(5.0, None)

    turned.wheel.add(timer, 1.0)
    turned.until(10.0)

    assert [round(at) for at in timer.at] == [1, 5]


async def test_a_deadline_that_is_over_comes_with_the_next_tick() -> None:
    turned, timer = Turned(now=100.0), Asked(0.0, None)

    turned.wheel.add(timer, 3.0)
    turned.until(101.0)

    assert [round(at, 2) for at in timer.at] == [100.25, 100.5]


async def test_a_wheel_with_nothing_to_wait_for_stops_and_starts_again() -> None:
    turned = Turned()
    turned.wheel.add(Asked(None), 1.0)
    turned.until(2.0)
    stopped = not turned.is_armed

    again = Asked(None)
    turned.wheel.add(again, 3.0)
    turned.until(4.0)

    assert stopped
    assert len(again.at) == 1


async def test_a_stalled_loop_catches_up_on_every_slot_that_it_missed() -> None:
    turned = Turned()
    timers = [Asked(None), Asked(None)]
    turned.wheel.add(timers[0], 1.0)
    turned.wheel.add(timers[1], 4.0)

    turned.clock.now = 60.0
    turned.wheel._turn()

    assert [timer.at for timer in timers] == [[60.0], [60.0]]


async def test_after_close_nobody_is_asked() -> None:
    turned, timer = Turned(), Asked(None)
    turned.wheel.add(timer, 1.0)

    turned.wheel.close()
    turned.until(5.0)
    turned.wheel.close()

    assert timer.at == []
    assert not turned.is_armed
