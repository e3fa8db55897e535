"""Single conversations, and logs by id."""

from sqlalchemy import update

from server.chat.model import LogName, LogRow, Status
from server.store import tables
from server.store.connection import Connection
from server.store.journal import append_drafts
from server.store.transaction import SqlTransaction
from tests.store.scenes import NOW, drafted, row_of, says


def test_a_conversation_is_there_until_it_is_deleted(db: Connection, tx: SqlTransaction) -> None:
    new = drafted(row_of("cv_1"), says("1"))
    append_drafts(db, [new], NOW, lambda: "ev_1", lock=False, is_stale=lambda one: True)
    before = [tx.conversations.get(one, "cv_1") for one in ("ws_1", "ws_2")]

    db.change(update(tables.conversation).values(deleted_at=NOW))

    assert before == [row_of("cv_1"), None]
    assert tx.conversations.get("ws_1", "cv_1") is None


def test_logs_and_heads_leave_out_what_they_do_not_know(db: Connection, tx: SqlTransaction) -> None:
    new = drafted(row_of("cv_1"), says("1"))
    append_drafts(db, [new], NOW, lambda: "ev_1", lock=False, is_stale=lambda one: True)

    asked = ["cv_1", "cv_1", "cv_nowhere"]

    assert tx.conversations.heads(asked) == {"cv_1": (1, 0)}
    assert tx.conversations.logs(asked) == {"cv_1": LogRow("cv_1", "ws_1", 1, 0, Status.OPEN, 0, 1)}
    assert tx.conversations.event("cv_1", LogName.STAFF, 1) is None
