"""What a batch of drafts needs to know, read before the first of them is decided.

Each kind of row is one statement for the whole batch. The rows that the batch may change are read
under locks in the global order, visitors before logs, each by id (DELIVERY W3); repeats are looked
up after that, so that of two nodes with the same retry the second finds the first. What a draft
needs only when something unusual is the case (its grant is stale, it is a repeat, it changes the
cold row) is read for all such drafts at once too, as far as that can be known in advance, and alone
otherwise.

While the drafts are folded this is also the running state: `note` takes up what each one did.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import and_, bindparam, select

from server.chat.model import (
    Committed,
    ConversationRow,
    Draft,
    Event,
    Existing,
    LogName,
    LogRow,
    New,
    Status,
)
from server.identity.model import SessionRow
from server.identity.visibility import Rules
from server.store import rows, tables
from server.store.batch_writes import Place
from server.store.connection import Connection, Prepared, PreparedByKeys
from server.store.events import EVENTS_BY_PLACE

__all__ = ["BatchReads", "RepeatKey", "session_of"]

RepeatKey = tuple[str, str, str]
"""Workspace, sender, clientMessageId."""

_log, _event, _conversation = tables.log.c, tables.event.c, tables.conversation.c
_visitor = tables.visitor.c

_LOGS: Final = Prepared(
    select(*rows.LOG_COLUMNS).where(_log.id.in_(bindparam("ids", expanding=True)))
)
_LOGS_LOCKED: Final = Prepared(
    select(*rows.LOG_COLUMNS)
    .where(_log.id.in_(bindparam("ids", expanding=True)))
    .order_by(_log.id)
    .with_for_update()
)
_VISITORS_LOCKED: Final = PreparedByKeys(
    (_visitor.workspace_id, _visitor.id),
    lambda wanted: (
        select(_visitor.id)
        .join_from(
            wanted,
            tables.visitor,
            and_(_visitor.workspace_id == wanted.c.workspace_id, _visitor.id == wanted.c.id),
        )
        .order_by(_visitor.workspace_id, _visitor.id)
        .with_for_update(of=tables.visitor)
    ),
)
_REPEATS: Final = PreparedByKeys(
    (_event.workspace_id, _event.sender, _event.client_message_id),
    lambda wanted: select(*rows.EVENT_COLUMNS).join_from(
        wanted,
        tables.event,
        and_(
            _event.client_message_id.is_not(None),  # the index holds no others
            _event.workspace_id == wanted.c.workspace_id,
            _event.sender == wanted.c.sender,
            _event.client_message_id == wanted.c.client_message_id,
        ),
    ),
)
_CONVERSATIONS: Final = Prepared(
    select(*rows.CONVERSATION_COLUMNS).where(_conversation.id.in_(bindparam("ids", expanding=True)))
)
_CANDIDATES: Final = PreparedByKeys(
    (_conversation.workspace_id, _conversation.contact_id),
    lambda wanted: select(*rows.CONVERSATION_COLUMNS).join_from(
        wanted,
        tables.conversation,
        and_(
            _conversation.workspace_id == wanted.c.workspace_id,
            _conversation.contact_id == wanted.c.contact_id,
            _conversation.deleted_at.is_(None),
            _conversation.status != Status.RESOLVED.value,
        ),
    ),
)
_SESSIONS: Final = Prepared(
    select(tables.session).where(tables.session.c.id.in_(bindparam("ids", expanding=True)))
)
_SETTINGS: Final = Prepared(
    select(tables.workspace).where(tables.workspace.c.id == bindparam("workspace_id"))
)
_NEWEST_OF: Final = Prepared(
    select(*rows.EVENT_COLUMNS)
    .where(
        _event.conversation_id == bindparam("conversation_id"),
        _event.log == 0,
        _event.kind == bindparam("kind"),
    )
    .order_by(_event.seq.desc())
    .limit(1)
)
_EDITS: Final = Prepared(
    select(*rows.EVENT_COLUMNS).where(
        _event.conversation_id == bindparam("conversation_id"),
        _event.log == 0,
        _event.seq > bindparam("after"),
        _event.kind == "messageEdited",
    )
)


def session_of(draft: Draft) -> str | None:
    """Whose right the draft stands on; None for staff and servers, who need none."""
    if draft.session_id is not None:
        return draft.session_id
    return None if draft.grant is None else draft.grant.session_id


class BatchReads:
    """The rows of one batch, as its drafts so far have left them."""

    __slots__ = (
        "_by_contact",
        "_db",
        "_events",
        "_now",
        "_rules",
        "_sessions",
        "conversations",
        "last_event_at",
        "logs",
        "repeats",
    )

    def __init__(self, db: Connection, drafts: Sequence[Draft], now: int, *, lock: bool) -> None:
        self._db = db
        self._now = now
        self._sessions: dict[str, SessionRow | None] = {}
        self._rules: dict[str, Rules] = {}
        self._by_contact: dict[tuple[str, str], list[str]] = {}
        self._events: dict[Place, Event | None] = {}
        self.conversations: dict[str, ConversationRow] = {}
        self.last_event_at: dict[str, int] = {}
        makers = [draft for draft in drafts if not isinstance(draft.target, Existing)]
        if makers:
            if lock:
                self._lock_visitors(makers)
            self._read_sessions(makers)
            self._read_candidates(makers)
        self.logs = self._read_logs(drafts, lock=lock)
        if makers:
            self._read_last_events(any(isinstance(draft.target, New) for draft in makers))
        self.repeats = self._read_repeats(drafts)
        self._read_for_doubts(drafts)
        self._read_events(
            (draft.target.conversation_id, *draft.wants_event)
            for draft in drafts
            if draft.wants_event is not None and isinstance(draft.target, Existing)
        )

    # What the fold asks

    def log(self, conversation_id: str) -> LogRow | None:
        if conversation_id not in self.logs:
            for row in self._db.rows(_LOGS, ids=[conversation_id]):
                self.logs[conversation_id] = rows.log(row)
        return self.logs.get(conversation_id)

    def conversation(self, conversation_id: str) -> ConversationRow | None:
        if conversation_id not in self.conversations:
            self._read_conversations([conversation_id])
        return self.conversations.get(conversation_id)

    def session(self, session_id: str) -> SessionRow | None:
        if session_id not in self._sessions:
            self._read_session_rows([session_id])
        return self._sessions[session_id]

    def rules(self, workspace_id: str) -> Rules:
        """What the workspace's owner has decided about trust."""
        found = self._rules.get(workspace_id)
        if found is None:
            row = self._db.row(_SETTINGS, workspace_id=workspace_id)
            settings = {} if row is None else rows.workspace(row).settings
            mode = settings.get("identity_mode")
            found = self._rules[workspace_id] = Rules(
                mode if mode in ("off", "enforce") else "optional",
                "contact" if settings.get("unverified_history") == "contact" else "device",
            )
        return found

    def candidates(self, session_id: str) -> list[ConversationRow]:
        """Conversations that may be a session's open one, those of this batch included."""
        session = self.session(session_id)
        if session is None or session.contact_id is None:
            return []
        ids = self._by_contact.get((session.workspace_id, session.contact_id), ())
        return [self.conversations[conversation_id] for conversation_id in ids]

    def event(self, place: Place) -> Event | None:
        if place not in self._events:
            self._read_events([place])
        return self._events[place]

    def newest(self, conversation_id: str, kind: str) -> Event | None:
        row = self._db.row(_NEWEST_OF, conversation_id=conversation_id, kind=kind)
        return None if row is None else rows.event(row)

    def edits(self, conversation_id: str, after: int) -> list[Event]:
        """The edits of messages of a conversation, after a seq of its public log."""
        found = self._db.rows(_EDITS, conversation_id=conversation_id, after=after)
        return [rows.event(row) for row in found]

    def note(self, committed: Committed) -> None:
        """Make what a draft did what the next ones see."""
        log, conversation = committed.log, committed.conversation
        self.logs[log.id] = log
        if conversation is not None:
            self.conversations[log.id] = conversation
            if committed.created and conversation.contact_id is not None:
                key = (conversation.workspace_id, conversation.contact_id)
                self._by_contact.setdefault(key, []).append(log.id)
        for event in committed.events:
            if event.log is LogName.PUBLIC:
                self.last_event_at[log.id] = event.at
            if event.sender is not None and event.client_message_id is not None:
                repeat_key = (event.workspace_id, event.sender, event.client_message_id)
                self.repeats[repeat_key] = event

    # Reading

    def _lock_visitors(self, makers: Iterable[Draft]) -> None:
        keys = {
            (draft.workspace_id, draft.target.row.visitor_id)
            for draft in makers
            if not isinstance(draft.target, Existing) and draft.target.row.visitor_id is not None
        }
        self._db.rows(_VISITORS_LOCKED, keys=sorted(keys))

    def _read_sessions(self, drafts: Iterable[Draft]) -> None:
        ids = {one for one in map(session_of, drafts) if one is not None}
        self._read_session_rows(sorted(ids - self._sessions.keys()))

    def _read_session_rows(self, ids: Sequence[str]) -> None:
        self._sessions.update(dict.fromkeys(ids))
        for row in self._db.rows(_SESSIONS, ids=ids):
            session = rows.session(row)
            self._sessions[session.id] = session

    def _read_candidates(self, makers: Iterable[Draft]) -> None:
        from_sessions = (self._sessions.get(session_of(draft) or "") for draft in makers)
        keys = {
            (session.workspace_id, session.contact_id)
            for session in from_sessions
            if session is not None and session.contact_id is not None
        }
        for row in self._db.rows(_CANDIDATES, keys=sorted(keys)):
            conversation = rows.conversation(row)
            assert conversation.contact_id is not None, "it was found by its contact"
            self.conversations[conversation.id] = conversation
            key = (conversation.workspace_id, conversation.contact_id)
            self._by_contact.setdefault(key, []).append(conversation.id)

    def _read_logs(self, drafts: Iterable[Draft], *, lock: bool) -> dict[str, LogRow]:
        ids = set(self.conversations)
        for draft in drafts:
            if isinstance(draft.target, Existing):
                ids.add(draft.target.conversation_id)
            else:
                ids.add(draft.target.row.id)  # taken already, if there is one
        statement = _LOGS_LOCKED if lock else _LOGS
        return {row[0]: rows.log(row) for row in self._db.rows(statement, ids=sorted(ids))}

    def _read_last_events(self, makes_more: bool) -> None:
        """Which of several open conversations is the newest, from the logs themselves: the
        summaries' order is a little behind. One alone has nothing to be compared with, unless the
        batch makes another beside it.
        """
        several = [ids for ids in self._by_contact.values() if makes_more or len(ids) > 1]
        places = [(one, 0, self.logs[one].public_seq) for ids in several for one in ids]
        for row in self._db.rows(EVENTS_BY_PLACE, keys=places):
            event = rows.event(row)
            self.last_event_at[event.conversation_id] = event.at

    def _read_repeats(self, drafts: Iterable[Draft]) -> dict[RepeatKey, Event]:
        keys = {
            (draft.workspace_id, *draft.repeat_key)
            for draft in drafts
            if draft.repeat_key is not None
        }
        found = [rows.event(row) for row in self._db.rows(_REPEATS, keys=sorted(keys))]
        return {
            (event.workspace_id, event.sender or "", event.client_message_id or ""): event
            for event in found
        }

    def _read_for_doubts(self, drafts: Iterable[Draft]) -> None:
        """What the drafts need whose right does not follow from a current grant."""
        doubtful: list[Draft] = []
        wanted: set[str] = set()
        for draft in drafts:
            if not isinstance(draft.target, Existing):
                continue
            log = self.logs.get(draft.target.conversation_id)
            grant = draft.grant
            if log is None:
                continue
            current = (
                grant is not None
                and grant.conversation_id == log.id
                and grant.is_current(log.access_version, self._now)
            )
            if not current:
                doubtful.append(draft)
            if not current or draft.wants_conversation:
                wanted.add(log.id)
        if doubtful:
            self._read_sessions(doubtful)
        self._read_conversations(sorted(wanted - self.conversations.keys()))

    def _read_conversations(self, ids: Sequence[str]) -> None:
        for row in self._db.rows(_CONVERSATIONS, ids=ids):
            conversation = rows.conversation(row)
            self.conversations[conversation.id] = conversation

    def _read_events(self, places: Iterable[Place]) -> None:
        asked = list(places)
        self._events.update(dict.fromkeys(asked))
        keys = [(one, rows.log_number(log), seq) for one, log, seq in asked]
        for row in self._db.rows(EVENTS_BY_PLACE, keys=keys):
            event = rows.event(row)
            self._events[event.conversation_id, event.log, event.seq] = event
