"""How errors are told over HTTP: Helpium's shape on every route (PROTOCOL §9, HEL-43).

The same table as the sockets', its other column: `server.gateway.refusals` maps what the layers
below raise to a `Problem`, and a `Problem` has its status.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from protocol.errors import Problem

__all__ = ["JsonResponse", "problem_body", "problem_response"]


class JsonResponse(Response):
    """JSON by orjson."""

    media_type: str | None = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def problem_body(problem: Problem, status: int | None = None) -> dict[str, Any]:
    """`{"error": …}` of PROTOCOL §9."""
    error: dict[str, Any] = {
        "message": problem.message,
        "status": problem.status if status is None else status,
        "code": problem.code.value,
    }
    if problem.details:
        error["details"] = [{"path": d.path, "message": d.message} for d in problem.details]
    if problem.retry_after_ms is not None:
        error["retryAfterMs"] = problem.retry_after_ms
    return {"error": error}


def problem_response(
    problem: Problem, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request that failed."""
    all_headers = dict(headers or {})
    if problem.retry_after_ms is not None:
        all_headers["Retry-After"] = str(max(1, -(-problem.retry_after_ms // 1000)))
    return JsonResponse(problem_body(problem, status), status or problem.status, all_headers)
