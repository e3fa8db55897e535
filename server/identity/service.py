"""Use cases of identity: begin a session, make the anonymous contact.

Every use case is one unit of work: it reads under the writer's lock, lets `transitions` decide, and
writes. Sessions are rows; whoever keeps a copy knows by its `version` which one is newer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from server import ids
from server.clock import Clock
from server.identity.identifying import end_device, identify
from server.identity.linker import Asked, Identified
from server.identity.model import (
    AgentRow,
    ContactRow,
    ContactTokenRow,
    KeyRow,
    Proof,
    SessionRow,
    Statement,
    Trust,
    VisitorRow,
)
from server.identity.people import People
from server.identity.tokens import DAY_MS, ProofError, SigningSecret, verify_user_token
from server.identity.transitions import Device, Shown, anonymous_contact, device_of, joins
from server.identity.visibility import Rules
from server.store.port import Store, Transaction

__all__ = ["Browser", "IdentityService", "Started", "agent_by_token"]

_TOUCH_MS = 60_000


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser says of itself. Proves nothing."""

    language: str | None = None
    timezone: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A session is on; the tokens are in clear here and nowhere else."""

    session: SessionRow
    visitor_token: str
    session_token: str
    visitor_replaced: bool


class IdentityService:
    """The use cases. One instance per node."""

    def __init__(self, store: Store, clock: Clock, open_secret: Callable[[str], str]) -> None:
        """`open_secret` reads what is kept sealed."""
        self._store = store
        self._clock = clock
        self._open_secret = open_secret

    async def recognise(self, workspace_id: str, shown: Shown) -> Started | Device:
        """The session that `shown` joins, without a write; else what will become of the device.

        A storm of returning visitors is served by readers alone.
        """
        now = self._clock.now_ms()
        return await self._store.read(lambda tx: _recognise(tx, workspace_id, shown, now))

    async def start(self, workspace_id: str, shown: Shown, browser: Browser) -> Started:
        """Attach or make the device and join or begin a session (PROTOCOL §4, T1 to T4)."""
        now = self._clock.now_ms()
        return await self._store.write(lambda tx: _start(tx, workspace_id, shown, browser, now))

    async def open_contact(self, session: SessionRow) -> SessionRow:
        """Make the anonymous contact of a session that has none (T6); the session as it is then."""
        now = self._clock.now_ms()

        def unit(tx: Transaction) -> SessionRow:
            current = tx.sessions.get(session.workspace_id, session.id)
            if current is None or current.ended_at is not None or current.contact_id is not None:
                return current or session
            # Two tabs without a session token in common are two sessions on one device: one
            # contact.
            known = anonymous_contact(
                tx.sessions.of_visitor(session.workspace_id, session.visitor_id)
            )
            contact = known or ids.contact_id()
            if known is None:
                tx.contacts.insert(ContactRow(session.workspace_id, contact, "anonymous", now, now))
                tx.add_change(session.workspace_id, "contact", contact)
            return tx.sessions.update(
                session.workspace_id, session.id, {"contact_id": contact, "last_seen_at": now}
            )

        return await self._store.write(unit)

    async def prove(self, workspace_id: str, token: str, secrets: Sequence[KeyRow]) -> Proof:
        """What `token` proves. Raises `ProofError`."""
        now, ref = self._clock.now_ms(), ids.secret_hash(token)
        if token.startswith("ct_"):
            return await self._store.write(lambda tx: _by_contact_token(tx, workspace_id, ref, now))
        opened = [
            SigningSecret(key.id, self._open_secret(key.secret))
            for key in secrets
            if key.revoked_at is None
        ]
        proof = verify_user_token(token, opened, now, ref=ref, first_used_at=now)
        if proof.expires_at < now + DAY_MS:
            return proof
        first = await self._store.write(lambda tx: tx.contacts.first_use(workspace_id, ref, now))
        return verify_user_token(token, opened, now, ref=ref, first_used_at=first)

    async def authenticate(
        self,
        workspace_id: str,
        says: Statement,
        token_hash: str,
        *,
        actor: str,
        expires_at: int,
        external_id: str | None,
    ) -> ContactRow:
        """The contact that a customer's server vouches for, with a token of ours (OCX-23)."""
        now = self._clock.now_ms()

        def unit(tx: Transaction) -> ContactRow:
            people = People(tx, workspace_id, now)
            contact = people.link(says, proof=says, current_id=None, actor=actor).contact
            token = ContactTokenRow(
                workspace_id, ids.key_id(), contact.id, now, expires_at, external_id
            )
            tx.contacts.insert_token(token, token_hash)
            return contact

        return await self._store.write(unit)

    async def withdraw(
        self, workspace_id: str, contact_id: str, source: str | None
    ) -> Sequence[SessionRow]:
        """Lock the contact's sessions that stand on a proof, or on that one (T16)."""
        now = self._clock.now_ms()

        def unit(tx: Transaction) -> list[SessionRow]:
            locked = []
            for session in tx.sessions.of_contact(workspace_id, contact_id):
                proof = session.proof
                if proof is None or session.revoked_at is not None:
                    continue
                if session.trust is Trust.VERIFIED and source in (None, proof.source):
                    changes = {"revoked_at": now}
                    locked.append(tx.sessions.update(workspace_id, session.id, changes))
            if locked:
                seen = tx.conversations.of_contact(workspace_id, contact_id)
                tx.conversations.lock(row.id for row in seen)
                tx.conversations.revise_access(row.id for row in seen)
            return locked

        return await self._store.write(unit)

    async def identify(self, session: SessionRow, asked: Asked, rules: Rules) -> Identified:
        """Link the session to who it says or proves it is. Raises `IdentityRefused`."""
        now = self._clock.now_ms()
        return await self._store.write(lambda tx: identify(tx, session, asked, rules, now))

    async def reset(
        self, session: SessionRow, *, forget_device: bool
    ) -> tuple[Identified | None, str | None]:
        """End the device's sessions (T14), and with `forget_device` the device's token too; None if
        there was nobody to sign out (T14a).
        """
        if session.trust is Trust.ANONYMOUS and not forget_device:
            return None, None
        now = self._clock.now_ms()
        token = ids.fresh_secret("vt") if forget_device else None

        def unit(tx: Transaction) -> Identified:
            tx.visitors.lock(session.workspace_id, session.visitor_id)
            ended, fresh, session_token = end_device(tx, session, "reset", now)
            if token is not None:
                hashed = ids.secret_hash(token)
                tx.visitors.set_token(session.workspace_id, session.visitor_id, hashed)
            return Identified(session, fresh, ended=ended, session_token=session_token)

        return await self._store.write(unit), token

    async def touch(self, session: SessionRow) -> SessionRow:
        """Note that the session is alive, at most once a minute (IDENTITY §4.10)."""
        now = self._clock.now_ms()
        if now - session.last_seen_at < _TOUCH_MS:
            return session

        def unit(tx: Transaction) -> None:
            tx.visitors.touch(session.workspace_id, session.visitor_id, now)
            tx.sessions.touch(session.workspace_id, session.id, now)

        await self._store.write(unit)
        return replace(session, last_seen_at=now)


async def agent_by_token(store: Store, clock: Clock, token: str) -> AgentRow | None:
    """The agent whose live token this is: the one way in, for sockets, REST and cookies alike."""
    token_hash, now = ids.secret_hash(token), clock.now_ms()
    return await store.read(lambda tx: tx.agents.by_token(token_hash, now))


def _by_contact_token(tx: Transaction, workspace_id: str, ref: str, now: int) -> Proof:
    """What a token that we gave out proves. Raises `ProofError`."""
    row = tx.contacts.token(workspace_id, ref)
    contact = None if row is None else tx.contacts.get(workspace_id, row.contact_id)
    while contact is not None and contact.merged_into_id is not None:
        contact = tx.contacts.get(workspace_id, contact.merged_into_id)
    if row is None or contact is None or row.revoked_at is not None:
        raise ProofError("identity_invalid", "The contact token is unknown or was revoked.")
    if now >= row.expires_at:
        raise ProofError("identity_expired", "The contact token has expired; ask for a fresh one.")
    if row.last_used_at is None or now - row.last_used_at >= _TOUCH_MS:
        tx.contacts.change_token(workspace_id, row.id, {"last_used_at": now})
    says = Statement(contact.user_id, contact.email, contact.name, contact.avatar_url)
    return Proof(says, row.expires_at, ref, row.id, is_ours=True, external_id=row.external_id)


def _recognise(tx: Transaction, workspace_id: str, shown: Shown, now: int) -> Started | Device:
    row = tx.visitors.get(workspace_id, shown.visitor_id) if shown.visitor_id else None
    token = shown.visitor_token
    right = row is not None and token is not None and ids.matches(token, row.token_hash)
    device = device_of(shown, known=row is not None, token_is_right=right)
    if device is not Device.ATTACHED or row is None or token is None or not shown.session_token:
        return device
    session = tx.sessions.by_token(workspace_id, ids.secret_hash(shown.session_token))
    if session is None or not joins(session, row, now):
        return device
    return Started(session, token, shown.session_token, visitor_replaced=False)


def _start(tx: Transaction, workspace_id: str, shown: Shown, browser: Browser, now: int) -> Started:
    found = _recognise(tx, workspace_id, shown, now)
    if isinstance(found, Started):
        return found
    if found is Device.ATTACHED:
        assert shown.visitor_id is not None
        assert shown.visitor_token is not None
        visitor_id, visitor_token = shown.visitor_id, shown.visitor_token
        contact = anonymous_contact(tx.sessions.of_visitor(workspace_id, visitor_id))
    else:
        proposed = shown.visitor_id if found is Device.ADOPTED else None
        visitor_id, visitor_token = proposed or ids.visitor_id(now), ids.fresh_secret("vt")
        contact = None
        free = tx.visitors.insert(
            VisitorRow(
                workspace_id,
                visitor_id,
                ids.secret_hash(visitor_token),
                now,
                now,
                browser.language,
                browser.timezone,
                browser.user_agent,
            )
        )
        assert free, "a visitorId that was free under the writer's lock is taken"
    session = SessionRow(
        workspace_id,
        ids.session_id(),
        visitor_id,
        contact,
        Trust.ANONYMOUS,
        external_id=None,
        version=1,
        started_at=now,
        last_seen_at=now,
    )
    session_token = ids.fresh_secret("st")
    tx.sessions.insert(session, ids.secret_hash(session_token))
    return Started(session, visitor_token, session_token, visitor_replaced=found is Device.REPLACED)
