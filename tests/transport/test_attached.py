"""RFC 6455 byte by byte: what a peer may do to an attached socket, and what comes of it.

Cases that both adapters answer alike are in `test_conformance.py`.
"""

import asyncio
import gc

import pytest
from websockets.protocol import Protocol, Side, State

from server.transport.attached import _at_edge, _shelf
from server.transport.port import FrameLimits, server_frame
from tests.rawsocket import (
    BINARY,
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    RawSocket,
    client_frame,
)
from tests.transport.serving import Recorder, running

pytestmark = pytest.mark.adapter


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return code.to_bytes(2, "big") + reason


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(client_frame(TEXT, b"x", rsv=4), id="reserved bit 1, as deflate would set it"),
        pytest.param(client_frame(TEXT, b"x", rsv=2), id="reserved bit 2"),
        pytest.param(client_frame(TEXT, b"x", rsv=1), id="reserved bit 3"),
        *(
            pytest.param(client_frame(opcode, b"x"), id=f"reserved opcode {opcode:#x}")
            for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
        ),
        pytest.param(client_frame(TEXT, b"x", mask=False), id="unmasked text"),
        pytest.param(client_frame(PING, mask=False), id="unmasked ping"),
        pytest.param(client_frame(PING, b"x", fin=False), id="fragmented ping"),
        pytest.param(client_frame(CLOSE, close_payload(1000), fin=False), id="fragmented close"),
        pytest.param(client_frame(PING, b"x" * 126), id="ping of 126 bytes"),
        pytest.param(client_frame(CLOSE, close_payload(1000, b"x" * 124)), id="close of 126 bytes"),
        pytest.param(client_frame(CONT, b"x"), id="continuation of nothing"),
        pytest.param(
            client_frame(TEXT, b"x", fin=False) + client_frame(TEXT, b"y"),
            id="new message inside a message",
        ),
        pytest.param(
            client_frame(TEXT, b"x", fin=False) + client_frame(CLOSE, close_payload(1000)),
            id="close inside a message",
        ),
        pytest.param(client_frame(CLOSE, b"\x03"), id="close of one byte"),
        *(
            pytest.param(client_frame(CLOSE, close_payload(code)), id=f"close code {code}")
            for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
        ),
    ],
)
async def test_a_violation_closes_with_1002(frame: bytes) -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(frame)
        code, _ = await socket.recv_close()
        recorder = await server.attached()
        socket.send_eof()
        await recorder.until("lost")

        assert code == 1002
        assert recorder.messages == []


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
async def test_a_valid_close_code_is_echoed(code: int) -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_close(code, "grüß")
        answer = await socket.recv_close()
        rest = await socket.recv_eof()

        assert answer == (code, "grüß")
        assert rest == b""


async def test_an_empty_close_is_answered_with_an_empty_close() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_close(None)
        answer = await socket.recv_close()

        assert answer == (None, "")


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(client_frame(TEXT, b"\xff"), id="never a first byte"),
        pytest.param(client_frame(TEXT, b"\xc0\xaf"), id="overlong"),
        pytest.param(client_frame(TEXT, b"\xed\xa0\x80"), id="surrogate"),
        pytest.param(client_frame(TEXT, b"\xf4\x90\x80\x80"), id="beyond U+10FFFF"),
        pytest.param(client_frame(TEXT, b"ok \xe2\x9c"), id="cut short"),
        pytest.param(
            client_frame(TEXT, b"\xe2", fin=False) + client_frame(CONT, b"\x28\xa1"),
            id="wrong only when joined",
        ),
        pytest.param(
            client_frame(TEXT, b"\xe2", fin=False) + client_frame(CONT, b""), id="cut by a fragment"
        ),
        pytest.param(client_frame(CLOSE, close_payload(1000, b"\xff")), id="reason of a close"),
    ],
)
async def test_text_that_is_not_utf_8_closes_with_1007(frames: bytes) -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(frames)
        code, _ = await socket.recv_close()
        recorder = await server.attached()

        assert code == 1007
        assert recorder.messages == []


async def test_a_character_may_be_split_between_fragments() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        text = "✓ 𝄞".encode()
        pieces = [bytes((byte,)) for byte in text]
        await socket.send_raw(
            client_frame(TEXT, pieces[0], fin=False)
            + b"".join(client_frame(CONT, piece, fin=False) for piece in pieces[1:])
            + client_frame(CONT)
        )
        answer = await socket.recv()

        assert answer == (TEXT, text)


async def test_binary_need_not_be_utf_8() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(
            client_frame(BINARY, b"\xff", fin=False) + client_frame(CONT, b"\xfe")
        )
        answer = await socket.recv()

        assert answer == (BINARY, b"\xff\xfe")


def fragments(count: int, payload: bytes = b"") -> bytes:
    """A binary message in `count` fragments."""
    middle = client_frame(CONT, payload, fin=False) * (count - 2)
    return client_frame(BINARY, payload, fin=False) + middle + client_frame(CONT, payload)


async def test_sixty_four_fragments_pass() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(fragments(64, b"x"))
        answer = await socket.recv()

        assert answer == (BINARY, b"x" * 64)


@pytest.mark.parametrize("payload", [b"", b"x"])
async def test_sixty_five_fragments_close_with_1009(payload: bytes) -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(fragments(65, payload))
        code, _ = await socket.recv_close()

        assert code == 1009


async def test_fragments_are_counted_anew_for_each_message() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(fragments(60, b"a") + fragments(60, b"b"))
        answers = [await socket.recv(), await socket.recv()]

        assert answers == [(BINARY, b"a" * 60), (BINARY, b"b" * 60)]


async def test_a_message_at_the_limit_only_when_joined_passes() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(fragments(64, b"x" * 2_048))
        _, answer = await socket.recv()

        assert len(answer) == 131_072


async def test_a_message_too_big_only_when_joined_closes_with_1009() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(
            client_frame(BINARY, b"x" * 100_000, fin=False) + client_frame(CONT, b"x" * 31_073)
        )
        code, _ = await socket.recv_close()

        assert code == 1009


async def test_a_size_too_big_is_refused_before_its_payload_comes() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(bytes((0x82, 0xFF)) + (2**63 - 1).to_bytes(8, "big"))
        code, _ = await socket.recv_close()

        assert code == 1009


async def test_the_close_frame_survives_a_peer_that_is_still_sending() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(client_frame(BINARY, b"x" * 3_000_000))
        await socket.send_raw(b"y" * 3_000_000)
        code, _ = await socket.recv_close()
        rest = await socket.recv_eof()

        assert code == 1009
        assert rest == b""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (client_frame(TEXT, b"hello"), b"hello"),
        (
            client_frame(TEXT, b"he", fin=False)
            + client_frame(PING, b"p")
            + client_frame(CONT, b"llo"),
            b"hello",
        ),
        (client_frame(TEXT, b"x" * 300), b"x" * 300),
    ],
    ids=["one frame", "fragments and a ping", "a two-byte length"],
)
async def test_a_peer_may_send_one_byte_at_a_time(data: bytes, message: bytes) -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        for byte in data:
            await socket.send_raw(bytes((byte,)))
            await asyncio.sleep(0)
        await recorder.until("received")

        assert recorder.messages == [(message, True)]


async def test_bytes_chopped_anywhere_parse_alike() -> None:
    data = (
        client_frame(TEXT, b"one")
        + client_frame(BINARY, b"t" * 200, fin=False)
        + client_frame(PING, b"p")
        + client_frame(CONT, b"wo")
    )
    async with running() as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        wire = recorder.wire
        for cut in range(1, len(data)):
            wire.data_received(data[:cut])  # type: ignore[attr-defined]  # as the event loop does
            wire.data_received(data[cut:])  # type: ignore[attr-defined]
        expected = [(b"one", True), (b"t" * 200 + b"wo", False)] * (len(data) - 1)

        assert recorder.messages == expected
        assert socket.handshake_status == 101


async def test_half_a_frame_and_the_end_of_the_stream_is_lost_without_a_message() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        await socket.send_raw(client_frame(TEXT, b"hello")[:-2])
        socket.send_eof()
        await recorder.until("lost")

        assert recorder.calls == ["attached", "lost"]


async def test_a_ping_is_answered_with_its_payload() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(client_frame(PING) + client_frame(PING, b"x" * 125))
        answers = [await socket.recv(), await socket.recv()]

        assert answers == [(PONG, b""), (PONG, b"x" * 125)]


async def test_a_pong_that_nobody_asked_for_is_ignored() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(client_frame(PONG, b"x") + client_frame(TEXT, b"still here"))
        answer = await socket.recv()

        assert answer == (TEXT, b"still here")


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


async def test_what_follows_a_close_frame_is_not_a_message() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        await socket.send_raw(client_frame(CLOSE) + client_frame(TEXT, b"too late"))
        await recorder.until("lost")

        assert recorder.messages == []


async def test_a_message_right_before_a_close_frame_can_be_answered() -> None:
    async with running() as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(client_frame(TEXT, b"last") + client_frame(CLOSE))
        answers = [await socket.recv(), await socket.recv()]

        assert answers == [(TEXT, b"last"), (CLOSE, b"")]


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
