"""Counters: plain integers under small fixed sets of labels."""

from protocol.close import CloseCode
from protocol.errors import ErrorCode
from server.metrics import Metrics


def test_closes_are_counted_by_code() -> None:
    metrics = Metrics()

    metrics.closed(CloseCode.FULL)
    metrics.closed(1013)

    assert dict(metrics.closes) == {1013: 2}


def test_refusals_are_counted_by_code() -> None:
    metrics = Metrics()

    metrics.refused(ErrorCode.NOT_FOUND)
    metrics.refused("not_found")

    assert dict(metrics.refusals) == {"not_found": 2}


def test_a_fresh_process_has_counted_nothing() -> None:
    metrics = Metrics()

    assert (metrics.repeats, metrics.resumes, metrics.resets, metrics.tracked) == (0, 0, 0, 0)
    assert not metrics.requests
    assert not metrics.committed
