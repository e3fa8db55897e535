"""The records of identity: the device, the person, and the session that joins them (IDENTITY
§4.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

__all__ = [
    "AgentRow",
    "ContactRow",
    "ContactTokenRow",
    "Grant",
    "IdentifierRow",
    "KeyRow",
    "MergeRow",
    "Mode",
    "Proof",
    "Role",
    "SessionRow",
    "Statement",
    "Subject",
    "Trust",
    "VisitorRow",
    "WorkspaceRow",
]


Mode: TypeAlias = Literal["off", "optional", "enforce"]
"""Whether a workspace looks at proofs, and whether it insists on them."""

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    # Below Python 3.12 a mapping proxy has no hash, which a plain default must have.
    return _NOTHING


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
class Subject:
    """Who is meant: what a session itself stated or proved, never stored values."""

    user_id: str | None = None
    email: str | None = None

    @property
    def is_nobody(self) -> bool:
        return self.user_id is None and self.email is None


@dataclass(frozen=True, slots=True)
class Statement:
    """One `identify`, normalised. What is None was not said. It proves nothing by itself."""

    user_id: str | None = None
    email: str | None = None
    name: str | None = None
    avatar_url: str | None = None
    phone: str | None = None
    language: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=_nothing)


@dataclass(frozen=True, slots=True)
class Proof:
    """Who was proven, by what, and until when (ms; the leeway is in it).

    `ref` names the token without being it, and `source` the secret or the row behind it, so that a
    withdrawn one is found again. `is_ours`: we gave it out ourselves (a contact token).
    `external_id` is the scope that the proof carries, if any.
    """

    says: Statement
    expires_at: int
    ref: str
    source: str
    is_ours: bool = False
    external_id: str | None = None
    company_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One identity on one device. `version` grows with every change of what it is or may see.

    `said` is what this session itself stated while it was identified, `proof` what it proved last;
    `revoked_at` is when the proof was withdrawn.
    """

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
    said: Statement = field(default_factory=Statement)
    proof: Proof | None = None
    context: Mapping[str, Any] = field(default_factory=_nothing)
    company_id: str | None = None
    identity_version: int = 0
    revoked_at: int | None = None
    collected: Mapping[str, Any] = field(default_factory=_nothing)
    """What the form before the chat asked; it goes along with the next conversation."""


@dataclass(frozen=True, slots=True)
class IdentifierRow:
    """A key of one contact: `kind` is `user_id` or `email`, `value` is normal."""

    workspace_id: str
    kind: str
    value: str
    contact_id: str
    proven: bool
    created_at: int
    proven_at: int | None = None


@dataclass(frozen=True, slots=True)
class ContactTokenRow:
    """A token that we gave a customer's server for one of its people (OCX-23). Times are ms."""

    workspace_id: str
    id: str
    contact_id: str
    created_at: int
    expires_at: int
    external_id: str | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True)
class MergeRow:
    """Two contacts became one; `moved` are the conversations that went along."""

    workspace_id: str
    id: str
    survivor_id: str
    absorbed_id: str
    moved: tuple[str, ...]
    actor: str
    at: int
    undone_at: int | None = None


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
    language: str | None = None
    signed_up_at: int | None = None
    merged_into_id: str | None = None
    role: str | None = None


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
    retires_at: int | None = None
    """When it stops by itself, after it was replaced by another one."""


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
