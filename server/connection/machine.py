"""The connection machine: decoded frames and the time in, commands out.

It knows the order of a conversation with a client (hello first and once, answers in order, a
heartbeat), what is too much (PROTOCOL §3), and when to give up. It does not know what any frame
means: a gateway does what `Perform` says, and tells the machine of the two things that take time,
the welcome and a read.

One instance per socket, called on the loop's thread. `now` is monotonic seconds.
"""

from collections import deque
from typing import Any

from protocol import limits
from protocol.close import CloseCode
from protocol.errors import ErrorCode, Problem
from protocol.frames.frame import Frame
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
from server.connection.states import Input, State, next_state

__all__ = ["Heartbeat", "Machine"]

_HELLO_FIRST = Problem(ErrorCode.HELLO_REQUIRED, "The first frame must be `hello`.")
_HELLO_TWICE = Problem(ErrorCode.CONFLICT, "`hello` was already answered on this connection.")
_VOLATILE = "typing"
_WINDOW = 60.0


class Heartbeat:
    """When to ping and how long to wait, in seconds. One instance serves all connections of a
    kind.
    """

    __slots__ = ("hello", "interval", "timeout")

    def __init__(
        self, interval: float, timeout: float, hello: float = limits.HELLO_SECONDS
    ) -> None:
        self.interval = interval
        self.timeout = timeout
        self.hello = hello


class Machine:
    """One connection's order and limits."""

    __slots__ = (
        "_deadline",
        "_heartbeat",
        "_held",
        "_held_bytes",
        "_pinged",
        "_rates",
        "_spread",
        "_strikes",
        "state",
    )

    def __init__(self, heartbeat: Heartbeat, now: float, spread: float = 0.0) -> None:
        """`spread` in [-0.2, 0.2] moves this connection's pings, so that they do not come in
        one wave.
        """
        self.state = State.AWAITING_HELLO
        self._heartbeat = heartbeat
        self._spread = spread
        self._deadline = now + heartbeat.hello
        self._pinged = False
        self._rates: Rates | None = None
        self._held: deque[Frame[Any] | Refuse] | None = None
        self._held_bytes = 0
        self._strikes: dict[CloseCode, list[float]] | None = None

    @property
    def deadline(self) -> float:
        """When `tick` has something to do next. It moves with every frame heard."""
        return self._deadline

    def receive(self, frame: Frame[Any], size: int, now: float) -> tuple[Command, ...]:
        """A well-formed frame of `size` bytes arrived."""
        self._heard(now)
        match self.state:
            case State.LIVE:
                return self._admit(frame, now)
            case State.AWAITING_HELLO:
                if frame.type == "hello":
                    self._move(Input.HELLO)
                    return (Perform(frame),)
                if self._strike(CloseCode.NO_HELLO, now) > limits.MALFORMED_PER_MINUTE:
                    return (Shut(CloseCode.NO_HELLO),)
                return (Refuse(frame.id, _HELLO_FIRST),)
            case State.GREETING | State.READING:
                return self._hold(frame, size)
            case State.CLOSING | State.LOST:
                return ()

    def malformed(self, problem: Problem, now: float) -> tuple[Command, ...]:
        """Something arrived that is no frame at all: five in a minute are borne."""
        if self.state in (State.CLOSING, State.LOST):
            return ()
        self._heard(now)
        if self._strike(CloseCode.PROTOCOL_VIOLATION, now) > limits.MALFORMED_PER_MINUTE:
            return (Shut(CloseCode.PROTOCOL_VIOLATION),)
        return self._refuse(Refuse(None, problem))

    def invalid(self, frame_id: str | None, problem: Problem, now: float) -> tuple[Command, ...]:
        """A frame arrived whose content is wrong, or whose type nobody knows."""
        if self.state in (State.CLOSING, State.LOST):
            return ()
        self._heard(now)
        return self._refuse(Refuse(frame_id, problem))

    def welcomed(self, rates: Rates | None, now: float) -> None:
        """`welcome` was written. `rates` are the session's; None lifts them.

        Ask `next_held` for what the client sent meanwhile.
        """
        self._rates = rates
        self._move(Input.WELCOMED)
        self._heard(now)

    def hello_refused(self) -> None:
        """`hello` was answered with an error that the client may mend; its deadline stands.

        Ask `next_held` for what the client sent meanwhile: it is refused, or is another `hello`.
        """
        self._move(Input.HELLO_REFUSED)

    def read_started(self) -> None:
        """A command takes time: hold back what comes after it."""
        self._move(Input.READ_STARTED)

    def read_finished(self, now: float) -> None:
        """The command that took time was answered. Ask `next_held` for what waited for it."""
        self._move(Input.READ_FINISHED)
        self._heard(now)

    def next_held(self, now: float) -> tuple[Command, ...] | None:
        """The commands for the next frame that was held back; None when there is none to handle
        now.

        Ask again until it says None: one of these frames may start a read that the next must wait
        for.
        """
        if not self._held or self.state not in (State.LIVE, State.AWAITING_HELLO):
            return None
        frame = self._held.popleft()
        if not self._held:
            self._held, self._held_bytes = None, 0
        return (frame,) if isinstance(frame, Refuse) else self.receive(frame, 0, now)

    def closing(self) -> None:
        """A close frame was written, or the transport aborted."""
        self._move(Input.CLOSING)
        self._held = None

    def lost(self) -> None:
        """The transport is gone."""
        self._move(Input.LOST)
        self._held = None

    def tick(self, now: float) -> tuple[Command, ...]:
        """The deadline has come: a ping is due, or the peer was silent for too long."""
        match self.state:
            case State.AWAITING_HELLO | State.GREETING if now >= self._deadline:
                if self.state is State.GREETING:
                    # The client did its part; the database is slow.
                    self._deadline = now + self._heartbeat.timeout
                    return ()
                return (Shut(CloseCode.NO_HELLO),)
            case State.LIVE if now >= self._deadline:
                if self._pinged:
                    return (Abort(CloseCode.NO_HEARTBEAT),)
                self._pinged = True
                self._deadline = now + self._heartbeat.timeout
                return (SendPing(),)
            case State.READING if now >= self._deadline:
                # Reading may be paused, so silence says nothing about the peer.
                self._deadline = now + self._heartbeat.timeout
                return ()
            case _:
                return ()

    def _heard(self, now: float) -> None:
        if self.state in (State.LIVE, State.READING):
            self._pinged = False
            self._deadline = now + self._heartbeat.interval * (1.0 + self._spread)

    def _admit(self, frame: Frame[Any], now: float) -> tuple[Command, ...]:
        if frame.type == "hello":
            return (Refuse(frame.id, _HELLO_TWICE),)
        wait = 0.0 if self._rates is None else self._rates.take(frame.type, now)
        if wait > 0.0:
            if frame.type == _VOLATILE:
                return ()
            retry = max(1, round(wait * 1000))
            problem = Problem(
                ErrorCode.TOO_MANY_REQUESTS, "Too many frames of this kind.", retry_after_ms=retry
            )
            refusal = Refuse(frame.id, problem)
            if self._strike(CloseCode.FLOODING, now) >= limits.REFUSED_PER_MINUTE:
                return refusal, Shut(CloseCode.FLOODING, retry)
            return (refusal,)
        return (Pong(frame.id) if frame.type == "ping" else Perform(frame),)

    def _strike(self, code: CloseCode, now: float) -> int:
        """Count one more offence that ends in `code`; how many came within the last minute."""
        if self._strikes is None:
            self._strikes = {}
        recent = [at for at in self._strikes.get(code, ()) if now - at < _WINDOW]
        recent.append(now)
        self._strikes[code] = recent
        return len(recent)

    def _refuse(self, refusal: Refuse) -> tuple[Command, ...]:
        """Refuse now, or when those before it have been handled: answers keep their order."""
        if self.state in (State.GREETING, State.READING):
            return self._hold(refusal, 0)
        return (refusal,)

    def _hold(self, frame: Frame[Any] | Refuse, size: int) -> tuple[Command, ...]:
        if self._held is None:
            self._held = deque()
        self._held.append(frame)
        self._held_bytes += size
        full = len(self._held) > limits.BACKLOG_FRAMES or self._held_bytes > limits.BACKLOG_BYTES
        if not full:
            return ()
        if self.state is State.GREETING:
            return (Shut(CloseCode.FLOODING, 1_000),)
        return (PauseReading(),)

    def _move(self, happened: Input) -> None:
        self.state = next_state(self.state, happened)
