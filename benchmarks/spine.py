"""The first figures: memory per idle visitor, visitor starts, durable messages, deliveries.

Each is a cost of the server's own process: RSS as a slope over connections, work per CPU-second.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson

from benchmarks.server import Server, running
from benchmarks.sockets import Socket, connect

__all__ = ["deliveries", "durable_messages", "idle_visitors"]

_BATCH: Final = 100


class _Replies:
    """Waits for frames of a kind on many sockets at once."""

    def __init__(self) -> None:
        self._waiting: dict[Socket, asyncio.Future[dict[str, Any]]] = {}

    def receive(self, socket: Socket, payload: bytes) -> None:
        waiting = self._waiting.get(socket)
        if waiting is not None and not waiting.done():
            frame = orjson.loads(payload)
            if frame.get("id") is not None:
                waiting.set_result(frame)

    async def ask(self, socket: Socket, frame_type: str, data: object) -> dict[str, Any]:
        future = self._waiting[socket] = asyncio.get_running_loop().create_future()
        socket.send({"type": frame_type, "id": "1", "data": data})
        answer = await asyncio.wait_for(future, 60)
        del self._waiting[socket]
        if answer["type"] == "error":
            raise RuntimeError(str(answer))
        return dict(answer["data"])


async def _many(count: int, one: Callable[[int], Awaitable[Any]]) -> list[Any]:
    made: list[Any] = []
    for start in range(0, count, _BATCH):
        made += await asyncio.gather(*(one(n) for n in range(start, min(start + _BATCH, count))))
    return made


async def idle_visitors(small: int = 1_000, large: int = 5_000) -> dict[str, float]:
    """RSS slope per connected visitor after `hello`, and starts per CPU-second."""
    with running() as server:
        replies = _Replies()

        async def one(_: int) -> Socket:
            socket = await connect(server.port, "/ws/widget", replies.receive)
            await replies.ask(socket, "hello", {"key": server.widget_key})
            return socket

        sockets = await _many(small, one)
        await asyncio.sleep(2)
        before, cpu = server.rss_kib(), server.cpu_seconds()
        sockets += await _many(large - small, one)
        cpu = server.cpu_seconds() - cpu
        await asyncio.sleep(2)
        after = server.rss_kib()
        for socket in sockets:
            socket.transport.abort()
    count = large - small
    return {"KiB RSS per idle visitor": (after - before) / count, "starts per CPU-s": count / cpu}


async def durable_messages(
    visitors: int = 500, agents: int = 10, seconds: float = 10.0
) -> dict[str, float]:
    """500 visitors with one message in flight each, ten agents with 50 conversations open each."""
    with running() as server:
        replies = _Replies()
        state = {"acks": 0, "events": 0, "running": False}
        conversations: list[str] = []

        def on_visitor(socket: Socket, payload: bytes) -> None:
            if not state["running"]:
                replies.receive(socket, payload)
            elif payload.startswith(b'{"type":"ack"'):
                state["acks"] += 1
                _write(socket)

        def on_agent(socket: Socket, payload: bytes) -> None:
            if not state["running"]:
                replies.receive(socket, payload)
            elif payload.startswith(b'{"type":"event"'):
                state["events"] += 1

        targets: dict[Socket, tuple[str, list[int]]] = {}

        def _write(socket: Socket) -> None:
            conversation_id, count = targets[socket]
            count[0] += 1
            data = {
                "conversationId": conversation_id,
                "clientMessageId": f"m{count[0]}",
                "body": "The quick brown fox jumps over the lazy dog, again and again.",
            }
            socket.send({"type": "message", "id": str(count[0]), "data": data})

        async def visitor(_: int) -> Socket:
            socket = await connect(server.port, "/ws/widget", on_visitor)
            await replies.ask(socket, "hello", {"key": server.widget_key})
            data = {"clientMessageId": "m0", "body": "first"}
            conversation_id = (await replies.ask(socket, "message", data))["conversationId"]
            conversations.append(conversation_id)
            targets[socket] = (conversation_id, [0])
            return socket

        sockets = await _many(visitors, visitor)
        followers = await _many(agents, lambda n: _agent(server, replies, on_agent))
        for number, socket in enumerate(followers):
            for conversation_id in conversations[number * 50 : number * 50 + 50]:
                await replies.ask(socket, "open", {"conversationId": conversation_id})
        state["running"] = True
        cpu, start = server.cpu_seconds(), time.perf_counter()
        for socket in sockets:
            _write(socket)
        await asyncio.sleep(seconds)
        acks, events = state["acks"], state["events"]
        spent, elapsed = server.cpu_seconds() - cpu, time.perf_counter() - start
        for socket in [*sockets, *followers]:
            socket.transport.abort()
    return {
        "durable messages per CPU-s": acks / spent,
        "durable messages per s": acks / elapsed,
        "delivered to agents / acked": events / max(1, acks),
    }


async def deliveries(sockets: int = 2_000, messages: int = 100, burst: int = 1) -> dict[str, float]:
    """One conversation, many sockets of its visitor, an agent who writes: events written per
    CPU-s.
    """
    with running() as server:
        replies = _Replies()
        seen = {"events": 0}

        def on_visitor(socket: Socket, payload: bytes) -> None:
            if payload.startswith(b'{"type":"event"'):
                seen["events"] += 1
            else:
                replies.receive(socket, payload)

        first = await connect(server.port, "/ws/widget", on_visitor)
        welcome = await replies.ask(first, "hello", {"key": server.widget_key})
        data = {"clientMessageId": "m0", "body": "first"}
        conversation_id = (await replies.ask(first, "message", data))["conversationId"]
        hello = {
            "key": server.widget_key,
            **{name: welcome[name] for name in ("visitorId", "visitorToken", "sessionToken")},
        }

        async def another(_: int) -> Socket:
            socket = await connect(server.port, "/ws/widget", on_visitor)
            await replies.ask(socket, "hello", hello)
            return socket

        made = await _many(sockets - 1, another)
        agent = await _agent(server, replies, replies.receive)
        await asyncio.sleep(2)
        seen["events"] = 0
        cpu = server.cpu_seconds()
        for number in range(0, messages, burst):
            for extra in range(burst):
                data = {
                    "conversationId": conversation_id,
                    "clientMessageId": f"a{number + extra}",
                    "body": "The quick brown fox jumps over the lazy dog, again and again.",
                }
                agent.send({"type": "message", "data": data})
            wanted = (number + burst) * sockets
            while seen["events"] < wanted:
                await asyncio.sleep(0.001)
        spent = server.cpu_seconds() - cpu
        for socket in [first, agent, *made]:
            socket.transport.abort()
    return {f"deliveries per CPU-s, bursts of {burst}": messages * sockets / spent}


async def _agent(
    server: Server, replies: _Replies, on_message: Callable[[Socket, bytes], None]
) -> Socket:
    socket = await connect(server.port, "/ws/console", on_message)
    await replies.ask(socket, "hello", {"agentToken": server.agent_token})
    await replies.ask(socket, "inbox", {"view": "all"})
    return socket
