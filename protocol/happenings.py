"""What a client tells its owner (`protocol/client.py`): one record per thing that can happen.

They come in the order in which they happened. Whoever applies `Applied` and `Reset` and nothing
else has each log as the server has it, contiguous and once.
"""

from dataclasses import dataclass
from typing import Any

from protocol.states import State

__all__ = [
    "Answered",
    "Applied",
    "Failed",
    "Happening",
    "Pushed",
    "Refused",
    "Reset",
    "Settled",
    "StateChanged",
    "Unanswered",
]


@dataclass(frozen=True, slots=True)
class StateChanged:
    """On CONNECTING, open a connection; on OFFLINE and TERMINAL, drop the one there is."""

    state: State


@dataclass(frozen=True, slots=True)
class Applied:
    """The next event of its log."""

    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reset:
    """What was held of a log is void; it starts again from these events, or is gone."""

    conversation_id: str
    log: str
    events: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """A message is in the log."""

    client_message_id: str
    conversation_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A message will not be sent any more; no code if it was written under another identity."""

    client_message_id: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """A request was done."""

    frame_id: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A request was not done, or, without an id, a frame was wrong."""

    frame_id: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The connection ended before a request was answered; whether it was done is not known."""

    frame_id: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """Any other frame of the server."""

    type: str
    data: dict[str, Any]


Happening = (
    StateChanged | Applied | Reset | Settled | Failed | Answered | Refused | Unanswered | Pushed
)
