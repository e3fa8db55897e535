"""What happens on the sockets when who is there changes (IDENTITY §4.7, PROTOCOL §6).

A session changes in the database first, by a unit of the identity service. Then, on this node and
in one turn: what the session may not see any more is no longer followed, and each of its sockets is
told who it is now, what it sees now, and the newest page of whatever of that it did not follow.

Time and the workspace's mode change trust as well, without any write. `reconsider` compares what a
session is now with what its sockets were last told; timers and settings only call it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from protocol import limits
from protocol.close import CloseCode
from protocol.frames.visitor import Identity
from server.chat.model import LogName, LogRow, Status
from server.clock import rfc3339
from server.gateway.connection import Reply
from server.gateway.context import Gateway
from server.gateway.directory import Workspace
from server.gateway.history import LogPage, resume_page
from server.gateway.identity_shapes import (
    identified_shape,
    identity_shape,
    refusal,
    statement_of,
    why_expired,
)
from server.gateway.refusals import GatewayError
from server.gateway.sessions import LiveSession
from server.gateway.translate import contact_shape, visitor_summary
from server.identity.linker import Asked, Identified
from server.identity.model import ContactRow, Proof, SessionRow, Trust
from server.identity.people import IdentityRefused
from server.identity.tokens import LEEWAY_MS, ProofError
from server.identity.visibility import GRACE_MS, criteria, lapses_at, trust_at
from server.store.port import Page, StoreUnavailable, Transaction

if TYPE_CHECKING:
    from server.gateway.visitor import VisitorSocket

__all__ = ["Identities"]

_WARNING_MS: Final = 60_000
_REASONS: Final = {"identity_expired": "expired", "identity_required": "missing"}


@dataclass(frozen=True, slots=True)
class _View:
    """What a session sees now: its list, and the pages of what is open in it."""

    listing: Page
    pages: dict[str, tuple[LogPage, LogRow]]


class Identities:
    """See the module."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    # What visitors ask for

    async def identify(
        self, socket: VisitorSocket, data: Identity, *, same_only: bool = False
    ) -> Reply:
        """`identify`, `identityUpdate`, and the pre-chat form."""
        session = socket.session
        try:
            asked = await self._asked(socket.workspace, data, same_only=same_only)
            done = await self._gateway.identity.identify(
                session, asked, socket.workspace.settings.rules
            )
        except (ProofError, IdentityRefused) as error:
            if error.code == "identity_required":
                self._say_expired(socket, "missing")
            raise refusal(error.code, str(error)) from None
        live = self._settle(done)
        self._part(done, socket.workspace)
        if done.refusal is not None:
            raise refusal(done.refusal.code, str(done.refusal))
        view = await self._view(live, socket.workspace)
        ack = identified_shape(done, socket.workspace.settings.rules, self._gateway.clock.now_ms())
        return Reply(ack, lambda: self._told(done, live, view, socket))

    async def reset(self, socket: VisitorSocket, *, forget_device: bool) -> Reply:
        """`resetUser` (T14). While nobody is identified it does nothing (T14a)."""
        done, visitor_token = await self._gateway.identity.reset(
            socket.session, forget_device=forget_device
        )
        if done is None:
            return Reply({"noop": True})
        live = self._settle(done, visitor_token)
        workspace = socket.workspace
        view = await self._view(live, workspace)
        ack: dict[str, Any] = {"noop": False, "sessionToken": done.session_token}
        if visitor_token is not None:
            ack["visitorToken"] = visitor_token
        return Reply(ack, lambda: self._show(live, view, workspace, reason="reset"))

    async def at_hello(
        self, workspace: Workspace, session: SessionRow, said: Identity
    ) -> tuple[Identified | None, str | None]:
        """The identity in a `hello`: what came of it, or why there is none. It never fails one."""
        try:
            asked = await self._asked(workspace, said, same_only=False)
            rules = workspace.settings.rules
            done = await self._gateway.identity.identify(session, asked, rules)
        except (ProofError, IdentityRefused) as error:
            return None, _REASONS.get(error.code, "rejected")
        except GatewayError:
            return None, "rejected"
        live = self._gateway.sessions.get(done.before.id)
        if done.ended:
            self._move_all(done, None)
        elif live is not None and done.session_token is not None:
            self._send_away(live, None)  # before anything is read: who planted the token is out
        self._part(done, workspace)
        if done.refusal is not None:
            return done, _REASONS.get(done.refusal.code, "rejected")
        return done, None

    def joined(self, socket: VisitorSocket, done: Identified) -> None:
        """A `hello` that brought an identity was welcomed: now the others are told."""
        live = socket.live
        if done.changed and live.sockets != [socket]:
            self._gateway.start(self._show_again(live, socket.workspace, "identified"))
        self._announce(done)

    # What servers and staff do

    def contact_changed(self, contact: ContactRow) -> None:
        """Something was written about a contact: staff see it."""
        online = self._gateway.sessions.is_online(contact.id)
        data = {"contact": contact_shape(contact, online=online)}
        for socket in self._gateway.views.sockets(contact.workspace_id):
            socket.connection.push("contactUpdated", data)

    async def withdraw(self, workspace_id: str, contact_id: str, source: str | None) -> int:
        """A proof is withdrawn: lock the sessions that stand on it, here at once (T16)."""
        sessions = self._gateway.sessions
        locked = await self._gateway.identity.withdraw(workspace_id, contact_id, source)
        for row in locked:
            live = sessions.get(row.id)
            if live is not None:
                sessions.renew(live, row)
                live.grants.clear()
                self.reconsider(live)
        return len(locked)

    # What time and settings do

    def watch(self, live: LiveSession) -> None:
        """A session has a proof: look when it ends."""
        if not live.is_timed and lapses_at(live.row) is not None:
            live.is_timed = True
            self._gateway.wheel.add(_Lapse(self, live), self._gateway.clock.monotonic())

    def rules_changed(self, workspace: Workspace) -> None:
        """The owner has changed the workspace's settings: sessions may be something else now."""
        for live in tuple(self._gateway.sessions.of_workspace(workspace.id)):
            before = {socket.workspace.settings.rules for socket in live.sockets}
            for socket in live.sockets:
                socket.workspace = workspace
            if before == {workspace.settings.rules} or not live.sockets:
                continue
            for socket in live.sockets:
                socket.following.drop_unseen()
            told = live.told
            self.reconsider(live)
            if live.told is told is Trust.IDENTIFIED:
                self._gateway.start(self._show_again(live, workspace, "settings"))

    def moment(self, live: LiveSession) -> float | None:
        """Tell what is due, and give the seconds until something is again."""
        lapse = lapses_at(live.row)
        if lapse is None or self._gateway.sessions.get(live.row.id) is not live:
            live.is_timed = False
            return None
        now = self._gateway.clock.now_ms()
        proof = live.row.proof
        expires_at = lapse - (LEEWAY_MS if proof is not None and not proof.is_ours else 0)
        if expires_at - _WARNING_MS <= now < expires_at and live.warned_of != lapse:
            live.warned_of = lapse
            for socket in live.sockets:
                socket.following.tell("identityExpiring", {"expiresAt": rfc3339(expires_at)})
        self.reconsider(live)
        later = [at for at in (expires_at - _WARNING_MS, lapse, lapse + GRACE_MS) if at > now]
        return (min(later) - now) / 1000 if later else 60.0

    def reconsider(self, live: LiveSession) -> None:
        """Tell the sockets if the session is something else now than they were told."""
        if not live.sockets:
            return
        workspace = live.sockets[0].workspace
        now = self._gateway.clock.now_ms()
        trust = trust_at(live.row, now, workspace.settings.identity_mode)
        before, live.told = live.told, trust
        if trust is before:
            return
        self._gateway.views.visitor_changed(live)
        if trust is Trust.EXPIRED:
            reason = why_expired(live.row, before)
            for socket in live.sockets:
                socket.following.clear()
                self._say_expired(socket, reason)
        else:
            self._gateway.start(self._show_again(live, workspace, "expired"))

    # The steps

    async def _asked(self, workspace: Workspace, data: Identity, *, same_only: bool) -> Asked:
        says = statement_of(data)
        proof: Proof | None = None
        settings = workspace.settings
        if data.user_token is not None:
            secrets = [key for key in workspace.keys if key.kind == "identity"]
            proof = await self._gateway.identity.prove(workspace.id, data.user_token, secrets)
            if settings.identity_mode == "off" and not proof.is_ours:
                proof = None
        return Asked(
            says,
            proof,
            data.external_id,
            sets_scope="external_id" in data.model_fields_set,
            same_only=same_only,
            leads=settings.allow_unverified_leads,
        )

    def _settle(self, done: Identified, visitor_token: str | None = None) -> LiveSession:
        """The node knows of it: nothing of what is no longer visible leaves from here on."""
        sessions = self._gateway.sessions
        moved = self._move_all(done, visitor_token) if done.ended else None
        live = moved or sessions.get(done.before.id)
        assert live is not None, "whoever asked has a session here"
        sessions.renew(live, done.session)
        live.grants.clear()
        for socket in live.sockets:
            socket.following.drop_unseen()
        return live

    def _part(self, done: Identified, workspace: Workspace) -> None:
        """The device's other anonymous tabs see nothing of what they shared with it any more."""
        for row in done.parted:
            if (live := self._gateway.sessions.get(row.id)) is not None:
                self._gateway.sessions.renew(live, row)
                live.grants.clear()
                for socket in live.sockets:
                    socket.following.clear()
                self._gateway.start(self._show_again(live, workspace, "identified"))

    def _move_all(self, done: Identified, visitor_token: str | None) -> LiveSession | None:
        """The device's sockets go on in one fresh anonymous session, and are given its token."""
        gateway, reason = self._gateway, done.ended[0].end_reason or "reset"
        moved: LiveSession | None = None
        data: dict[str, Any] = {
            "reason": reason,
            "visitorId": done.session.visitor_id,
            "sessionToken": done.session_token,
        }
        if visitor_token is not None:
            data["visitorToken"] = visitor_token
        for ended in done.ended:
            live = gateway.sessions.get(ended.id)
            if live is None:
                continue
            gateway.sessions.renew(live, ended)
            for socket in tuple(live.sockets):
                socket.following.clear()
                moved = gateway.sessions.move(socket, done.session, gateway.clock.now_ms())
                socket.following.tell("sessionReset", data)
        return moved

    async def _view(self, live: LiveSession, workspace: Workspace) -> _View:
        session, rules = live.row, workspace.settings.rules
        asked = criteria(session, self._gateway.clock.now_ms(), rules)

        def query(tx: Transaction) -> _View:
            listing = tx.conversations.visible_to(
                asked, cursor=None, limit=limits.CONVERSATIONS_PAGE
            )
            pages = {}
            for item in listing.items:
                log = item.log
                if log.status is not Status.RESOLVED:
                    page = resume_page(
                        tx.conversations, log.id, LogName.PUBLIC, log.public_seq, None
                    )
                    pages[log.id] = (page, log)
            return _View(listing, pages)

        return await self._gateway.store.read(query)

    def _told(self, done: Identified, live: LiveSession, view: _View, asker: VisitorSocket) -> None:
        """After the ack: everybody else of the session, then the lists, then staff."""
        if done.session_token is not None and not done.ended:
            self._send_away(live, asker)
        reason = "verified" if done.session.trust is Trust.VERIFIED else "identified"
        if done.session is not done.before or done.linked:
            news = {"changed": done.changed, "linked": done.linked}
            self._show(live, view, asker.workspace, reason=reason, **news)
            self._announce(done)
        self.watch(live)

    def _send_away(self, live: LiveSession, asker: VisitorSocket | None) -> None:
        """The session's token has changed: its other sockets come back with the new one."""
        data = {"reason": "rotated", "visitorId": live.row.visitor_id}
        for socket in tuple(live.sockets):
            if socket is not asker:
                socket.following.tell("sessionReset", data)
                socket.connection.shut(CloseCode.SESSION_ENDED)

    def _show(
        self,
        live: LiveSession,
        view: _View,
        workspace: Workspace,
        *,
        reason: str,
        changed: Sequence[str] = (),
        linked: Sequence[str] = (),
    ) -> None:
        """Tell each socket of the session who it is and what it sees."""
        now = self._gateway.clock.now_ms()
        live.told = trust_at(live.row, now, workspace.settings.identity_mode)
        update = identity_shape(live.row, workspace.settings.rules, now)
        update |= {"reason": reason, "changed": list(changed)}
        update["linkedConversationIds"] = list(linked)
        for item in view.listing.items:
            self._gateway.sessions.watch(live, item.conversation.id)
        for socket in tuple(live.sockets):
            if socket.connection.is_over:
                continue
            items = [visitor_summary(item, socket.sender) for item in view.listing.items]
            listing = {"items": items, "nextCursor": view.listing.next_cursor, "reason": reason}
            socket.following.tell("identityUpdate", update)
            socket.following.tell("conversations", listing)
            for conversation_id, (page, log) in view.pages.items():
                if conversation_id not in socket.following:
                    socket.following.show(page)
                    socket.following.add(conversation_id, page.last_seq, log)
            if workspace.settings.greeting and not view.pages:
                greeting = {"messages": workspace.settings.greeting}
                socket.following.tell("greeting", greeting)
        self._gateway.views.visitor_changed(live)

    async def _show_again(self, live: LiveSession, workspace: Workspace, reason: str) -> None:
        try:
            view = await self._view(live, workspace)
        except StoreUnavailable:
            for socket in tuple(live.sockets):
                socket.connection.shut(CloseCode.SERVER_FAULT)
            return
        self._show(live, view, workspace, reason=reason)

    def _announce(self, done: Identified) -> None:
        """Staff, and the contact's other sessions."""
        gateway, contact = self._gateway, done.contact
        workspace_id = done.session.workspace_id
        for conversation_id in done.linked:
            gateway.views.conversation_changed(workspace_id, conversation_id)
        if done.session.trust is not done.before.trust or done.ended:
            data = {
                "from": done.before.trust.value,
                "to": done.session.trust.value,
                "verified": done.session.trust is Trust.VERIFIED,
                "reason": "identify",
            }
            for conversation_id in done.linked:
                gateway.chat.identity_nowait(workspace_id, conversation_id, data)
        if contact is None:
            return
        self.contact_changed(contact)
        for other in tuple(gateway.sessions.of_contact(contact.id)):
            if other.row.id != done.session.id and other.sockets and done.linked:
                gateway.start(self._show_again(other, other.sockets[0].workspace, "linked"))

    def _say_expired(self, socket: VisitorSocket, reason: str) -> None:
        grace = GRACE_MS // 1000 if reason in ("expired", "revoked") else 0
        mode = socket.workspace.settings.identity_mode
        told = {"reason": reason, "mode": mode, "graceSeconds": grace}
        socket.following.tell("identityExpired", told)


class _Lapse:
    """The wheel's timer of one session's proof."""

    __slots__ = ("_identities", "_live")

    def __init__(self, identities: Identities, live: LiveSession) -> None:
        self._identities = identities
        self._live = live

    def due(self, now: float) -> float | None:
        wait = self._identities.moment(self._live)
        return None if wait is None else now + wait
