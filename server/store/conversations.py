"""Queries about conversations: single rows and logs here, lists in `lists.py`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, select

from server.chat.model import ConversationRow, Event, LogName, LogRow, Status
from server.identity.visibility import Criteria
from server.store import events, lists, rows, tables
from server.store.connection import Connection, Prepared
from server.store.port import InboxFilter, Page, Summary

__all__ = ["ConversationQueries"]

_c, _l = tables.conversation.c, tables.log.c

_GET: Final = Prepared(
    select(*rows.CONVERSATION_COLUMNS).where(
        _c.id == bindparam("conversation_id"),
        _c.workspace_id == bindparam("workspace_id"),
        _c.deleted_at.is_(None),
    )
)
_LOGS: Final = Prepared(
    select(*rows.LOG_COLUMNS).where(_l.id.in_(bindparam("ids", expanding=True)))
)
_HEADS: Final = Prepared(
    select(_l.id, _l.public_seq, _l.staff_seq).where(_l.id.in_(bindparam("ids", expanding=True)))
)


class ConversationQueries:
    """`port.Conversations`."""

    def __init__(self, db: Connection, catch_up: Callable[[], None]) -> None:
        self._db = db
        self._catch_up = catch_up

    def get(self, workspace_id: str, conversation_id: str) -> ConversationRow | None:
        row = self._db.row(_GET, workspace_id=workspace_id, conversation_id=conversation_id)
        return None if row is None else rows.conversation(row)

    def logs(self, conversation_ids: Iterable[str]) -> Mapping[str, LogRow]:
        found = self._db.rows(_LOGS, ids=sorted(set(conversation_ids)))
        return {row[0]: rows.log(row) for row in found}

    def heads(self, conversation_ids: Iterable[str]) -> Mapping[str, tuple[int, int]]:
        found = self._db.rows(_HEADS, ids=sorted(set(conversation_ids)))
        return {row[0]: (row[1], row[2]) for row in found}

    def visible_to(
        self,
        criteria: Criteria,
        *,
        cursor: str | None,
        limit: int,
        statuses: tuple[Status, ...] = (),
    ) -> Page:
        self._catch_up()
        return lists.visible_to(self._db, criteria, cursor=cursor, limit=limit, statuses=statuses)

    def inbox(self, asked: InboxFilter, *, cursor: str | None, limit: int) -> Page:
        self._catch_up()
        return lists.inbox(self._db, asked, cursor=cursor, limit=limit)

    def counts(self, workspace_id: str, agent_id: str) -> Mapping[str, int]:
        return lists.counts(self._db, workspace_id, agent_id)

    def summaries(
        self, workspace_id: str, conversation_ids: Iterable[str], *, agent_id: str | None = None
    ) -> Sequence[Summary]:
        self._catch_up()
        return lists.summaries(self._db, workspace_id, conversation_ids, agent_id=agent_id)

    def unread(self, conversation_ids: Iterable[str], agent_id: str) -> Mapping[str, int]:
        return lists.unread_counts(self._db, tuple(conversation_ids), agent_id)

    def matching(self, asked: InboxFilter, conversation_ids: Iterable[str]) -> frozenset[str]:
        self._catch_up()
        return lists.matching(self._db, asked, conversation_ids)

    def events(
        self,
        conversation_id: str,
        log: LogName,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[Event]:
        return events.events_page(
            self._db, conversation_id, log, after=after, before=before, limit=limit
        )

    def event(self, conversation_id: str, log: LogName, seq: int) -> Event | None:
        return events.event_at(self._db, conversation_id, log, seq)

    def mark_read(self, conversation_id: str, reader: str, seq: int) -> int | None:
        return events.mark_read(self._db, conversation_id, reader, seq)

    def due(self, now: int, limit: int) -> Sequence[ConversationRow]:
        return lists.due(self._db, now, limit)

    def mark_delivered(self, conversation_id: str, seq: int) -> int | None:
        return events.mark_delivered(self._db, conversation_id, seq)
