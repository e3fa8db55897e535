"""Queries about one log: its pages, one event, and how far each side has read.

A page is a range of the primary key, so it costs what it returns, wherever in the log it is.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from server.chat.model import Event, LogName
from server.store import rows, tables
from server.store.connection import Connection, Prepared, PreparedByKeys

__all__ = [
    "EVENTS_BY_PLACE",
    "event_at",
    "events_by_place",
    "events_page",
    "mark_delivered",
    "mark_read",
]

_e, _l, _m = tables.event.c, tables.log.c, tables.mark.c
_this_log = (_e.conversation_id == bindparam("conversation_id"), _e.log == bindparam("log_number"))

_AFTER: Final = Prepared(
    select(*rows.EVENT_COLUMNS)
    .where(*_this_log, _e.seq > bindparam("bound"))
    .order_by(_e.seq)
    .limit(bindparam("most"))
)
_BEFORE: Final = Prepared(
    select(*rows.EVENT_COLUMNS)
    .where(*_this_log, _e.seq < bindparam("bound"))
    .order_by(_e.seq.desc())
    .limit(bindparam("most"))
)
_NEWEST: Final = Prepared(
    select(*rows.EVENT_COLUMNS).where(*_this_log).order_by(_e.seq.desc()).limit(bindparam("most"))
)
_ONE: Final = Prepared(select(*rows.EVENT_COLUMNS).where(*_this_log, _e.seq == bindparam("at_seq")))
EVENTS_BY_PLACE: Final = PreparedByKeys(
    (_e.conversation_id, _e.log, _e.seq),
    lambda wanted: select(*rows.EVENT_COLUMNS).join_from(
        wanted,
        tables.event,
        and_(
            _e.conversation_id == wanted.c.conversation_id,
            _e.log == wanted.c.log,
            _e.seq == wanted.c.seq,
        ),
    ),
)
_HEAD: Final = Prepared(select(_l.public_seq).where(_l.id == bindparam("conversation_id")))
# Marks are no events, so the summary's version would not show that they moved.
_REVISE: Final = Prepared(
    update(tables.conversation)
    .values(revision=tables.conversation.c.revision + 1)
    .where(tables.conversation.c.id == bindparam("conversation_id"))
)
_read = upsert(tables.mark).values(
    conversation_id=bindparam("in_conversation"),
    reader=bindparam("of_reader"),
    read_seq=bindparam("new_seq"),
)
_MARK_READ: Final = Prepared(
    _read.on_conflict_do_update(
        index_elements=["conversation_id", "reader"],
        set_={"read_seq": _read.excluded.read_seq},
        where=_read.excluded.read_seq > _m.read_seq,
    )
)
_delivered = upsert(tables.mark).values(
    conversation_id=bindparam("in_conversation"),
    reader="visitor",
    delivered_seq=bindparam("new_seq"),
)
_MARK_DELIVERED: Final = Prepared(
    _delivered.on_conflict_do_update(
        index_elements=["conversation_id", "reader"],
        set_={"delivered_seq": _delivered.excluded.delivered_seq},
        where=_delivered.excluded.delivered_seq > _m.delivered_seq,
    )
)


def events_page(
    db: Connection,
    conversation_id: str,
    log: LogName,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[Event]:
    """Ascending, at most `limit`: the first after `after`, the last before `before`, or the
    newest.
    """
    of_log = {"conversation_id": conversation_id, "log_number": rows.log_number(log)}
    if after is not None:
        assert before is None, "one bound at a time"
        return [rows.event(row) for row in db.rows(_AFTER, **of_log, bound=after, most=limit)]
    if before is not None:
        found = db.rows(_BEFORE, **of_log, bound=before, most=limit)
    else:
        found = db.rows(_NEWEST, **of_log, most=limit)
    return [rows.event(row) for row in reversed(found)]


def event_at(db: Connection, conversation_id: str, log: LogName, seq: int) -> Event | None:
    row = db.row(_ONE, conversation_id=conversation_id, log_number=rows.log_number(log), at_seq=seq)
    return None if row is None else rows.event(row)


def events_by_place(
    db: Connection, places: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], Event]:
    """Several public events, by conversation and `seq`, in one statement."""
    keys = [(conversation_id, 0, seq) for conversation_id, seq in places]
    found = (rows.event(row) for row in db.rows(EVENTS_BY_PLACE, keys=keys))
    return {(event.conversation_id, event.seq): event for event in found}


def mark_read(db: Connection, conversation_id: str, reader: str, seq: int) -> int | None:
    """The new mark, or None if it did not move."""
    return _move(db, _MARK_READ, conversation_id, seq, of_reader=reader)


def mark_delivered(db: Connection, conversation_id: str, seq: int) -> int | None:
    return _move(db, _MARK_DELIVERED, conversation_id, seq)


def _move(
    db: Connection, statement: Prepared, conversation_id: str, seq: int, **of_reader: str
) -> int | None:
    head = db.row(_HEAD, conversation_id=conversation_id)
    reached = 0 if head is None else min(seq, head[0])
    if reached <= 0:
        return None
    moved = db.run(statement, in_conversation=conversation_id, new_seq=reached, **of_reader)
    if not moved:
        return None
    db.run(_REVISE, conversation_id=conversation_id)
    return reached
