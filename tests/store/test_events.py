"""Pages of a log, and marks."""

import pytest

from server.chat.model import LogName
from server.store.connection import Connection
from server.store.events import events_by_place, events_page, mark_delivered, mark_read
from server.store.journal import append_drafts
from tests.store.scenes import NOW, drafted, row_of, says


@pytest.fixture
def log(db: Connection) -> Connection:
    """A connection to a database with a log of nine messages."""
    drafts = [drafted(row_of("cv_1"), says("1"))]
    drafts += [drafted("cv_1", says(f"{n}")) for n in range(2, 10)]
    ids = iter(f"ev_{n}" for n in range(1, 10))
    append_drafts(db, drafts, NOW, lambda: next(ids), lock=False, is_stale=lambda one: True)
    return db


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"after": 0}, [1, 2, 3]),
        ({"after": 7}, [8, 9]),
        ({"after": 9}, []),
        ({"before": 3}, [1, 2]),
        ({"before": 1}, []),
        ({}, [7, 8, 9]),
    ],
)
def test_a_page_is_ascending_whichever_end_it_is_asked_from(
    log: Connection, bounds: dict[str, int], expected: list[int]
) -> None:
    page = events_page(log, "cv_1", LogName.PUBLIC, **bounds, limit=3)

    assert [event.seq for event in page] == expected


def test_places_are_found_in_one_statement(log: Connection) -> None:
    before = log.statements

    found = events_by_place(log, [("cv_1", 2), ("cv_1", 99), ("cv_2", 1)])

    assert {place: event.body for place, event in found.items()} == {("cv_1", 2): "2"}
    assert log.statements == before + 1


def test_a_mark_moves_forward_and_never_beyond_the_head(log: Connection) -> None:
    moves = [mark_read(log, "cv_1", "ag_1", seq) for seq in (0, 4, 3, 4, 5, 99, 100)]

    assert moves == [None, 4, None, None, 5, 9, None]
    assert mark_read(log, "cv_nowhere", "ag_1", 1) is None


def test_reading_and_being_reached_are_marks_of_their_own(log: Connection) -> None:
    moves = [
        mark_delivered(log, "cv_1", 3),
        mark_read(log, "cv_1", "visitor", 2),
        mark_delivered(log, "cv_1", 2),
        mark_read(log, "cv_1", "visitor", 3),
    ]

    assert moves == [3, 2, None, 3]
