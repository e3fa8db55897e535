"""A small world for the store's tests: one workspace, its people, and drafts that say things."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from server.chat.model import (
    Author,
    AuthorKind,
    Committed,
    ConversationRow,
    Decide,
    Decision,
    Draft,
    Existing,
    LogName,
    New,
    NewEvent,
    OpenOrNew,
    Outcome,
    Refusal,
    Rows,
)
from server.identity.model import (
    AgentRow,
    ContactRow,
    Grant,
    Role,
    SessionRow,
    Trust,
    VisitorRow,
    WorkspaceRow,
)
from server.store.engine import SqlStore, open_store
from server.store.port import Transaction

__all__ = [
    "AGENT",
    "CONTACT",
    "NOW",
    "SESSION",
    "VISITOR",
    "WORKSPACE",
    "FixedClock",
    "agent_says",
    "committed",
    "decides",
    "drafted",
    "fails",
    "furnish",
    "opened",
    "refuses",
    "row_of",
    "says",
    "settled",
    "write_to",
]

NOW = 1_800_000_000_000
WORKSPACE = WorkspaceRow("ws_1", "Acme", {}, NOW)
VISITOR = VisitorRow("ws_1", "v_1", "hash-of-v1", NOW, NOW)
CONTACT = ContactRow("ws_1", "co_1", "anonymous", NOW, NOW, name="Jane Smith", email="jane@x.test")
SESSION = SessionRow("ws_1", "se_1", "v_1", "co_1", Trust.ANONYMOUS, None, 1, NOW, NOW)
AGENT = AgentRow("ws_1", "ag_1", "Sam", "sam@acme.test", Role.OWNER, "argon", NOW)


@dataclass
class FixedClock:
    """Time stands still unless a test moves it."""

    now: int = NOW
    seconds: float = 0.0

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.seconds


@asynccontextmanager
async def opened(
    url: str,
    *,
    clock: FixedClock | None = None,
    furnished: bool = True,
    exclusive: bool = True,
) -> AsyncIterator[SqlStore]:
    """A store with a workspace, a visitor with a session and a contact, and an agent."""
    store = open_store(url, clock=clock or FixedClock(), exclusive=exclusive)
    try:
        if furnished:
            await store.write(furnish)
        yield store
    finally:
        await store.close()


def furnish(transaction: Transaction) -> None:
    transaction.workspaces.insert(WORKSPACE)
    transaction.visitors.insert(VISITOR)
    transaction.contacts.insert(CONTACT)
    transaction.sessions.insert(SESSION, "hash-of-st1")
    transaction.agents.insert(AGENT)


def row_of(
    conversation_id: str,
    *,
    workspace_id: str = "ws_1",
    visitor_id: str | None = "v_1",
    contact_id: str | None = "co_1",
    session_id: str | None = "se_1",
) -> ConversationRow:
    return ConversationRow(
        conversation_id, workspace_id, visitor_id, contact_id, session_id, None, False, None, NOW
    )


def decides(*events: NewEvent) -> Decide:
    return lambda rows, now: Decision(events)


def _message(kind: AuthorKind, author_id: str, body: str, key: str | None) -> NewEvent:
    sender = None if key is None else author_id
    author = Author(kind, author_id)
    return NewEvent(LogName.PUBLIC, "message", author, body, sender=sender, client_message_id=key)


def says(body: str, key: str | None = None) -> Decide:
    """The visitor's message."""
    return decides(_message(AuthorKind.VISITOR, "v_1", body, key))


def agent_says(body: str, key: str | None = None) -> Decide:
    return decides(_message(AuthorKind.AGENT, "ag_1", body, key))


def refuses(rows: Rows, now: int) -> Refusal:
    return Refusal("conflict", "no")


def fails(rows: Rows, now: int) -> Decision:
    raise ZeroDivisionError("a fault of the rule")


def drafted(
    target: str | ConversationRow | OpenOrNew | New,
    decide: Decide,
    *,
    key: str | None = None,
    sender: str = "v_1",
    grant: Grant | None = None,
    session_id: str | None = None,
    workspace_id: str = "ws_1",
) -> Draft:
    """A draft; a string targets an existing conversation, a row makes a new one."""
    match target:
        case str():
            aim: Existing | New | OpenOrNew = Existing(target)
        case ConversationRow():
            aim = New(target)
        case _:
            aim = target
    repeat_key = None if key is None else (sender, key)
    return Draft(
        workspace_id, aim, decide, repeat_key=repeat_key, grant=grant, session_id=session_id
    )


async def settled(store: SqlStore, *drafts: Draft) -> list[Outcome]:
    """The outcomes of drafts that were handed in together."""
    outcomes: list[Outcome] = []
    for draft in drafts:
        store.append(draft, outcomes.append)
    await store.flush()
    return outcomes


def committed(outcome: Outcome) -> Committed:
    assert isinstance(outcome, Committed), outcome
    return outcome


async def write_to(store: SqlStore, *drafts: Draft) -> list[Committed]:
    """The same, for drafts that must not fail."""
    return [committed(outcome) for outcome in await settled(store, *drafts)]
