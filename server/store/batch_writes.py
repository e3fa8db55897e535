"""What a batch of drafts has decided to write, until it writes it.

Collects rows while the drafts are folded and then hands each table's rows to the driver in one
call. Knows no rule and asks nothing.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from server.chat.model import Committed, Event, LogName, LogRow
from server.store import rows, tables
from server.store.connection import Connection, Prepared, Row

__all__ = ["BatchWrites", "Place"]

Place = tuple[str, LogName, int]

# PostgreSQL's construct, for both: SQLite has the same clause and its compiler reads the same
# members.
_MARK_STALE: Final = Prepared(upsert(tables.stale).on_conflict_do_nothing())
_INSERT_LOG: Final = Prepared(insert(tables.log))
_UPDATE_LOG: Final = Prepared(
    update(tables.log)
    .values(
        public_seq=bindparam("new_public"),
        staff_seq=bindparam("new_staff"),
        status=bindparam("new_status"),
        last_reply_seq=bindparam("new_reply"),
    )
    .where(tables.log.c.id == bindparam("log_id"))
)
_INSERT_EVENT: Final = Prepared(insert(tables.event))
_REWRITE: Final = Prepared(
    update(tables.event)
    .values(
        body=bindparam("new_body"),
        data=bindparam("new_data"),
        edited_at=bindparam("new_edited_at"),
        deleted=bindparam("new_deleted"),
    )
    .where(
        tables.event.c.conversation_id == bindparam("in_conversation"),
        tables.event.c.log == bindparam("in_log"),
        tables.event.c.seq == bindparam("at_seq"),
    )
)
_SUMMARY: Final = ("status", "last_event_at", "updated_at")
_INSERT_CONVERSATION: Final = Prepared(
    insert(tables.conversation).values(
        {
            column: bindparam(column.name)
            for column in (
                *rows.CONVERSATION_COLUMNS,
                *(tables.conversation.c[name] for name in _SUMMARY),
            )
        }
    )
)
_FILED: Final = (
    "assignee_id",
    "team_id",
    "priority",
    "labels",
    "snoozed_until",
    "waiting_for_human",
    "status",
)
_UPDATE_CONVERSATION: Final = Prepared(
    update(tables.conversation)
    .values({name: bindparam(f"new_{name}") for name in _FILED})
    .where(tables.conversation.c.id == bindparam("conversation_id"))
)
_UPDATE_STATUS: Final = Prepared(
    update(tables.conversation)
    .values(status=bindparam("new_status"))
    .where(tables.conversation.c.id == bindparam("conversation_id"))
)


class BatchWrites:
    """Rows to write. One per batch, written once."""

    __slots__ = ("_created", "_event_rows", "_filed", "_rewritten", "events", "touched")

    def __init__(self) -> None:
        self.events: dict[Place, Event] = {}
        """The events that this batch has made or rewritten."""
        self.touched: set[str] = set()
        self._event_rows: list[Row] = []
        self._rewritten: dict[Place, Event] = {}
        self._created: dict[str, Committed] = {}
        self._filed: dict[str, Committed] = {}

    def note(self, committed: Committed, *, changed: bool) -> None:
        """Take up what a draft did. `changed`: also in the conversation's cold row."""
        event_rows = [rows.event_values(event) for event in committed.events]
        conversation_id = committed.log.id
        self._event_rows += event_rows
        for event in committed.events:
            self.events[conversation_id, event.log, event.seq] = event
        changed_events = committed.blanked
        if committed.rewritten is not None:
            changed_events = (committed.rewritten, *changed_events)
        for rewritten in changed_events:
            place = (conversation_id, rewritten.log, rewritten.seq)
            self.events[place] = self._rewritten[place] = rewritten
        if committed.created:
            self._created[conversation_id] = committed
        elif changed:
            self._filed[conversation_id] = committed
        self.touched.add(conversation_id)

    def edits(self, conversation_id: str) -> list[Event]:
        """The edits of messages of this conversation among the events of this batch."""
        return [
            event
            for (conversation, _, _), event in self.events.items()
            if conversation == conversation_id and event.kind == "messageEdited"
        ]

    def newest(self, conversation_id: str, kind: str) -> Event | None:
        """The newest public event of a kind among those of this batch."""
        found = [
            event
            for (conversation, log, _), event in self.events.items()
            if conversation == conversation_id and log is LogName.PUBLIC and event.kind == kind
        ]
        return max(found, key=lambda event: event.seq, default=None)

    def write(
        self, db: Connection, logs: dict[str, LogRow], is_stale: Callable[[str], bool]
    ) -> None:
        """`logs` are the rows as the whole batch leaves them; `is_stale` says whose summary is
        known to be behind already.
        """
        after = [logs[conversation_id] for conversation_id in sorted(self.touched)]
        created = [log for log in after if log.id in self._created]
        db.many(_INSERT_CONVERSATION, [_born(self._created[log.id], log) for log in created])
        db.many(
            _INSERT_LOG,
            [
                (
                    log.id,
                    log.workspace_id,
                    log.public_seq,
                    log.staff_seq,
                    log.status.value,
                    log.last_reply_seq,
                    log.access_version,
                )
                for log in created
            ],
        )
        db.many(
            _UPDATE_LOG,
            [
                (log.public_seq, log.staff_seq, log.status.value, log.last_reply_seq, log.id)
                for log in after
                if log.id not in self._created
            ],
        )
        db.many(_MARK_STALE, [(log.id,) for log in after if not is_stale(log.id)])
        db.many(_INSERT_EVENT, self._event_rows)
        db.many(_REWRITE, [_rewrite(event) for event in self._rewritten.values()])
        self._file(db, logs)

    def _file(self, db: Connection, logs: dict[str, LogRow]) -> None:
        filed: list[Row] = []
        moved: list[Row] = []
        for conversation_id, committed in sorted(self._filed.items()):
            row, status = committed.conversation, logs[conversation_id].status.value
            if row is None:
                moved.append((status, conversation_id))
            else:
                values = rows.conversation_values(row)
                filed.append((*values[9:15], status, conversation_id))
        db.many(_UPDATE_CONVERSATION, filed)
        db.many(_UPDATE_STATUS, moved)


def _born(committed: Committed, log: LogRow) -> Row:
    row = committed.conversation
    assert row is not None, "what is created has a row"
    at = committed.events[-1].at if committed.events else row.created_at
    # In the table's order, where a column that came later stands behind the summary's.
    *first, collected = rows.conversation_values(row)
    return (*first, log.status.value, at, at, collected)


def _rewrite(event: Event) -> Row:
    return (
        event.body,
        rows.json_text(event.data) if event.data else None,
        event.edited_at,
        int(event.deleted),
        event.conversation_id,
        rows.log_number(event.log),
        event.seq,
    )
