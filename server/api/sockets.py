"""The two WebSocket endpoints: everything that is decided before a frame is read (PROTOCOL §1).

Subprotocol, origin and room are checked here, where HTTP can still say no; then the connection is
attached to the transport and this module is done with it.
"""

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.websockets import WebSocket

from protocol.close import CloseCode
from protocol.codec import Codec, negotiate
from protocol.errors import ErrorCode, Problem
from server.api.problems import problem_response
from server.gateway.agent import AgentSocket
from server.gateway.connection import Connection, Side
from server.gateway.context import Gateway
from server.gateway.visitor import VisitorSocket
from server.limits.address import address_subject
from server.transport.admission import Admission
from server.transport.asgi import attach
from server.transport.port import FrameLimits

__all__ = ["COOKIE", "SECURE_COOKIE", "Sockets", "same_origin", "session_cookie"]

COOKIE: Final = "parley_session"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"

_UNKNOWN_SUBPROTOCOL: Final = Problem(
    ErrorCode.INVALID_INPUT, "None of the offered subprotocols is known."
)
_FOREIGN: Final = Problem(ErrorCode.FORBIDDEN, "Pages of this origin may not connect.")


class Sockets:
    """The endpoints `/ws/widget` and `/ws/console`."""

    def __init__(
        self,
        gateway: Gateway,
        admission: Admission,
        frame_limits: FrameLimits,
        public_url: str | None,
    ) -> None:
        self._gateway = gateway
        self._admission = admission
        self._frame_limits = frame_limits
        self._public_url = public_url

    async def widget(self, websocket: WebSocket) -> None:
        """A visitor's browser, an SDK, the load tester."""
        origin = websocket.headers.get("origin")
        if not await self._gateway.directory.allows_somewhere(origin):
            await _refuse(websocket, _FOREIGN, 403)
            return
        user_agent = websocket.headers.get("user-agent", "")[:512] or None
        await self._attach(
            websocket, lambda connection: VisitorSocket(connection, origin, user_agent)
        )

    async def console(self, websocket: WebSocket) -> None:
        """An agent's console, by cookie from our own pages, or any program with a token."""
        cookie = session_cookie(websocket.headers)
        if cookie is not None and not same_origin(websocket.headers, self._public_url):
            await _refuse(websocket, _FOREIGN, 403)
            return
        await self._attach(websocket, lambda connection: AgentSocket(connection, cookie))

    async def _attach(self, websocket: WebSocket, side: Callable[[Connection], Side]) -> None:
        offered = websocket.scope["subprotocols"]
        codec = negotiate(offered)
        if codec is None:
            await _refuse(websocket, _UNKNOWN_SUBPROTOCOL, 400)
            return
        if self._admission.full or self._gateway.draining:
            code = CloseCode.RESTART if self._gateway.draining else CloseCode.FULL
            await websocket.accept(codec.subprotocol if offered else None)
            await websocket.close(code)
            return
        await self._hand_over(websocket, codec, side)

    async def _hand_over(
        self, websocket: WebSocket, codec: Codec, side: Callable[[Connection], Side]
    ) -> None:
        peer = address_subject(websocket.client.host if websocket.client else "")
        connection = Connection(self._gateway, codec, peer, side)
        await attach(
            websocket,
            connection,
            subprotocol=codec.subprotocol if websocket.scope["subprotocols"] else None,
            peer=peer,
            limits=self._frame_limits,
        )


def session_cookie(headers: Mapping[str, str]) -> str | None:
    """The session token in the request's cookie, if there is one."""
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return None
    for name in (SECURE_COOKIE, COOKIE):
        if name in cookies:
            return cookies[name].value
    return None


def same_origin(headers: Mapping[str, str], public_url: str | None) -> bool:
    """Whether `Origin` is there and is our own: `PUBLIC_URL`, or the host that was asked."""
    origin = headers.get("origin")
    if origin is None:
        return False
    if public_url is not None and origin.lower() == public_url.lower():
        return True
    return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == headers.get("host")


async def _refuse(websocket: WebSocket, problem: Problem, status: int) -> None:
    response: Response = problem_response(problem, status)
    await websocket.send_denial_response(response)
