"""Use cases of a conversation: each builds a draft and hands it to the journal.

`*_nowait` because nothing here waits for the disk: the journal settles later, in order of commit,
and everyone who follows the conversation is told (`announce`) before the one who asked. The rules
themselves are in `policy`, and are applied by the journal under its locks.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.chat import filing, policy
from server.chat.model import (
    NOTHING,
    Author,
    AuthorKind,
    Committed,
    ConversationRow,
    Decide,
    Draft,
    Existing,
    Failed,
    LogName,
    New,
    OpenOrNew,
    Outcome,
    Refusal,
    Refused,
    Settle,
    Status,
    Target,
)
from server.clock import Clock
from server.identity.model import AgentRow, Grant, KeyRow, Role, SessionRow, Trust
from server.ids import conversation_id as new_conversation_id
from server.store.port import Store

__all__ = [
    "ChatRefused",
    "ChatService",
    "Staff",
    "VisitorWrites",
    "agent_sender",
    "committed",
    "device_sender",
]

Announce = Callable[[Committed], None]


class ChatRefused(Exception):
    """A draft was refused by a rule; `refusal` has the code and the sentence."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


async def committed(append: Callable[[Settle], None]) -> Committed:
    """Hand in a draft with `append(settle)` and wait until it is settled.

    Raises `ChatRefused`, or the error by which the store failed.
    """
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def settle(outcome: Outcome) -> None:
        if not future.done():
            future.set_result(outcome)

    append(settle)
    outcome = await future
    match outcome:
        case Committed():
            return outcome
        case Refused(refusal):
            raise ChatRefused(refusal)
        case Failed(error):
            raise error


def device_sender(visitor_id: str) -> str:
    """The sender of a visitor's messages: the device, in every tab and session (PROTOCOL §5)."""
    return f"device:{visitor_id}"


def agent_sender(agent_id: str) -> str:
    """The sender of an agent's messages, in every tab."""
    return f"agent:{agent_id}"


@dataclass(frozen=True, slots=True)
class Staff:
    """Whoever acts for the workspace: an agent, or a server with a secret key."""

    workspace_id: str
    author: Author
    sender: str
    may_delete_any: bool

    @classmethod
    def of_agent(cls, agent: AgentRow) -> "Staff":
        author = Author(AuthorKind.AGENT, agent.id, agent.name, agent.avatar_url)
        admin = agent.role in (Role.OWNER, Role.ADMIN)
        return cls(agent.workspace_id, author, agent_sender(agent.id), admin)

    @classmethod
    def of_key(cls, key: KeyRow, agent: AgentRow | None) -> "Staff":
        """`agent` is whom the key speaks for, if the caller named one."""
        name, avatar = (agent.name, agent.avatar_url) if agent else (key.name, None)
        author = Author(AuthorKind.AGENT, agent.id if agent else key.id, name, avatar)
        return cls(key.workspace_id, author, f"key:{key.id}", may_delete_any=True)


@dataclass(frozen=True, slots=True)
class VisitorWrites:
    """A message of a visitor, as the gateway read it from the wire."""

    client_message_id: str
    body: str
    conversation_id: str | None = None
    new_conversation: bool = False
    greeting: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


class ChatService:
    """The use cases. One instance per node."""

    def __init__(self, store: Store, clock: Clock, announce: Announce) -> None:
        self._store = store
        self._clock = clock
        self._announce = announce

    def post_nowait(
        self, session: SessionRow, message: VisitorWrites, grant: Grant | None, settle: Settle
    ) -> None:
        """Append a visitor's message; `session` has a contact (IDENTITY T6)."""
        sender = device_sender(session.visitor_id)
        decide = policy.VisitorMessage(
            _visitor(session), sender, message.client_message_id, message.body, message.data
        )
        draft = Draft(
            session.workspace_id,
            self._target(session, message),
            decide,
            repeat_key=(sender, message.client_message_id),
            grant=grant,
            session_id=session.id,
        )
        self._append(draft, settle)

    def edit_nowait(
        self,
        session: SessionRow,
        conversation_id: str,
        seq: int,
        body: str | None,
        settle: Settle,
        *,
        window_ms: int,
    ) -> None:
        """Edit a visitor's own message, or delete it if `body` is None."""
        author, sender = _visitor(session), device_sender(session.visitor_id)
        decide: Decide
        if body is None:
            decide = policy.DeleteMessage.of(author, sender, seq, window_ms)
        else:
            decide = policy.EditMessage.of(author, sender, seq, body, window_ms)
        event = (LogName.PUBLIC, seq)
        self._visitor_draft(session, conversation_id, decide, settle, wants_event=event)

    def end_nowait(self, session: SessionRow, conversation_id: str, settle: Settle) -> None:
        decide = policy.EndConversation(_visitor(session), device_sender(session.visitor_id))
        self._visitor_draft(session, conversation_id, decide, settle, last_event_of="statusChanged")

    def rate_nowait(
        self,
        session: SessionRow,
        conversation_id: str,
        score: int,
        comment: str | None,
        settle: Settle,
    ) -> None:
        decide = policy.RateConversation(
            _visitor(session), device_sender(session.visitor_id), score, comment
        )
        self._visitor_draft(session, conversation_id, decide, settle)

    def request_human_nowait(
        self, session: SessionRow, conversation_id: str, settle: Settle
    ) -> None:
        decide = policy.RequestHuman(_visitor(session), device_sender(session.visitor_id))
        self._visitor_draft(session, conversation_id, decide, settle, last_event_of="handoff")

    def identity_nowait(
        self, workspace_id: str, conversation_id: str, data: Mapping[str, Any]
    ) -> None:
        """A system line for staff; nobody waits for it."""
        target = Existing(conversation_id)
        self._append(Draft(workspace_id, target, policy.NoteIdentity(data)), _nobody_waits)

    def reply_nowait(
        self,
        staff: Staff,
        conversation_id: str,
        body: str,
        settle: Settle,
        *,
        client_message_id: str | None = None,
        expected_seq: int | None = None,
    ) -> None:
        """A message of staff to the visitor."""
        decide = policy.AgentMessage(
            staff.author, staff.sender, client_message_id, body, expected_seq
        )
        self._staff_draft(staff, conversation_id, decide, settle, client_message_id)

    def note_nowait(
        self,
        staff: Staff,
        conversation_id: str,
        body: str,
        settle: Settle,
        *,
        client_message_id: str | None = None,
        mentions: tuple[str, ...] = (),
    ) -> None:
        decide = policy.AddNote(staff.author, staff.sender, client_message_id, body, mentions)
        self._staff_draft(staff, conversation_id, decide, settle, client_message_id)

    def start_nowait(
        self,
        staff: Staff,
        session: SessionRow,
        body: str,
        settle: Settle,
        *,
        client_message_id: str | None = None,
    ) -> None:
        """Staff write first, to a session that has a contact; the conversation is born as its
        own.
        """
        decide = policy.AgentMessage(staff.author, staff.sender, client_message_id, body)
        key = None if client_message_id is None else (staff.sender, client_message_id)
        target = New(self._born(session))
        self._append(Draft(staff.workspace_id, target, decide, repeat_key=key), settle)

    def staff_edit_nowait(
        self, staff: Staff, conversation_id: str, seq: int, body: str | None, settle: Settle
    ) -> None:
        """Edit one's own message, or delete it (an admin: any) if `body` is None."""
        decide: Decide
        if body is None:
            decide = policy.DeleteMessage.of(
                staff.author, staff.sender, seq, any_author=staff.may_delete_any
            )
        else:
            decide = policy.EditMessage.of(staff.author, staff.sender, seq, body)
        event = (LogName.PUBLIC, seq)
        self._staff_draft(staff, conversation_id, decide, settle, wants_event=event)

    def assign_nowait(
        self,
        staff: Staff,
        conversation_id: str,
        agent: AgentRow | None,
        team_id: str | None,
        settle: Settle,
    ) -> None:
        assignee = {
            "kind": "human" if agent else "none",
            "name": agent.name if agent else None,
            "avatarUrl": agent.avatar_url if agent else None,
        }
        decide = filing.Assign(staff.author, agent.id if agent else None, team_id, assignee)
        self._staff_draft(staff, conversation_id, decide, settle)

    def status_nowait(
        self,
        staff: Staff,
        conversation_id: str,
        status: Status,
        until: int | None,
        settle: Settle,
    ) -> None:
        decide = filing.ChangeStatus(staff.author, status, until)
        self._staff_draft(staff, conversation_id, decide, settle, last_event_of="statusChanged")

    def wake_nowait(self, row: ConversationRow, settle: Settle) -> None:
        """The time of a snoozed conversation has come."""
        target = Existing(row.id)
        draft = Draft(row.workspace_id, target, filing.Wake(), wants_conversation=True)
        self._append(draft, settle)

    def priority_nowait(
        self, staff: Staff, conversation_id: str, priority: str, settle: Settle
    ) -> None:
        self._staff_draft(
            staff, conversation_id, filing.ChangePriority(staff.author, priority), settle
        )

    def labels_nowait(
        self,
        staff: Staff,
        conversation_id: str,
        add: tuple[str, ...],
        remove: tuple[str, ...],
        settle: Settle,
    ) -> None:
        decide = filing.ChangeLabels(staff.author, add, remove)
        self._staff_draft(staff, conversation_id, decide, settle)

    def _visitor_draft(
        self,
        session: SessionRow,
        conversation_id: str,
        decide: Decide,
        settle: Settle,
        *,
        wants_event: tuple[LogName, int] | None = None,
        last_event_of: str | None = None,
    ) -> None:
        draft = Draft(
            session.workspace_id,
            Existing(conversation_id),
            decide,
            session_id=session.id,
            wants_conversation=True,
            wants_event=wants_event,
            last_event_of=last_event_of,
        )
        self._append(draft, settle)

    def _staff_draft(
        self,
        staff: Staff,
        conversation_id: str,
        decide: Decide,
        settle: Settle,
        client_message_id: str | None = None,
        *,
        wants_event: tuple[LogName, int] | None = None,
        last_event_of: str | None = None,
    ) -> None:
        draft = Draft(
            staff.workspace_id,
            Existing(conversation_id),
            decide,
            repeat_key=None if client_message_id is None else (staff.sender, client_message_id),
            wants_conversation=True,
            wants_event=wants_event,
            last_event_of=last_event_of,
        )
        self._append(draft, settle)

    def _target(self, session: SessionRow, message: VisitorWrites) -> Target:
        if message.conversation_id is not None:
            return Existing(message.conversation_id)
        born = self._born(session, message.greeting)
        return New(born) if message.new_conversation else OpenOrNew(born)

    def _born(self, session: SessionRow, greeting: tuple[str, ...] = ()) -> ConversationRow:
        """A conversation's first facts are those of the session it is made for (IDENTITY §4.1)."""
        return ConversationRow(
            id=new_conversation_id(),
            workspace_id=session.workspace_id,
            visitor_id=session.visitor_id,
            contact_id=session.contact_id,
            session_id=session.id,
            external_id=session.external_id,
            verified=session.trust is Trust.VERIFIED,
            deleted_at=None,
            created_at=self._clock.now_ms(),
            greeting=greeting,
        )

    def _append(self, draft: Draft, settle: Settle) -> None:
        def settled(outcome: Outcome) -> None:
            try:
                if isinstance(outcome, Committed) and outcome.events:
                    self._announce(outcome)
            finally:
                # It is on disk, whatever became of telling the others.
                settle(outcome)

        self._store.append(draft, settled)


def _nobody_waits(outcome: Outcome) -> None:
    """It is told if it is committed, and otherwise there is nobody to tell."""


def _visitor(session: SessionRow) -> Author:
    return Author(
        AuthorKind.VISITOR,
        session.visitor_id,
        contact_id=session.contact_id,
        trust=session.trust,
    )
