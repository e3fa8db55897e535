"""One `identify`, from what was asked to what is written (IDENTITY §4.6 to §4.8), in one unit.

Here is who may: the device is locked, the mode is asked, and if somebody else is meant than who is
there, the device's sessions end first. Whoever passes is linked to their contact by `linker`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from server import ids
from server.identity import claims
from server.identity.linker import Asked, Identified, Linker
from server.identity.model import SessionRow, Subject, Trust
from server.identity.people import IdentityRefused
from server.identity.visibility import Rules, trust_at
from server.store.port import Transaction

__all__ = ["end_device", "identify", "subject_of_session"]


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked for, under which rules, and why it may not be done after all."""

    asked: Asked
    rules: Rules
    refusal: IdentityRefused | None


def subject_of_session(session: SessionRow) -> Subject:
    """Whom the session itself proved or stated."""
    said = claims.subject_of(session.said)
    if session.proof is None or session.trust is not Trust.VERIFIED:
        return said
    proven = claims.subject_of(session.proof.says)
    return Subject(proven.user_id, proven.email or said.email)


def identify(
    tx: Transaction, session: SessionRow, asked: Asked, rules: Rules, now: int
) -> Identified:
    """Do it. Raises `IdentityRefused`; then nothing was written."""
    workspace_id = session.workspace_id
    tx.visitors.lock(workspace_id, session.visitor_id)
    current = tx.sessions.get(workspace_id, session.id)
    if current is None or current.ended_at is not None:
        raise IdentityRefused("conflict", "This session has ended.")
    trust = trust_at(current, now, rules.mode)
    new = claims.subject_of(asked.says if asked.proof is None else asked.proof.says)
    known = subject_of_session(current)
    same = known.is_nobody or claims.is_same(known, new) or claims.is_upgrade(known, new)
    if not same and asked.same_only:
        raise IdentityRefused("identity_mismatch", "This is another person: call `identify`.")
    is_standing = trust in (Trust.VERIFIED, Trust.EXPIRED)
    refusal = _gate(asked, new, rules, proven_before=same and trust is Trust.VERIFIED)
    if not same and (asked.proof is not None or is_standing or refusal is None):
        return _as_somebody_else(tx, current, _Wish(asked, rules, refusal), now)
    if refusal is not None:
        raise refusal
    if trust is Trust.EXPIRED and asked.proof is None:
        raise IdentityRefused("identity_expired", "The proof has expired; hand in a fresh one.")
    return Linker(tx, current, asked, rules, now).run()


def end_device(
    tx: Transaction, session: SessionRow, reason: str, now: int
) -> tuple[tuple[SessionRow, ...], SessionRow, str]:
    """End every session of the device; a fresh anonymous one begins, with its token."""
    found = _end_sessions(tx, session, reason, now)
    _void_grants(tx, found[0])
    return found


def _end_sessions(
    tx: Transaction, session: SessionRow, reason: str, now: int
) -> tuple[tuple[SessionRow, ...], SessionRow, str]:
    workspace_id = session.workspace_id
    ended = []
    for one in tx.sessions.live_of_visitor(workspace_id, session.visitor_id):
        tx.sessions.drop_tokens(workspace_id, one.id)
        changes = {"ended_at": now, "end_reason": reason}
        ended.append(tx.sessions.update(workspace_id, one.id, changes))
    fresh = SessionRow(
        workspace_id,
        ids.session_id(),
        session.visitor_id,
        None,
        Trust.ANONYMOUS,
        external_id=None,
        version=1,
        started_at=now,
        last_seen_at=now,
    )
    token = ids.fresh_secret("st")
    tx.sessions.insert(fresh, ids.secret_hash(token))
    return tuple(ended), fresh, token


def _void_grants(tx: Transaction, ended: Sequence[SessionRow]) -> None:
    """Nothing reaches an ended session any more, on whatever node: also not of the person's other
    devices, which a proven one saw (IDENTITY §4.4). In one lock, by id.
    """
    seen: set[str] = set()
    for one in ended:
        if one.contact_id is not None:
            rows = tx.conversations.of_contact(one.workspace_id, one.contact_id)
            everywhere = one.trust is not Trust.ANONYMOUS
            seen |= {row.id for row in rows if everywhere or row.visitor_id == one.visitor_id}
    tx.conversations.lock(seen)
    tx.conversations.revise_access(seen)


def _gate(
    asked: Asked, new: Subject, rules: Rules, *, proven_before: bool
) -> IdentityRefused | None:
    """What the workspace's mode says to an unproven statement (T8e)."""
    if rules.mode != "enforce" or asked.proof is not None or proven_before or new.is_nobody:
        return None
    if new.user_id is None and asked.leads:
        return None
    return IdentityRefused("identity_required", "This workspace needs a `userToken` for that.")


def _as_somebody_else(tx: Transaction, current: SessionRow, wish: _Wish, now: int) -> Identified:
    """T10, T10v: whoever was there is gone from this device; then from anonymous."""
    ended, fresh, token = _end_sessions(tx, current, "identityChanged", now)
    before = next(one for one in ended if one.id == current.id)
    if wish.refusal is not None:
        _void_grants(tx, ended)
        return Identified(before, fresh, None, ended, token, refusal=wish.refusal)
    done = Linker(tx, fresh, wish.asked, wish.rules, now).run()
    _void_grants(tx, ended)  # after it: contacts are locked before logs (DELIVERY W3)
    return replace(done, before=before, ended=ended, session_token=done.session_token or token)
