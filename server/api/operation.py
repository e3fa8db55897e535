"""An operation of the API as one record, and the gate that every request to one goes through.

Who may call it, what it takes and what it answers are members of the record, from which the gate,
the URL table and OpenAPI are all made: none of them can say something else. The order at the gate
is fixed: who asks, how often, whether it may, then what it sent, then whether it did so before.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from protocol.errors import ErrorCode, Problem
from server.api.auth import Caller, staff_caller, widget_caller
from server.api.inputs import Nothing, parse_json, read_body, read_query, validate
from server.api.problems import ApiError
from server.api.repeats import once
from server.api.rim import HEADERS
from server.gateway.context import Gateway
from server.limits.address import address_subject
from server.passwords import Passwords
from server.store.port import Store

__all__ = ["Access", "Api", "Call", "Operation", "Resource"]

I = TypeVar("I", bound=BaseModel)  # noqa: E741 — the input of an operation

_ANY_PAGE: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
    ),
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Idempotency-Key, X-API-Key, X-Session-Token"
    ),
    "Access-Control-Max-Age": "600",
}
_SCOPE: Final = "This key or role may not do this; it needs the scope {}."


class Access(Enum):
    """Who may call an operation."""

    EVERYONE = "everyone"
    WIDGET = "widget"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Api:
    """What the operations of a node work with."""

    gateway: Gateway
    passwords: Passwords
    public_url: str | None
    operations: "Sequence[Operation[Any]]" = ()

    @property
    def store(self) -> Store:
        return self.gateway.store


@dataclass(frozen=True, slots=True)
class Call(Generic[I]):
    """One request that has passed the gate. `repeat_id` names it and its repeats."""

    api: Api
    request: Request
    input: I
    who: Caller | None = None
    repeat_id: str | None = None

    @property
    def caller(self) -> Caller:
        """Who asks, where the operation is not for everyone."""
        assert self.who is not None, "this operation is for everyone"
        return self.who

    @property
    def peer(self) -> str:
        """Whom the address stands for, for limits."""
        return _peer(self.request)


@dataclass(frozen=True, slots=True)
class Operation(Generic[I]):
    """See the module.

    `input` is the query string of a GET, else the JSON body. `answer` is the model of what a
    success carries, None for nothing or for something that is not JSON (`media`). `scope` is what
    staff need. `gives_credential`: its answers are never kept for repeats. `counted`: it takes from
    the caller's bucket.
    """

    method: str
    path: str
    handle: Callable[[Call[I]], Awaitable[Response]]
    summary: str
    access: Access = Access.STAFF
    scope: str | None = None
    input: type[I] = Nothing  # type: ignore[assignment]  # where I is Nothing
    answer: Any = None
    status: int = 200
    media: str = "application/json"
    gives_credential: bool = False
    counted: bool = True


class Resource:
    """An ASGI app for one path: picks the operation, and knows which methods there are."""

    def __init__(self, api: Api, operations: Sequence[Operation[Any]]) -> None:
        self._api = api
        self._operations = {operation.method: operation for operation in operations}
        methods = [*self._operations, "OPTIONS"]
        if "GET" in self._operations:
            methods.append("HEAD")
        self._allow = ", ".join(sorted(methods))
        self._any_page = any(one.access is Access.WIDGET for one in operations)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if self._any_page:
            scope[HEADERS] = dict(_ANY_PAGE)
        response = await self._answer(request)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=self._options())
        operation = self._operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            problem = Problem(
                ErrorCode.METHOD_NOT_ALLOWED, f"This address takes {self._allow} only."
            )
            raise ApiError(problem, {"Allow": self._allow})
        return await _admit(self._api, operation, request)

    def _options(self) -> Mapping[str, str]:
        allow = {"Allow": self._allow}
        if self._any_page:
            return {**allow, **_PREFLIGHT, "Access-Control-Allow-Methods": self._allow}
        return allow


async def _admit(api: Api, operation: Operation[Any], request: Request) -> Response:
    """The gate."""
    who = await _who(api, operation, request)
    if who is not None and operation.counted:
        _count(api, who, request)
    if operation.scope is not None and who is not None and not who.may(operation.scope):
        raise ApiError(Problem(ErrorCode.FORBIDDEN, _SCOPE.format(f"`{operation.scope}`")))
    if operation.method == "GET":
        asked = read_query(operation.input, request.query_params)
        return await operation.handle(Call(api, request, asked, who))
    body = b""
    if operation.input is not Nothing:
        body = await read_body(request)
        sent = parse_json(request.headers.get("content-type", ""), body)
        given = validate(operation.input, sent)
    else:
        given = Nothing()
    if operation.access is not Access.STAFF or operation.gives_credential:
        return await operation.handle(Call(api, request, given, who))
    assert who is not None, "staff have been recognised"
    return await once(
        api.gateway,
        who.credential,
        request,
        body,
        lambda repeat_id: operation.handle(Call(api, request, given, who, repeat_id)),
    )


async def _who(api: Api, operation: Operation[Any], request: Request) -> Caller | None:
    match operation.access:
        case Access.EVERYONE:
            return None
        case Access.WIDGET:
            return await widget_caller(request, api.gateway, _peer(request))
        case Access.STAFF:
            return await staff_caller(request, api.gateway, api.public_url)


def _count(api: Api, who: Caller, request: Request) -> None:
    """Take one from the caller's bucket and say how it stands. Raises `ApiError`."""
    limits = api.gateway.limits
    wait = limits.take("requests", who.bucket, who.rate)
    standing = limits.standing("requests", who.bucket, who.rate)
    if standing is not None:
        told = {
            "X-RateLimit-Limit": str(who.rate.burst),
            "X-RateLimit-Remaining": str(standing.left),
            "X-RateLimit-Reset": str(math.ceil(standing.full_in)),
        }
        request.scope[HEADERS] = {**request.scope.get(HEADERS, {}), **told}
    if wait > 0:
        raise ApiError(
            Problem(
                ErrorCode.TOO_MANY_REQUESTS,
                "Too many requests; slow down.",
                retry_after_ms=max(1, round(wait * 1000)),
            )
        )


def _peer(request: Request) -> str:
    return address_subject(request.client.host if request.client else "")
