"""From the bytes of a request to a typed input, or to a problem that says what is wrong with them.

A body is counted while it is read, whatever its headers claim. What is wrong is told in the wire's
names and our words, as on the sockets; what the client sent is never repeated to it.
"""

from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request

from protocol.codec import JSON
from protocol.errors import Detail, ErrorCode, MalformedFrame, Problem
from protocol.frames.frame import details_of
from server.api.problems import ApiError

__all__ = [
    "BODY_BYTES",
    "Body",
    "Limit",
    "Nothing",
    "Query",
    "parse_json",
    "read_body",
    "read_query",
    "validate",
]

BODY_BYTES: Final = 1024 * 1024

_INVALID: Final = "The request is not valid."
_TOO_LARGE: Final = Problem(
    ErrorCode.PAYLOAD_TOO_LARGE, f"A body may have {BODY_BYTES} bytes at most."
)
_NOT_JSON: Final = Problem(
    ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the body as `Content-Type: application/json`."
)
_NO_OBJECT: Final = Problem(ErrorCode.INVALID_INPUT, "The body must be a JSON object.")

M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """A JSON body: strict types, unknown members ignored."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Query(BaseModel):
    """A query string: numbers are written as text there; unknown names are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Nothing(Body):
    """No input at all; a body is not looked at."""


Limit = Annotated[int, Field(ge=1, le=100)]
"""How many items a page may have."""


async def read_body(request: Request, most: int = BODY_BYTES) -> bytes:
    """The body's bytes. Raises `ApiError` when there are more than `most`."""
    claimed = request.headers.get("content-length", "")
    if claimed.isdecimal() and int(claimed) > most:
        raise ApiError(_TOO_LARGE)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise ApiError(_TOO_LARGE)
        parts.append(part)
    return b"".join(parts)


def parse_json(content_type: str, body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises `ApiError`."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(_NOT_JSON)
    try:
        decoded = JSON.decode(body)
    except MalformedFrame as error:
        raise ApiError(error.problem) from None
    if not isinstance(decoded, dict):
        raise ApiError(_NO_OBJECT)
    return decoded


def validate(model: type[M], value: object) -> M:
    """`value` as the model has it. Raises `ApiError`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # The cause is cut: its text holds what the client sent, and a log may print it.
        raise ApiError(Problem(ErrorCode.INVALID_INPUT, _INVALID, details_of(error))) from None


def read_query(model: type[M], query: QueryParams) -> M:
    """The query string as the model has it. Raises `ApiError`."""
    names = [name for name, _ in query.multi_items()]
    for name in model.model_fields:
        if names.count(name) > 1:
            details = (Detail(name, "must be given once"),)
            raise ApiError(Problem(ErrorCode.INVALID_INPUT, _INVALID, details))
    return validate(model, dict(query))
