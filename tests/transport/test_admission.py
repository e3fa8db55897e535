"""Counting sockets against the limit of open files."""

import resource

import pytest

from server.transport.admission import Admission, raise_open_files_limit


@pytest.mark.parametrize(
    ("open_files", "sockets", "full", "exhausted"),
    [
        (256, 180, False, False),
        (256, 181, True, False),
        (256, 218, True, False),
        (256, 219, True, True),
        (20_000, 18_936, False, False),
        (20_000, 18_937, True, False),
        (64, 1, False, False),
        (64, 2, True, False),
    ],
)
def test_a_reserve_of_files_is_kept(
    open_files: int, sockets: int, full: bool, exhausted: bool
) -> None:
    admission = Admission(open_files)
    admission.watch(range(sockets))

    assert admission.full is full
    assert admission.exhausted is exhausted


def test_a_server_that_has_not_started_is_not_full() -> None:
    admission = Admission(256)

    assert not admission.full
    assert not admission.exhausted


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1_000), hard))
    try:
        raised = raise_open_files_limit()

        assert raised == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert raised >= soft
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
