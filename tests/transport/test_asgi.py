"""`attach`: which adapter it chooses, and what only the plain one does."""

import asyncio
from collections.abc import Iterable
from typing import Any

from starlette.types import Message
from starlette.websockets import WebSocket

from server.transport.asgi import attach
from server.transport.port import ATTACH, FrameLimits, server_frame
from tests.transport.serving import Recorder, echo


class Connection:
    """An ASGI server's side of one WebSocket, in memory. `gone` makes sending fail."""

    def __init__(self, incoming: Iterable[Message] = (), *, gone: bool = False) -> None:
        self.sent: list[Message] = []
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})
        for message in incoming:
            self.incoming.put_nowait(message)
        self.gone = gone

    def websocket(self, **extensions: Any) -> WebSocket:
        scope = {"type": "websocket", "extensions": extensions, "headers": []}
        return WebSocket(scope, self.incoming.get, self._send)

    async def _send(self, message: Message) -> None:
        if self.gone:
            raise OSError("the peer has left")
        self.sent.append(message)
        if message["type"] == "websocket.close":
            self.incoming.put_nowait({"type": "websocket.disconnect", "code": message["code"]})


def text(payload: str) -> Message:
    return {"type": "websocket.receive", "text": payload}


LEAVES: Message = {"type": "websocket.disconnect", "code": 1000}


async def test_a_server_with_the_extension_gets_the_receiver() -> None:
    connection, recorder = Connection(), Recorder(echo)
    attached: list[tuple[object, str]] = []
    websocket = connection.websocket(**{ATTACH: lambda *given: attached.append(given)})

    await attach(websocket, recorder, subprotocol="v1", peer="192.0.2.1", limits=FrameLimits())

    assert attached == [(recorder, "192.0.2.1")]
    assert connection.sent == [{"type": "websocket.accept", "subprotocol": "v1", "headers": []}]
    assert recorder.calls == []


async def test_a_server_without_the_extension_is_driven_until_the_peer_leaves() -> None:
    connection = Connection(
        [text("é"), {"type": "websocket.receive", "bytes": b"\x00", "text": None}, LEAVES]
    )
    recorder = Recorder(echo)

    await attach(connection.websocket(), recorder, subprotocol=None, peer="p", limits=FrameLimits())

    assert recorder.calls == ["attached", "received", "received", "lost"]
    assert recorder.messages == [("é".encode(), True), (b"\x00", False)]
    assert recorder.wire.peer == "p"


async def test_a_peer_that_left_before_accept_never_reaches_the_receiver() -> None:
    recorder = Recorder(echo)

    await attach(
        Connection(gone=True).websocket(),
        recorder,
        subprotocol=None,
        peer="",
        limits=FrameLimits(),
    )

    assert recorder.calls == []


async def test_a_peer_that_leaves_while_we_send_is_lost() -> None:
    connection = Connection([text("go")])

    def leave(recorder: Recorder, data: bytes, text: bool) -> None:
        connection.gone = True
        recorder.wire.write(server_frame(b"x", text=True))

    recorder = Recorder(leave)

    await attach(connection.websocket(), recorder, subprotocol=None, peer="", limits=FrameLimits())

    assert recorder.calls == ["attached", "received", "lost"]


async def test_the_size_limit_counts_bytes_and_not_characters() -> None:
    connection, recorder = Connection([text("é" * 5), text("é" * 6)]), Recorder(echo)

    await attach(
        connection.websocket(), recorder, subprotocol=None, peer="", limits=FrameLimits(bytes=10)
    )

    assert recorder.messages == [("é".encode() * 5, True)]
    assert connection.sent[-1] == {
        "type": "websocket.close",
        "code": 1009,
        "reason": "message too big",
    }


async def test_a_cancelled_call_still_tells_the_receiver_that_it_is_over() -> None:
    connection, recorder = Connection(), Recorder(echo)
    async with asyncio.TaskGroup() as group:
        call = group.create_task(
            attach(
                connection.websocket(), recorder, subprotocol=None, peer="", limits=FrameLimits()
            )
        )
        await recorder.until("attached")
        call.cancel()

    assert recorder.calls == ["attached", "lost"]


async def test_a_receiver_that_fails_as_it_is_attached_closes_with_1011() -> None:
    class Failing(Recorder):
        def attached(self, wire: object) -> None:
            raise ZeroDivisionError("a secret")

    connection, recorder = Connection(), Failing(echo)

    await attach(connection.websocket(), recorder, subprotocol=None, peer="", limits=FrameLimits())

    assert connection.sent[-1] == {"type": "websocket.close", "code": 1011, "reason": ""}
    assert recorder.calls == ["lost"]
