"""A WebSocket client that costs little: enough of RFC 6455 to load a server from one process.

Text frames only, one callback per message, no task and no queue per connection, so that the load
generator is not what is measured.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Final, cast

import orjson

__all__ = ["BROWSER_HEADERS", "Socket", "connect"]

BROWSER_HEADERS: Final = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36\r\n"
    "Pragma: no-cache\r\nCache-Control: no-cache\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-US,en;q=0.9,es;q=0.8\r\nOrigin: http://127.0.0.1\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
)
"""What a browser sends with an upgrade: a server that keeps it pays for it."""

OnMessage = Callable[["Socket", bytes], None]


class Socket(asyncio.Protocol):
    """One connection. `on_message` is called with each text message's payload."""

    def __init__(self, path: str, on_message: OnMessage) -> None:
        self._path = path
        self._on_message = on_message
        self._buffer = b""
        self._upgraded = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            (
                f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
                f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                f"Sec-WebSocket-Protocol: parley.v1.json\r\n{BROWSER_HEADERS}\r\n"
            ).encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed before the upgrade"))

    def send(self, value: object) -> None:
        """Send one JSON frame, masked with zeros: a mask is required, not that it hides
        anything.
        """
        payload = orjson.dumps(value)
        size = len(payload)
        head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + struct.pack("!H", size)
        self.transport.write(head + b"\0\0\0\0" + payload)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        if not self._upgraded:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            if not buffer.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(buffer[:200].decode("latin-1")))
                return
            self._upgraded = True
            buffer = buffer[end + 4 :]
            self.opened.set_result(None)
        self._buffer = self._frames(buffer)

    def _frames(self, buffer: bytes) -> bytes:
        start, length = 0, len(buffer)
        while length - start >= 2:
            size, begin = buffer[start + 1], start + 2
            if size == 126:
                if length - start < 4:
                    break
                size, begin = struct.unpack_from("!H", buffer, start + 2)[0], start + 4
            elif size == 127:
                if length - start < 10:
                    break
                size, begin = struct.unpack_from("!Q", buffer, start + 2)[0], start + 10
            if length - begin < size:
                break
            if buffer[start] & 0xF == 0x1:
                self._on_message(self, buffer[begin : begin + size])
            start = begin + size
        return buffer[start:]


async def connect(port: int, path: str, on_message: OnMessage, host: str = "127.0.0.1") -> Socket:
    """An upgraded connection."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(path, on_message), host, port)
    await socket.opened
    return socket
