"""What every transport promises (port.py), over both adapters and both event loops.

A rule that only one adapter can keep is not here but in that adapter's own tests.
"""

import asyncio

import pytest

from server.transport.port import FrameLimits, server_frame
from tests.rawsocket import BINARY, CLOSE, CONT, PING, PONG, TEXT, RawSocket, client_frame
from tests.transport.serving import Adapter, Recorder, echo, running

pytestmark = [
    pytest.mark.adapter,
    pytest.mark.parametrize("adapter", list(Adapter), ids=lambda it: it.name.lower()),
]


def silent(recorder: Recorder, data: bytes, text: bool) -> None:
    """A gateway that says nothing."""


async def test_text_and_binary_come_back_as_what_they_were(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        await socket.send_text("Grüße ✓")
        await socket.send_binary(b"\x00\xff")
        first, second = await socket.recv(), await socket.recv()

        assert first == (TEXT, "Grüße ✓".encode())
        assert second == (BINARY, b"\x00\xff")


async def test_messages_keep_their_order(adapter: Adapter) -> None:
    texts = [str(number) for number in range(500)]
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(b"".join(client_frame(TEXT, text.encode()) for text in texts))
        answers = [await socket.recv_text() for _ in texts]

        assert answers == texts


async def test_fragments_are_joined_around_a_ping(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(
            client_frame(TEXT, b"Gr\xc3", fin=False)
            + client_frame(PING, b"there?")
            + client_frame(CONT, b"\xbc\xc3\x9f", fin=False)
            + client_frame(CONT, b"e")
        )
        answers = {await socket.recv(), await socket.recv()}

        assert answers == {(PONG, b"there?"), (TEXT, "Grüße".encode())}


async def test_one_write_may_hold_several_frames(adapter: Adapter) -> None:
    def answer(recorder: Recorder, data: bytes, text: bool) -> None:
        recorder.wire.write(server_frame(b"a", text=True) + server_frame(b"b" * 300, text=False))

    async with running(adapter, on_message=answer) as server, RawSocket.open(server.port) as socket:
        await socket.send_text("go")
        first, second = await socket.recv(), await socket.recv()

        assert first == (TEXT, b"a")
        assert second == (BINARY, b"b" * 300)


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 131_072])
async def test_a_message_of_any_size_up_to_the_limit_passes(adapter: Adapter, size: int) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        await socket.send_binary(b"x" * size)
        answer = await socket.recv()

        assert answer == (BINARY, b"x" * size)


@pytest.mark.parametrize("size", [131_073, 1_000_000])
async def test_a_message_beyond_the_limit_closes_with_1009(adapter: Adapter, size: int) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        await socket.send_binary(b"x" * size)
        recorder = await server.attached()
        code, _ = await socket.recv_close()

        assert code == 1009
        assert recorder.messages == []


async def test_the_gateway_closes_with_its_code_and_reason(adapter: Adapter) -> None:
    async with running(adapter, on_message=silent) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        recorder.wire.write(server_frame(b"last words", text=True))
        recorder.wire.close(4005, "session ended")
        last = await socket.recv()
        code, reason = await socket.recv_close()
        await socket.send_close(4005)
        rest = await socket.recv_eof()
        await recorder.until("lost")

        assert last == (TEXT, b"last words")
        assert (code, reason) == (4005, "session ended")
        assert rest == b""
        assert recorder.calls == ["attached", "lost"]


async def test_a_reason_too_long_for_a_close_frame_is_cut(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        recorder.wire.close(4005, "ü" * 100)
        _, reason = await socket.recv_close()

        assert reason == "ü" * 61


async def test_the_peers_close_is_answered_and_ends_the_connection(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        await socket.send_close(3999, "bye")
        code, _ = await socket.recv_close()
        rest = await socket.recv_eof()
        await recorder.until("lost")

        assert code == 3999
        assert rest == b""
        assert recorder.calls == ["attached", "lost"]


async def test_a_peer_that_vanishes_is_lost_once(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        socket.abort()
        await recorder.until("lost")

        assert recorder.calls == ["attached", "lost"]


async def test_a_peer_that_ends_its_stream_is_lost(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        socket.send_eof()
        rest = await socket.recv_eof()
        await recorder.until("lost")

        assert recorder.calls == ["attached", "lost"]
        assert rest == b"" or adapter is Adapter.PLAIN


async def test_abort_ends_without_a_close_frame(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        recorder.wire.abort()
        rest = await socket.recv_eof()
        await recorder.until("lost")

        assert rest == b""
        assert recorder.calls == ["attached", "lost"]


async def test_everything_is_harmless_after_the_end(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        socket.abort()
        await recorder.until("lost")
        recorder.wire.write(server_frame(b"too late", text=True))
        recorder.wire.pause_reading()
        recorder.wire.resume_reading()
        recorder.wire.close(1000)
        recorder.wire.abort()
        await asyncio.sleep(0)  # let anything that was wrongly begun happen

        assert recorder.calls == ["attached", "lost"]
        assert recorder.wire.peer == "127.0.0.1"


async def test_nothing_is_sent_after_close(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        recorder.wire.close(4000)
        recorder.wire.close(4001)
        recorder.wire.write(server_frame(b"too late", text=True))
        first = await socket.recv()
        await socket.send_close(4000)
        rest = await socket.recv_eof()

        assert first == (CLOSE, (4000).to_bytes(2, "big"))
        assert rest == b""


async def test_what_the_peer_sends_after_our_close_is_discarded(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        recorder.wire.close(4000)
        await socket.send_text("too late")
        await socket.send_close(4000)
        await recorder.until("lost")

        assert recorder.messages == []


async def test_closing_within_a_message_ends_the_rest_of_the_read(adapter: Adapter) -> None:
    def close(recorder: Recorder, data: bytes, text: bool) -> None:
        recorder.wire.close(4500)

    async with running(adapter, on_message=close) as server, RawSocket.open(server.port) as socket:
        await socket.send_raw(client_frame(TEXT, b"1") + client_frame(TEXT, b"2"))
        recorder = await server.attached()
        code, _ = await socket.recv_close()
        await socket.send_close(4500)
        await recorder.until("lost")

        assert code == 4500
        assert recorder.messages == [(b"1", True)]


async def test_a_close_that_the_peer_never_answers_ends_by_force(adapter: Adapter) -> None:
    limits = FrameLimits(close_within=0.01)
    async with running(adapter, limits=limits) as server, RawSocket.open(server.port):
        recorder = await server.attached()
        recorder.wire.close(4000)
        await recorder.until("lost")

        assert recorder.calls == ["attached", "lost"]


async def test_a_close_behind_bytes_that_nobody_reads_ends_by_force(adapter: Adapter) -> None:
    limits = FrameLimits(close_within=0.01)
    async with running(adapter, limits=limits) as server, RawSocket.open(server.port):
        recorder = await server.attached()
        while recorder.wire.unsent < 1_000_000:
            recorder.wire.write(server_frame(b"x" * 65_536, text=False))
        recorder.wire.close(4002)
        await recorder.until("lost")

        assert recorder.calls == ["attached", "pause_writing", "lost"]


async def test_a_peer_that_does_not_read_pauses_writing_until_it_reads(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        frames = 0
        while recorder.wire.unsent < 300_000:
            recorder.wire.write(server_frame(b"x" * 10_000, text=False))
            frames += 1
        before = list(recorder.calls)
        for _ in range(frames):
            await socket.recv()
        await recorder.until("resume_writing")

        assert before == ["attached", "pause_writing"]
        assert recorder.calls == ["attached", "pause_writing", "resume_writing"]
        assert recorder.wire.unsent == 0


async def test_paused_reading_holds_messages_back(adapter: Adapter) -> None:
    def pause(recorder: Recorder, data: bytes, text: bool) -> None:
        if data == b"pause":
            recorder.wire.pause_reading()
            recorder.wire.write(server_frame(b"paused", text=True))
        else:
            echo(recorder, data, text)

    async with running(adapter, on_message=pause) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        await socket.send_text("pause")
        paused = await socket.recv_text()
        await socket.send_text("go on")
        async with RawSocket.open(server.port) as other:  # a round trip that would have shown it
            await other.send_text("?")
            await other.recv_text()
        held = list(recorder.messages)
        recorder.wire.resume_reading()
        answer = await socket.recv_text()

        assert paused == "paused"
        assert held == [(b"pause", True)]
        assert answer == "go on"


async def test_close_works_while_reading_is_paused(adapter: Adapter) -> None:
    def pause(recorder: Recorder, data: bytes, text: bool) -> None:
        recorder.wire.pause_reading()

    async with running(adapter, on_message=pause) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        await socket.send_text("pause")
        await recorder.until("received")
        recorder.wire.close(4000)
        code, _ = await socket.recv_close()
        await socket.send_close(4000)
        await recorder.until("lost")

        assert code == 4000
        assert recorder.calls == ["attached", "received", "lost"]


async def test_a_receiver_that_raises_closes_with_1011_and_tells_nothing(
    adapter: Adapter, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(recorder: Recorder, data: bytes, text: bool) -> None:
        raise ZeroDivisionError("a secret")

    async with running(adapter, on_message=fail) as server, RawSocket.open(server.port) as socket:
        recorder = await server.attached()
        await socket.send_text("go")
        closed = await socket.recv_close()
        await socket.send_close(1011)
        await recorder.until("lost")

        assert closed == (1011, "")
        assert recorder.calls == ["attached", "received", "lost"]
        assert "a secret" in caplog.text


async def test_the_chosen_subprotocol_is_answered(adapter: Adapter) -> None:
    async with (
        running(adapter) as server,
        RawSocket.open(server.port, subprotocols=("b.v1", "a.v1")) as socket,
    ):
        assert socket.handshake_status == 101
        assert socket.handshake_headers["sec-websocket-protocol"] == "b.v1"
        assert "sec-websocket-extensions" not in socket.handshake_headers or (
            adapter is Adapter.PLAIN
        )


async def test_a_refusal_has_a_status_and_a_body(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port, "/denied") as socket:
        rest = await socket.recv_eof()

        assert socket.handshake_status == 400
        assert socket.handshake_headers["content-type"] == "application/json"
        assert socket.handshake_body == b'{"why":"unknown"}'
        assert rest == b""


async def test_a_close_before_accept_is_http_403(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port, "/closed") as socket:
        await socket.recv_eof()

        assert socket.handshake_status == 403


async def test_a_receivers_peer_is_the_address_of_the_client(adapter: Adapter) -> None:
    async with running(adapter) as server, RawSocket.open(server.port, source="127.0.0.9"):
        recorder = await server.attached()

        assert recorder.wire.peer == "127.0.0.9"
