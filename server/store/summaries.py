"""The columns that lists are ordered and searched by, a little behind the logs.

An ordinary message writes the narrow row only. What it means for the lists (order, preview, the
visitor's own mark) is worked out here later, at most every 250 ms per conversation, from the events
themselves: so it does not matter which node wrote them, how often this runs, or whether it was
interrupted. `stale` says where it is still to be done, in the transaction that made it so.
"""

from collections.abc import Sequence
from typing import Final

import orjson
from sqlalchemy import BigInteger, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from server.store import tables
from server.store.connection import Connection, Prepared, Row

__all__ = ["PREVIEW_LENGTH", "bring_up_to_date", "stale_ones"]

PREVIEW_LENGTH: Final = 200

_c, _l, _e = tables.conversation.c, tables.log.c, tables.event.c

_STALE: Final = Prepared(select(tables.stale.c.conversation_id))
_DROP: Final = Prepared(
    delete(tables.stale).where(tables.stale.c.conversation_id.in_(bindparam("ids", expanding=True)))
)
_HEADS: Final = Prepared(
    select(_l.id, _l.public_seq, _l.staff_seq).where(_l.id.in_(bindparam("ids", expanding=True)))
)
# From the last message on: it may have been edited, and whatever is newer is to be summed up.
_PUBLIC: Final = Prepared(
    select(_e.conversation_id, _e.seq, _e.at, _e.kind, _e.author_kind, _e.body, _e.author)
    .select_from(tables.conversation.join(tables.event, _e.conversation_id == _c.id))
    .where(_c.id.in_(bindparam("ids", expanding=True)), _e.log == 0, _e.seq >= _c.last_message_seq)
    .order_by(_e.conversation_id, _e.seq)
)
_STAFF: Final = Prepared(
    select(_e.conversation_id, func.max(_e.at))
    .select_from(tables.conversation.join(tables.event, _e.conversation_id == _c.id))
    .where(_c.id.in_(bindparam("ids", expanding=True)), _e.log == 1, _e.seq > _c.summary_staff_seq)
    .group_by(_e.conversation_id)
)
_new_at: Final = bindparam("new_at", type_=BigInteger)
_greater: Final = case((_c.updated_at > _new_at, _c.updated_at), else_=_new_at)
# The guards keep two nodes from putting back what the other has summed up further.
_UPDATE_PUBLIC: Final = Prepared(
    update(tables.conversation)
    .values(
        summary_public_seq=bindparam("new_public"),
        last_event_at=_new_at,
        last_message_seq=bindparam("new_message"),
        preview=bindparam("new_preview"),
        updated_at=_greater,
    )
    .where(_c.id == bindparam("conversation_id"), _c.summary_public_seq <= bindparam("new_public"))
)
_UPDATE_STAFF: Final = Prepared(
    update(tables.conversation)
    .values(summary_staff_seq=bindparam("new_staff"), updated_at=_greater)
    .where(_c.id == bindparam("conversation_id"), _c.summary_staff_seq <= bindparam("new_staff"))
)
_own = upsert(tables.mark).values(
    conversation_id=bindparam("in_conversation"), reader="visitor", read_seq=bindparam("new_read")
)
_OWN_MARK: Final = Prepared(
    _own.on_conflict_do_update(
        index_elements=["conversation_id", "reader"],
        set_={"read_seq": _own.excluded.read_seq},
        where=_own.excluded.read_seq > tables.mark.c.read_seq,
    )
)


def stale_ones(db: Connection) -> list[str]:
    """Conversations whose summary was left behind by a server that ended."""
    return [row[0] for row in db.rows(_STALE)]


def bring_up_to_date(db: Connection, conversation_ids: Sequence[str]) -> None:
    """Sum up what the logs of these conversations hold beyond their summaries."""
    ids = sorted(conversation_ids)
    db.run(_DROP, ids=ids)
    heads = {row[0]: (row[1], row[2]) for row in db.rows(_HEADS, ids=ids)}
    public: dict[str, list[Row]] = {}
    for row in db.rows(_PUBLIC, ids=ids):
        public.setdefault(row[0], []).append(row)
    db.many(_UPDATE_PUBLIC, [_summed_up(one, events) for one, events in public.items()])
    db.many(_OWN_MARK, [row for one, events in public.items() for row in _own_mark(one, events)])
    staff = [(heads[one][1], at, at, one, heads[one][1]) for one, at in db.rows(_STAFF, ids=ids)]
    db.many(_UPDATE_STAFF, staff)


def _summed_up(conversation_id: str, events: Sequence[Row]) -> Row:
    """For `_UPDATE_PUBLIC`, in the order in which it names its parameters."""
    last = next((row for row in reversed(events) if row[3] == "message"), None)
    head, at = events[-1][1:3]
    message, preview = (0, "") if last is None else (last[1], (last[5] or "")[:PREVIEW_LENGTH])
    return (head, at, message, preview, at, at, conversation_id, head)


def _own_mark(conversation_id: str, events: Sequence[Row]) -> list[Row]:
    """One's own message is read: the mark of whoever wrote is at their newest message at least."""
    marks: dict[str, int] = {}
    for row in events:
        if row[3] == "message" and row[4] == "visitor":
            marks["visitor"] = row[1]
        elif row[3] == "message" and row[4] == "agent":
            marks[orjson.loads(row[6])["id"]] = row[1]
    return [(conversation_id, reader, seq) for reader, seq in marks.items()]
