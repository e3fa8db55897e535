"""A visitor's side of a connection: each frame of PROTOCOL §5, and what its session follows.

The common case is short on purpose: a message with a warm grant is handed to the journal in the
turn it arrived in, without a task (ARCHITECTURE, "One connection"). What must read runs as the
connection's one task. What a visitor may see is asked of `identity.visibility` alone, here or by
the journal.
"""

from collections.abc import Mapping
from typing import Any, Final

from protocol.errors import ErrorCode, Problem
from protocol.frames import visitor as frames
from protocol.frames.frame import Frame, Registry
from protocol.frames.shared import DeleteMessage, EditMessage, Pong, Read
from protocol.limits import (
    ADDRESS_IDENTIFY,
    ADDRESS_MESSAGES,
    CONVERSATIONS_PAGE,
    HISTORY_PAGE_DEFAULT,
)
from server.chat.model import (
    NOTHING,
    Author,
    AuthorKind,
    Committed,
    ConversationRow,
    LogName,
    LogRow,
)
from server.chat.service import VisitorWrites, committed, device_sender
from server.connection.buckets import Rates
from server.gateway.connection import Connection, Reply
from server.gateway.directory import Workspace
from server.gateway.following import Following
from server.gateway.hello import (
    SOCKETS_OF_ADDRESS,
    SOCKETS_OF_VISITOR,
    Claim,
    admit,
    recognised,
    refuse_if_limited,
    resume,
    visitor_subject,
)
from server.gateway.history import LogPage, history_payload, read_page
from server.gateway.refusals import NOT_FOUND, GatewayError
from server.gateway.sessions import VISITOR_RATES, LiveSession
from server.gateway.translate import placed_shape, posted_shape, visitor_summary
from server.identity.model import Grant, SessionRow, Trust
from server.identity.visibility import criteria, grant, trust_at, visible
from server.store.port import Page, StoreUnavailable, Summary, Transaction

__all__ = ["VisitorSocket"]

_EXPIRED: Final = Problem(
    ErrorCode.IDENTITY_EXPIRED, "The proof of who this is has ended; hand in a fresh one."
)
_WHILE_EXPIRED: Final = (
    frames.Identify, frames.IdentityUpdate, frames.ResetUser, frames.Page, frames.Ping, Pong,
)  # fmt: skip
"""What somebody whose proof has ended may still say (PROTOCOL §6)."""
_LATER: Final = Problem(ErrorCode.UNAVAILABLE, "This server does not take this frame yet.")


class VisitorSocket:
    """One visitor's socket. `live` and `workspace` are there from `hello` on."""

    __slots__ = (
        "_admitted",
        "_user_agent",
        "connection",
        "following",
        "live",
        "origin",
        "refused",
        "workspace",
    )

    def __init__(
        self, connection: Connection, origin: str | None, user_agent: str | None = None
    ) -> None:
        self.connection = connection
        self.origin = origin
        self._user_agent = user_agent
        self._admitted = False
        # Why the identity in its `hello` was not taken, if it was not.
        self.refused: str | None = None
        self.following = Following(self)
        self.live: LiveSession
        self.workspace: Workspace

    @property
    def registry(self) -> Registry:
        return frames.VISITOR

    @property
    def session(self) -> SessionRow:
        return self.live.row

    @property
    def sender(self) -> str:
        return device_sender(self.session.visitor_id)

    async def greet(self, frame: Frame[frames.Hello]) -> None:
        gateway = self.connection.gateway
        claim = Claim(frame.data, self.connection.peer, self.origin, self._user_agent)
        self.workspace, started = await admit(gateway, claim)
        if self.connection.is_over:
            gateway.limits.leave(SOCKETS_OF_ADDRESS, self.connection.peer)
            gateway.limits.leave(SOCKETS_OF_VISITOR, visitor_subject(started.session))
            return
        self._admitted = True
        started, done = await recognised(self, started, frame.data)
        self.live = gateway.sessions.join(started.session, self, gateway.clock.now_ms())
        if gateway.rates_on and self.live.rates is None:
            self.live.rates = Rates(VISITOR_RATES)
        if frame.data.page is not None:
            self.live.page = frame.data.page
        try:
            await resume(self, frame, started)
            gateway.identities.watch(self.live)
            if done is not None:
                gateway.identities.joined(self, done)
        except StoreUnavailable:
            # It may say `hello` again, and then comes as somebody new.
            self.lost()
            self.following = Following(self)
            raise

    def perform(self, frame: Frame[Any]) -> None:  # noqa: C901, PLR0912 — one arm per frame type
        data = frame.data
        if self.trust is Trust.EXPIRED and not isinstance(data, _WHILE_EXPIRED):
            raise GatewayError(_EXPIRED)
        match data:
            case frames.Message():
                self._message(frame, data)
            case frames.Typing():
                self._typing(frame, data)
            case Read():
                self.connection.read(frame, lambda: self._read(data))
            case EditMessage():
                self._edit(frame, data.conversation_id, data.seq, data.body)
            case DeleteMessage():
                self._edit(frame, data.conversation_id, data.seq, None)
            case frames.History():
                self.connection.read(frame, lambda: self._history(data))
            case frames.Conversations():
                self.connection.read(frame, lambda: self._conversations(data))
            case frames.EndConversation():
                settle = self.connection.settle(frame, placed_shape)
                self.connection.gateway.chat.end_nowait(self.session, data.conversation_id, settle)
            case frames.Rate():
                settle = self.connection.settle(frame, placed_shape)
                self.connection.gateway.chat.rate_nowait(
                    self.session, data.conversation_id, data.score, data.comment, settle
                )
            case frames.RequestHuman():
                settle = self.connection.settle(frame, placed_shape)
                self.connection.gateway.chat.request_human_nowait(
                    self.session, data.conversation_id, settle
                )
            case frames.Opened():
                self.connection.read(frame, self._opened)
            case frames.IdentityUpdate():
                self._identify(frame, data, same_only=True)
            case frames.Identify():
                self._identify(frame, data)
            case frames.PreChat():
                said = {"name": data.name, "email": data.email, "userMetadata": data.extra}
                self._identify(frame, frames.Identity.model_validate(said))
            case frames.ResetUser(forget_device=forget):
                identities = self.connection.gateway.identities
                self.connection.read(frame, lambda: identities.reset(self, forget_device=forget))
            case frames.Page():
                self.live.page = data
                self.connection.gateway.views.visitor_changed(self.live)
                self.connection.ack(frame)
            case frames.Track():
                self.connection.gateway.metrics.tracked += 1
                self.connection.ack(frame)
            case Pong():
                pass
            case _:
                raise GatewayError(_LATER)

    @property
    def trust(self) -> Trust:
        """What the session is now."""
        now = self.connection.gateway.clock.now_ms()
        return trust_at(self.session, now, self.workspace.settings.identity_mode)

    def _identify(
        self, frame: Frame[Any], data: frames.Identity, *, same_only: bool = False
    ) -> None:
        gateway = self.connection.gateway
        refuse_if_limited(gateway, "identify", self.connection.peer, ADDRESS_IDENTIFY)
        self.connection.read(
            frame, lambda: gateway.identities.identify(self, data, same_only=same_only)
        )

    @property
    def author(self) -> Author:
        """The visitor as the author of what has no event."""
        session = self.session
        return Author(
            AuthorKind.VISITOR,
            session.visitor_id,
            contact_id=session.contact_id,
            trust=self.trust,
        )

    def heads(self) -> Mapping[str, Any]:
        return {"heads": self.following.heads()}

    def heard(self) -> None:
        """Whatever was sent before this frame has arrived (PROTOCOL §6, `delivered`)."""
        outlet, gateway = self.connection.outlet, self.connection.gateway
        if not outlet.owes_receipt:
            return
        outlet.owes_receipt = False
        reached = self.following.arrived()
        if reached:
            told = gateway.announcer.delivered(self.session.workspace_id, reached, self.author)
            gateway.start(told)

    def writable(self) -> None:
        self.following.writable()

    def lost(self) -> None:
        gateway = self.connection.gateway
        self.following.clear()
        if self._admitted:
            self._admitted = False
            gateway.sessions.leave(self.live, self, gateway.clock.monotonic())
            gateway.limits.leave(SOCKETS_OF_VISITOR, visitor_subject(self.session))
            gateway.limits.leave(SOCKETS_OF_ADDRESS, self.connection.peer)

    def send_history(self, page: LogPage) -> None:
        payload = history_payload(page, self.sender, staff=False)
        self.connection.push("history", payload)

    def _message(self, frame: Frame[Any], data: frames.Message) -> None:
        if data.attachments:
            raise GatewayError(NOT_FOUND)
        gateway = self.connection.gateway
        refuse_if_limited(gateway, "messages", self.connection.peer, ADDRESS_MESSAGES)
        writes = VisitorWrites(
            data.client_message_id,
            data.body,
            data.conversation_id,
            data.new_conversation,
            tuple(self.workspace.settings.greeting),
            {"customData": data.custom_data} if data.custom_data is not None else NOTHING,
        )
        if self.session.contact_id is None:
            self.connection.read(frame, lambda: self._first_message(writes))
            return
        known = self.live.grants.get(data.conversation_id) if data.conversation_id else None
        settle = self.connection.settle(frame, _posted, self._wrote)
        gateway.chat.post_nowait(self.session, writes, known, settle)

    async def _first_message(self, writes: VisitorWrites) -> Reply:
        await self._opened()
        chat = self.connection.gateway.chat
        outcome = await committed(
            lambda settle: chat.post_nowait(self.session, writes, None, settle)
        )
        self._wrote(outcome)
        return Reply(_posted(outcome))

    def _wrote(self, outcome: Committed) -> None:
        if outcome.grant is not None:
            self.live.grants[outcome.log.id] = outcome.grant
        self.following.wrote(outcome)

    async def _opened(self) -> Reply:
        gateway = self.connection.gateway
        if self.session.contact_id is None:
            row = await gateway.identity.open_contact(self.session)
            gateway.sessions.renew(self.live, row)
        return Reply()

    def _edit(self, frame: Frame[Any], conversation_id: str, seq: int, body: str | None) -> None:
        settle = self.connection.settle(frame, placed_shape)
        window = self.workspace.settings.edit_window_seconds * 1000
        self.connection.gateway.chat.edit_nowait(
            self.session, conversation_id, seq, body, settle, window_ms=window
        )

    def _typing(self, frame: Frame[Any], data: frames.Typing) -> None:
        if data.conversation_id not in self.following:
            self.connection.read(frame, lambda: self._may_type(data))
            return
        self._tell_typing(data)
        self.connection.ack(frame)

    async def _may_type(self, data: frames.Typing) -> Reply:
        await self._see(data.conversation_id)
        self._tell_typing(data)
        return Reply()

    def _tell_typing(self, data: frames.Typing) -> None:
        self.connection.gateway.announcer.typing(
            data.conversation_id, self.author, data.is_typing, data.preview, self.connection.outlet
        )

    async def _read(self, data: Read) -> Reply:
        gateway, session = self.connection.gateway, self.session
        now = gateway.clock.now_ms()
        rules = self.workspace.settings.rules

        def unit(tx: Transaction) -> tuple[int | None, Summary]:
            row = tx.conversations.get(session.workspace_id, data.conversation_id)
            if row is None or not visible(session, row, now, rules):
                raise GatewayError(NOT_FOUND)
            moved = tx.conversations.mark_read(data.conversation_id, "visitor", data.seq)
            found = tx.conversations.summaries(session.workspace_id, [data.conversation_id])
            return moved, found[0]

        moved, found = await gateway.store.write(unit)
        if moved is not None:
            gateway.announcer.read(
                session.workspace_id,
                data.conversation_id,
                self.author,
                moved,
                self.connection.outlet,
            )
            gateway.announcer.unread(found.conversation, found.unread, self)
        return Reply()

    async def _history(self, data: frames.History) -> Reply:
        gateway = self.connection.gateway

        def query(tx: Transaction) -> tuple[ConversationRow, LogRow, LogPage]:
            row, log = self._visible_row(tx, data.conversation_id)
            page = read_page(
                tx.conversations,
                row.id,
                LogName.PUBLIC,
                log.public_seq,
                after=data.after_seq,
                before=data.before_seq,
                limit=data.limit or HISTORY_PAGE_DEFAULT,
            )
            return row, log, page

        row, log, page = await gateway.store.read(query)
        gateway.sessions.watch(self.live, row.id)
        # It was asked for, so it is followed; what came meanwhile is fed from the log.
        return Reply(
            history_payload(page, self.sender, staff=False),
            lambda: self.following.add(row.id, log.public_seq, log),
        )

    async def _conversations(self, data: frames.Conversations) -> Reply:
        page = await self._list(data.cursor)
        items = [visitor_summary(item, self.sender) for item in page.items]
        return Reply({"items": items, "nextCursor": page.next_cursor})

    async def _list(self, cursor: str | None) -> Page:
        gateway = self.connection.gateway
        asked = self.criteria()
        page = await gateway.store.read(
            lambda tx: tx.conversations.visible_to(asked, cursor=cursor, limit=CONVERSATIONS_PAGE)
        )
        for item in page.items:
            gateway.sessions.watch(self.live, item.conversation.id)
        return page

    def criteria(self) -> Any:
        """What this session may see now, for the store's lists."""
        now = self.connection.gateway.clock.now_ms()
        return criteria(self.session, now, self.workspace.settings.rules)

    def grant_for(self, row: ConversationRow, access_version: int) -> Grant | None:
        """A fresh grant for this session, or None if it may not see `row`."""
        now = self.connection.gateway.clock.now_ms()
        rules = self.workspace.settings.rules
        return grant(self.session, row, access_version, now, rules)

    def sees(self, row: ConversationRow) -> bool:
        """Whether this session may see `row` now."""
        return self.grant_for(row, 0) is not None

    async def _see(self, conversation_id: str) -> None:
        """Refuse unless the conversation is visible to this session."""
        await self.connection.gateway.store.read(lambda tx: self._visible_row(tx, conversation_id))

    def _visible_row(self, tx: Transaction, conversation_id: str) -> tuple[ConversationRow, LogRow]:
        row = tx.conversations.get(self.session.workspace_id, conversation_id)
        if row is None or not self.sees(row):
            raise GatewayError(NOT_FOUND)
        return row, tx.conversations.logs([conversation_id])[conversation_id]


def _posted(outcome: Committed) -> Mapping[str, Any]:
    return {"conversationId": outcome.log.id, **posted_shape(outcome)}
