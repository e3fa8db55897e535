"""An agent's side of a connection: each frame of PROTOCOL §11.

An agent sees their whole workspace and nothing of another; every use case is handed the agent's
`Staff`, and the workspace in it is what the journal and every query compare with. What an agent has
open is followed in both logs, without a grant.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from protocol import limits
from protocol.close import CloseCode
from protocol.errors import ErrorCode, Problem
from protocol.frames import agent as frames
from protocol.frames.frame import Frame, Registry
from protocol.frames.shared import DeleteMessage, EditMessage, Pong, Read
from server.chat.model import Author, AuthorKind, Status
from server.chat.service import Staff, agent_sender, committed
from server.clock import rfc3339
from server.connection.buckets import Rates
from server.gateway.board import BoardView
from server.gateway.connection import Connection, Reply
from server.gateway.desk import Desk
from server.gateway.directory import Workspace
from server.gateway.refusals import NOT_FOUND, GatewayError
from server.gateway.translate import agent_shape, placed_shape, posted_shape
from server.gateway.views import InboxView
from server.identity.model import AgentRow, Role, SessionRow
from server.identity.service import agent_by_token
from server.ids import secret_hash
from server.store.port import Transaction

__all__ = ["AgentSocket"]

_AGENT_RATES: Final[Mapping[str, limits.Rate]] = {
    "message": limits.AGENT_MESSAGES,
    "note": limits.AGENT_MESSAGES,
    "startConversation": limits.AGENT_MESSAGES,
    "": limits.AGENT_OTHER,
}
_LATER: Final = Problem(ErrorCode.UNAVAILABLE, "This server does not take this frame yet.")
_ADMINS_ONLY: Final = Problem(ErrorCode.FORBIDDEN, "Only an owner or an admin may do this.")
_NO_AGENT: Final = Problem(ErrorCode.NOT_FOUND, "There is no such agent or team.")
_NO_VISITOR: Final = Problem(ErrorCode.NOT_FOUND, "There is no such visitor.")
_UNKNOWN: Final = Problem(ErrorCode.UNAUTHENTICATED, "Sign in, or send a valid `agentToken`.")


class AgentSocket:
    """One agent's socket. `agent`, `workspace` and `desk` are there from `hello` on."""

    __slots__ = (
        "_cookie",
        "agent",
        "board",
        "connection",
        "desk",
        "inbox",
        "signed_in",
        "staff",
        "token_hash",
        "workspace",
    )

    def __init__(self, connection: Connection, cookie: str | None) -> None:
        """`cookie` is the session cookie's token, whose `Origin` the endpoint has checked."""
        self.connection = connection
        self._cookie = cookie
        self.signed_in = False
        self.token_hash = ""
        self.inbox: InboxView | None = None
        self.board: BoardView | None = None
        self.agent: AgentRow
        self.staff: Staff
        self.workspace: Workspace
        self.desk: Desk

    @property
    def registry(self) -> Registry:
        return frames.AGENT

    @property
    def workspace_id(self) -> str:
        return self.agent.workspace_id

    @property
    def sender(self) -> str:
        return agent_sender(self.agent.id)

    async def greet(self, frame: Frame[frames.Hello]) -> None:
        connection, gateway = self.connection, self.connection.gateway
        token = frame.data.agent_token or self._cookie
        signed_out = -1
        while signed_out != gateway.views.signed_out:
            # Again, if a token died while this one was looked up: no sign-out has seen us yet.
            signed_out = gateway.views.signed_out
            found = token and await agent_by_token(gateway.store, gateway.clock, token)
            if not found:
                raise GatewayError(_UNKNOWN, CloseCode.UNKNOWN_KEY)
            self.agent = agent = found
            self.workspace = await gateway.directory.get(agent.workspace_id)
        self.token_hash = secret_hash(token or "")
        self.staff = Staff.of_agent(agent)
        if connection.is_over:
            return
        self.signed_in = True
        self.desk = Desk(self)
        if gateway.agents.arrived(self.workspace_id, agent.id, frame.data.availability):
            gateway.views.agent_state_changed(self.workspace_id, agent.id)
        gateway.views.add(self)
        rates = gateway.agents.rates(agent.id, lambda: Rates(_AGENT_RATES))
        connection.welcome(frame, self._welcome(), rates if gateway.rates_on else None)
        await self.desk.resume(frame.data.cursors)

    def perform(self, frame: Frame[Any]) -> None:  # noqa: C901, PLR0912 — one arm per frame type
        data, read = frame.data, self.connection.read
        gateway = self.connection.gateway
        match data:
            case frames.Message():
                self._message(frame, data)
            case frames.Note():
                settle = self.connection.settle(frame, posted_shape)
                gateway.chat.note_nowait(
                    self.staff,
                    data.conversation_id,
                    data.body,
                    settle,
                    client_message_id=data.client_message_id,
                    mentions=data.mentions,
                )
            case frames.Typing():
                self.desk.typing(data)
                self.connection.ack(frame)
            case Read():
                read(frame, lambda: self._read(data))
            case frames.Open():
                read(frame, lambda: self.desk.open(data))
            case frames.Close():
                self.desk.close(data.conversation_id)
                self.connection.ack(frame)
            case frames.Inbox():
                read(frame, lambda: gateway.views.inbox(self, data))
            case frames.History():
                read(frame, lambda: self.desk.history(data))
            case frames.Visitors():
                read(frame, lambda: gateway.views.board.follow(self, data))
            case frames.StartConversation():
                read(frame, lambda: self._start(data))
            case frames.Availability():
                if gateway.agents.set_state(self.workspace_id, self.agent.id, data.state):
                    gateway.views.agent_state_changed(self.workspace_id, self.agent.id)
                self.connection.ack(frame)
            case frames.Merge() if self.agent.role is Role.AGENT:
                raise GatewayError(_ADMINS_ONLY)
            case Pong():
                pass
            case _:
                self._change(frame)

    def heads(self) -> Mapping[str, Any]:
        views: dict[str, int] = {}
        for view in (self.inbox, self.board):
            if view is not None:
                views[view.id] = view.rev
        return {"heads": self.desk.heads() if self.signed_in else {}, "views": views}

    def heard(self) -> None:
        """An agent owes no receipts."""

    def writable(self) -> None:
        if self.signed_in:
            self.desk.writable()

    def lost(self) -> None:
        if not self.signed_in:
            return
        gateway = self.connection.gateway
        self.desk.close_all()
        gateway.views.remove(self)
        if gateway.agents.left(self.workspace_id, self.agent.id):
            gateway.views.agent_state_changed(self.workspace_id, self.agent.id)

    def _change(self, frame: Frame[Any]) -> None:
        """The frames that file a conversation or change a message of it."""
        data, chat = frame.data, self.connection.gateway.chat
        settle: Callable[..., Any] = self.connection.settle
        match data:
            case EditMessage(conversation_id=named, seq=seq, body=body):
                chat.staff_edit_nowait(self.staff, named, seq, body, settle(frame, placed_shape))
            case DeleteMessage(conversation_id=named, seq=seq):
                chat.staff_edit_nowait(self.staff, named, seq, None, settle(frame, placed_shape))
            case frames.Assign():
                self.connection.read(frame, lambda: self._assign(data))
            case frames.Status():
                until = None if data.until is None else round(data.until.timestamp() * 1000)
                status = Status(data.status)
                named = data.conversation_id
                chat.status_nowait(self.staff, named, status, until, settle(frame, placed_shape))
            case frames.Priority(conversation_id=named, priority=priority):
                chat.priority_nowait(self.staff, named, priority, settle(frame, placed_shape))
            case frames.Labels():
                chat.labels_nowait(
                    self.staff,
                    data.conversation_id,
                    data.add,
                    data.remove,
                    settle(frame, placed_shape),
                )
            case _:
                raise GatewayError(_LATER)

    def _message(self, frame: Frame[Any], data: frames.Message) -> None:
        if data.attachments:
            raise GatewayError(NOT_FOUND)
        self.connection.gateway.chat.reply_nowait(
            self.staff,
            data.conversation_id,
            data.body,
            self.connection.settle(frame, posted_shape),
            client_message_id=data.client_message_id,
            expected_seq=data.expected_seq,
        )

    async def _assign(self, data: frames.Assign) -> Reply:
        gateway, agent = self.connection.gateway, None
        if data.agent_id is not None:
            workspace = await gateway.directory.get(self.workspace_id)
            agent = workspace.agents.get(data.agent_id)
            if agent is None or agent.disabled_at is not None:
                raise GatewayError(_NO_AGENT)
        if data.team_id is not None:
            # No team can be made yet, so no id is one's.
            raise GatewayError(_NO_AGENT)
        outcome = await committed(
            lambda settle: gateway.chat.assign_nowait(
                self.staff, data.conversation_id, agent, None, settle
            )
        )
        return Reply(placed_shape(outcome))

    async def _read(self, data: Read) -> Reply:
        gateway = self.connection.gateway

        def unit(tx: Transaction) -> int | None:
            if tx.conversations.get(self.workspace_id, data.conversation_id) is None:
                raise GatewayError(NOT_FOUND)
            return tx.conversations.mark_read(data.conversation_id, self.agent.id, data.seq)

        moved = await gateway.store.write(unit)
        if moved is not None:
            author = Author(AuthorKind.AGENT, self.agent.id, self.agent.name, self.agent.avatar_url)
            gateway.announcer.read(
                self.workspace_id, data.conversation_id, author, moved, self.connection.outlet
            )
        return Reply()

    async def _start(self, data: frames.StartConversation) -> Reply:
        gateway = self.connection.gateway

        def query(tx: Transaction) -> SessionRow | None:
            for session in tx.sessions.of_visitor(self.workspace_id, data.visitor_id):
                named = data.session_id is None or session.id == data.session_id
                if session.ended_at is None and named:
                    return session
            return None

        session = await gateway.store.read(query)
        if session is None:
            raise GatewayError(_NO_VISITOR)
        if session.contact_id is None:
            session = await gateway.identity.open_contact(session)
            live = gateway.sessions.get(session.id)
            if live is not None:
                gateway.sessions.renew(live, session)
        addressed = session
        outcome = await committed(
            lambda settle: gateway.chat.start_nowait(
                self.staff,
                addressed,
                data.body,
                settle,
                client_message_id=data.client_message_id,
            )
        )
        return Reply({"conversationId": outcome.log.id, **posted_shape(outcome)})

    def _welcome(self) -> dict[str, Any]:
        gateway = self.connection.gateway
        states = gateway.agents.states(self.workspace_id)
        return {
            "protocol": 1,
            "serverTime": rfc3339(gateway.clock.now_ms()),
            "agent": agent_shape(self.agent, states.get(self.agent.id, "offline")),
            "workspace": {"id": self.workspace.id, "name": self.workspace.row.name},
            "agents": [
                agent_shape(agent, states.get(agent.id, "offline"))
                for agent in self.workspace.agents.values()
                if agent.disabled_at is None
            ],
            "teams": [],
            "labels": [],
            "heartbeat": {
                "intervalMs": round(gateway.heartbeat.interval * 1000),
                "timeoutMs": round(gateway.heartbeat.timeout * 1000),
            },
        }
