"""The states of a client, and what moves it from one to another (DELIVERY K, PROTOCOL §8, §10).

The table is the whole truth: what it does not have cannot happen, and trying is an error.

    OFFLINE ──retry──▶ CONNECTING ──opened──▶ GREETING ──welcomed──▶ CATCHING_UP ⇄ LIVE
       ▲                    └───────────────────┴──────────lost───────────┴─────────┘
       └────────────────────────────────────────┘      refused, stop: TERMINAL
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Final

__all__ = ["ATTACHED", "CONNECTED", "READY", "TRANSITIONS", "Input", "Role", "State", "backoff"]


class Role(Enum):
    """Which socket the client speaks on."""

    VISITOR = "visitor"
    AGENT = "agent"


class State(Enum):
    """Where the client is; what a person may be told of it."""

    OFFLINE = auto()
    CONNECTING = auto()
    GREETING = auto()
    CATCHING_UP = auto()
    LIVE = auto()
    TERMINAL = auto()


class Input(Enum):
    """What moves a client from one state to another."""

    RETRY = auto()
    OPENED = auto()
    WELCOMED = auto()
    BEHIND = auto()
    CAUGHT_UP = auto()
    LOST = auto()
    REFUSED = auto()


CONNECTED: Final = frozenset({State.GREETING, State.CATCHING_UP, State.LIVE})
"""There is a connection."""
READY: Final = frozenset({State.CATCHING_UP, State.LIVE})
"""The server has said `welcome`: frames may be sent."""
ATTACHED: Final = CONNECTED | {State.CONNECTING}
"""There is a connection, or one is being opened."""

TRANSITIONS: Final[Mapping[tuple[State, Input], State]] = {
    (State.OFFLINE, Input.RETRY): State.CONNECTING,
    (State.CONNECTING, Input.OPENED): State.GREETING,
    (State.GREETING, Input.WELCOMED): State.CATCHING_UP,
    (State.CATCHING_UP, Input.CAUGHT_UP): State.LIVE,
    (State.LIVE, Input.BEHIND): State.CATCHING_UP,
    **{(state, Input.LOST): State.OFFLINE for state in ATTACHED},
    **{(state, Input.REFUSED): State.TERMINAL for state in ATTACHED | {State.OFFLINE}},
}
"""A missing entry is a mistake of the client's owner."""


def backoff(attempt: int, random: Callable[[], float]) -> float:
    """Seconds to wait before the `attempt`-th try, counted from 0: full jitter (PROTOCOL §10)."""
    return random() * min(20.0, 0.5 * 2.0 ** min(attempt, 10))
