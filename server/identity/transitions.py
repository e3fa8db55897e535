"""What a session becomes: the rows of IDENTITY §4.7, as far as nobody has said who they are.

Pure: what was found in the database and what the client showed go in, what to write comes out. The
rows that need `identify` join this table with the identity work.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from server.identity.model import SessionRow, Trust, VisitorRow

__all__ = [
    "Device",
    "Shown",
    "anonymous_contact",
    "device_of",
    "joins",
]

_PROPOSED_ID: Final = re.compile(r"v_\d{13}_[a-z0-9]{22,40}")
_IDLE_MS: Final = 30 * 24 * 3600 * 1000
"""An anonymous or identified session ends after 30 days without a sign of life (IDENTITY §4.10)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a `hello` shows of the device and its session."""

    visitor_id: str | None = None
    visitor_token: str | None = None
    session_token: str | None = None


class Device(Enum):
    """What becomes of the device that a `hello` names (PROTOCOL §4)."""

    ATTACHED = auto()
    ADOPTED = auto()
    FRESH = auto()
    REPLACED = auto()


def device_of(shown: Shown, *, known: bool, token_is_right: bool) -> Device:
    """T1 to T3, T25. `known`: the id is in use in this workspace."""
    if shown.visitor_id is None:
        return Device.FRESH
    if known and token_is_right:
        return Device.ATTACHED
    if shown.visitor_token is None and not known and _PROPOSED_ID.fullmatch(shown.visitor_id):
        return Device.ADOPTED
    return Device.REPLACED


def joins(session: SessionRow | None, visitor: VisitorRow, now: int) -> bool:
    """Whether the session that a token belongs to is joined (T3, T4): same device and still
    alive.
    """
    return (
        session is not None
        and session.visitor_id == visitor.id
        and session.ended_at is None
        and (session.trust is Trust.VERIFIED or now - session.last_seen_at <= _IDLE_MS)
    )


def anonymous_contact(sessions: Sequence[SessionRow]) -> str | None:
    """The contact that a fresh anonymous session of a device begins with (T3).

    `sessions`: all of the device, newest first. The newest anonymous one decides; one that was
    reset says that the person is gone.
    """
    for session in sessions:
        if session.trust is Trust.ANONYMOUS:
            if session.ended_at is not None:
                return None
            if session.contact_id is not None:
                return session.contact_id
    return None
