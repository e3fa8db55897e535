"""What a client holds of each log, and the one rule by which it grows (DELIVERY K, PROTOCOL §7).

An event is applied iff its `seq` is the next one. A smaller one is held already; a larger one
proves that something is missing. So what is held is always a contiguous run, restarted only by a
page that replaces it. Nothing here asks for what is missing: that takes a connection.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = ["Key", "Position", "Replica", "Verdict"]

Key = tuple[str, str]
"""A conversation and one of its logs."""


class Verdict(Enum):
    """What became of an event."""

    APPLIED = "applied"
    HELD = "held"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a log is held."""

    seq: int
    event_id: str


class Replica:
    """The positions of all logs that a client holds, in the order in which they last moved."""

    def __init__(self) -> None:
        self._held: dict[Key, Position] = {}
        self._seen: dict[Key, int] = {}

    def position(self, key: Key) -> Position | None:
        """Up to where `key` is held; None if nothing of it is."""
        return self._held.get(key)

    def held(self) -> list[Key]:
        """The logs of which something is held."""
        return list(self._held)

    def cursors(self, most: int) -> list[dict[str, Any]]:
        """The cursors of the logs that moved last, as `hello` carries them."""
        return [
            {
                "conversationId": conversation_id,
                "log": log,
                "seq": position.seq,
                "eventId": position.event_id,
            }
            for (conversation_id, log), position in list(self._held.items())[-most:]
        ]

    def receive(self, event: dict[str, Any]) -> Verdict:
        """Apply `event` if it is the next one. A log of which nothing is held starts at 1."""
        key, seq = (event["conversationId"], event["log"]), event["seq"]
        last = self._held[key].seq if key in self._held else 0
        if seq <= last:
            return Verdict.HELD
        self._seen[key] = max(seq, self._seen.get(key, 0))
        if seq > last + 1:
            return Verdict.MISSING
        self._move(key, Position(seq, event["id"]))
        return Verdict.APPLIED

    def replace(self, page: dict[str, Any]) -> None:
        """Start anew from a page of history; a page without events means that there is nothing."""
        key = (page["conversationId"], page["log"])
        self._held.pop(key, None)
        if page["reset"]:
            self._seen.pop(key, None)
        if page["events"]:
            last = page["events"][-1]
            self._move(key, Position(last["seq"], last["id"]))

    def learn_head(self, key: Key, head: int) -> bool:
        """The log goes exactly to `head`, says the server. True if it was rewound below what is
        held.

        A rewound log has another history from there on, so what is held of it is void.
        """
        self._seen[key] = head
        return key in self._held and head < self._held[key].seq

    def is_behind(self, key: Key) -> bool:
        """Whether the log is known to go further than what is held of it."""
        held = self._held.get(key)
        return self._seen.get(key, 0) > (held.seq if held else 0)

    def forget(self, key: Key) -> None:
        """Drop what is held of one log."""
        self._held.pop(key, None)
        self._seen.pop(key, None)

    def _move(self, key: Key, position: Position) -> None:
        self._held.pop(key, None)
        self._held[key] = position
