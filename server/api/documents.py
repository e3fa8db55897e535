"""The two contracts, as documents: `/openapi.json` and `/asyncapi.json`. Rendered once."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from starlette.responses import Response

from protocol.asyncapi import document
from server.api.inputs import Nothing
from server.api.openapi import openapi
from server.api.operation import Call, Operation
from server.version import __version__

__all__ = ["get_asyncapi", "get_openapi"]


async def get_openapi(call: Call[Nothing]) -> Response:
    return _json(_openapi(tuple(call.api.operations)))


async def get_asyncapi(call: Call[Nothing]) -> Response:
    return _json(_asyncapi())


def _json(content: bytes) -> Response:
    return Response(
        content, media_type="application/json", headers={"Cache-Control": "public, max-age=60"}
    )


@cache
def _openapi(operations: Sequence[Operation[Any]]) -> bytes:
    return orjson.dumps(openapi(operations, __version__))


@cache
def _asyncapi() -> bytes:
    return orjson.dumps(document(__version__))
