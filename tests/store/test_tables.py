"""Every list is read through an index that has its order: the planner is asked."""

import re

import pytest

from server.chat.model import Status
from server.identity.model import SessionRow, Trust
from server.identity.visibility import criteria
from server.store import batch_reads, events, lists, sessions, tables
from server.store.connection import Connection, Prepared
from server.store.port import InboxFilter
from tests.store.scenes import NOW


def plan(db: Connection, sql: str, values: int) -> str:
    found = db.driver.execute(f"EXPLAIN QUERY PLAN {sql}", (1,) * values).fetchall()
    return "; ".join(row[3] for row in found)


def page_plan(db: Connection, where: list[object], after: tuple[int, str] | None) -> str:
    statement = lists.page_statement(where, after, 21)  # type: ignore[arg-type]
    compiled = statement.compile(dialect=db.dialect).construct_expanded_state()
    return plan(db, compiled.statement, len(compiled.positiontup or ()))


def prepared_plan(db: Connection, statement: Prepared, size: int = 0) -> str:
    words = statement.text(db.dialect, size)
    return plan(db, words.sql, len(words.names))


@pytest.mark.parametrize("after", [None, (NOW, "cv_1")], ids=["first page", "next page"])
@pytest.mark.parametrize(
    ("view", "index"),
    [
        ("all", "ix_conversation_inbox"),
        ("snoozed", "ix_conversation_inbox"),
        ("mine", "ix_conversation_assignee"),
        ("unassigned", "ix_conversation_assignee"),
    ],
)
def test_an_inbox_page_is_read_in_order(
    db: Connection, view: str, index: str, after: tuple[int, str] | None
) -> None:
    """PERFORMANCE: an inbox of 100,000 conversations opens in 150 ms."""
    found = page_plan(db, [*lists._asked(InboxFilter("ws_1", "ag_1", view=view))], after)

    assert f"SEARCH conversation USING INDEX {index}" in found
    assert "TEMP B-TREE" not in found
    assert "SCAN" not in found


@pytest.mark.parametrize("after", [None, (NOW, "cv_1")], ids=["first page", "next page"])
@pytest.mark.parametrize("trust", [Trust.ANONYMOUS, Trust.VERIFIED])
def test_a_visitors_list_is_read_in_order(
    db: Connection, trust: Trust, after: tuple[int, str] | None
) -> None:
    session = SessionRow("ws_1", "se_1", "v_1", "co_1", trust, None, 1, NOW, NOW)
    open_ones = tables.conversation.c.status.in_([Status.OPEN.value, Status.SNOOZED.value])

    found = page_plan(db, [lists._criteria(criteria(session, NOW)), open_ones], after)

    assert "SEARCH conversation USING INDEX ix_conversation_contact" in found
    assert "TEMP B-TREE" not in found
    assert "SCAN" not in found


@pytest.mark.parametrize("statement", [events._AFTER, events._BEFORE, events._NEWEST])
def test_a_history_page_is_a_range_of_the_primary_key(db: Connection, statement: Prepared) -> None:
    found = prepared_plan(db, statement)

    assert found.startswith(
        "SEARCH event USING INDEX sqlite_autoindex_event_1 (conversation_id=? AND log=?"
    )
    assert "TEMP B-TREE" not in found


@pytest.mark.parametrize(
    ("statement", "search"),
    [
        (batch_reads._REPEATS, "SEARCH event USING INDEX uq_event_repeat"),
        (batch_reads._CANDIDATES, "SEARCH conversation USING INDEX ix_conversation_contact"),
        (batch_reads._LOGS_LOCKED, "SEARCH log USING PRIMARY KEY"),
        (events.EVENTS_BY_PLACE, "SEARCH event USING INDEX sqlite_autoindex_event_1"),
    ],
)
def test_what_every_batch_asks_is_looked_up(
    db: Connection, statement: Prepared, search: str
) -> None:
    found = prepared_plan(db, statement, size=4)

    assert search in found
    assert not re.search(r"SCAN (event|conversation|log)", found)


def test_a_devices_sessions_are_read_in_order(db: Connection) -> None:
    found = prepared_plan(db, sessions._OF_VISITOR)

    assert "ix_session_visitor" in found
    assert "TEMP B-TREE" not in found


def test_counts_are_answered_by_an_index_alone(db: Connection) -> None:
    found = prepared_plan(db, lists._COUNTS)

    assert "COVERING INDEX" in found
