"""How errors are told over HTTP: Helpium's shape on every route (PROTOCOL §9, HEL-43).

The same table as the sockets', its other column: `server.gateway.refusals` maps what the layers
below raise to a `Problem`, and a `Problem` has its status.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from protocol.errors import Detail, ErrorCode, Problem
from server.gateway.refusals import problem_of
from server.passwords import TooBusy

__all__ = [
    "INTERNAL",
    "ApiError",
    "ErrorAnswer",
    "JsonResponse",
    "api_error_of",
    "invalid",
    "problem_body",
    "problem_response",
]

INTERNAL: Final = Problem(ErrorCode.INTERNAL_ERROR, "Something went wrong on the server.")
_BUSY: Final = Problem(
    ErrorCode.UNAVAILABLE, "Too many people sign in at once; try again.", retry_after_ms=2_000
)
_OF_STATUS: Final = {
    404: Problem(ErrorCode.NOT_FOUND, "There is nothing at this address."),
    405: Problem(ErrorCode.METHOD_NOT_ALLOWED, "This address does not take this method."),
}
"""What Starlette itself refuses."""


class ApiError(Exception):
    """A refusal that the API itself decides: its problem, and headers to go with it."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.headers = headers or {}


def invalid(path: str, message: str) -> ApiError:
    """That one member of the input is wrong."""
    details = (Detail(path, message),)
    return ApiError(Problem(ErrorCode.INVALID_INPUT, "The request is not valid.", details))


def api_error_of(error: Exception) -> ApiError | None:
    """What to answer for `error`; None if it is a fault of ours."""
    match error:
        case ApiError():
            return error
        case HTTPException(status_code=status, headers=headers) if status in _OF_STATUS:
            return ApiError(_OF_STATUS[status], headers)
        case TooBusy():
            return ApiError(_BUSY)
        case _:
            problem = problem_of(error)
            return None if problem is None else ApiError(problem)


class JsonResponse(Response):
    """JSON by orjson."""

    media_type: str | None = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


class Fault(BaseModel):
    """One thing that is wrong: where, in the wire's names, and what."""

    path: str
    message: str


class ErrorInfo(BaseModel):
    """What went wrong. `code` is stable, `message` is for people."""

    message: str
    status: int
    code: ErrorCode
    details: list[Fault] | None = None
    retryAfterMs: int | None = None
    requestId: str | None = None


class ErrorAnswer(BaseModel):
    """How every route tells of a failure."""

    error: ErrorInfo


def problem_body(
    problem: Problem, status: int | None = None, request_id: str | None = None
) -> dict[str, Any]:
    """`{"error": …}` of PROTOCOL §9."""
    details = [Fault(path=one.path, message=one.message) for one in problem.details]
    info = ErrorInfo(
        message=problem.message,
        status=problem.status if status is None else status,
        code=problem.code,
        details=details or None,
        retryAfterMs=problem.retry_after_ms,
        requestId=request_id,
    )
    return ErrorAnswer(error=info).model_dump(mode="json", exclude_none=True)


def problem_response(
    problem: Problem,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    request_id: str | None = None,
) -> Response:
    """The answer to a request that failed."""
    all_headers = dict(headers or {})
    if problem.retry_after_ms is not None:
        all_headers["Retry-After"] = str(max(1, -(-problem.retry_after_ms // 1000)))
    body = problem_body(problem, status, request_id)
    return JsonResponse(body, status or problem.status, all_headers)
