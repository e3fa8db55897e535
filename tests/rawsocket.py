"""A WebSocket client that may do anything, good or bad, byte by byte.

It knows RFC 6455 and nothing of our code or of any library, so that it can judge both. Every wait
ends after ten seconds: long enough for a loaded machine, and a test that waits longer hangs for
ever.
"""

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, Self

__all__ = ["BINARY", "CLOSE", "CONT", "PING", "PONG", "TEXT", "RawSocket", "client_frame"]

CONT: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

_PATIENCE: Final = 10.0


def client_frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bool = True
) -> bytes:
    """One frame as a client sends it; `rsv` is the three reserved bits, `mask=False` breaks the
    RFC."""
    head = bytes(((0x80 if fin else 0) | rsv << 4 | opcode,))
    bit, size = (0x80 if mask else 0), len(payload)
    if size < 126:
        head += bytes((bit | size,))
    elif size < 65_536:
        head += bytes((bit | 126,)) + struct.pack("!H", size)
    else:
        head += bytes((bit | 127,)) + struct.pack("!Q", size)
    if not mask:
        return head + payload
    key = os.urandom(4)
    pad = int.from_bytes((key * (size // 4 + 1))[:size], "big")
    return head + key + (int.from_bytes(payload, "big") ^ pad).to_bytes(size, "big")


class RawSocket:
    """One connection, made by `RawSocket.open`. After a refusal only `handshake_*` are of use."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.handshake_status = 0
        self.handshake_headers: dict[str, str] = {}
        self.handshake_body = b""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        port: int,
        path: str = "/ws",
        *,
        subprotocols: Sequence[str] = (),
        headers: Sequence[tuple[str, str]] = (),
        early: bytes = b"",
        source: str | None = None,
    ) -> AsyncIterator[Self]:
        """Connect and shake hands; `early` is sent in the same segment as the request.

        `source` is a local address such as `127.0.0.2`. On the way out the connection is dropped
        without a word, unless the test has closed it.
        """
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
        ]
        if subprotocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}")
        lines += [f"{name}: {value}" for name, value in headers]
        request = "\r\n".join([*lines, "", ""]).encode("latin-1")
        async with cls.connect(port, source=source) as socket:
            await socket.send_raw(request + early)
            await socket.read_response()
            yield socket

    @classmethod
    @asynccontextmanager
    async def connect(cls, port: int, *, source: str | None = None) -> AsyncIterator[Self]:
        """A bare TCP connection: what is sent is up to the test."""
        local = None if source is None else (source, 0)
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=local)
        try:
            yield cls(reader, writer)
        finally:
            writer.transport.abort()

    async def read_response(self) -> None:
        """Read an HTTP response into `handshake_*`; a body as long as Content-Length says."""
        async with asyncio.timeout(_PATIENCE):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.rstrip().split("\r\n")
            self.handshake_status = int(status.split(" ")[1])
            pairs = [line.split(":", 1) for line in lines]
            self.handshake_headers = {name.lower(): value.strip() for name, value in pairs}
            length = int(self.handshake_headers.get("content-length", "0"))
            self.handshake_body = await self._reader.readexactly(length)

    async def send_raw(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(_PATIENCE):
            await self._writer.drain()

    def send_nowait(self, data: bytes) -> None:
        """Send as much as the server takes; the rest waits in this process."""
        self._writer.write(data)

    async def send_text(self, text: str) -> None:
        await self.send_raw(client_frame(TEXT, text.encode()))

    async def send_binary(self, data: bytes) -> None:
        await self.send_raw(client_frame(BINARY, data))

    async def send_close(self, code: int | None = 1000, reason: str = "") -> None:
        payload = b"" if code is None else struct.pack("!H", code) + reason.encode()
        await self.send_raw(client_frame(CLOSE, payload))

    async def recv(self) -> tuple[int, bytes]:
        """The next frame's opcode and payload. Raises `IncompleteReadError` at the end of the
        stream.

        An assertion fails when the frame is one that a server must not send: masked, in fragments,
        or with reserved bits.
        """
        async with asyncio.timeout(_PATIENCE):
            first, second = await self._reader.readexactly(2)
            assert first & 0xF0 == 0x80, f"fragment or reserved bits: {first:#x}"
            assert second < 0x80, "a server must not mask"
            size = second
            if size == 126:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
            return first & 0xF, await self._reader.readexactly(size)

    async def recv_text(self) -> str:
        opcode, payload = await self.recv()
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    async def recv_close(self) -> tuple[int | None, str]:
        """The close frame's code and reason; what came before it is thrown away."""
        while True:
            opcode, payload = await self.recv()
            if opcode == CLOSE:
                if not payload:
                    return None, ""
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    async def recv_eof(self) -> bytes:
        """Whatever comes until the server ends its stream. A reset counts as the end."""
        chunks = []
        async with asyncio.timeout(_PATIENCE):
            try:
                while chunk := await self._reader.read(65_536):
                    chunks.append(chunk)
            except ConnectionError:
                pass
        return b"".join(chunks)

    def send_eof(self) -> None:
        """End our half of the TCP connection."""
        self._writer.write_eof()

    def abort(self) -> None:
        """Drop the TCP connection with a reset."""
        self._writer.transport.abort()
