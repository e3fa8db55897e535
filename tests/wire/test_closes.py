"""How connections end (PROTOCOL §8, §10): every close code that a spine without identity can give.

1003, 1007, 1009, 4001 and 4500 are with the limits they guard, in `test_limits.py`; 4004 in
`test_rates.py`; 4501 and 4503 in `test_handshake.py`; 1012 of a whole process in `test_process.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from protocol.close import CloseCode
from server.gateway.connection import Connection
from server.transport.admission import Admission
from tests.rawsocket import BINARY, CLOSE, PING, PONG, TEXT, RawSocket, client_frame
from tests.transport.serving import eventually
from tests.wire.harness import HandClock, Running, Server
from tests.wire.peers import Data

pytestmark = pytest.mark.adapter


async def test_a_clients_close_is_answered_with_its_code(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        await jane.socket.close(1000)

        assert jane.socket.close_code == 1000


async def test_a_ping_of_the_websocket_is_answered(serve: Running) -> None:
    async with serve() as server, RawSocket.open(server.port, "/ws/widget") as socket:
        await socket.send_raw(client_frame(PING, b"there?"))

        assert await socket.recv() == (PONG, b"there?")


async def test_a_draining_node_says_bye_and_closes_1012(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        async with asyncio.TaskGroup() as group:
            group.create_task(server.node.gateway.drain(0.2))
            goodbyes = [await peer.expect("bye") for peer in (jane, sam)]
            codes = [await jane.closed(), await sam.closed()]

        assert [bye["reason"] for bye in goodbyes] == ["restart", "restart"]
        assert all(bye["retryAfterMs"] > 0 for bye in goodbyes)
        assert codes == [1012, 1012]


async def test_a_draining_node_closes_newcomers_with_1012(serve: Running) -> None:
    async with serve() as server:
        await server.node.gateway.drain(0)
        async with server.stranger() as jane:
            assert await jane.closed() == 1012


async def test_a_full_node_closes_newcomers_with_1013_until_somebody_leaves(
    serve: Running,
) -> None:
    async with serve(admission=Admission(70)) as server, server.visitor(), server.visitor():
        async with server.visitor() as last, server.stranger() as jane:
            code = await jane.closed()

            assert (last.welcome["state"], code) == ("anonymous", 1013)
        await eventually(lambda: len(server.node.gateway.connections) == 2)
        async with server.visitor() as john:
            assert john.welcome["state"] == "anonymous"


async def test_the_server_pings_and_any_frame_answers(serve: Running) -> None:
    async with (
        serve(heartbeat_interval=0.1, heartbeat_timeout=10) as server,
        server.visitor() as jane,
    ):
        await jane.expect("ping")
        await jane.send("pong", named=False)
        await jane.expect("ping")
        await jane.send("track", {"event": "e"}, named=False)
        third = await jane.expect("ping")

        assert third == {"heads": {}}
        assert jane.welcome["heartbeat"] == {"intervalMs": 100, "timeoutMs": 10_000}


async def test_silence_after_a_ping_is_closed_4003_by_abort(serve: Running) -> None:
    async with (
        serve(heartbeat_interval=0.1, heartbeat_timeout=0.1) as server,
        server.visitor() as jane,
        server.agent() as sam,
    ):
        codes = [await jane.closed(), await sam.closed()]

        assert codes == [1006, 1006]
        assert server.node.gateway.metrics.closes[CloseCode.NO_HEARTBEAT] == 2
        assert jane.untaken("ping")
        assert sam.untaken("ping")


async def test_a_frame_within_the_timeout_keeps_a_connection(serve: Running) -> None:
    clock = HandClock()
    async with serve(clock=clock) as server, server.visitor() as jane:
        clock.advance(31)
        await jane.expect("ping")
        clock.advance(9)
        await jane.send("pong", named=False)
        said = await jane.say()
        clock.advance(20)
        again = await jane.say(name="c-2")

        assert (said["seq"], again["seq"]) == (1, 2)


async def test_a_clients_ping_is_answered_with_its_id(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        answers = [await peer.answer(await peer.send("ping")) for peer in (jane, sam)]

        assert [answer["type"] for answer in answers] == ["pong", "pong"]


def _frame(server: Server, value: Data) -> bytes:
    text = server.speech.dumps(value)
    kind = TEXT if server.speech.kind is str else BINARY
    return client_frame(kind, text if isinstance(text, bytes) else text.encode())


def _opcodes(data: bytes) -> list[int]:
    """The opcodes of the whole frames in `data`, which a server has sent."""
    found, at = [], 0
    while at + 10 <= len(data):
        size, begin = data[at + 1], at + 2
        if size == 126:
            size, begin = int.from_bytes(data[begin : begin + 2], "big"), begin + 2
        elif size == 127:
            size, begin = int.from_bytes(data[begin : begin + 8], "big"), begin + 8
        found.append(data[at] & 0xF)
        at = begin + size
    return found


@asynccontextmanager
async def never_reading(
    server: Server, hello: Data, *frames: Data
) -> AsyncIterator[tuple[RawSocket, Connection]]:
    """A client that reads its welcome, then sends `frames` and reads nothing; the server's end."""
    known = set(server.node.gateway.connections)
    async with RawSocket.open(
        server.port, "/ws/widget", subprotocols=[server.speech.subprotocol]
    ) as socket:
        await eventually(lambda: server.node.gateway.connections - known)
        (connection,) = server.node.gateway.connections - known
        await socket.send_raw(_frame(server, {"type": "hello", "id": "1", "data": hello}))
        await socket.recv()
        for frame in frames:
            socket.send_nowait(_frame(server, frame))
        yield socket, connection


async def test_a_client_that_asks_and_never_reads_fills_no_memory_and_is_aborted(
    serve: Running,
) -> None:
    """DELIVERY I7."""
    clock = HandClock()
    async with serve(clock=clock, rate_limits="off") as server, server.visitor() as jane:
        for n in range(24):
            cv = (await jane.say("x" * 10_000, f"c-{n}"))["conversationId"]
        hello = {"key": server.acme.widget_key, **jane.session}
        page = {"type": "history", "id": "2", "data": {"conversationId": cv, "limit": 200}}
        async with never_reading(server, hello, *[page] * 100) as (socket, connection):
            await eventually(lambda: connection.outlet.slow)
            for n in range(24, 48):
                await jane.say("x" * 10_000, f"c-{n}")
            held = connection.wire.unsent
            closes = server.node.gateway.metrics.closes
            clock.advance(31)
            await eventually(lambda: closes[CloseCode.SLOW_CONSUMER])
            received = await socket.recv_eof()

        assert held <= 1_048_576
        assert CLOSE not in _opcodes(received)


async def test_a_follower_that_takes_nothing_for_30_s_is_aborted_and_resumes_by_cursor(
    serve: Running,
) -> None:
    clock = HandClock()
    async with serve(clock=clock, rate_limits="off") as server, server.visitor() as jane:
        cv = (await jane.say("first"))["conversationId"]
        first = await jane.event(seq=1)
        count = 1
        hello = {"key": server.acme.widget_key, **jane.session}
        async with never_reading(server, hello) as (_, connection):
            while not connection.outlet.slow and count < 3_000:
                count += 1
                await jane.say("x" * 10_000, f"c-{count}")
            assert connection.outlet.slow
            clock.advance(31)
            closes = server.node.gateway.metrics.closes
            await eventually(lambda: closes[CloseCode.SLOW_CONSUMER])
        cursor = {"conversationId": cv, "log": "public", "seq": 1, "eventId": first["id"]}
        async with server.visitor(**jane.session, cursors=[cursor]) as back:
            pages = [await back.expect("history")]
            while not pages[-1]["complete"]:
                pages.append(await back.expect("history"))

        assert pages[-1]["cursor"]["seq"] == count
