"""The handshake on our own uvicorn classes, and the private parts of uvicorn that they stand on."""

import asyncio
import base64
import inspect
import os
from contextlib import AsyncExitStack
from typing import Any

import httptools
import pytest
import uvicorn
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import Server, ServerState
from websockets.http11 import Request
from websockets.protocol import SEND_EOF, Protocol, Side, State
from websockets.server import ServerProtocol

from server.transport.admission import Admission
from server.transport.port import FrameLimits
from server.transport.uvicorn_protocol import http_class, protocol_class
from tests.rawsocket import CLOSE, TEXT, RawSocket, client_frame
from tests.transport.serving import eventually, running

pytestmark = pytest.mark.adapter

KEY = base64.b64encode(os.urandom(16)).decode()
GOOD = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def upgrade_request(line: str = "GET /ws HTTP/1.1", **changes: str | None) -> bytes:
    """A good request but for `changes`, whose names have `_` for `-`; None leaves one out."""
    headers = GOOD | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([line, *lines, "", ""]).encode("latin-1")


async def test_the_example_of_the_rfc_gets_its_accept_header() -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(upgrade_request(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ=="))
        await socket.read_response()

        assert socket.handshake_status == 101
        assert socket.handshake_headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert socket.handshake_headers["upgrade"] == "websocket"
        assert "server" not in socket.handshake_headers


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(upgrade_request(Sec_WebSocket_Version="8"), 400, id="wrong version"),
        pytest.param(upgrade_request(Sec_WebSocket_Version=None), 400, id="no version"),
        pytest.param(upgrade_request(Sec_WebSocket_Key=None), 400, id="no key"),
        pytest.param(upgrade_request(Sec_WebSocket_Key="c2hvcnQ="), 400, id="short key"),
        pytest.param(upgrade_request(Sec_WebSocket_Key="*" * 24), 400, id="key not base64"),
        pytest.param(upgrade_request("POST /ws HTTP/1.1"), 405, id="POST"),
        pytest.param(upgrade_request("GET /ws HTTP/1.0"), 505, id="HTTP/1.0"),
        pytest.param(upgrade_request("GET /nowhere HTTP/1.1"), 403, id="unknown path"),
        pytest.param(upgrade_request("GET http://a/ws HTTP/1.1"), 400, id="absolute target"),
        pytest.param(upgrade_request("GET /w\x7fs HTTP/1.1"), 400, id="control character in path"),
        pytest.param(b"NONSENSE\r\n\r\n", 400, id="no request at all"),
    ],
)
async def test_a_bad_handshake_is_refused(request_bytes: bytes, status: int) -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(request_bytes)
        await socket.read_response()
        rest = await socket.recv_eof()

        assert socket.handshake_status == status
        assert rest == b""
        assert server.recorders.empty()


async def test_a_request_for_another_upgrade_is_answered_as_plain_http() -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(upgrade_request("GET / HTTP/1.1", Upgrade="h2c"))
        await socket.read_response()

        assert socket.handshake_status == 200
        assert socket.handshake_body == b"here"


async def test_frames_in_the_segment_of_the_handshake_are_not_lost() -> None:
    early = b"".join(client_frame(TEXT, f"{number}".encode()) for number in range(20))
    async with running() as server, RawSocket.open(server.port, early=early) as socket:
        answers = [await socket.recv_text() for _ in range(20)]

        assert answers == [f"{number}" for number in range(20)]


@pytest.mark.parametrize("cut", [-1, 1, 3, 10])
async def test_a_frame_may_begin_in_the_segment_of_the_handshake(cut: int) -> None:
    frame = client_frame(TEXT, b"hello")
    async with running() as server, RawSocket.open(server.port, early=frame[:cut]) as socket:
        await socket.send_raw(frame[cut:])
        answer = await socket.recv_text()

        assert answer == "hello"


async def test_a_handshake_may_come_byte_by_byte() -> None:
    data = upgrade_request() + client_frame(TEXT, b"hello")
    async with running() as server, RawSocket.connect(server.port) as socket:
        for byte in data:
            await socket.send_raw(bytes((byte,)))
            await asyncio.sleep(0)
        await socket.read_response()
        answer = await socket.recv_text()

        assert socket.handshake_status == 101
        assert answer == "hello"


async def test_what_is_sent_before_the_answer_is_kept_within_a_bound() -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        socket.send_nowait(upgrade_request("GET /gated HTTP/1.1"))
        socket.send_nowait(client_frame(TEXT, b"x" * 100_000) * 100)
        await eventually(lambda: paused_handshakes(server.state))
        (handshake,) = paused_handshakes(server.state)
        kept = len(handshake._early)
        server.gate.set()
        await socket.read_response()
        echoes = [await socket.recv_text() for _ in range(100)]

        assert kept < 1_000_000
        assert {len(text) for text in echoes} == {100_000}


def paused_handshakes(state: ServerState) -> list[Any]:
    connections: set[Any] = set(state.connections)
    handshakes = (it for it in connections if type(it).__name__ == "Handshake")
    return [it for it in handshakes if not it._transport.is_reading()]


async def test_a_peer_that_leaves_during_the_handshake_ends_its_task() -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(upgrade_request("GET /slow HTTP/1.1"))
        await eventually(lambda: server.state.tasks)
        socket.abort()
        await eventually(lambda: not server.state.tasks)

        assert server.state.connections == set()


async def test_a_handshake_that_uvicorn_cancels_drops_the_peer() -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(upgrade_request("GET /slow HTTP/1.1"))
        await eventually(lambda: server.state.tasks)
        (task,) = server.state.tasks
        task.cancel()
        rest = await socket.recv_eof()

        assert rest == b""
        assert server.state.connections == set()


async def test_a_handshake_in_progress_at_shutdown_is_answered_503() -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(upgrade_request("GET /slow HTTP/1.1"))
        await eventually(lambda: server.state.tasks)
        for connection in list(server.state.connections):
            connection.shutdown()
        await socket.read_response()

        assert socket.handshake_status == 503


async def test_an_attached_socket_at_shutdown_is_dropped() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        for connection in list(server.state.connections):
            connection.shutdown()
        rest = await socket.recv_eof()

        assert rest == b""
        assert recorder.calls == ["attached", "lost"]


@pytest.mark.parametrize("path", ["/raising", "/silent"])
async def test_an_endpoint_that_fails_before_its_answer_is_http_500(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running() as server, RawSocket.open(server.port, path) as socket:
        assert socket.handshake_status == 500
        assert b"secret" not in socket.handshake_body
        assert "a WebSocket endpoint failed" in caplog.text


@pytest.mark.parametrize(
    "path", ["/raising-accepted", "/raising-attached", "/unattached", "/twice", "/talking"]
)
async def test_an_endpoint_that_fails_after_its_answer_closes_with_1011(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running() as server, RawSocket.open(server.port, path) as socket:
        closed = await socket.recv_close()

        assert closed == (1011, "")
        assert "a WebSocket endpoint failed" in caplog.text


async def test_an_answer_to_a_peer_that_has_gone_is_no_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(upgrade_request("GET /too-late HTTP/1.1"))
        await eventually(lambda: server.state.tasks)
        socket.abort()
        await eventually(lambda: not server.state.tasks)

        assert caplog.records == []


async def test_a_denial_may_come_in_pieces() -> None:
    async with running() as server, RawSocket.open(server.port, "/streamed") as socket:
        assert socket.handshake_status == 503
        assert socket.handshake_body == b"not today"


async def test_an_endpoint_may_accept_only_to_close_with_a_code() -> None:
    async with running() as server, RawSocket.open(server.port, "/full") as socket:
        await socket.send_text("ignored")
        closed = await socket.recv_close()
        await socket.send_raw(client_frame(CLOSE))
        rest = await socket.recv_eof()

        assert closed == (1013, "full")
        assert rest == b""


async def test_an_upgrade_behind_an_unanswered_request_is_dropped() -> None:
    async with running() as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" + upgrade_request())
        answer = await socket.recv_eof()

        assert b"101" not in answer
        assert server.recorders.empty()


async def test_a_socket_that_asks_nothing_is_dropped() -> None:
    async with (
        running(request_within=0.01) as server,
        RawSocket.connect(server.port) as socket,
    ):
        rest = await socket.recv_eof()

        assert rest == b""
        assert server.state.connections == set()


async def test_a_request_that_never_ends_is_dropped() -> None:
    async with (
        running(request_within=0.01) as server,
        RawSocket.connect(server.port) as socket,
    ):
        await socket.send_raw(b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        rest = await socket.recv_eof()

        assert rest == b""


async def test_a_complete_request_has_no_deadline_any_more() -> None:
    async with running(request_within=3_600) as server, RawSocket.connect(server.port) as socket:
        await socket.send_raw(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await socket.read_response()
        (connection,) = server.state.connections

        assert connection._deadline is None  # type: ignore[union-attr]


async def test_the_last_files_are_not_used_for_sockets() -> None:
    admission = Admission(64)  # 31 sockets, 1 of them a WebSocket
    async with running(admission=admission) as server, AsyncExitStack() as stack:
        for _ in range(31):
            await stack.enter_async_context(RawSocket.connect(server.port))
        await eventually(lambda: len(server.state.connections) == 31)
        async with RawSocket.connect(server.port) as one_too_many:
            dropped = await one_too_many.recv_eof()
        await stack.aclose()
        await eventually(lambda: not server.state.connections)
        async with RawSocket.open(server.port) as socket:
            await socket.send_text("hello")
            answer = await socket.recv_text()

        assert dropped == b""
        assert answer == "hello"


async def test_headers_of_the_endpoint_are_in_the_answer() -> None:
    async with running() as server, RawSocket.open(server.port, "/headers") as socket:
        assert socket.handshake_headers["x-parley"] == "yes"


def test_the_private_parts_of_uvicorn_are_as_we_know_them() -> None:
    """An upgrade that renames one of these must fail here, not in production."""
    config = Config(lambda scope, receive, send: None, http=HttpToolsProtocol, log_config=None)
    source = inspect.getsource(HttpToolsProtocol)

    for name in (
        "on_message_begin",
        "on_headers_complete",
        "send_400_response",
        "_should_upgrade",
        "_unset_keepalive_if_required",
    ):
        assert callable(getattr(HttpToolsProtocol, name)), name
    for name in ("parser", "cycle", "connections", "ws_protocol_class", "config", "server_state"):
        assert f"self.{name}" in source, name
    for name in ("app_state", "scope", "url", "loop", "transport"):
        assert f"self.{name}" in source, name
    assert list(inspect.signature(HttpToolsProtocol).parameters) == [
        "config",
        "server_state",
        "app_state",
        "_loop",
    ]
    assert set(vars(ServerState())) >= {"connections", "tasks", "default_headers"}
    assert {"startup", "shutdown", "capture_signals", "handle_exit"} <= set(vars(Server))
    assert set(vars(Server(config))) >= {"should_exit", "force_exit", "started", "server_state"}
    assert issubclass(ClientDisconnected, OSError)
    assert uvicorn.__version__.startswith("0.54.")


def test_httptools_tells_where_an_upgrade_ends() -> None:
    request = upgrade_request()
    parser = httptools.HttpRequestParser(object())

    with pytest.raises(httptools.HttpParserUpgrade) as upgrade:
        parser.feed_data(request + b"frames")

    assert upgrade.value.args == (len(request),)


def test_the_private_parts_of_websockets_are_as_we_know_them() -> None:
    parser = Protocol(Side.SERVER, state=State.OPEN)
    parser.max_message_size = 5
    parser.receive_data(client_frame(TEXT, b"123456"))
    *_, eof = parser.data_to_send()

    assert eof == SEND_EOF
    assert parser.close_sent is not None
    assert parser.close_sent.code == 1009
    assert parser.close_rcvd is None
    assert list(inspect.signature(ServerProtocol.accept).parameters) == ["self", "request"]
    assert list(inspect.signature(Request).parameters)[:4] == [
        "path",
        "headers",
        "method",
        "protocol",
    ]


def test_each_server_has_limits_of_its_own() -> None:
    small, large = protocol_class(FrameLimits(bytes=1)), protocol_class(FrameLimits(bytes=2))
    one, other = http_class(Admission(1_000)), http_class(Admission(2_000))

    assert small.limits.bytes == 1  # type: ignore[attr-defined]
    assert large.limits.bytes == 2  # type: ignore[attr-defined]
    assert one.admission is not other.admission  # type: ignore[attr-defined]
