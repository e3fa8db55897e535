"""Rates: what a bucket lets through, and when it says to come back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.limits import Rate
from server.connection.buckets import Bucket, Rates

TEN_A_SECOND = Rate(count=10, seconds=1, burst=3)


def test_a_fresh_bucket_allows_a_burst_and_then_names_the_wait() -> None:
    bucket = Bucket(TEN_A_SECOND)

    taken = [bucket.take(100.0) for _ in range(4)]

    assert taken[:3] == [0.0, 0.0, 0.0]
    assert 0.099 < taken[3] < 0.101


def test_after_the_wait_that_it_named_a_bucket_allows_one_more() -> None:
    bucket = Bucket(TEN_A_SECOND)
    for _ in range(3):
        bucket.take(100.0)
    wait = bucket.take(100.0)

    assert bucket.take(100.0 + wait) == 0.0
    assert bucket.take(100.0 + wait) > 0.0


def test_a_refusal_costs_nothing() -> None:
    bucket = Bucket(TEN_A_SECOND)
    waits = [bucket.take(0.0) for _ in range(50)]

    assert waits[3] == waits[49]


def test_a_bucket_that_has_rested_is_full() -> None:
    bucket = Bucket(TEN_A_SECOND)
    bucket.take(100.0)

    assert not bucket.is_full(100.05)
    assert bucket.is_full(100.1)


@given(
    count=st.integers(1, 100),
    seconds=st.floats(0.5, 120),
    burst=st.integers(1, 50),
    steps=st.lists(st.floats(0, 5), max_size=200),
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_no_bucket_lets_more_through_than_burst_and_rate(
    count: int, seconds: float, burst: int, steps: list[float]
) -> None:
    bucket, now, passed = Bucket(Rate(count, seconds, burst)), 0.0, 0
    for step in steps:
        now += step
        passed += bucket.take(now) == 0.0

    assert passed <= burst + now * count / seconds + 1e-6


def test_types_of_one_rate_share_a_bucket_and_others_do_not() -> None:
    identify, other = Rate(1, 60, 1), Rate(1, 60, 2)
    rates = Rates({"identify": identify, "preChat": identify, "": other})

    assert rates.take("identify", 0.0) == 0.0
    assert rates.take("preChat", 0.0) > 0.0
    assert rates.take("read", 0.0) == 0.0


def test_a_bucket_tells_how_many_are_left_and_when_it_is_full_again() -> None:
    """PROTOCOL §13, X-RateLimit-Remaining and -Reset."""
    bucket = Bucket(Rate(60, 60, 3))
    standings = [(bucket.left(100.0), bucket.full_in(100.0))]

    for _ in range(4):
        bucket.take(100.0)
        standings.append((bucket.left(100.0), bucket.full_in(100.0)))

    assert standings == [(3, 0.0), (2, 1.0), (1, 2.0), (0, 3.0), (0, 3.0)]
    assert (bucket.left(101.0), bucket.full_in(101.0)) == (1, 2.0)
    assert (bucket.left(200.0), bucket.full_in(200.0)) == (3, 0.0)
