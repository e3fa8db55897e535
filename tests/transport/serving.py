"""A small server for tests: real sockets, uvicorn's real protocol classes, and a receiver that
writes everything down.

It leaves out `uvicorn.Server`, whose polling would cost each test a fifth of a second;
`test_server.py` has that.
"""

import asyncio
import enum
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.server import ServerState

from server.transport.admission import Admission
from server.transport.asgi import attach
from server.transport.port import ATTACH, FrameLimits, Wire, server_frame
from server.transport.server import listen
from server.transport.uvicorn_protocol import http_class, protocol_class

__all__ = ["Adapter", "Recorder", "Running", "echo", "eventually", "running"]

OnMessage = Callable[["Recorder", bytes, bool], None]


class Adapter(enum.Enum):
    ATTACHED = "attached"
    PLAIN = "plain ASGI"


class Recorder:
    """A receiver that writes down what it is told, and does one thing on each message."""

    def __init__(self, on_message: OnMessage) -> None:
        self.calls: list[str] = []
        self.messages: list[tuple[bytes, bool]] = []
        self.wire: Wire
        self._on_message = on_message
        self._changed = asyncio.Event()

    def attached(self, wire: Wire) -> None:
        self.wire = wire
        self._note("attached")

    def received(self, data: bytes, text: bool) -> None:
        self.messages.append((data, text))
        self._note("received")
        self._on_message(self, data, text)

    def pause_writing(self) -> None:
        self._note("pause_writing")

    def resume_writing(self) -> None:
        self._note("resume_writing")

    def lost(self) -> None:
        self._note("lost")

    def _note(self, call: str) -> None:
        self.calls.append(call)
        self._changed.set()

    async def until(self, call: str) -> None:
        """Wait until `call` has been made."""
        async with asyncio.timeout(10):
            while call not in self.calls:
                self._changed.clear()
                await self._changed.wait()


def echo(recorder: Recorder, data: bytes, text: bool) -> None:
    recorder.wire.write(server_frame(data, text=text))


async def eventually(condition: Callable[[], object]) -> None:
    """Let the loop turn until `condition` holds: for what announces itself to nobody."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0)


@dataclass
class Running:
    """A server in this process. `attached()` waits for the next receiver."""

    port: int
    state: ServerState
    recorders: "asyncio.Queue[Recorder]" = field(default_factory=asyncio.Queue)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """`/gated` attaches when this is set."""

    async def attached(self) -> Recorder:
        async with asyncio.timeout(10):
            recorder = await self.recorders.get()
            await recorder.until("attached")
            return recorder


@asynccontextmanager
async def running(
    adapter: Adapter = Adapter.ATTACHED,
    *,
    on_message: OnMessage = echo,
    recorder: type[Recorder] = Recorder,
    limits: FrameLimits | None = None,
    admission: Admission | None = None,
    request_within: float = 10.0,
) -> AsyncIterator[Running]:
    """Serve `/ws` (attaches a `Recorder`), ways to refuse, ways to fail, and `GET /`."""
    # No test may pass only because a connection that should have closed was dropped in the end.
    limits = limits or FrameLimits(close_within=3_600)
    admission = admission or Admission(20_000)
    server = Running(port=0, state=ServerState())
    app = _app(server, lambda: recorder(on_message), limits, admission)
    if adapter is Adapter.ATTACHED:
        config = uvicorn.Config(
            app,
            http=http_class(admission, request_within=request_within),
            ws=protocol_class(limits),
            log_config=None,
            proxy_headers=False,
        )
    else:
        config = uvicorn.Config(
            app, http="httptools", ws="websockets-sansio", ws_ping_interval=None, log_config=None
        )
    config.load()
    admission.watch(server.state.connections)
    listener = listen("127.0.0.1", 0)
    server.port = listener.getsockname()[1]
    acceptor = await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(  # type: ignore[call-arg]  # uvicorn's contract
            config=config, server_state=server.state, app_state={}
        ),
        sock=listener,
    )
    try:
        yield server
    finally:
        acceptor.close()
        for connection in list(server.state.connections):
            connection.shutdown()
        for task in list(server.state.tasks):
            task.cancel()
        await asyncio.gather(*server.state.tasks, return_exceptions=True)


def _app(
    server: Running, receiver: Callable[[], Recorder], limits: FrameLimits, admission: Admission
) -> Starlette:
    async def socket(websocket: WebSocket) -> None:
        if admission.full:
            await _full(websocket)
            return
        recorder = receiver()
        server.recorders.put_nowait(recorder)
        offered = websocket.scope["subprotocols"]
        await attach(
            websocket,
            recorder,
            subprotocol=offered[0] if offered else None,
            peer=websocket.client.host if websocket.client else "",
            limits=limits,
        )

    async def gated(websocket: WebSocket) -> None:
        await server.gate.wait()
        await socket(websocket)

    async def raising_attached(websocket: WebSocket) -> None:
        await socket(websocket)
        raise ZeroDivisionError("a secret")

    return Starlette(
        routes=[
            Route("/", _index),
            WebSocketRoute("/ws", socket),
            WebSocketRoute("/gated", gated),
            WebSocketRoute("/denied", _denied),
            WebSocketRoute("/closed", _closed),
            WebSocketRoute("/full", _full),
            WebSocketRoute("/headers", _headers),
            WebSocketRoute("/streamed", _streamed),
            WebSocketRoute("/too-late", _too_late),
            WebSocketRoute("/twice", _twice),
            WebSocketRoute("/talking", _talking),
            WebSocketRoute("/slow", _slow),
            WebSocketRoute("/silent", _silent),
            WebSocketRoute("/unattached", _unattached),
            WebSocketRoute("/raising", _raising),
            WebSocketRoute("/raising-accepted", _raising_accepted),
            WebSocketRoute("/raising-attached", raising_attached),
        ]
    )


async def _index(_: object) -> PlainTextResponse:
    return PlainTextResponse("here")


async def _denied(websocket: WebSocket) -> None:
    await websocket.send_denial_response(JSONResponse({"why": "unknown"}, 400))


async def _closed(websocket: WebSocket) -> None:
    await websocket.close(1000)


async def _full(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close(1013, "full")


async def _headers(websocket: WebSocket) -> None:
    await websocket.accept(headers=[(b"x-parley", b"yes")])
    await websocket.close()


async def _streamed(websocket: WebSocket) -> None:
    await websocket.send_denial_response(StreamingResponse(iter(("not ", "today")), 503))


async def _too_late(websocket: WebSocket) -> None:
    """Accepts when the peer has gone."""
    await websocket.receive()
    await websocket.receive()
    await websocket._send({"type": "websocket.accept"})


async def _twice(websocket: WebSocket) -> None:
    await websocket.accept()
    for _ in range(2):
        websocket.scope["extensions"][ATTACH](Recorder(echo))


async def _talking(websocket: WebSocket) -> None:
    """Sends as if this were any ASGI server."""
    await websocket.accept()
    await websocket.send_text("hello")


async def _slow(websocket: WebSocket) -> None:
    """Answers nothing until the peer has gone."""
    await websocket.receive()
    await websocket.receive()


async def _silent(websocket: WebSocket) -> None:
    """Returns without an answer: a bug."""


async def _unattached(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()


async def _raising(websocket: WebSocket) -> None:
    raise ZeroDivisionError("a secret")


async def _raising_accepted(websocket: WebSocket) -> None:
    await websocket.accept()
    raise ZeroDivisionError("a secret")
