"""`visible()`: the one rule of who may see which conversation (IDENTITY §4.4).

The rule is written once, as data: a session's `criteria` are alternatives, each a set of columns
that must equal a value. `visible` reads them over one row; the store turns the same criteria into
the WHERE of its lists. So a list can never show what a look at the single conversation would
refuse.
"""

from collections.abc import Mapping
from typing import Final, Literal, Protocol, TypeAlias

from server.identity.model import Grant, SessionRow, Trust

__all__ = [
    "Criteria",
    "UnverifiedHistory",
    "Viewed",
    "criteria",
    "effective_identity",
    "grant",
    "visible",
]

UnverifiedHistory: TypeAlias = Literal["device", "contact"]
Criteria: TypeAlias = tuple[Mapping[str, str | bool | None], ...]
"""Any of these; within one, all columns equal. None means IS NULL. Empty: nothing is visible."""

_NOTHING: Final[Criteria] = ()


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


def criteria(
    session: SessionRow, now: int, unverified_history: UnverifiedHistory = "device"
) -> Criteria:
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
    match trust_at(session, now):
        case Trust.ANONYMOUS:
            return ({**must, "visitor_id": session.visitor_id, "verified": False},)
        case Trust.IDENTIFIED if unverified_history == "contact":
            return ({**must, "verified": False},)
        case Trust.IDENTIFIED:
            return ({**must, "visitor_id": session.visitor_id, "verified": False},)
        case Trust.VERIFIED:
            return ({**must, "verified": True}, {**must, "visitor_id": session.visitor_id})
        case Trust.EXPIRED:
            return _NOTHING


def trust_at(session: SessionRow, now: int) -> Trust:
    """Trust is a function of the row and the time; timers only push frames."""
    lapsed = session.identity_expires_at is not None and now >= session.identity_expires_at
    return Trust.EXPIRED if session.trust is Trust.VERIFIED and lapsed else session.trust


def visible(
    session: SessionRow,
    conversation: Viewed,
    now: int,
    unverified_history: UnverifiedHistory = "device",
) -> bool:
    """Whether `session` may see `conversation` at `now` (ms)."""
    return any(
        all(getattr(conversation, column) == value for column, value in alternative.items())
        for alternative in criteria(session, now, unverified_history)
    )


def grant(
    session: SessionRow,
    conversation: Viewed,
    access_version: int,
    now: int,
    unverified_history: UnverifiedHistory = "device",
) -> Grant | None:
    """A grant for `session` on `conversation`, or None if it may not see it."""
    if not visible(session, conversation, now, unverified_history):
        return None
    return Grant(session.id, conversation.id, access_version, session.identity_expires_at)


def effective_identity(session: SessionRow, now: int) -> Mapping[str, object]:
    """What templates, forms, tools and the assistant may know of the person (IDENTITY §4.5).

    Claims are stored from the identity work on; an anonymous or expired session has none whatever
    is stored.
    """
    match trust_at(session, now):
        case Trust.ANONYMOUS | Trust.EXPIRED:
            return {"userMetadata": {}}
        case Trust.IDENTIFIED | Trust.VERIFIED:
            raise AssertionError("no session can be identified before `identify` is served")
