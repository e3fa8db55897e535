"""How a process begins and ends: the port, the order of ending, dead workers, the limit of open
files."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

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
from tests.rawsocket import CLOSE, RawSocket
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


FULL_SERVER = """
import asyncio, resource, uvloop
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from server.transport.admission import Admission
from server.transport.asgi import attach
from server.transport.port import FrameLimits
from server.transport.server import serve
from tests.transport.serving import Recorder, echo

resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
admission = Admission(256)

async def socket(websocket):
    if admission.full:
        await websocket.accept()
        await websocket.close(1013)
    else:
        await attach(websocket, Recorder(echo), subprotocol=None, peer="", limits=FrameLimits())

async def index(request):
    return PlainTextResponse("here")

async def nothing():
    pass

async def main():
    await serve(
        Starlette(routes=[Route("/", index), WebSocketRoute("/ws", socket)]),
        host="127.0.0.1", port=0, workers=[], on_ready=lambda port: print(port, flush=True),
        drain=nothing, flush=nothing, trusted_proxies="", frame_limits=FrameLimits(),
        admission=admission,
    )

with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""


@asynccontextmanager
async def full_server() -> AsyncIterator[tuple[int, asyncio.subprocess.Process]]:
    """A server that may open 256 files."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FULL_SERVER, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            port = int(await process.stdout.readline())
        yield port, process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def times_at_rest(process: asyncio.subprocess.Process) -> int:
    """How often the process had nothing to do and waited."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


async def get_index(port: int) -> int:
    async with RawSocket.connect(port) as client:
        await client.send_raw(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        await client.read_response()
        return client.handshake_status


async def test_a_full_node_says_1013_and_still_answers_requests() -> None:
    async with full_server() as (port, process), AsyncExitStack() as stack:
        codes = []
        for _ in range(200):
            client = await stack.enter_async_context(RawSocket.open(port))
            await client.send_text("?")
            opcode, payload = await client.recv()
            codes.append(int.from_bytes(payload[:2], "big") if opcode == CLOSE else None)
        status = await get_index(port)
        process.terminate()
        exit_code = await process.wait()

    assert codes[:180] == [None] * 180
    assert codes[180:] == [1013] * 20
    assert status == 200
    assert exit_code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_flood_of_connections_is_dropped_and_leaves_the_server_idle() -> None:
    """With no file left, an accept loop that spins never rests between two messages."""
    async with full_server() as (port, process), AsyncExitStack() as flood:
        client = await flood.enter_async_context(RawSocket.open(port))
        for _ in range(600):
            await flood.enter_async_context(RawSocket.connect(port))
        last = await flood.enter_async_context(RawSocket.connect(port))
        dropped = await last.recv_eof()
        before = times_at_rest(process)
        for _ in range(100):
            await client.send_text("?")
            await client.recv()
        rests = times_at_rest(process) - before
        await flood.aclose()
        process.terminate()
        exit_code = await process.wait()

    assert dropped == b""
    assert rests > 50
    assert exit_code == 0
