"""One open WebSocket without a task: frames arrive by callback and leave as ready-made bytes.

It knows neither HTTP nor ASGI (`uvicorn_protocol.py` did the handshake and is gone) nor what a
message means. Parsing and RFC 6455's rules are `websockets`' sans-I/O `Protocol`; writing data
frames goes around it, because the same `bytes` go to every follower.

The idea: between two messages a WebSocket has no parser state at all, so an idle connection owns no
parser. It takes one from a small shelf when bytes come and puts it back when they end at a frame's
edge. A parser costs 3 KB, and almost every connection is idle.
"""

import asyncio
import enum
import logging
from types import GeneratorType
from typing import Any, Final

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import SEND_EOF, Protocol, Side, State
from websockets.streams import StreamReader

from server.transport.port import FrameLimits, Receiver

__all__ = ["AttachedSocket"]

logger = logging.getLogger("parley.transport")

_SLICE: Final = 4_096
"""Bytes parsed at a time: what follows a close in one read of 256 KB costs nothing."""
_CONTROL_FRAMES: Final = 64
"""Pings and pongs in one read. A read full of empty pings would hold the loop for half a second."""
_SHELF: Final = 64
"""Idle parsers kept: more connections than that are seldom inside a frame at once."""
_PONG: Final = 0x80 | Opcode.PONG
_REASON: Final = 123
"""Bytes left for the reason in a close frame (RFC 6455 §5.5: 125, less two for the code)."""

_quiet = logging.getLogger("parley.transport.frames")
_quiet.setLevel(logging.WARNING)  # `websockets` says "connection closed" for each at INFO


class _State(enum.Enum):
    OPEN = enum.auto()
    CLOSING = enum.auto()  # a close frame is on its way, or the peer has ended its stream
    LOST = enum.auto()


class AttachedSocket(asyncio.Protocol):
    """A `Wire`, and the asyncio protocol behind it. `start` takes the transport over."""

    __slots__ = (
        "_connections",
        "_fragments",
        "_limits",
        "_parser",
        "_paused",
        "_peer",
        "_pong",
        "_receiver",
        "_state",
        "_text",
        "_timer",
        "_transport",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        connections: set[Any],
        receiver: Receiver,
        *,
        peer: str,
        limits: FrameLimits,
    ) -> None:
        self._transport = transport
        self._connections = connections
        self._receiver = receiver
        self._peer = peer
        self._limits = limits
        self._state = _State.OPEN
        self._parser: Protocol | None = None
        self._fragments: list[bytes] | None = None
        self._text = False
        self._paused = False
        self._pong = b""
        self._timer: asyncio.TimerHandle | None = None

    def start(self, early: bytes) -> None:
        """Begin: `early` is what the peer sent behind its handshake."""
        self._connections.add(self)
        self._transport.set_write_buffer_limits(self._limits.high_water, self._limits.low_water)
        self._transport.set_protocol(self)
        try:
            self._receiver.attached(self)
        except Exception:
            logger.exception("a receiver failed as it was attached")
            self.close(CloseCode.INTERNAL_ERROR)
        if early:
            self.data_received(early)

    # What a gateway calls.

    @property
    def peer(self) -> str:
        return self._peer

    @property
    def unsent(self) -> int:
        return 0 if self._state is _State.LOST else self._transport.get_write_buffer_size()

    def write(self, frames: bytes) -> None:
        if self._state is _State.OPEN:
            self._transport.write(frames)

    def close(self, code: int, reason: str = "") -> None:
        if self._state is not _State.OPEN:
            return
        self._state = _State.CLOSING
        parser = self._take_parser()
        if parser.state is State.OPEN:  # else the peer's close frame came in this very read
            parser.send_close(code, reason.encode()[:_REASON].decode(errors="ignore"))
        self._flush(parser)
        self._end_in_time()
        self._transport.resume_reading()  # the peer's answer must be seen

    def abort(self) -> None:
        if self._state is not _State.LOST:
            self._state = _State.CLOSING
            self._transport.abort()

    def pause_reading(self) -> None:
        if self._state is _State.OPEN:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._state is _State.OPEN:
            self._transport.resume_reading()

    # What the event loop calls.

    def data_received(self, data: bytes) -> None:
        parser = self._take_parser()
        control = 0
        for begin in range(0, len(data), _SLICE):
            parser.receive_data(data[begin : begin + _SLICE] if len(data) > _SLICE else data)
            for frame in parser.events_received():
                assert isinstance(frame, Frame), "because the handshake is over"
                if frame.opcode in _MESSAGE:
                    self._message_frame(parser, frame)
                else:
                    control += 1
            if control > _CONTROL_FRAMES:
                parser.fail(CloseCode.POLICY_VIOLATION, "too many control frames")
        self._flush(parser)
        self._maybe_shelve(parser)

    def eof_received(self) -> None:
        """The peer ended its stream: let what is unsent go, but not for ever."""
        self._state = _State.CLOSING
        self._end_in_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._state = _State.LOST
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        self._parser = self._fragments = self._timer = None
        self._receiver.lost()

    def pause_writing(self) -> None:
        self._paused = True
        if self._state is _State.OPEN:
            self._receiver.pause_writing()

    def resume_writing(self) -> None:
        self._paused = False
        if self._state is not _State.OPEN:
            return  # uvloop says so even for an aborted transport
        pong, self._pong = self._pong, b""
        if pong:
            self._transport.write(pong)
        self._receiver.resume_writing()

    def shutdown(self) -> None:
        """What uvicorn calls after the drain: who is still here did not answer a close frame."""
        self.abort()

    # Between the two.

    def _message_frame(self, parser: Protocol, frame: Frame) -> None:
        """Join fragments, check what the parser does not, and hand a whole message on."""
        if self._state is not _State.OPEN:
            return
        if frame.opcode is not Opcode.CONT:
            self._text = frame.opcode is Opcode.TEXT
        if not frame.fin or self._fragments is not None:
            self._fragments = self._fragments or []
            self._fragments.append(bytes(frame.data))
            if len(self._fragments) > self._limits.fragments:
                parser.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
                self._state = _State.CLOSING
                return
            if not frame.fin:
                return
        data = bytes(frame.data) if self._fragments is None else b"".join(self._fragments)
        self._fragments = None
        if self._text and not _is_utf8(data):
            parser.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
            self._state = _State.CLOSING
            return
        try:
            self._receiver.received(data, self._text)
        except Exception:
            logger.exception("a receiver failed on a message")
            self.close(CloseCode.INTERNAL_ERROR)

    def _flush(self, parser: Protocol) -> None:
        """Send what the parser answers by itself: pongs, a close frame, the end of our stream."""
        writes = parser.data_to_send()
        if not writes or self._transport.is_closing():
            return
        if self._paused:
            # A peer that does not read owes itself the rest: RFC 6455 §5.5.3 lets us answer only
            # the latest ping, and an unread pong for each of a million pings would be our memory.
            pongs = [data for data in writes if data and data[0] == _PONG]
            self._pong = pongs[-1] if pongs else self._pong
            writes = [data for data in writes if not data or data[0] != _PONG]
        self._transport.write(b"".join(writes))
        if writes and writes[-1] == SEND_EOF:
            self._state = _State.CLOSING
            self._end_in_time()
            if parser.close_rcvd is not None or not self._transport.can_write_eof():
                self._transport.close()
            else:
                # The peer is still sending. To close now would make the kernel answer that with a
                # reset, which can overtake the close frame and hide its code.
                self._transport.write_eof()

    def _end_in_time(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._limits.close_within, self._transport.abort)

    def _take_parser(self) -> Protocol:
        if self._parser is None:
            self._parser = _shelf.pop() if _shelf else _new_parser()
            self._parser.max_message_size = self._limits.bytes
        return self._parser

    def _maybe_shelve(self, parser: Protocol) -> None:
        """Give the parser back if it stands at a frame's edge, outside a fragmented message."""
        if self._state is _State.OPEN and self._fragments is None and _at_edge(parser):
            self._parser = None
            if len(_shelf) < _SHELF:
                _shelf.append(parser)


_MESSAGE: Final = frozenset((Opcode.TEXT, Opcode.BINARY, Opcode.CONT))
_shelf: Final[list[Protocol]] = []
"""Parsers nobody uses, all alike: state OPEN, nothing read, nothing to send."""


def _new_parser() -> Protocol:
    return Protocol(Side.SERVER, state=State.OPEN, logger=_quiet)


def _at_edge(parser: Protocol) -> bool:
    """Is it waiting for a frame's first byte? `Protocol.parse` then stands inside `at_eof`."""
    assert isinstance(parser.parser, GeneratorType)
    waiting = parser.parser.gi_yieldfrom
    return isinstance(waiting, GeneratorType) and waiting.gi_code is StreamReader.at_eof.__code__


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
