"""Small shared tables: hints for other nodes, facts about the database, answers to repeats of POST.

A `change` row says that something which is no log has changed; its id is how far a node has read.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from server.store import tables
from server.store.connection import Connection, Prepared
from server.store.port import Change

__all__ = [
    "add_change",
    "answered",
    "changes_after",
    "forget_answers",
    "forget_changes",
    "keep_answer",
    "last_change",
    "meta",
    "set_meta",
]

_ch, _m, _i = tables.change.c, tables.meta.c, tables.idempotency.c

_ADD: Final = Prepared(
    insert(tables.change).values(
        workspace_id=bindparam("workspace_id"), kind=bindparam("kind"), ref=bindparam("ref")
    )
)
_AFTER: Final = Prepared(
    select(tables.change)
    .where(_ch.id > bindparam("change_id"))
    .order_by(_ch.id)
    .limit(bindparam("most"))
)
_LAST: Final = Prepared(select(func.coalesce(func.max(_ch.id), 0)))
_FORGET_CHANGES: Final = Prepared(delete(tables.change).where(_ch.id <= bindparam("until_id")))
_META: Final = Prepared(select(_m.value).where(_m.key == bindparam("of_key")))
_set = upsert(tables.meta)
_SET_META: Final = Prepared(
    _set.on_conflict_do_update(index_elements=["key"], set_={"value": _set.excluded.value})
)
_ANSWERED: Final = Prepared(
    select(_i.body_hash, _i.status, _i.answer).where(
        _i.scope == bindparam("in_scope"), _i.key == bindparam("of_key")
    )
)
_FORGET: Final = Prepared(delete(tables.idempotency).where(_i.expires_at <= bindparam("until")))
_keep = upsert(tables.idempotency)
_KEEP: Final = Prepared(_keep.on_conflict_do_nothing(index_elements=["scope", "key"]))


def add_change(db: Connection, workspace_id: str, kind: str, ref: str) -> None:
    db.run(_ADD, workspace_id=workspace_id, kind=kind, ref=ref)


def changes_after(db: Connection, change_id: int, limit: int) -> Sequence[Change]:
    return [Change(*row) for row in db.rows(_AFTER, change_id=change_id, most=limit)]


def last_change(db: Connection) -> int:
    row = db.row(_LAST)
    return 0 if row is None else int(row[0])


def forget_changes(db: Connection, until_id: int) -> None:
    db.run(_FORGET_CHANGES, until_id=until_id)


def meta(db: Connection, key: str) -> str | None:
    row = db.row(_META, of_key=key)
    return None if row is None else str(row[0])


def set_meta(db: Connection, key: str, value: str) -> None:
    db.run(_SET_META, key=key, value=value)


def answered(db: Connection, scope: str, key: str) -> tuple[str, int, bytes] | None:
    row = db.row(_ANSWERED, in_scope=scope, of_key=key)
    return None if row is None else (row[0], row[1], bytes(row[2]))


def forget_answers(db: Connection, until: int) -> None:
    db.run(_FORGET, until=until)


def keep_answer(
    db: Connection, scope: str, key: str, answer: tuple[str, int, bytes], expires_at: int
) -> None:
    body_hash, status, content = answer
    db.run(
        _KEEP,
        scope=scope,
        key=key,
        body_hash=body_hash,
        status=status,
        answer=content,
        expires_at=expires_at,
    )
