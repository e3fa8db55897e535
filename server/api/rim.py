"""Around every HTTP request: its id, its headers, its line in the log, and what it failed with.

Pure ASGI, so that nothing is buffered and a WebSocket passes untouched. This is HTTP's rim: an
unknown exception ends here, is logged with the request's id and told as `internal_error`, and
nothing of its text leaves. A route is logged and counted by its pattern, never by its path, which
may hold a token.
"""

import logging
from collections.abc import Mapping
from typing import Final, Literal

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.api.problems import INTERNAL, ApiError, api_error_of, problem_response
from server.clock import Clock
from server.ids import request_id
from server.metrics import Metrics

__all__ = ["HEADERS", "REQUEST_ID", "Rim", "page_headers", "pass_on"]

_log = logging.getLogger("parley.http")

REQUEST_ID: Final = "parley.request_id"
"""Where a request's scope holds its id."""

HEADERS: Final = "parley.headers"
"""Where a request's scope holds headers that its answer carries, be it an error or not."""

_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
_ALWAYS: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def page_headers(
    *,
    framed_by: Literal["'none'", "'self'"] = "'none'",
    frames: Literal["'none'", "'self'"] = "'none'",
) -> dict[str, str]:
    """For a page of our own: nothing inline, nothing from elsewhere, no markup made of text.

    `framed_by` says whose pages may show it in a frame, `frames` whose pages it may show.
    """
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        f"base-uri 'none'; frame-src {frames}; frame-ancestors {framed_by}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY" if framed_by == "'none'" else "SAMEORIGIN",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


_HTML: Final = page_headers()
"""What a page gets that does not ask for something else."""


class Rim:
    """See the module."""

    def __init__(self, app: ASGIApp, clock: Clock, metrics: Metrics) -> None:
        self._app = app
        self._clock = clock
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        named = scope[REQUEST_ID] = request_id()
        began = self._clock.monotonic()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = {"X-Request-Id": named, **scope.get(HEADERS, {})}
                _dress(MutableHeaders(scope=message), own)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            refusal = api_error_of(error)
            if refusal is None:
                _log.error(
                    "a request failed",
                    exc_info=error,
                    extra={"route": _route(scope), "request": named},
                )
                refusal = ApiError(INTERNAL)
            if status:
                raise  # too late to say so: the server cuts the connection
            response = problem_response(refusal.problem, None, refusal.headers, named)
            await response(scope, receive, sending)
        self._note(scope, status, self._clock.monotonic() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, method = _route(scope), scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests[method, route, status] += 1
        _log.log(
            logging.DEBUG if route in _PROBES else logging.INFO,
            "request",
            extra={
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "request": scope[REQUEST_ID],
            },
        )


async def pass_on(request: Request, error: Exception) -> Response:
    """Starlette's handler of its own refusals: they are told here, like any other."""
    raise error


def _route(scope: Scope) -> str:
    """The pattern that the request matched."""
    return getattr(scope.get("route"), "path", None) or "unknown"


def _dress(headers: MutableHeaders, own: Mapping[str, str]) -> None:
    for name, value in own.items():
        headers[name] = value
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if headers.get("content-type", "").startswith("text/html"):
        for name, value in _HTML.items():
            headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")
