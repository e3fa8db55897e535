"""What the gateway and the API ask before they let somebody in.

A subject is an opaque string (an address, a visitor). Calls never block: an adapter that shares its
counts between nodes reconciles in the background, and a node that hears nothing of the others
counts on alone (PROTOCOL §3).
"""

from dataclasses import dataclass
from typing import Protocol

from protocol.limits import Rate

__all__ = ["Limits", "Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a bucket stands: how many are left, and the seconds until it is full again."""

    left: int
    full_in: float


class Limits(Protocol):
    """Rates and counts of this node's subjects."""

    def take(self, kind: str, subject: str, rate: Rate) -> float:
        """0.0 if one more is allowed, else the seconds until it will be."""
        ...

    def standing(self, kind: str, subject: str, rate: Rate) -> Standing | None:
        """How the bucket stands, for those who want to tell; None if nothing is limited."""
        ...

    def enter(self, kind: str, subject: str, most: int) -> bool:
        """Count one more living thing of `subject`, unless there are `most` already."""
        ...

    def leave(self, kind: str, subject: str) -> None:
        """Undo an `enter` that said True."""
        ...
