"""`visible()`: the one rule of who may see which conversation (IDENTITY §4.4).

The rule is written once, as data: a session's `criteria` are alternatives, each a set of columns
that must equal a value. `visible` reads them over one row; the store turns the same criteria into
the WHERE of its lists. So a list can never show what a look at the single conversation would
refuse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

from server.identity.claims import combined, merged, without_sensitive
from server.identity.model import Grant, Mode, SessionRow, Statement, Trust

__all__ = [
    "GRACE_MS",
    "Criteria",
    "Rules",
    "UnverifiedHistory",
    "Viewed",
    "criteria",
    "effective_identity",
    "grant",
    "lapses_at",
    "shown_identity",
    "trust_at",
    "visible",
]

UnverifiedHistory: TypeAlias = Literal["device", "contact"]
Criteria: TypeAlias = tuple[Mapping[str, str | bool | None], ...]
"""Any of these; within one, all columns equal. None means IS NULL. Empty: nothing is visible."""

GRACE_MS: Final = 60_000
"""How long somebody whose proof has lapsed is waited for, before they are somebody unproven."""

_NOTHING: Final[Criteria] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner of a workspace has decided about trust."""

    mode: Mode = "optional"
    unverified_history: UnverifiedHistory = "device"


_RULES: Final = Rules()


class Viewed(Protocol):
    """The columns of a conversation that decide who sees it."""

    @property
    def id(self) -> str: ...
    @property
    def workspace_id(self) -> str: ...
    @property
    def visitor_id(self) -> str | None: ...
    @property
    def contact_id(self) -> str | None: ...
    @property
    def external_id(self) -> str | None: ...
    @property
    def verified(self) -> bool: ...
    @property
    def deleted_at(self) -> int | None: ...


def criteria(session: SessionRow, now: int, rules: Rules = _RULES) -> Criteria:
    """What a conversation must be for `session` to see it at `now` (ms)."""
    if session.ended_at is not None or session.contact_id is None:
        return _NOTHING
    must: dict[str, str | bool | None] = {
        "workspace_id": session.workspace_id,
        "contact_id": session.contact_id,
        "deleted_at": None,
    }
    if session.external_id is not None:
        must["external_id"] = session.external_id
    match trust_at(session, now, rules.mode):
        case Trust.ANONYMOUS:
            return ({**must, "visitor_id": session.visitor_id, "verified": False},)
        case Trust.IDENTIFIED if rules.unverified_history == "contact" and rules.mode != "enforce":
            return ({**must, "verified": False},)
        case Trust.IDENTIFIED:
            return ({**must, "visitor_id": session.visitor_id, "verified": False},)
        case Trust.VERIFIED:
            return ({**must, "verified": True}, {**must, "visitor_id": session.visitor_id})
        case Trust.EXPIRED:
            return _NOTHING


def lapses_at(session: SessionRow) -> int | None:
    """When the proof ends, or ended by being withdrawn (ms); None if nothing was proven."""
    if session.trust is not Trust.VERIFIED:
        return None
    moments = [at for at in (session.identity_expires_at, session.revoked_at) if at is not None]
    return min(moments, default=None)


def trust_at(session: SessionRow, now: int, mode: Mode = "optional") -> Trust:
    """What the session is now: a function of its row, the time and the workspace's mode (T16, T18,
    T23, T24). Timers and settings only push frames.
    """
    if session.trust is Trust.IDENTIFIED:
        needs_proof = mode == "enforce" and session.said.user_id is not None
        return Trust.EXPIRED if needs_proof else Trust.IDENTIFIED
    if session.trust is not Trust.VERIFIED:
        return session.trust
    if mode == "off" and not (session.proof is not None and session.proof.is_ours):
        return Trust.IDENTIFIED
    lapse = lapses_at(session)
    if lapse is None or now < lapse:
        return Trust.VERIFIED
    return Trust.EXPIRED if mode == "enforce" or now < lapse + GRACE_MS else Trust.IDENTIFIED


def visible(
    session: SessionRow,
    conversation: Viewed,
    now: int,
    rules: Rules = _RULES,
) -> bool:
    """Whether `session` may see `conversation` at `now` (ms)."""
    return any(
        all(getattr(conversation, column) == value for column, value in alternative.items())
        for alternative in criteria(session, now, rules)
    )


def grant(
    session: SessionRow,
    conversation: Viewed,
    access_version: int,
    now: int,
    rules: Rules = _RULES,
) -> Grant | None:
    """A grant for `session` on `conversation`, or None if it may not see it."""
    if not visible(session, conversation, now, rules):
        return None
    is_proven = trust_at(session, now, rules.mode) is Trust.VERIFIED
    ends = lapses_at(session) if is_proven else None
    return Grant(session.id, conversation.id, access_version, ends)


def effective_identity(
    session: SessionRow,
    now: int,
    rules: Rules = _RULES,
    *,
    stored: Mapping[str, Any] | None = None,
    device: Statement | None = None,
) -> Mapping[str, Any]:
    """What a browser, templates, forms and tools may know of the person (IDENTITY §4.5).

    `stored` is what servers wrote about the contact, as far as the asker may read it; `device` what
    this device stated about the same contact before. Neither is used unless the session is proven:
    whoever only claims to be somebody reads back their own words and nothing else.
    """
    match trust_at(session, now, rules.mode):
        case Trust.ANONYMOUS:
            return {"userMetadata": dict(session.said.metadata)}
        case Trust.EXPIRED:
            return {"userMetadata": {}}
        case Trust.IDENTIFIED:
            return _identity(session.said)
        case Trust.VERIFIED:
            assert session.proof is not None, "a verified session has proven something"
            known = _identity(combined(device or Statement(), session.said))["userMetadata"]
            proven = _identity(session.proof.says)
            both = merged(known, stored or {})
            return {**proven, "userMetadata": merged(both, proven["userMetadata"])}


def shown_identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    """An effective identity as it may leave the server: without sensitive keys."""
    return {**identity, "userMetadata": without_sensitive(identity["userMetadata"])}


def _identity(said: Statement) -> dict[str, Any]:
    profile = {
        "name": said.name,
        "email": said.email,
        "phone": said.phone,
        "avatarUrl": said.avatar_url,
        "language": said.language,
    }
    known = {name: value for name, value in profile.items() if value is not None}
    identity: dict[str, Any] = {"userMetadata": {**said.metadata, **known}}
    if said.user_id is not None:
        identity["userId"] = said.user_id
    return identity
