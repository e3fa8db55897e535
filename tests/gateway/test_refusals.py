"""Every error of the layers below has its place on the wire, and nothing else is told."""

import pytest

from protocol.close import CloseCode
from protocol.errors import ErrorCode, Problem
from server.chat.model import Refusal
from server.chat.service import ChatRefused
from server.gateway.refusals import NOT_FOUND, UNAVAILABLE, GatewayError, problem_of
from server.store.port import BadCursor, StoreUnavailable

PROBLEM = Problem(ErrorCode.FORBIDDEN, "No.")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatewayError(PROBLEM), ErrorCode.FORBIDDEN),
        (ChatRefused(Refusal("conflict", "Too late.")), ErrorCode.CONFLICT),
        (StoreUnavailable("disk full"), ErrorCode.UNAVAILABLE),
        (BadCursor("x"), ErrorCode.INVALID_INPUT),
    ],
)
def test_an_expected_error_is_told_by_its_code(error: Exception, code: ErrorCode) -> None:
    problem = problem_of(error)

    assert problem is not None
    assert problem.code is code


def test_what_the_database_said_is_not_told() -> None:
    problem = problem_of(StoreUnavailable("no space left on /var/lib"))

    assert problem is UNAVAILABLE
    assert "/var" not in problem.message


def test_a_fault_of_ours_has_no_problem() -> None:
    assert problem_of(ZeroDivisionError("x")) is None


def test_a_refusal_may_close_and_what_is_hidden_has_one_sentence() -> None:
    error = GatewayError(PROBLEM, CloseCode.NOT_ALLOWED)

    assert (str(error), error.close) == ("No.", CloseCode.NOT_ALLOWED)
    assert NOT_FOUND.code is ErrorCode.NOT_FOUND
