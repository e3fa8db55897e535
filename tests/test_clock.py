"""Time, as the wire writes it."""

import re

import pytest

from server.clock import SystemClock, rfc3339


@pytest.mark.parametrize(
    ("ms", "written"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_168_800_007, "2026-11-20T10:00:00.007Z"),
        (999, "1970-01-01T00:00:00.999Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_milliseconds(ms: int, written: str) -> None:
    assert rfc3339(ms) == written


def test_the_systems_clocks_go_forward_and_agree_with_the_calendar() -> None:
    clock = SystemClock()
    first = clock.monotonic()

    assert re.match(r"20\d\d-", rfc3339(clock.now_ms()))
    assert clock.monotonic() >= first
