"""Lists bring themselves up to date first; what is no list does not."""

import pytest

from server.chat.model import LogName
from server.identity.visibility import criteria
from server.store.connection import Connection
from server.store.port import InboxFilter
from server.store.transaction import BehindError, SqlTransaction
from tests.store.scenes import SESSION

ALL = InboxFilter("ws_1", "ag_1")


@pytest.mark.parametrize(
    "ask",
    [
        lambda tx: tx.conversations.inbox(ALL, cursor=None, limit=1),
        lambda tx: tx.conversations.matching(ALL, ["cv_1"]),
        lambda tx: tx.conversations.summaries("ws_1", ["cv_1"]),
        lambda tx: tx.conversations.visible_to(criteria(SESSION, 0), cursor=None, limit=1),
    ],
)
def test_a_list_is_not_read_while_it_is_behind(db: Connection, ask: object) -> None:
    def behind() -> None:
        raise BehindError

    with pytest.raises(BehindError):
        ask(SqlTransaction(db, behind))  # type: ignore[operator]


def test_logs_and_counts_are_never_behind(db: Connection) -> None:
    def behind() -> None:
        raise BehindError

    conversations = SqlTransaction(db, behind).conversations

    assert conversations.events("cv_1", LogName.PUBLIC, limit=1) == []
    assert conversations.heads(["cv_1"]) == {}
    assert conversations.counts("ws_1", "ag_1")["all"] == 0
