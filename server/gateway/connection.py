"""One socket, as visitors and agents have it in common.

Bytes in: codec → frame → machine → command → the side's `perform`. Answers out: in the order of the
frames. What differs between a visitor and an agent is their `Side`; what the machine knows, is not
known twice. The unknown exception ends here: it is logged with the connection's id and told as
`internal_error` (the rim).
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from protocol.close import CloseCode
from protocol.codec import Codec
from protocol.errors import ErrorCode, MalformedFrame, Problem, ProtocolError
from protocol.frames.frame import Frame, Registry, parse
from server.chat.model import Committed, Failed, Outcome, Refused, Settle
from server.connection.buckets import Rates
from server.connection.commands import (
    Abort,
    Command,
    PauseReading,
    Perform,
    Pong,
    Refuse,
    SendPing,
    Shut,
)
from server.connection.machine import Machine
from server.connection.states import State
from server.gateway.answers import Answers, Place
from server.gateway.context import Gateway
from server.gateway.refusals import UNAVAILABLE, GatewayError, problem_of
from server.gateway.translate import frame_of
from server.hub.outlet import Outlet
from server.store.port import StoreUnavailable
from server.transport.port import Wire

__all__ = ["Connection", "Reply", "Side"]

_log = logging.getLogger("parley.gateway")

_INTERNAL = Problem(ErrorCode.INTERNAL_ERROR, "Something went wrong on the server.")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a frame that took time is answered with, and what to do when the answer has left."""

    data: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[], None] | None = None


class Side(Protocol):
    """A visitor's or an agent's half of a connection. Calls come one at a time, on the loop."""

    @property
    def registry(self) -> Registry:
        """The frames it understands."""
        ...

    def greet(self, frame: Frame[Any]) -> Awaitable[None]:
        """Handle `hello`: call `Connection.welcome`, or raise `GatewayError`."""
        ...

    def perform(self, frame: Frame[Any]) -> None:
        """Do what an admitted frame says; see `Connection` for how to answer."""
        ...

    def heads(self) -> Mapping[str, Any]:
        """The data of a heartbeat."""
        ...

    def heard(self) -> None:
        """The client has just shown that it is alive."""
        ...

    def writable(self) -> None:
        """The socket takes more again: feed what is behind."""
        ...

    def lost(self) -> None:
        """It is over. Let go of everything."""
        ...


class Connection:
    """One socket: a `Receiver` for the transport, and the way to answer for its side."""

    __slots__ = ("answers", "codec", "gateway", "id", "machine", "outlet", "peer", "side", "wire")

    def __init__(
        self, gateway: Gateway, codec: Codec, peer: str, side: "Callable[[Connection], Side]"
    ) -> None:
        self.gateway = gateway
        self.codec = codec
        self.peer = peer
        self.id = gateway.next_connection_id()
        now = gateway.clock.monotonic()
        self.machine = Machine(gateway.heartbeat, now, gateway.spread(self.id))
        self.side = side(self)
        self.wire: Wire
        self.outlet: Outlet
        self.answers: Answers

    def attached(self, wire: Wire) -> None:
        self.wire = wire
        self.outlet = Outlet(self.gateway.flusher, wire, self._overflow)
        self.answers = Answers(self.outlet.send)
        self.gateway.connections.add(self)
        self.gateway.wheel.add(self, self._next_look(self.gateway.clock.monotonic()))

    def received(self, data: bytes, text: bool) -> None:
        now = self.gateway.clock.monotonic()
        try:
            decoded = self.codec.decode_message(data, text=text)
            frame = parse(self.side.registry, decoded)
        except MalformedFrame as error:
            self._obey(self.machine.malformed(error.problem, now))
        except ProtocolError as error:
            if error.close is not None:
                self.shut(error.close)
            else:
                self._obey(self.machine.invalid(error.frame_id, error.problem, now))
        else:
            self._obey(self.machine.receive(frame, len(data), now))
        self.side.heard()

    def pause_writing(self) -> None:
        self.outlet.pause(self.gateway.clock.monotonic())

    def resume_writing(self) -> None:
        self.outlet.resume()
        self.side.writable()

    def lost(self) -> None:
        self.machine.lost()
        self.outlet.resume()
        self.gateway.gone(self)
        self.side.lost()

    def due(self, now: float) -> float | None:
        """The wheel's question: a ping, a silence, a stuck socket."""
        if self.is_over:
            return None
        if self.outlet.slow and self.outlet.is_stuck(now):
            self._obey((Abort(CloseCode.SLOW_CONSUMER),))
            return None
        self._obey(self.machine.tick(now))
        return self._next_look(now)

    def _next_look(self, now: float) -> float:
        """When the wheel must ask. A frame can bring the deadline nearer (a `hello`, the answer to
        a ping), though never nearer than one interval from itself.
        """
        gateway = self.gateway
        nearest = gateway.heartbeat.interval * (1.0 + gateway.spread(self.id))
        if self.outlet.slow:
            nearest = min(nearest, 10.0)
        return min(self.machine.deadline, now + nearest)

    @property
    def is_over(self) -> bool:
        """Whether nothing can be sent any more."""
        return self.machine.state in (State.CLOSING, State.LOST)

    def bye(self, retry_after_ms: int) -> None:
        """Send the client away, to come back after that time."""
        if not self.is_over:
            self.push("bye", {"reason": "restart", "retryAfterMs": retry_after_ms})
            self.shut(CloseCode.RESTART)

    def restart(self, conversation_id: str) -> None:
        """What was sent of this conversation is no longer true: the client must begin anew."""
        _log.warning("a log was rewound", extra={"connection": self.id, "log": conversation_id})
        self.shut(CloseCode.SERVER_FAULT)

    def push(self, frame_type: str, data: Mapping[str, Any]) -> None:
        """Send a frame that answers nothing."""
        self.outlet.send(frame_of(self.codec, {"type": frame_type, "data": data}))

    def push_volatile(self, frame_type: str, data: Mapping[str, Any]) -> None:
        """Send a frame that a slow peer may miss."""
        if not self.outlet.slow:
            self.push(frame_type, data)

    def ack(self, frame: Frame[Any], data: Mapping[str, Any] | None = None) -> None:
        """Answer at once; without `data`, that it is done."""
        if frame.id is not None:
            self.answers.say(self._ack(frame.id, data or {}))

    def refuse(self, frame_id: str | None, problem: Problem) -> None:
        """Answer at once with an error; an error is told even to a frame without an id."""
        self.answers.say(self._error(frame_id, problem))

    def settle(
        self,
        frame: Frame[Any],
        ack: Callable[[Committed], Mapping[str, Any]],
        after: Callable[[Committed], None] | None = None,
    ) -> Settle:
        """A place among the answers for something the journal will settle.

        `after` is called before the ack leaves, when it was committed.
        """
        place = self.answers.place()

        def settled(outcome: Outcome) -> None:
            match outcome:
                case Committed():
                    if after is not None:
                        after(outcome)
                    if frame.id is None:
                        self.answers.fill(place, None)
                    else:
                        self.answers.fill(place, self._ack(frame.id, ack(outcome)))
                case Refused(refusal):
                    problem = Problem(ErrorCode(refusal.code), refusal.message)
                    self.answers.fill(place, self._error(frame.id, problem))
                case Failed(error):
                    self._fail(place, frame.id, error)

        def guarded(outcome: Outcome) -> None:
            try:
                settled(outcome)
            except Exception:  # noqa: BLE001 — the rim
                # Its place stays open, so nothing after it could be answered: the client comes
                # back.
                _log.exception("settling failed", extra={"connection": self.id})
                self.shut(CloseCode.SERVER_FAULT)

        return guarded

    def read(self, frame: Frame[Any], work: Callable[[], Awaitable[Reply]]) -> None:
        """Answer with what `work` returns; frames after it wait. `GatewayError` is a refusal."""
        place = self.answers.place()
        self.machine.read_started()
        self.gateway.start(self._work(frame, place, work))

    def shut(self, code: CloseCode, retry_after_ms: int | None = None) -> None:
        """Close after what was written so far."""
        if self.is_over:
            return
        self.gateway.metrics.closed(code)
        reason = "" if retry_after_ms is None else f"retryAfterMs={retry_after_ms}"
        self.machine.closing()
        self.outlet.flush()
        self.wire.close(code, reason)

    def welcome(self, frame: Frame[Any], data: Mapping[str, Any], rates: Rates | None) -> None:
        """Answer `hello`. What the client sends waits until the side's `greet` has returned."""
        envelope = {"type": "welcome", "data": data}
        if frame.id is not None:
            envelope["id"] = frame.id
        self.outlet.send(frame_of(self.codec, envelope))
        if not self.is_over:
            self.machine.welcomed(rates, self.gateway.clock.monotonic())
            self.machine.read_started()

    def go_on(self) -> None:
        """Handle the frames that were held back, until one of them takes time itself."""
        while True:
            commands = self.machine.next_held(self.gateway.clock.monotonic())
            if commands is None:
                return
            self._obey(commands)

    async def writable(self) -> None:
        """Wait until the socket takes more, or is over."""
        while self.outlet.slow and not self.is_over:
            await self.outlet.wait_resumed()

    async def _greet(self, frame: Frame[Any]) -> None:
        try:
            await self.side.greet(frame)
        except GatewayError as error:
            self.refuse(frame.id, error.problem)
            if error.close is not None:
                self.shut(error.close, error.problem.retry_after_ms)
                return
            if self.machine.state is State.GREETING:
                self.machine.hello_refused()
        except StoreUnavailable:
            if self.machine.state is not State.GREETING:
                # It was welcomed and cannot be resumed: let it come back.
                self.shut(CloseCode.SERVER_FAULT)
                return
            self.refuse(frame.id, UNAVAILABLE)
            self.machine.hello_refused()
        except Exception:  # noqa: BLE001 — the rim
            _log.exception("hello failed", extra={"connection": self.id})
            self.refuse(frame.id, _INTERNAL)
            self.shut(CloseCode.SERVER_FAULT)
        else:
            self._read_finished()
        self.go_on()

    async def _work(
        self,
        frame: Frame[Any],
        place: Place,
        work: Callable[[], Awaitable[Reply]],
    ) -> None:
        try:
            reply = await work()
            ack = None if frame.id is None else self._ack(frame.id, reply.data)
        except GatewayError as error:
            self.answers.fill(place, self._error(frame.id, error.problem))
        except Exception as error:  # noqa: BLE001 — the rim
            self._fail(place, frame.id, error)
        else:
            self.answers.fill(place, ack, reply.then)
        self._read_finished()
        self.go_on()

    def _read_finished(self) -> None:
        if self.machine.state is State.READING:
            self.machine.read_finished(self.gateway.clock.monotonic())
            self.wire.resume_reading()

    def _obey(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            match command:
                case Perform(frame):
                    self._perform(frame)
                case Refuse(frame_id, problem):
                    self.gateway.metrics.refused(problem.code)
                    self.refuse(frame_id, problem)
                case Pong(frame_id):
                    self._pong(frame_id)
                case SendPing():
                    self.push("ping", self.side.heads())
                case PauseReading():
                    self.wire.pause_reading()
                case Shut(code, retry_after_ms):
                    self.shut(code, retry_after_ms)
                case Abort(code):
                    self._abort(code)

    def _perform(self, frame: Frame[Any]) -> None:
        if self.machine.state is State.GREETING:
            self.gateway.start(self._greet(frame))
            return
        try:
            self.side.perform(frame)
        except GatewayError as error:
            self.refuse(frame.id, error.problem)
        except Exception:  # noqa: BLE001 — the rim
            # It may have taken a place among the answers, so nothing after it could be answered.
            _log.exception("frame failed", extra={"connection": self.id, "frame": frame.type})
            self.shut(CloseCode.SERVER_FAULT)

    def _fail(self, place: Place, frame_id: str | None, error: Exception) -> None:
        problem = problem_of(error)
        if problem is None:
            _log.error("frame failed", exc_info=error, extra={"connection": self.id})
            problem = _INTERNAL
        self.answers.fill(place, self._error(frame_id, problem))

    def _abort(self, code: CloseCode) -> None:
        if not self.is_over:
            self.gateway.metrics.closed(code)
            self.machine.closing()
            self.wire.abort()

    def _overflow(self) -> None:
        self._abort(CloseCode.SLOW_CONSUMER)

    def _pong(self, frame_id: str | None) -> None:
        envelope: dict[str, Any] = {"type": "pong"}
        if frame_id is not None:
            envelope["id"] = frame_id
        self.outlet.send(frame_of(self.codec, envelope))

    def _ack(self, frame_id: str, data: Mapping[str, Any]) -> bytes:
        return frame_of(self.codec, {"type": "ack", "id": frame_id, "data": data})

    def _error(self, frame_id: str | None, problem: Problem) -> bytes:
        error: dict[str, Any] = {
            "message": problem.message,
            "status": problem.status,
            "code": problem.code.value,
        }
        if problem.details:
            error["details"] = [{"path": d.path, "message": d.message} for d in problem.details]
        if problem.retry_after_ms is not None:
            error["retryAfterMs"] = problem.retry_after_ms
        envelope: dict[str, Any] = {"type": "error", "error": error}
        if frame_id is not None:
            envelope["id"] = frame_id
        return frame_of(self.codec, envelope)
