"""The records of identity: the device, the person, and the session that joins them (IDENTITY
§4.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = [
    "AgentRow",
    "ContactRow",
    "Grant",
    "KeyRow",
    "Role",
    "SessionRow",
    "Trust",
    "VisitorRow",
    "WorkspaceRow",
]


class Trust(StrEnum):
    """What is known of the person behind a session (IDENTITY §4.3)."""

    ANONYMOUS = "anonymous"
    IDENTIFIED = "identified"
    VERIFIED = "verified"
    EXPIRED = "expired"


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    id: str
    name: str
    settings: Mapping[str, Any]
    created_at: int
    version: int = 1


@dataclass(frozen=True, slots=True)
class VisitorRow:
    """A device. Several sessions may live on it, one after another or side by side."""

    workspace_id: str
    id: str
    token_hash: str
    first_seen_at: int
    last_seen_at: int
    language: str | None = None
    timezone: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One identity on one device. `version` grows with every change of what it is or may see."""

    workspace_id: str
    id: str
    visitor_id: str
    contact_id: str | None
    trust: Trust
    external_id: str | None
    version: int
    started_at: int
    last_seen_at: int
    ended_at: int | None = None
    end_reason: str | None = None
    identity_expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class ContactRow:
    workspace_id: str
    id: str
    kind: str
    created_at: int
    last_seen_at: int
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    avatar_url: str | None = None
    user_id: str | None = None
    verified_at: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    unverified_metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgentRow:
    workspace_id: str
    id: str
    name: str
    email: str
    role: Role
    password_hash: str
    created_at: int
    avatar_url: str | None = None
    disabled_at: int | None = None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An API key. A widget key is data (`secret` is the key itself); of a secret key only the hash
    is kept.
    """

    workspace_id: str
    id: str
    kind: str
    name: str
    secret: str
    scopes: tuple[str, ...]
    created_at: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """That a session may see a conversation, as of one `access_version` (ARCHITECTURE, the store).

    `expires_at` is in ms: trust is a function of the row and now, so a grant ends with its proof.
    """

    session_id: str
    conversation_id: str
    access_version: int
    expires_at: int | None = None

    def is_current(self, access_version: int, now: int) -> bool:
        return self.access_version == access_version and (
            self.expires_at is None or now < self.expires_at
        )
