"""Lists of conversations: the visitor's, the console's inbox, and the summaries they are made of.

The order of every list is `(last_event_at, id)`, newest first, and an index has it; a cursor is the
last row's place in it. A page is: the rows of the page, then one statement for each thing that a
summary shows of all of them, never one for each row.

What the console may ask for is one WHERE (`_asked`), whether a page is read or single conversations
are matched against a live list. What a visitor may see is IDENTITY's criteria, turned into one.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from server.chat.model import ConversationRow, Status
from server.identity.visibility import Criteria
from server.store import rows, tables
from server.store.agents import agents_by_id
from server.store.connection import Connection, Prepared, Row
from server.store.contacts import contacts_by_id
from server.store.events import events_by_place
from server.store.port import BadCursor, InboxFilter, Marks, Page, Summary

__all__ = ["counts", "due", "inbox", "matching", "summaries", "unread_counts", "visible_to"]

_MOST_UNREAD: Final = 1000
_LATEST: Final = 2**53

_c, _l, _e, _m = tables.conversation.c, tables.log.c, tables.event.c, tables.mark.c

_SUMMARY: Final = (
    _c.last_event_at,
    _c.last_message_seq,
    _c.revision,
    _c.updated_at,
    *rows.LOG_COLUMNS,
    *rows.CONVERSATION_COLUMNS,
)
_LOG_AT: Final = 4
_CONVERSATION_AT: Final = _LOG_AT + len(rows.LOG_COLUMNS)
_joined: Final = tables.conversation.join(tables.log, _l.id == _c.id)


def visible_to(
    db: Connection,
    criteria: Criteria,
    *,
    cursor: str | None,
    limit: int,
    statuses: Sequence[Status] = (),
) -> Page:
    """`port.Conversations.visible_to`."""
    if not criteria:
        _place(cursor)
        return Page((), None)
    where = [_criteria(criteria)]
    if statuses:
        where.append(_c.status.in_([status.value for status in statuses]))
    return _page(db, where, cursor, limit, agent_id=None)


def inbox(db: Connection, asked: InboxFilter, *, cursor: str | None, limit: int) -> Page:
    """`port.Conversations.inbox`."""
    return _page(db, _asked(asked), cursor, limit, agent_id=asked.agent_id)


def matching(db: Connection, asked: InboxFilter, conversation_ids: Iterable[str]) -> frozenset[str]:
    """`port.Conversations.matching`."""
    wanted = sorted(set(conversation_ids))
    if not wanted:
        return frozenset()
    found = db.query(select(_c.id).where(*_asked(asked), _c.id.in_(wanted)))
    return frozenset(row[0] for row in found)


def counts(db: Connection, workspace_id: str, agent_id: str) -> Mapping[str, int]:
    """`port.Conversations.counts`."""
    found = {
        status: (of_status, mine or 0, unassigned or 0)
        for status, of_status, mine, unassigned in db.rows(
            _COUNTS, in_workspace=workspace_id, of_agent=agent_id
        )
    }
    none = (0, 0, 0)
    everyone, mine, unassigned = found.get(Status.OPEN.value, none)
    return {
        "mine": mine,
        "unassigned": unassigned,
        "all": everyone,
        "snoozed": found.get(Status.SNOOZED.value, none)[0],
        "resolved": found.get(Status.RESOLVED.value, none)[0],
    }


_COUNTS: Final = Prepared(
    select(
        _c.status,
        func.count(),
        func.count(case((_c.assignee_id == bindparam("of_agent"), 1))),
        func.count(case((_c.assignee_id.is_(None), 1))),
    )
    .where(_c.workspace_id == bindparam("in_workspace"), _c.deleted_at.is_(None))
    .group_by(_c.status)
)


def summaries(
    db: Connection,
    workspace_id: str,
    conversation_ids: Iterable[str],
    *,
    agent_id: str | None = None,
) -> Sequence[Summary]:
    """`port.Conversations.summaries`."""
    found = db.rows(_BY_ID, in_workspace=workspace_id, ids=sorted(set(conversation_ids)))
    return _summaries(db, found, agent_id)


_BY_ID: Final = Prepared(
    select(*_SUMMARY)
    .select_from(_joined)
    .where(
        _c.workspace_id == bindparam("in_workspace"),
        _c.deleted_at.is_(None),
        _c.id.in_(bindparam("ids", expanding=True)),
    )
)


def _page(
    db: Connection,
    where: Sequence[ColumnElement[bool]],
    cursor: str | None,
    limit: int,
    *,
    agent_id: str | None,
) -> Page:
    found = db.query(page_statement(where, _place(cursor), limit + 1))
    items = _summaries(db, found[:limit], agent_id)
    more = len(found) > limit
    return Page(items, _cursor(found[limit - 1]) if more and items else None)


def page_statement(
    where: Sequence[ColumnElement[bool]], after: tuple[int, str] | None, limit: int
) -> Select[Any]:
    """The rows of a page, newest first, from the one after `after`."""
    statement = select(*_SUMMARY).select_from(_joined).where(*where)
    if after is not None:
        at, conversation_id = after
        statement = statement.where(
            tuple_(_c.last_event_at, _c.id) < tuple_(literal(at), literal(conversation_id))
        )
    return statement.order_by(_c.last_event_at.desc(), _c.id.desc()).limit(limit)


def _cursor(row: Row) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([row[0], row[_CONVERSATION_AT]])).decode()


def _place(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    try:
        at, conversation_id = orjson.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise BadCursor("the cursor is not one of ours") from None
    if not isinstance(at, int) or not isinstance(conversation_id, str):
        raise BadCursor("the cursor is not one of ours")
    if not 0 <= at <= _LATEST or "\0" in conversation_id:  # no database takes those
        raise BadCursor("the cursor is not one of ours")
    return at, conversation_id


# What is asked for


def _criteria(criteria: Criteria) -> ColumnElement[bool]:
    """What all alternatives have in common goes before them, so that an index can serve it."""
    common = set.intersection(*(set(one.items()) for one in criteria))
    rest = [
        and_(true(), *(_equals(name, value) for name, value in set(one.items()) - common))
        for one in criteria
    ]
    shared = [_equals(name, value) for name, value in sorted(common, key=lambda item: item[0])]
    if len(criteria) == 1:
        return and_(*shared)
    return and_(*shared, or_(*rest))


def _equals(name: str, value: str | bool | None) -> ColumnElement[bool]:
    column = _c[name]
    if value is None:
        return column.is_(None)
    equal: ColumnElement[bool] = column == (int(value) if isinstance(value, bool) else value)
    return equal


def _asked(asked: InboxFilter) -> list[ColumnElement[bool]]:
    """The WHERE of a live list. Every member narrows."""
    status = {"snoozed": Status.SNOOZED, "resolved": Status.RESOLVED}.get(asked.view, Status.OPEN)
    where = [_c.workspace_id == asked.workspace_id, _c.deleted_at.is_(None)]
    if asked.view != "any":
        where.append(_c.status == status.value)
    if asked.view == "mine":
        where.append(_c.assignee_id == asked.agent_id)
    elif asked.view == "unassigned" or asked.is_unassigned:
        where.append(_c.assignee_id.is_(None))
    for column, value in (
        (_c.team_id, asked.team_id),
        (_c.contact_id, asked.contact_id),
        (_c.external_id, asked.external_id),
        (_c.assignee_id, asked.assignee_id),
    ):
        if value is not None:
            where.append(column == value)
    # A label is stored as a JSON string, quotes and all, so that one is never part of another.
    where += [
        _c.labels.contains(orjson.dumps(label).decode(), autoescape=True) for label in asked.labels
    ]
    if asked.query:
        where.append(_mentions(asked.query))
    return where


def _mentions(words: str) -> ColumnElement[bool]:
    """A plain search: no index serves it, but the list's own narrows and orders what it reads."""
    sought = words.lower()
    contact = tables.contact.c
    of_contact = (
        select(contact.id)
        .where(
            contact.id == _c.contact_id,
            or_(
                *(
                    func.lower(column).contains(sought, autoescape=True)
                    for column in (contact.name, contact.email, contact.user_id)
                )
            ),
        )
        .correlate(tables.conversation)
    )
    return or_(
        func.lower(_c.preview).contains(sought, autoescape=True),
        _c.id.startswith(words, autoescape=True),
        of_contact.exists(),
    )


_DUE: Final = Prepared(
    select(*rows.CONVERSATION_COLUMNS)
    .where(
        _c.snoozed_until <= bindparam("now"),
        _c.snoozed_until.is_not(None),
        _c.deleted_at.is_(None),
    )
    .order_by(_c.snoozed_until)
    .limit(bindparam("most"))
)


def due(db: Connection, now: int, limit: int) -> list[ConversationRow]:
    """Snoozed conversations whose time has come."""
    return [rows.conversation(row) for row in db.rows(_DUE, now=now, most=limit)]


# What a summary shows


def _unread_statement(*, of_agent: bool) -> Prepared:
    """How many messages of the other side come after a reader's mark."""
    mark = (
        select(_m.read_seq)
        .where(_m.conversation_id == _c.id, _m.reader == bindparam("of_reader"))
        .correlate(tables.conversation)
        .scalar_subquery()
    )
    by_visitor = _e.author_kind == "visitor" if of_agent else _e.author_kind != "visitor"
    messages = (
        select(literal(1).label("one"))
        .where(
            _e.conversation_id == _c.id,
            _e.log == 0,
            _e.seq > func.coalesce(mark, 0),
            _e.kind == "message",
            _e.deleted == 0,
            by_visitor,
        )
        .limit(_MOST_UNREAD)
        .correlate(tables.conversation)
        .subquery()
    )
    count = select(func.count()).select_from(messages).scalar_subquery()
    return Prepared(select(_c.id, count).where(_c.id.in_(bindparam("ids", expanding=True))))


_UNREAD_OF_AGENT: Final = _unread_statement(of_agent=True)
_UNREAD_OF_VISITOR: Final = _unread_statement(of_agent=False)
_MARKS: Final = Prepared(
    select(tables.mark).where(_m.conversation_id.in_(bindparam("ids", expanding=True)))
)


def _summaries(db: Connection, found: Sequence[Row], agent_id: str | None) -> tuple[Summary, ...]:
    """Summaries of rows of `_SUMMARY`, in their order."""
    logs = {row[_LOG_AT]: rows.log(row[_LOG_AT:_CONVERSATION_AT]) for row in found}
    marks = _marks(db, list(logs))
    unread = unread_counts(db, list(logs), agent_id)
    places = {(one, log.public_seq) for one, log in logs.items()}
    events = events_by_place(db, sorted(places | {(row[_LOG_AT], row[1]) for row in found}))
    conversations = [rows.conversation(row[_CONVERSATION_AT:]) for row in found]
    agents = agents_by_id(db, (one.assignee_id for one in conversations if one.assignee_id))
    contacts = {}
    if agent_id is not None:
        contacts = contacts_by_id(db, (one.contact_id for one in conversations if one.contact_id))
    summed_up: list[Summary] = []
    for row, conversation in zip(found, conversations, strict=True):
        log = logs[conversation.id]
        summed_up.append(
            Summary(
                conversation,
                log,
                log.public_seq + log.staff_seq + row[2],
                events.get((log.id, log.public_seq)),
                events.get((log.id, row[1])),
                unread.get(log.id, 0),
                marks.get(log.id, Marks()),
                row[3],
                agents.get(conversation.assignee_id or ""),
                contacts.get(conversation.contact_id or ""),
            )
        )
    return tuple(summed_up)


def unread_counts(db: Connection, ids: Sequence[str], agent_id: str | None) -> dict[str, int]:
    """Unread messages by conversation, of an agent or, with None, of the visitor side."""
    if agent_id is None:
        return dict(db.rows(_UNREAD_OF_VISITOR, ids=ids, of_reader="visitor"))
    return dict(db.rows(_UNREAD_OF_AGENT, ids=ids, of_reader=agent_id))


def _marks(db: Connection, ids: Sequence[str]) -> dict[str, Marks]:
    visitor: dict[str, tuple[int, int]] = {}
    agent: dict[str, int] = {}
    for conversation_id, reader, read, delivered in db.rows(_MARKS, ids=ids):
        if reader == "visitor":
            visitor[conversation_id] = (read, delivered)
        else:
            agent[conversation_id] = max(read, agent.get(conversation_id, 0))
    return {
        one: Marks(*visitor.get(one, (0, 0)), agent.get(one, 0))
        for one in visitor.keys() | agent.keys()
    }
