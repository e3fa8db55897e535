"""RFC 6455 byte by byte: what a peer may do to an attached socket, and what comes of it.

Cases that both adapters answer alike are in `test_conformance.py`; what is ours and not the RFC's
is in `test_attached.py`.
"""

import asyncio

import pytest

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
from tests.transport.serving import running

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
