"""Errors over HTTP: one shape, whatever failed."""

from typing import Any

import orjson
import pytest
from starlette.exceptions import HTTPException

from protocol.errors import STATUS, Detail, ErrorCode, Problem
from server.api.problems import ApiError, api_error_of, invalid, problem_body, problem_response
from server.chat.model import Refusal
from server.chat.service import ChatRefused
from server.gateway.refusals import NOT_FOUND, GatewayError
from server.passwords import TooBusy
from server.store.port import BadCursor, StoreUnavailable


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_is_told_with_its_status_in_helpiums_shape(code: ErrorCode) -> None:
    """HEL-43, HEL-44."""
    response = problem_response(Problem(code, "No."), request_id="rq_1")

    assert response.status_code == STATUS[code]
    assert orjson.loads(response.body) == {
        "error": {
            "message": "No.",
            "status": STATUS[code],
            "code": code.value,
            "requestId": "rq_1",
        }
    }


def test_details_and_the_time_to_wait_are_told_too() -> None:
    problem = Problem(
        ErrorCode.TOO_MANY_REQUESTS,
        "Slow down.",
        (Detail("a.b", "is wrong"),),
        retry_after_ms=1_001,
    )

    response = problem_response(problem)

    assert response.headers["Retry-After"] == "2"
    error: dict[str, Any] = orjson.loads(response.body)["error"]
    assert error["details"] == [{"path": "a.b", "message": "is wrong"}]
    assert error["retryAfterMs"] == 1_001


def test_nobody_is_told_to_come_back_at_once() -> None:
    response = problem_response(Problem(ErrorCode.UNAVAILABLE, "Later.", retry_after_ms=1))

    assert response.headers["Retry-After"] == "1"


def test_another_status_may_stand_for_a_code() -> None:
    body = problem_body(Problem(ErrorCode.INVALID_INPUT, "No."), 400)

    assert body["error"]["status"] == 400


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatewayError(NOT_FOUND), ErrorCode.NOT_FOUND),
        (ChatRefused(Refusal("conflict", "No.")), ErrorCode.CONFLICT),
        (StoreUnavailable("disk"), ErrorCode.UNAVAILABLE),
        (BadCursor("x"), ErrorCode.INVALID_INPUT),
        (TooBusy(), ErrorCode.UNAVAILABLE),
        (HTTPException(404), ErrorCode.NOT_FOUND),
        (HTTPException(405), ErrorCode.METHOD_NOT_ALLOWED),
        (invalid("a", "is wrong"), ErrorCode.INVALID_INPUT),
    ],
)
def test_what_the_layers_below_refuse_has_a_code(error: Exception, code: ErrorCode) -> None:
    told = api_error_of(error)

    assert told is not None
    assert told.problem.code is code


@pytest.mark.parametrize("error", [ValueError("secret"), HTTPException(418), KeyError("a")])
def test_what_nobody_foresaw_is_a_fault_of_ours(error: Exception) -> None:
    assert api_error_of(error) is None


def test_headers_of_a_refusal_are_kept() -> None:
    told = api_error_of(ApiError(NOT_FOUND, {"Allow": "GET"}))

    assert told is not None
    assert told.headers == {"Allow": "GET"}
