"""What an attached socket does beyond the RFC: bounds, the end, and how little it holds.

The RFC itself is in `test_rfc6455.py`, what both adapters promise in `test_conformance.py`.
"""

import asyncio
import gc

import pytest
from websockets.protocol import Protocol, Side, State

from server.transport.attached import _at_edge, _shelf
from server.transport.port import FrameLimits, server_frame
from tests.rawsocket import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    RawSocket,
    client_frame,
)
from tests.transport.serving import Recorder, running

pytestmark = pytest.mark.adapter


def close_payload(code: int) -> bytes:
    return code.to_bytes(2, "big")


async def test_a_read_full_of_pings_is_refused() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        recorder.wire.data_received(client_frame(PING) * 10_000)  # type: ignore[attr-defined]
        opcode, pongs = PONG, 0
        while opcode == PONG:
            opcode, payload = await socket.recv()
            pongs += 1

        assert (opcode, payload[:2]) == (CLOSE, close_payload(1008))
        assert pongs < 1_000


async def test_only_the_latest_ping_is_answered_to_a_peer_that_does_not_read() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        frames = 0
        while recorder.wire.unsent < 300_000:
            recorder.wire.write(server_frame(b"x" * 10_000, text=False))
            frames += 1
        before = recorder.wire.unsent
        for number in range(50):
            ping = client_frame(PING, f"{number}".encode())
            recorder.wire.data_received(ping)  # type: ignore[attr-defined]
        after = recorder.wire.unsent
        for _ in range(frames):
            await socket.recv()
        pong = await socket.recv()

        assert after == before
        assert pong == (PONG, b"49")


async def test_closing_while_the_peers_close_is_already_read_sends_one_close_frame(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def close(recorder: Recorder, data: bytes, text: bool) -> None:
        recorder.wire.close(4000)

    async with running(on_message=close) as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(client_frame(TEXT, b"x") + client_frame(CLOSE, close_payload(1001)))
        answer = await socket.recv()
        rest = await socket.recv_eof()

        assert answer == (CLOSE, close_payload(1001))
        assert rest == b""
        assert caplog.records == []


async def test_a_receiver_that_fails_as_it_is_attached_closes_with_1011() -> None:
    class Failing(Recorder):
        def attached(self, wire: object) -> None:
            raise ZeroDivisionError("a secret")

    async with running(recorder=Failing) as server, RawSocket.open(server.port) as socket:
        closed = await socket.recv_close()

        assert closed == (1011, "")


async def test_a_socket_lost_while_closing_leaves_no_timer() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        recorder.wire.close(4000)
        timer: asyncio.TimerHandle = recorder.wire._timer  # type: ignore[attr-defined]
        await socket.recv_close()
        await socket.send_close(4000)
        await recorder.until("lost")

        assert timer.cancelled()


async def test_a_half_closed_peer_that_does_not_read_is_dropped() -> None:
    limits = FrameLimits(close_within=0.01)
    async with running(limits=limits) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        while recorder.wire.unsent < 1_000_000:
            recorder.wire.write(server_frame(b"x" * 65_536, text=False))
        socket.send_eof()
        await recorder.until("lost")

        assert recorder.calls == ["attached", "pause_writing", "lost"]


async def test_an_idle_connection_holds_no_task_no_parser_and_no_handshake() -> None:
    """PERFORMANCE: no task, queue, event, scope or headers per idle connection."""
    async with running() as server:
        tasks = len(asyncio.all_tasks())
        gc.collect()
        gc.disable()  # what is gone must be gone without it
        try:
            async with RawSocket.open(server.port) as socket:
                recorder = await server.attached()
                await socket.send_text("hello")
                await socket.recv()
                held = {type(it).__name__ for it in gc.get_referents(recorder.wire)}
                kinds = [type(it).__name__ for it in gc.get_objects()]

                assert len(asyncio.all_tasks()) == tasks
                assert server.state.tasks == set()
                assert list[object](server.state.connections) == [recorder.wire]
                assert "Protocol" not in held
                assert "Handshake" not in kinds
                assert "Http" not in kinds
                assert not hasattr(recorder.wire, "__dict__")
        finally:
            gc.enable()


async def test_a_parser_is_shared_only_between_frames() -> None:
    frame = client_frame(TEXT, b"one")
    async with (
        running() as server,
        RawSocket.open(server.port) as one,
        RawSocket.open(server.port) as two,
    ):
        await one.send_raw(frame[:4])
        for _ in range(3):
            await two.send_text("two")
            await two.recv()
        await one.send_raw(frame[4:])
        answer = await one.recv_text()

        assert answer == "one"
        assert all(_at_edge(parser) for parser in _shelf)
        assert len({id(parser) for parser in _shelf}) == len(_shelf)


@pytest.mark.parametrize("data", [client_frame(TEXT, b"x" * 200)[:cut] for cut in range(1, 9)])
def test_a_parser_inside_a_frame_is_not_at_its_edge(data: bytes) -> None:
    """The private parts of `websockets` that the shelf relies on."""
    parser = Protocol(Side.SERVER, state=State.OPEN)
    before = _at_edge(parser)
    parser.receive_data(data)

    assert before
    assert not _at_edge(parser)
