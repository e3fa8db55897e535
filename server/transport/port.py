"""The seam between a socket and a gateway.

A gateway never sees a socket, a task or an ASGI message. It is handed a `Wire` to write to and is
called back as a `Receiver`. Two adapters exist: `uvicorn_protocol.py` (frames by callback, no task
per connection) and `asgi.py` (any ASGI server, one task per connection). One test file runs over
both.

Everything here happens on the event loop's thread, and nothing here is awaited.
"""

from typing import Final, Protocol

__all__ = ["ATTACH", "Receiver", "Wire", "payload_of", "server_frame"]

ATTACH: Final = "parley.attach"
"""Key in `scope["extensions"]`: present when the server can attach a receiver and end the ASGI
call.
"""


class Wire(Protocol):
    """One open WebSocket, as a gateway writes to it."""

    @property
    def peer(self) -> str:
        """The peer's address, without port; `""` when the server does not know it."""
        ...

    @property
    def unsent(self) -> int:
        """Bytes accepted by `write` and not yet taken by the kernel (by the server, on plain
        ASGI).
        """
        ...

    def write(self, frames: bytes) -> None:
        """Send one or more whole frames made by `server_frame`, in order.

        Never blocks and never raises. After `close`, `abort` or `Receiver.lost` it does nothing.
        """
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame and end the connection: at the peer's answer, or by force after 5 s.

        Frames written before are sent before. What the peer sends from now on is discarded.
        `Receiver.lost` is still called, once. Calling it again does nothing.
        """
        ...

    def abort(self) -> None:
        """Drop the connection now: no close frame, unsent bytes are discarded. `lost` follows."""
        ...

    def pause_reading(self) -> None:
        """Take no more from the peer. Frames already read may still arrive; so may `lost`."""
        ...

    def resume_reading(self) -> None:
        """Undo `pause_reading`. Never calls `received` from within."""
        ...


class Receiver(Protocol):
    """What a gateway is to a transport. Calls come one at a time, in the order of the wire."""

    def attached(self, wire: Wire) -> None:
        """The handshake is over; `wire` may be written to from now on. Always the first call."""
        ...

    def received(self, data: bytes, text: bool) -> None:
        """One whole message, fragments joined, within the size limit; text is valid UTF-8."""
        ...

    def pause_writing(self) -> None:
        """`unsent` went over the high-water mark. Write what must be written and nothing more."""
        ...

    def resume_writing(self) -> None:
        """`unsent` is under the low-water mark again."""
        ...

    def lost(self) -> None:
        """The connection is over, for whatever reason. Always the last call, exactly once."""
        ...


_TEXT, _BINARY = 0x1, 0x2


def server_frame(payload: bytes, *, text: bool) -> bytes:
    """`payload` as one final, unmasked WebSocket frame (RFC 6455 §5.2), ready for any number of
    sockets.
    """
    head = 0x80 | (_TEXT if text else _BINARY)
    size = len(payload)
    if size < 126:
        return bytes((head, size)) + payload
    if size < 65_536:
        return bytes((head, 126)) + size.to_bytes(2, "big") + payload
    return bytes((head, 127)) + size.to_bytes(8, "big") + payload


def payload_of(frame: bytes, start: int = 0) -> tuple[bytes, bool, int]:
    """The payload of the frame at `start`, whether it is text, and where the next frame begins.

    The inverse of `server_frame`, for servers that do their own framing.
    """
    size, begin = frame[start + 1], start + 2
    if size == 126:
        size, begin = int.from_bytes(frame[begin : begin + 2], "big"), begin + 2
    elif size == 127:
        size, begin = int.from_bytes(frame[begin : begin + 8], "big"), begin + 8
    end = begin + size
    return frame[begin:end], frame[start] & 0xF == _TEXT, end
