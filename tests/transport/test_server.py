"""How a process begins and ends: the port, the order of ending, dead workers, the limit of open
files."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from server.transport.admission import Admission
from server.transport.asgi import attach
from server.transport.port import FrameLimits
from server.transport.server import AddressInUse, CannotListen, Worker, listen, serve
from tests.rawsocket import RawSocket
from tests.transport.serving import Recorder, echo

pytestmark = pytest.mark.adapter


@dataclass
class Scene:
    """What a test of `serve` sees: the order in which things happened, and the sockets."""

    events: list[str] = field(default_factory=list)
    recorder: Recorder = field(default_factory=lambda: Recorder(echo))
    port: asyncio.Future[int] = field(default_factory=asyncio.Future)
    drain: Callable[[], Awaitable[None]] | None = None
    exit_code: int | None = None

    def on_ready(self, port: int) -> None:
        self.events.append("ready")
        self.port.set_result(port)

    async def on_drain(self) -> None:
        self.events.append("drain")
        if self.drain is not None:
            await self.drain()

    async def on_flush(self) -> None:
        self.events.append("flush")

    async def forever(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.events.append("worker cancelled")

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self.events.append("startup")
        yield
        self.events.append("shutdown")

    async def socket(self, websocket: WebSocket) -> None:
        peer = websocket.client.host if websocket.client else ""
        await attach(websocket, self.recorder, subprotocol=None, peer=peer, limits=FrameLimits())

    async def serve(self, *workers: Worker, trusted_proxies: str = "") -> None:
        async def index(request: Request) -> PlainTextResponse:
            return PlainTextResponse(request.client.host if request.client else "")

        routes = [Route("/", index), WebSocketRoute("/ws", self.socket)]
        async with asyncio.timeout(20):
            self.exit_code = await serve(
                Starlette(routes=routes, lifespan=self.lifespan),
                host="127.0.0.1",
                port=0,
                workers=[Worker("forever", self.forever), *workers],
                on_ready=self.on_ready,
                drain=self.on_drain,
                flush=self.on_flush,
                trusted_proxies=trusted_proxies,
                frame_limits=FrameLimits(),
                admission=Admission(20_000),
            )


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def refused(port: int) -> bool:
    try:
        async with RawSocket.connect(port):
            return False
    except OSError:
        return True


async def test_it_accepts_when_it_says_that_it_is_ready() -> None:
    scene = Scene()
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve())
        port = await scene.port
        async with RawSocket.connect(port) as client:
            await client.send_raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.read_response()
        stop()

    assert client.handshake_status == 200
    assert "date" in client.handshake_headers
    assert "server" not in client.handshake_headers
    assert scene.exit_code == 0


async def test_the_order_of_ending_is_drain_shutdown_workers_flush() -> None:
    scene = Scene()
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve())
        await scene.port
        stop()

    assert scene.events == ["startup", "ready", "drain", "shutdown", "worker cancelled", "flush"]
    assert scene.exit_code == 0


async def test_while_draining_sockets_live_and_nobody_new_can_connect() -> None:
    scene = Scene()
    seen: list[object] = []

    async def drain() -> None:
        seen.append(await refused(scene.port.result()))
        await client.send_text("still there?")
        seen.append(await client.recv_text())
        scene.recorder.wire.close(1012, "restart")
        seen.append(await client.recv_close())
        await client.send_close(1012)
        await scene.recorder.until("lost")

    scene.drain = drain
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve())
        async with RawSocket.open(await scene.port) as client:
            await scene.recorder.until("attached")
            stop()
            await scene.recorder.until("lost")
            rest = await client.recv_eof()

    assert seen == [True, "still there?", (1012, "restart")]
    assert rest == b""


async def test_who_is_left_after_the_drain_is_dropped() -> None:
    scene = Scene()
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve())
        async with RawSocket.open(await scene.port) as client:
            await scene.recorder.until("attached")
            stop()
            rest = await client.recv_eof()

    assert rest == b""
    assert scene.recorder.calls == ["attached", "lost"]
    assert scene.exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_cuts_the_drain_short(number: signal.Signals) -> None:
    scene = Scene()
    draining = asyncio.Event()

    async def drain() -> None:
        draining.set()
        await asyncio.Event().wait()

    scene.drain = drain
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve())
        await scene.port
        os.kill(os.getpid(), number)
        await draining.wait()
        os.kill(os.getpid(), number)

    assert scene.events[-2:] == ["worker cancelled", "flush"]
    assert scene.exit_code == 0


async def test_a_drain_that_fails_is_logged_and_does_not_stop_the_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()

    async def drain() -> None:
        raise ZeroDivisionError

    scene.drain = drain
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve())
        await scene.port
        stop()

    assert scene.events[-3:] == ["shutdown", "worker cancelled", "flush"]
    assert "the drain failed" in caplog.text


async def test_a_worker_that_raises_ends_the_server_with_70(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene()

    async def fail() -> None:
        await scene.port
        raise ZeroDivisionError("why it died")

    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve(Worker("doomed", fail)))

    assert scene.exit_code == 70
    assert scene.events[2:] == ["drain", "shutdown", "worker cancelled", "flush"]
    assert "worker doomed failed" in caplog.text
    assert "why it died" in caplog.text


async def test_a_worker_that_ends_ends_the_server_with_70(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()

    async def end() -> None:
        await scene.port

    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve(Worker("idle", end)))

    assert scene.exit_code == 70
    assert "worker idle ended" in caplog.text


async def test_a_lifespan_that_fails_ends_with_70_and_never_gets_ready() -> None:
    scene = Scene()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        raise ZeroDivisionError
        yield

    scene.lifespan = lifespan  # type: ignore[method-assign]
    await scene.serve()

    assert scene.exit_code == 70
    assert scene.events == ["worker cancelled", "flush"]


async def test_a_port_in_use_is_an_error_that_names_it() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(AddressInUse) as error:
            listen("127.0.0.1", port)

    assert (error.value.host, error.value.port) == ("127.0.0.1", port)
    assert str(error.value).startswith(f"cannot listen on 127.0.0.1, port {port}: ")


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
async def test_an_address_that_is_not_ours_is_an_error_that_names_it(host: str) -> None:
    with pytest.raises(CannotListen, match=f"cannot listen on {host}, port 0"):
        listen(host, 0)


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="Linux only")
async def test_accepted_sockets_inherit_the_listeners_options() -> None:
    with listen("127.0.0.1", 0) as listener:
        listener.listen()
        listener.setblocking(True)
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                unsent = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
                no_delay = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert unsent == 65_536
    assert no_delay


@pytest.mark.parametrize(("trusted", "seen"), [("127.0.0.1", "203.0.113.7"), ("", "127.0.0.1")])
async def test_only_a_trusted_proxy_says_who_the_peer_is(trusted: str, seen: str) -> None:
    scene = Scene()
    async with asyncio.TaskGroup() as group:
        group.create_task(scene.serve(trusted_proxies=trusted))
        forwarded = [("X-Forwarded-For", "203.0.113.7")]
        async with RawSocket.open(await scene.port, headers=forwarded):
            await scene.recorder.until("attached")
        stop()

    assert scene.recorder.wire.peer == seen
