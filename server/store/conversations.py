"""Queries about conversations: single rows and logs here, lists in `lists.py`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, select, update

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

_OF_DEVICE: Final = Prepared(
    select(*rows.CONVERSATION_COLUMNS)
    .where(
        _c.workspace_id == bindparam("in_workspace"),
        _c.contact_id == bindparam("of_contact"),
        _c.visitor_id == bindparam("of_visitor"),
        _c.deleted_at.is_(None),
    )
    .order_by(_c.id)
)
_OF_CONTACT: Final = Prepared(
    select(*rows.CONVERSATION_COLUMNS)
    .where(
        _c.workspace_id == bindparam("in_workspace"),
        _c.contact_id == bindparam("of_contact"),
        _c.deleted_at.is_(None),
    )
    .order_by(_c.id)
)
_LOCK: Final = Prepared(
    select(_l.id)
    .where(_l.id.in_(bindparam("ids", expanding=True)))
    .order_by(_l.id)
    .with_for_update()
)
_REPOINT: Final = Prepared(
    update(tables.conversation)
    .values(
        contact_id=bindparam("new_contact"),
        verified=bindparam("new_verified"),
        external_id=bindparam("new_scope"),
        # A summary's version must grow with whatever of it changes.
        revision=_c.revision + 1,
    )
    .where(_c.id == bindparam("conversation_id"))
)
_ACCESS: Final = Prepared(
    update(tables.log)
    .values(access_version=_l.access_version + 1)
    .where(_l.id.in_(bindparam("ids", expanding=True)))
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

    def of_device(
        self, workspace_id: str, visitor_id: str, contact_id: str
    ) -> Sequence[ConversationRow]:
        found = self._db.rows(
            _OF_DEVICE, in_workspace=workspace_id, of_visitor=visitor_id, of_contact=contact_id
        )
        return [rows.conversation(row) for row in found]

    def of_contact(self, workspace_id: str, contact_id: str) -> Sequence[ConversationRow]:
        found = self._db.rows(_OF_CONTACT, in_workspace=workspace_id, of_contact=contact_id)
        return [rows.conversation(row) for row in found]

    def lock(self, conversation_ids: Iterable[str]) -> None:
        self._db.rows(_LOCK, ids=sorted(set(conversation_ids)))

    def repoint(self, changed: Sequence[ConversationRow]) -> None:
        for row in changed:
            self._db.run(
                _REPOINT,
                new_contact=row.contact_id,
                new_verified=int(row.verified),
                new_scope=row.external_id,
                conversation_id=row.id,
            )
        self.revise_access(row.id for row in changed)

    def revise_access(self, conversation_ids: Iterable[str]) -> None:
        self._db.run(_ACCESS, ids=sorted(set(conversation_ids)))

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
