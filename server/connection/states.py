"""The states of one connection, as a table.

    AWAITING_HELLO ──hello──▶ GREETING ──welcomed──▶ LIVE ──read_started──▶ READING
          ▲                      │                    ▲                       │
          └─────hello_refused────┘                    └─────read_finished─────┘

and from each of them ──closing──▶ CLOSING ──lost──▶ LOST.

GREETING and READING hold back what the client sends meanwhile, for one reason: answers come in the
order of the frames (PROTOCOL §2), and a command that reads the database must not be overtaken by
the next. A message needs no such state: the journal keeps the order.

Two rules. All state changes go through `TRANSITIONS`; an absent entry is a fault of ours, not of
the peer. And this file does not know whether the peer is a visitor or an agent.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

__all__ = ["TRANSITIONS", "Input", "State", "next_state"]


class State(Enum):
    AWAITING_HELLO = auto()
    GREETING = auto()
    LIVE = auto()
    READING = auto()
    CLOSING = auto()
    LOST = auto()


class Input(Enum):
    HELLO = auto()
    WELCOMED = auto()
    HELLO_REFUSED = auto()
    READ_STARTED = auto()
    READ_FINISHED = auto()
    CLOSING = auto()
    LOST = auto()


_END: Final = {Input.CLOSING: State.CLOSING, Input.LOST: State.LOST}

TRANSITIONS: Final[Mapping[State, Mapping[Input, State]]] = {
    State.AWAITING_HELLO: {Input.HELLO: State.GREETING, **_END},
    State.GREETING: {
        Input.WELCOMED: State.LIVE,
        Input.HELLO_REFUSED: State.AWAITING_HELLO,
        **_END,
    },
    State.LIVE: {Input.READ_STARTED: State.READING, **_END},
    State.READING: {Input.READ_FINISHED: State.LIVE, **_END},
    # What a task finishes after the end is still told to the machine, and changes nothing.
    State.CLOSING: {
        Input.WELCOMED: State.CLOSING,
        Input.HELLO_REFUSED: State.CLOSING,
        Input.READ_FINISHED: State.CLOSING,
        Input.CLOSING: State.CLOSING,
        Input.LOST: State.LOST,
    },
    State.LOST: {
        Input.WELCOMED: State.LOST,
        Input.HELLO_REFUSED: State.LOST,
        Input.READ_FINISHED: State.LOST,
        Input.CLOSING: State.LOST,
    },
}


def next_state(state: State, happened: Input) -> State:
    """Where `happened` leads from `state`. Raises AssertionError for what cannot happen there."""
    try:
        return TRANSITIONS[state][happened]
    except KeyError:
        raise AssertionError(f"{happened.name} cannot happen in {state.name}") from None
