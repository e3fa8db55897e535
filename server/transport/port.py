"""The seam between a socket and a gateway.

A gateway never sees a socket, a task or an ASGI message. It is handed a `Wire` to write to and is
called back as a `Receiver`. Two adapters exist: `attached.py`, reached through
`uvicorn_protocol.py` (frames by callback, no task per connection), and `asgi.py` (any ASGI server,
two tasks per connection). One test file runs over both.

Everything here happens on the event loop's thread, and nothing here is awaited.
"""

from dataclasses import dataclass
from typing import Final, Protocol

__all__ = ["ATTACH", "FrameLimits", "Receiver", "Wire", "payload_of", "server_frame"]

ATTACH: Final = "parley.attach"
"""Key in `scope["extensions"]`: there when the server can attach a receiver and end the ASGI call.

Its value is called as `attach(receiver, peer)`, once, after `websocket.accept`. `receiver` may be
called, even with `lost`, before it returns.
"""


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """What one connection may make the server hold (PROTOCOL §3), and for how long."""

    bytes: int = 131_072
    """Of one message, its fragments joined. Beyond it: close 1009."""
    fragments: int = 64
    """Of one message. Beyond it: close 1009. Plain ASGI cannot see fragments."""
    high_water: int = 65_536
    """`unsent` above this calls `pause_writing`."""
    low_water: int = 16_384
    """`unsent` back at this or below calls `resume_writing`."""
    close_within: float = 5.0
    """Seconds until a connection that does not finish closing is dropped."""


class Wire(Protocol):
    """One open WebSocket, as a gateway writes to it."""

    @property
    def peer(self) -> str:
        """The peer's address, without port; `""` when the server does not know it."""
        ...

    @property
    def unsent(self) -> int:
        """Bytes accepted by `write` and not yet taken by the kernel (plain ASGI: by the server)."""
        ...

    def write(self, frames: bytes) -> None:
        """Send one or more whole frames made by `server_frame`, in order.

        Never blocks and never raises. After `close`, `abort` or `Receiver.lost` it does nothing.
        """
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame and end the connection: at the peer's answer, or by force after 5 s.

        A reason longer than the 123 bytes that fit in a close frame is cut.

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
        """One whole message, fragments joined, within the size limit; text is valid UTF-8.

        An exception raised here is a bug: it is logged and the connection is closed with 1011.
        """
        ...

    def pause_writing(self) -> None:
        """`unsent` went over the high-water mark. Write what must be written and nothing more.

        May be called from within `Wire.write`.
        """
        ...

    def resume_writing(self) -> None:
        """`unsent` is at or under the low-water mark again. Not called once the wire is closing."""
        ...

    def lost(self) -> None:
        """The connection is over, for whatever reason. Always the last call, exactly once."""
        ...


_TEXT, _BINARY = 0x1, 0x2


def server_frame(payload: bytes, *, text: bool) -> bytes:
    """`payload` as one final, unmasked frame (RFC 6455 §5.2), ready for any number of sockets."""
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
