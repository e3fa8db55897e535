"""`visible()`, case by case of IDENTITY §4.4, and against the rule written down a second time."""

from dataclasses import dataclass, replace
from itertools import product

from server.identity.model import SessionRow, Trust
from server.identity.visibility import (
    Rules,
    criteria,
    grant,
    trust_at,
    visible,
)

NOW = 1_000


@dataclass(frozen=True)
class Conversation:
    id: str = "cv_1"
    workspace_id: str = "ws_1"
    visitor_id: str | None = "v_1"
    contact_id: str | None = "co_1"
    external_id: str | None = None
    verified: bool = False
    deleted_at: int | None = None


def session(trust: Trust = Trust.ANONYMOUS, **changes: object) -> SessionRow:
    row = SessionRow("ws_1", "se_1", "v_1", "co_1", trust, None, 1, 0, 0)
    return replace(row, **changes)  # type: ignore[arg-type]


def naive(s: SessionRow, c: Conversation, history: str) -> bool:
    """IDENTITY §4.4 as it stands there."""
    if c.workspace_id != s.workspace_id or c.deleted_at is not None:
        return False
    if s.external_id is not None and c.external_id != s.external_id:
        return False
    same_contact = c.contact_id is not None and c.contact_id == s.contact_id
    same_device = c.visitor_id is not None and c.visitor_id == s.visitor_id
    if s.trust is Trust.ANONYMOUS:
        return same_device and same_contact and not c.verified
    if s.trust is Trust.IDENTIFIED:
        return same_contact and not c.verified and (same_device or history == "contact")
    if s.trust is Trust.VERIFIED:
        return same_contact and (c.verified or same_device)
    return False


def test_every_combination_is_decided_as_the_document_says() -> None:
    sessions = [
        session(trust, contact_id=contact, external_id=scope)
        for trust, contact, scope in product(Trust, ("co_1", "co_2", None), (None, "A", "B"))
    ]
    conversations = [
        Conversation("cv", workspace, visitor, contact, scope, verified, deleted)
        for workspace, visitor, contact, scope, verified, deleted in product(
            ("ws_1", "ws_2"),
            ("v_1", "v_2", None),
            ("co_1", "co_2", None),
            (None, "A"),
            (True, False),
            (None, 5),
        )
    ]

    for s, c, history in product(sessions, conversations, ("device", "contact")):
        expected = naive(s, c, history)
        rules = Rules(unverified_history=history)  # type: ignore[arg-type]
        assert visible(s, c, NOW, rules) is expected, (s, c, history)


def test_an_ended_session_sees_nothing() -> None:
    assert visible(session(), Conversation(), NOW)
    assert not visible(session(ended_at=1), Conversation(), NOW)
    assert criteria(session(ended_at=1), NOW) == ()


def test_a_proof_that_has_run_out_shows_nothing_from_that_moment() -> None:
    proven = session(Trust.VERIFIED, identity_expires_at=NOW)

    assert visible(proven, Conversation(), NOW - 1)
    assert not visible(proven, Conversation(), NOW)
    assert trust_at(proven, NOW) is Trust.EXPIRED


def test_a_grant_holds_for_one_access_version_and_until_the_proof_ends() -> None:
    proven = session(Trust.VERIFIED, identity_expires_at=NOW)
    given = grant(proven, Conversation(), 7, NOW - 1)

    assert given is not None
    assert given.is_current(7, NOW - 1)
    assert not given.is_current(8, NOW - 1)
    assert not given.is_current(7, NOW)


def test_there_is_no_grant_for_what_is_not_visible() -> None:
    assert grant(session(), Conversation(visitor_id="v_2"), 1, NOW) is None
