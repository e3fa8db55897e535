"""From a TCP connection to an attached WebSocket, inside uvicorn.

Two protocol classes for `uvicorn.Config`. `http=` is uvicorn's own, which also gives up on requests
that never end, turns connections away before the last file is used, and hands an upgrade over
together with the bytes that came behind it (uvicorn drops those, and parses the request a second
time). `ws=` lets the ASGI app answer that upgrade like any route: accept, close (HTTP 403) or a
denial response.

The idea: everything the handshake needs (scope, headers, task) belongs to the `Handshake` object.
`attach` makes an `AttachedSocket`, gives it the transport, and the `Handshake` is garbage.

An endpoint that accepts and does not attach gets no frames here: it can only close, and anything
else closes with 1011. Ours always attach.
"""

import asyncio
import enum
import http
import logging
from collections.abc import Iterable
from typing import Any, ClassVar, Final, cast
from urllib.parse import unquote

import httptools
from starlette.types import Message, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import CloseCode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from server.transport.admission import Admission
from server.transport.attached import AttachedSocket
from server.transport.port import ATTACH, FrameLimits, Receiver, Wire

__all__ = ["http_class", "protocol_class"]

logger = logging.getLogger("parley.transport")

_quiet = logging.getLogger("parley.transport.handshake")
_quiet.setLevel(logging.WARNING)  # `websockets` logs each handshake at INFO


def protocol_class(limits: FrameLimits) -> type[asyncio.Protocol]:
    """For `Config(ws=…)`. It must be used together with `http_class`."""
    return type("Handshake", (_Handshake,), {"limits": limits})


def http_class(admission: Admission, *, request_within: float = 10.0) -> type[asyncio.Protocol]:
    """For `Config(http=…)`. A request's head must be complete after `request_within` seconds."""
    return type("Http", (_Http,), {"admission": admission, "request_within": request_within})


class _Http(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with a deadline, an admission and a lossless hand-over of upgrades."""

    admission: ClassVar[Admission]
    request_within: ClassVar[float]
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.admission.exhausted:
            transport.abort()
        else:
            self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._start_deadline()

    def on_headers_complete(self) -> None:
        self._stop_deadline()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._hand_over(data[upgrade.args[0] :])
            # Any other upgrade is ignored and the request answered (RFC 9110 §7.8).
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def _hand_over(self, early: bytes) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # Pipelined behind a request that is still being answered: the two would mix.
            self.transport.abort()
            return
        self.connections.discard(self)
        self.parser = None  # type: ignore[assignment]  # as uvicorn does: breaks a reference cycle
        assert self.ws_protocol_class is not None, "because `_should_upgrade` said so"
        handshake = self.ws_protocol_class(  # type: ignore[call-arg]  # uvicorn's contract
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        assert isinstance(handshake, _Handshake), "http_class goes with protocol_class"
        self.transport.set_protocol(handshake)
        handshake.connection_made(self.transport)
        handshake.upgrade(cast("Scope", self.scope), self.url, early)

    def _start_deadline(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.request_within, self.transport.abort)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Phase(enum.Enum):
    ASKED = enum.auto()  # the app has not answered
    DENYING = enum.auto()  # `websocket.http.response.start` was sent, its body was not
    ACCEPTED = enum.auto()  # 101 is out, nobody is attached
    ATTACHED = enum.auto()
    OVER = enum.auto()  # answered without a WebSocket, or the peer is gone


class _Handshake(asyncio.Protocol):
    """One upgrade request and the ASGI call that answers it."""

    limits: ClassVar[FrameLimits]

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any]
    ) -> None:
        self._app = config.loaded_app
        self._app_state = app_state
        self._connections: set[Any] = server_state.connections
        self._tasks = server_state.tasks
        self._phase = _Phase.ASKED
        self._early = bytearray()
        self._connected = False
        self._gone = asyncio.Event()
        self._denial: Message = {}
        self._socket: AttachedSocket | None = None

    # What uvicorn and the event loop call.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._connections.add(self)

    def upgrade(self, request: Scope, target: bytes, early: bytes) -> None:
        """Check the request by RFC 6455 §4.2.1 and ask the app; `request` is uvicorn's scope."""
        self._early += early
        headers = Headers(
            [(n.decode("latin-1"), v.decode("latin-1")) for n, v in request["headers"]]
        )
        protocol = f"HTTP/{request['http_version']}"
        path = target.decode("latin-1")
        self._protocol = ServerProtocol(logger=_quiet)
        self._answer = self._protocol.accept(Request(path, headers, request["method"], protocol))
        if self._answer.status_code == 101 and not (target.startswith(b"/") and target.isascii()):
            self._answer = self._protocol.reject(400, "Not a path.\n")
        if self._answer.status_code != 101:
            self._respond(self._answer)
            return
        scope = self._scope(request, path, headers)
        # The exception to "no task without a group": uvicorn owns the task of an ASGI call.
        task = asyncio.get_running_loop().create_task(self._run(scope))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def data_received(self, data: bytes) -> None:
        self._early += data
        if len(self._early) > self.limits.bytes:
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._phase = _Phase.OVER
        self._gone.set()

    def shutdown(self) -> None:
        if self._phase in (_Phase.ASKED, _Phase.DENYING):
            self._respond(self._protocol.reject(503, "Shutting down.\n"))
        self._transport.close()

    # What the ASGI app calls.

    async def _run(self, scope: Scope) -> None:
        try:
            await self._app(scope, self._receive, self._send)
            if self._phase in (_Phase.ASKED, _Phase.DENYING, _Phase.ACCEPTED):
                raise RuntimeError("the endpoint returned without an answer")
        except ClientDisconnected:
            pass
        except Exception:
            logger.exception("a WebSocket endpoint failed")
            self._fail()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():  # uvicorn's patience at shutdown is over
            self._transport.abort()

    async def _receive(self) -> Message:
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        if self._phase is _Phase.ACCEPTED:
            raise RuntimeError("frames go to an attached receiver, not to `receive`")
        if self._phase is _Phase.ASKED:
            await self._gone.wait()
        return {"type": "websocket.disconnect", "code": CloseCode.ABNORMAL_CLOSURE}

    async def _send(self, message: Message) -> None:
        match (self._phase, message["type"]):
            case (_Phase.ASKED, "websocket.accept"):
                self._accept(message)
            case (_Phase.ASKED, "websocket.close"):
                self._respond(self._protocol.reject(403, ""))
            case (_Phase.ASKED, "websocket.http.response.start"):
                self._denial = {**message, "body": b""}
                self._phase = _Phase.DENYING
            case (_Phase.DENYING, "websocket.http.response.body"):
                self._deny(message)
            case (_Phase.ACCEPTED, "websocket.close"):
                self.attach(_Nobody(message.get("code", 1000), message.get("reason") or ""))
            case (_Phase.OVER, _):
                raise ClientDisconnected
            case (phase, kind):
                raise RuntimeError(f"{kind!r} is not allowed now (handshake {phase.name.lower()})")

    def attach(self, receiver: Receiver, peer: str | None = None) -> None:
        """What `scope["extensions"][ATTACH]` is. `peer` is the address as the endpoint sees it."""
        if self._phase is _Phase.OVER:
            raise ClientDisconnected
        if self._phase is not _Phase.ACCEPTED:
            raise RuntimeError(f"attach after accept, once (handshake {self._phase.name.lower()})")
        self._phase = _Phase.ATTACHED
        self._connections.discard(self)
        if peer is None:
            address = self._transport.get_extra_info("peername")
            peer = str(address[0]) if address else ""
        self._socket = AttachedSocket(
            self._transport, self._connections, receiver, peer=peer, limits=self.limits
        )
        early, self._early = bytes(self._early), bytearray()
        self._transport.resume_reading()
        self._socket.start(early)

    # Answers.

    def _scope(self, request: Scope, path: str, headers: Headers) -> Scope:
        raw_path, _, query = path.partition("?")
        root: str = request["root_path"]
        offered = ",".join(headers.get_all("Sec-WebSocket-Protocol")).split(",")
        return {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": request["http_version"],
            "scheme": "wss" if request["scheme"] == "https" else "ws",
            "server": request["server"],
            "client": request["client"],
            "root_path": root,
            "path": root + unquote(raw_path),
            "raw_path": (root + raw_path).encode("ascii"),
            "query_string": query.encode("ascii"),
            "headers": request["headers"],
            "subprotocols": [token.strip() for token in offered if token.strip()],
            "state": self._app_state.copy(),
            "extensions": {"websocket.http.response": {}, ATTACH: self.attach},
        }

    def _accept(self, message: Message) -> None:
        headers = self._answer.headers
        for name, value in _text_headers(message.get("headers", ())).raw_items():
            headers[name] = value
        if subprotocol := message.get("subprotocol"):
            headers["Sec-WebSocket-Protocol"] = subprotocol
        self._phase = _Phase.ACCEPTED
        self._transport.write(self._answer.serialize())

    def _deny(self, message: Message) -> None:
        self._denial["body"] += message.get("body", b"")
        if message.get("more_body", False):
            return
        status: int = self._denial["status"]
        headers = _text_headers(self._denial.get("headers", ()))
        headers.setdefault("Content-Length", str(len(self._denial["body"])))
        headers.setdefault("Connection", "close")
        self._respond(Response(status, _phrase(status), headers, self._denial["body"]))

    def _respond(self, response: Response) -> None:
        """Answer the upgrade with something else than a WebSocket."""
        self._phase = _Phase.OVER
        self._transport.write(response.serialize())
        self._transport.close()

    def _fail(self) -> None:
        """End a connection whose endpoint has a bug; the peer learns no more than that."""
        match self._phase:
            case _Phase.ASKED | _Phase.DENYING:
                self._respond(self._protocol.reject(500, "Internal Server Error\n"))
            case _Phase.ACCEPTED:
                self.attach(_Nobody(CloseCode.INTERNAL_ERROR))
            case _Phase.ATTACHED:
                assert self._socket is not None, "because of the phase"
                self._socket.close(CloseCode.INTERNAL_ERROR)
            case _Phase.OVER:
                pass  # the peer has its answer, or is gone


class _Nobody:
    """Who is attached to a WebSocket that was accepted only to be closed with a code."""

    def __init__(self, code: int, reason: str = "") -> None:
        self._code, self._reason = code, reason

    def attached(self, wire: Wire) -> None:
        wire.close(self._code, self._reason)

    def received(self, data: bytes, text: bool) -> None:
        raise AssertionError("because a closing wire discards what it receives")

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...

    def lost(self) -> None: ...


_PHRASES: Final = {status.value: status.phrase for status in http.HTTPStatus}


def _phrase(status: int) -> str:
    return _PHRASES.get(status, "")


def _text_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
