"""Messages that are written and not yet known to be in the log (DELIVERY K).

An entry keeps its `clientMessageId` for ever, so it may be sent any number of times and is stored
once. At most one entry per conversation is on its way, so that a failed one does not let a later
one overtake. It leaves when it is settled, when the server refuses it for good, or when the person
it was written as is gone: nobody's words are sent under another's name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from protocol.errors import ErrorCode

__all__ = ["ENTRIES", "PASSING", "Entry", "Outbox", "OutboxFull"]

ENTRIES: Final = 1_000
"""What an outbox holds at most."""

PASSING: Final = frozenset(
    {
        ErrorCode.TOO_MANY_REQUESTS,
        ErrorCode.UNAVAILABLE,
        ErrorCode.INTERNAL_ERROR,
        ErrorCode.IDENTITY_EXPIRED,
    }
)
"""Refusals that say nothing about the message: it is sent again later. All others are for good."""


class OutboxFull(Exception):
    """There are too many unsettled messages; the person has to be told."""


@dataclass(slots=True)
class Entry:
    """One message or note on its way. `frame_id` is the frame that carries it now, if any does."""

    client_message_id: str
    conversation_id: str | None
    data: dict[str, Any]
    epoch: int
    type: Literal["message", "note"] = "message"
    frame_id: str | None = None
    attempts: int = 0
    not_before: float = 0.0


class Outbox:
    """Unsettled messages, in the order they were written. Its owner hands in the time."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries.values()))

    def add(self, entry: Entry) -> None:
        """Keep `entry` until it is settled; one that is kept already changes nothing.

        Raises `OutboxFull`.
        """
        if len(self._entries) >= ENTRIES:
            raise OutboxFull(f"{ENTRIES} messages are waiting to be sent already.")
        self._entries.setdefault(entry.client_message_id, entry)

    def get(self, client_message_id: str) -> Entry | None:
        """The entry, unless it has been settled."""
        return self._entries.get(client_message_id)

    def settle(self, client_message_id: str) -> Entry | None:
        """Remove an entry and give it back; None if it is gone already."""
        return self._entries.pop(client_message_id, None)

    def sendable(self, now: float) -> list[Entry]:
        """The first entry of each conversation, unless it is on its way or was told to wait."""
        return [entry for entry in self._at_rest() if entry.not_before <= now]

    def next_deadline(self) -> float | None:
        """When an entry may be sent (again)."""
        return min((entry.not_before for entry in self._at_rest()), default=None)

    def _at_rest(self) -> list[Entry]:
        first: dict[str | None, Entry] = {}
        for entry in self._entries.values():
            first.setdefault(entry.conversation_id, entry)
        return [entry for entry in first.values() if entry.frame_id is None]

    def recall(self) -> None:
        """The connection is gone: nothing is on its way any more."""
        for entry in self._entries.values():
            entry.frame_id = None

    def expel(self, epoch: int) -> list[Entry]:
        """Remove and give back what was written before `epoch`."""
        gone = [entry for entry in self._entries.values() if entry.epoch < epoch]
        for entry in gone:
            del self._entries[entry.client_message_id]
        return gone
