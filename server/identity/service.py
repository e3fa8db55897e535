"""Use cases of identity: begin a session, make the anonymous contact.

Every use case is one unit of work: it reads under the writer's lock, lets `transitions` decide, and writes.
Sessions are rows; whoever keeps a copy knows by its `version` which one is newer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from server import ids
from server.clock import Clock
from server.identity.model import ContactRow, SessionRow, Trust, VisitorRow
from server.identity.transitions import Device, Shown, anonymous_contact, device_of, joins
from server.store.port import Store, Transaction

__all__ = ["Browser", "IdentityService", "Started"]

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
    new_visitor: bool
    new_session: bool


class IdentityService:
    """The use cases. One instance per node."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def start(
        self,
        workspace_id: str,
        shown: Shown,
        browser: Browser,
        allow: Callable[[bool], None] = lambda new_visitor: None,
    ) -> Started:
        """Attach the device and join or begin its session (PROTOCOL §4, "Device" and "Session").

        `allow` is called in the unit, before anything is written, with whether the device is a new one; it
        raises to refuse.
        """
        now = self._clock.now_ms()

        def unit(tx: Transaction) -> Started:
            return _start(tx, workspace_id, shown, browser, now, allow)

        return await self._store.write(unit)

    async def open_contact(self, session: SessionRow) -> SessionRow:
        """Make the anonymous contact of a session that has none (T6); the session as it is then."""
        now = self._clock.now_ms()

        def unit(tx: Transaction) -> SessionRow:
            current = tx.sessions.get(session.workspace_id, session.id)
            if current is None or current.ended_at is not None or current.contact_id is not None:
                return current or session
            # Two tabs without a session token in common are two sessions on one device: one contact.
            known = anonymous_contact(tx.sessions.of_visitor(session.workspace_id, session.visitor_id))
            contact = known or ids.contact_id()
            if known is None:
                tx.contacts.insert(
                    ContactRow(session.workspace_id, contact, "anonymous", now, now)
                )
                tx.add_change(session.workspace_id, "contact", contact)
            return tx.sessions.update(
                session.workspace_id, session.id, {"contact_id": contact, "last_seen_at": now}
            )

        return await self._store.write(unit)

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


def _start(
    tx: Transaction,
    workspace_id: str,
    shown: Shown,
    browser: Browser,
    now: int,
    allow: Callable[[bool], None],
) -> Started:
    row = tx.visitors.get(workspace_id, shown.visitor_id) if shown.visitor_id else None
    right = (
        row is not None
        and shown.visitor_token is not None
        and ids.matches(shown.visitor_token, row.token_hash)
    )
    device = device_of(shown, known=row is not None, token_is_right=right)
    allow(device is not Device.ATTACHED)
    if device is Device.ATTACHED and row is not None and shown.visitor_token is not None:
        visitor, visitor_token = row, shown.visitor_token
        joined = _joined(tx, visitor, shown.session_token, now)
        if joined is not None and shown.session_token is not None:
            return Started(joined, visitor_token, shown.session_token, False, False, False)
        contact = anonymous_contact(tx.sessions.of_visitor(workspace_id, visitor.id))
    else:
        adopted = shown.visitor_id if device is Device.ADOPTED else None
        visitor_token = ids.fresh_secret("vt")
        visitor = VisitorRow(
            workspace_id,
            adopted or ids.visitor_id(now),
            ids.secret_hash(visitor_token),
            now,
            now,
            browser.language,
            browser.timezone,
            browser.user_agent,
        )
        if not tx.visitors.insert(visitor):
            raise AssertionError("a visitorId that was free under the writer's lock is taken")
        contact = None
    session_token = ids.fresh_secret("st")
    session = SessionRow(
        workspace_id,
        ids.session_id(),
        visitor.id,
        contact,
        Trust.ANONYMOUS,
        None,
        1,
        now,
        now,
    )
    tx.sessions.insert(session, ids.secret_hash(session_token))
    replaced = device is Device.REPLACED
    return Started(
        session, visitor_token, session_token, replaced, device is not Device.ATTACHED, True
    )


def _joined(
    tx: Transaction, visitor: VisitorRow, session_token: str | None, now: int
) -> SessionRow | None:
    if session_token is None:
        return None
    session = tx.sessions.by_token(visitor.workspace_id, ids.secret_hash(session_token))
    return session if joins(session, visitor, now) else None
