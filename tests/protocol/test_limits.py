"""The limits agree with one another. Each one is tested where it acts."""

from protocol import limits
from protocol.limits import Bounds, Rate


def test_every_public_number_is_listed_and_every_listed_one_exists() -> None:
    public = {
        name for name, value in vars(limits).items() if isinstance(value, int | Rate | Bounds)
    }

    assert public == set(limits.__all__) - {"Bounds", "Rate"}


def test_a_burst_is_never_below_its_rate() -> None:
    rates = [value for value in vars(limits).values() if isinstance(value, Rate)]

    assert rates
    assert all(rate.burst >= rate.count for rate in rates)


def test_the_longest_message_fits_into_a_frame_whatever_its_characters_are() -> None:
    escaped = limits.BODY_CHARACTERS * len(r"\ud83d\ude00")

    assert escaped < limits.FRAME_BYTES
