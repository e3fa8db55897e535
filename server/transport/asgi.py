"""The one function a WebSocket endpoint calls after its checks, and the adapter for any ASGI
server.

On our own server `attach` accepts, hands the receiver to the socket and returns. On any other it
drives the same receiver from a receive loop and a writer, until the connection is over.

What plain ASGI cannot do: it cannot abort (returning from the call is the nearest: the server
closes without waiting for unsent bytes of ours), see fragments, or know what the kernel has taken
(`unsent` is what the server has not taken yet).
"""

import asyncio
import logging
from collections import deque

from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from server.transport.port import ATTACH, FrameLimits, Receiver, payload_of

__all__ = ["attach"]

logger = logging.getLogger("parley.transport")


async def attach(
    websocket: WebSocket,
    receiver: Receiver,
    *,
    subprotocol: str | None,
    peer: str,
    limits: FrameLimits,
) -> None:
    """Accept `websocket` and let `receiver` have it.

    Returns at once on our own server, at the end of the connection on another. When the peer has
    gone before it could be accepted, the receiver is never called.
    """
    try:
        await websocket.accept(subprotocol)
        extension = websocket.scope.get("extensions", {}).get(ATTACH)
        if extension is not None:
            extension(receiver, peer)
            return
    except (OSError, WebSocketDisconnect):
        return
    await _AsgiWire(websocket, receiver, peer, limits).run()


class _AsgiWire:
    """A `Wire` over an accepted ASGI WebSocket."""

    def __init__(
        self, websocket: WebSocket, receiver: Receiver, peer: str, limits: FrameLimits
    ) -> None:
        self._websocket = websocket
        self._receiver = receiver
        self._peer = peer
        self._limits = limits
        self._queue: deque[bytes] = deque()
        self._unsent = 0
        self._paused = False
        self._closing: tuple[int, str] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._work = asyncio.Event()  # there is something to send, or to close
        self._readable = asyncio.Event()
        self._readable.set()
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Serve the connection until it is over."""
        try:
            try:
                self._receiver.attached(self)
            except Exception:
                logger.exception("a receiver failed as it was attached")
                self.close(1011)
            async with asyncio.TaskGroup() as group:
                tasks = (group.create_task(self._read()), group.create_task(self._send()))
                await self._over.wait()
                for task in tasks:
                    task.cancel()
        finally:
            self._end()
            self._receiver.lost()

    # What a gateway calls.

    @property
    def peer(self) -> str:
        return self._peer

    @property
    def unsent(self) -> int:
        return self._unsent

    def write(self, frames: bytes) -> None:
        if self._closing is not None:
            return
        self._queue.append(frames)
        self._unsent += len(frames)
        self._work.set()
        if self._unsent > self._limits.high_water and not self._paused:
            self._paused = True
            self._receiver.pause_writing()

    def close(self, code: int, reason: str = "") -> None:
        if self._closing is not None:
            return
        self._closing = (code, reason.encode()[:123].decode(errors="ignore"))
        self._work.set()
        self._readable.set()  # the peer's answer must be seen
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._limits.close_within, self._over.set)

    def abort(self) -> None:
        self._end()

    def pause_reading(self) -> None:
        if self._closing is None:
            self._readable.clear()

    def resume_reading(self) -> None:
        self._readable.set()

    # The two tasks.

    async def _read(self) -> None:
        while True:
            await self._readable.wait()
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                self._end()
                return
            if self._closing is None:
                self._received(message)

    async def _send(self) -> None:
        try:
            while self._queue or self._closing is None:
                await self._work.wait()
                self._work.clear()
                while self._queue:
                    await self._send_frames(self._queue.popleft())
            await self._websocket.close(*self._closing)
        except (OSError, WebSocketDisconnect):  # the peer is gone, whatever the reader saw
            self._end()

    def _received(self, message: Message) -> None:
        text: str | None = message.get("text")
        data: bytes = message["bytes"] if text is None else text.encode()
        if len(data) > self._limits.bytes:
            self.close(1009, "message too big")
            return
        try:
            self._receiver.received(data, text is not None)
        except Exception:
            logger.exception("a receiver failed on a message")
            self.close(1011)

    async def _send_frames(self, frames: bytes) -> None:
        begin = 0
        while begin < len(frames):
            payload, text, end = payload_of(frames, begin)
            if text:
                await self._websocket.send_text(payload.decode())
            else:
                await self._websocket.send_bytes(payload)
            self._unsent -= end - begin
            begin = end
        if self._paused and self._unsent <= self._limits.low_water and self._closing is None:
            self._paused = False
            self._receiver.resume_writing()

    def _end(self) -> None:
        self._closing = self._closing or (1006, "")
        self._over.set()
        if self._timer is not None:
            self._timer.cancel()
