"""What the services ask of a database.

A *unit* is a synchronous function of a `Transaction`, run whole in a thread. `Store.write` runs it
on the writer, alone or in one group commit with its neighbours (each isolated: one that raises
undoes itself only); `Store.read` runs it on a reader, against one snapshot. `Store.append` is the
journal's door.

Guarantees. What `write` returned and what `append` settled as `Committed` is on disk and survives a
kill -9. Items from one caller take effect in the order they were handed in. Within one commit the
logs' numbers are given under the rows' locks, so a log has no holes and commit order is `seq`
order. A reader that starts after a `write` returned sees it.

Errors: a unit's own exceptions pass through. `StoreUnavailable`: the database could not; nothing
was written, and a later call may succeed. Any other exception from the adapter is a fault of ours.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from server.chat.model import ConversationRow, Draft, Event, LogName, LogRow, Settle, Status
from server.identity.model import AgentRow, ContactRow
from server.identity.visibility import Criteria
from server.store.identity_port import Agents, Contacts, Keys, Sessions, Visitors, Workspaces

__all__ = [
    "Agents",
    "BadCursor",
    "Change",
    "Contacts",
    "Conversations",
    "InboxFilter",
    "Keys",
    "Marks",
    "Page",
    "Sessions",
    "Store",
    "StoreStatus",
    "StoreUnavailable",
    "Summary",
    "Transaction",
    "Visitors",
    "Workspaces",
]

T = TypeVar("T")


class StoreUnavailable(Exception):
    """The database cannot be read or written now. The cause is chained."""


class BadCursor(ValueError):
    """A list's cursor that no list returned."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How far each side has read or was reached, as public `seq`s."""

    visitor_read: int = 0
    visitor_delivered: int = 0
    agent_read: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as a list shows it. `unread` is of whoever asked. `version` only grows."""

    conversation: ConversationRow
    log: LogRow
    version: int
    last_event: Event | None
    last_message: Event | None
    unread: int
    marks: Marks
    updated_at: int
    assignee: AgentRow | None = None
    contact: ContactRow | None = None

    @property
    def order(self) -> int:
        """What lists are ordered by, newest first: when the last public event was."""
        return self.last_event.at if self.last_event else self.conversation.created_at


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """A live list of the console. Every member narrows; `agent_id` is who asks (for "mine" and
    unread). The view "any" is of every status.
    """

    workspace_id: str
    agent_id: str
    view: str = "all"
    team_id: str | None = None
    labels: tuple[str, ...] = ()
    query: str | None = None
    contact_id: str | None = None
    external_id: str | None = None
    assignee_id: str | None = None
    is_unassigned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first. `next_cursor` is opaque; None at the end."""

    items: tuple[Summary, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A hint that something that is no log has changed, for other nodes to read (`change`
    table).
    """

    id: int
    workspace_id: str
    kind: str
    ref: str


class Conversations(Protocol):
    def get(self, workspace_id: str, conversation_id: str) -> ConversationRow | None:
        """None also if deleted."""
        ...

    def logs(self, conversation_ids: Iterable[str]) -> Mapping[str, LogRow]: ...
    def heads(self, conversation_ids: Iterable[str]) -> Mapping[str, tuple[int, int]]:
        """`(public_seq, staff_seq)` of those that exist, in one query."""
        ...

    def visible_to(
        self,
        criteria: Criteria,
        *,
        cursor: str | None,
        limit: int,
        statuses: tuple[Status, ...] = (),
    ) -> Page:
        """What the criteria allow, newest last event first; `unread` is the visitor side's."""
        ...

    def inbox(self, asked: InboxFilter, *, cursor: str | None, limit: int) -> Page: ...
    def counts(self, workspace_id: str, agent_id: str) -> Mapping[str, int]:
        """`mine, unassigned, all, snoozed, resolved` (PROTOCOL §11)."""
        ...

    def summaries(
        self, workspace_id: str, conversation_ids: Iterable[str], *, agent_id: str | None = None
    ) -> Sequence[Summary]:
        """`unread` is the agent's, or without `agent_id` the visitor side's. Unknown ids are left
        out.
        """
        ...

    def unread(self, conversation_ids: Iterable[str], agent_id: str) -> Mapping[str, int]:
        """How many messages of visitors come after this agent's marks."""
        ...

    def matching(self, asked: InboxFilter, conversation_ids: Iterable[str]) -> frozenset[str]:
        """Which of these are in the live list `asked`."""
        ...

    def events(
        self,
        conversation_id: str,
        log: LogName,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[Event]:
        """Ascending. `after`: the first ones after it; `before`: the last ones before it; neither:
        newest.
        """
        ...

    def event(self, conversation_id: str, log: LogName, seq: int) -> Event | None: ...
    def mark_read(self, conversation_id: str, reader: str, seq: int) -> int | None:
        """Move a mark forward, cut to the public head; the new mark, or None if it did not move.

        `reader` is `"visitor"` for the visitor side, else an agent's id.
        """
        ...

    def due(self, now: int, limit: int) -> Sequence[ConversationRow]:
        """Snoozed conversations whose time has come, in every workspace, the longest due first."""
        ...

    def mark_delivered(self, conversation_id: str, seq: int) -> int | None: ...
    def of_device(
        self, workspace_id: str, visitor_id: str, contact_id: str
    ) -> Sequence[ConversationRow]:
        """What this contact wrote on this device."""
        ...

    def of_contact(self, workspace_id: str, contact_id: str) -> Sequence[ConversationRow]: ...
    def lock(self, conversation_ids: Iterable[str]) -> None: ...
    def repoint(self, changed: Sequence[ConversationRow]) -> None:
        """Write contact, `verified` and scope of these rows, and raise their `access_version`."""
        ...

    def revise_access(self, conversation_ids: Iterable[str]) -> None:
        """Who may see these has changed otherwise: every grant is void."""
        ...


class Transaction(Protocol):
    """All there is to read and write, for the length of one unit."""

    @property
    def workspaces(self) -> Workspaces: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def agents(self) -> Agents: ...
    @property
    def visitors(self) -> Visitors: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def contacts(self) -> Contacts: ...
    @property
    def conversations(self) -> Conversations: ...
    def changes_after(self, change_id: int, limit: int) -> Sequence[Change]: ...
    def last_change(self) -> int:
        """The id of the newest `change` row, 0 if there is none."""
        ...

    def forget_changes(self, until_id: int) -> None:
        """Drop the `change` rows up to this id, which every node has read."""
        ...

    def add_change(self, workspace_id: str, kind: str, ref: str) -> None: ...
    def meta(self, key: str) -> str | None: ...
    def set_meta(self, key: str, value: str) -> None: ...
    def answered(self, scope: str, key: str) -> tuple[str, int, bytes] | None:
        """The stored answer to an `Idempotency-Key`: (hash of the body, status, answer)."""
        ...

    def forget_answers(self, until: int) -> None:
        """Drop the stored answers that expire at `until` or before."""
        ...

    def keep_answer(
        self, scope: str, key: str, answer: tuple[str, int, bytes], expires_at: int
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """For readiness and metrics."""

    schema: str
    behind: bool
    journal: Mapping[str, float] = field(default_factory=dict)


class Store(Protocol):
    """One database. Made, used and closed on one event loop."""

    def append(self, draft: Draft, settle: Settle) -> None:
        """Hand a draft to the journal. `settle` is called once, later, on the loop, in order of
        commit.

        Never blocks and never raises. `settle` gets `Failed(StoreUnavailable)` when the database
        could not, and when 20,000 drafts already wait.
        """
        ...

    async def write(self, unit: Callable[[Transaction], T]) -> T: ...
    async def read(self, query: Callable[[Transaction], T]) -> T:
        """Lists and summaries in here are as new as the last settled draft."""
        ...

    async def ping(self) -> StoreStatus:
        """Raises `StoreUnavailable` unless the database can be read and the writer lives."""
        ...

    async def flush(self) -> None:
        """Return when everything appended so far is settled."""
        ...
