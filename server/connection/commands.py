"""What the machine tells the gateway to do. Values only; the gateway has a `match` over them."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from protocol.close import CloseCode
from protocol.errors import Problem
from protocol.frames.frame import Frame

__all__ = ["Abort", "Command", "PauseReading", "Perform", "Pong", "Refuse", "SendPing", "Shut"]


@dataclass(frozen=True, slots=True)
class Perform:
    """The frame is in order: do what it says, and answer it."""

    frame: Frame[Any]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error, in the order of the frames."""

    id: str | None
    problem: Problem


@dataclass(frozen=True, slots=True)
class Pong:
    """Answer a ping; it may overtake."""

    id: str | None


@dataclass(frozen=True, slots=True)
class SendPing:
    """A heartbeat is due."""


@dataclass(frozen=True, slots=True)
class PauseReading:
    """Enough is held back: take no more from the socket until the running read is finished."""


@dataclass(frozen=True, slots=True)
class Shut:
    """Close with this code after what was written so far."""

    code: CloseCode
    retry_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Abort:
    """Drop the connection without a close frame; `code` is what logs and metrics call it."""

    code: CloseCode


Command: TypeAlias = Perform | Refuse | Pong | SendPing | PauseReading | Shut | Abort
