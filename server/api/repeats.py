"""`Idempotency-Key`: a POST that is sent again is answered as the first time (PROTOCOL §13).

A repeat is the same key from the same credential to the same method and path; with another body it
is a conflict. The answer is kept for a day. Between what an operation commits and the keeping of
its answer a crash may fall, or another node may have the repeat: so operations that append to a log
also get a name for the repeat, by which the journal itself refuses to do it twice.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from protocol.errors import ErrorCode, Problem
from server.api.problems import ApiError, invalid
from server.gateway.context import Gateway
from server.store.port import Transaction

__all__ = ["OTHER_BODY", "once"]

OTHER_BODY: Final = Problem(
    ErrorCode.CONFLICT, "This `Idempotency-Key` was used for another request."
)
_HEADER: Final = "idempotency-key"
_CHARACTERS: Final = 255
_KEPT_MS: Final = 24 * 60 * 60 * 1000


async def once(
    gateway: Gateway,
    credential: str,
    request: Request,
    body: bytes,
    perform: Callable[[str | None], Awaitable[Response]],
) -> Response:
    """What `perform` answers, or the answer kept of the same request before.

    `perform` gets a name for the request and its repeats; None if it names no repeats.
    """
    key = request.headers.get(_HEADER)
    if key is None or request.method != "POST":
        return await perform(None)
    if not 0 < len(key) <= _CHARACTERS or not key.isprintable():
        raise invalid("Idempotency-Key", f"must have 1 to {_CHARACTERS} printable characters")
    scope = f"{credential} {request.method} {request.url.path}"
    body_hash = hashlib.sha256(body).hexdigest()
    known = await _answered(gateway, scope, key)
    if known is not None:
        before, status, content = known
        if before != body_hash:
            raise ApiError(OTHER_BODY)
        return Response(content, status, media_type="application/json")
    repeat_id = hashlib.sha256(f"{scope} {key}".encode()).hexdigest()[:40]
    response = await perform(f"idem_{repeat_id}")
    now = gateway.clock.now_ms()
    answer = (body_hash, response.status_code, bytes(response.body))

    def keep(tx: Transaction) -> None:
        tx.forget_answers(now)
        tx.keep_answer(scope, key, answer, now + _KEPT_MS)

    await gateway.store.write(keep)
    return response


async def _answered(gateway: Gateway, scope: str, key: str) -> tuple[str, int, bytes] | None:
    """The kept answer, unless its day is over."""
    known = await gateway.store.read(lambda tx: tx.answered(scope, key))
    if known is None:
        return None
    now = gateway.clock.now_ms()

    def unit(tx: Transaction) -> tuple[str, int, bytes] | None:
        tx.forget_answers(now)
        return tx.answered(scope, key)

    return await gateway.store.write(unit)
