"""Counting sockets against the limit of open files, and a process that meets it."""

import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from server.transport.admission import Admission, raise_open_files_limit
from tests.rawsocket import CLOSE, RawSocket


@pytest.mark.parametrize(
    ("open_files", "sockets", "full", "exhausted"),
    [
        (256, 180, False, False),
        (256, 181, True, False),
        (256, 218, True, False),
        (256, 219, True, True),
        (20_000, 18_936, False, False),
        (20_000, 18_937, True, False),
        (64, 1, False, False),
        (64, 2, True, False),
    ],
)
def test_a_reserve_of_files_is_kept(
    open_files: int, sockets: int, full: bool, exhausted: bool
) -> None:
    admission = Admission(open_files)
    admission.watch(range(sockets))

    assert admission.full is full
    assert admission.exhausted is exhausted


def test_a_server_that_has_not_started_is_not_full() -> None:
    admission = Admission(256)

    assert not admission.full
    assert not admission.exhausted


def test_the_soft_limit_is_raised_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1_000), hard))
    try:
        raised = raise_open_files_limit()

        assert raised == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert raised >= soft
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


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


@pytest.mark.adapter
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


@pytest.mark.adapter
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
