"""Statements are compiled once, and lists of any length fit them."""

import pytest
from sqlalchemy import bindparam, delete, insert, select

from server.store import tables
from server.store.connection import Connection, Prepared
from server.store.events import EVENTS_BY_PLACE

_META = tables.meta.c
MANY = Prepared(select(_META.key).where(_META.key.in_(bindparam("keys", expanding=True))))
INSERT = Prepared(insert(tables.meta))


@pytest.mark.parametrize("length", [0, 1, 2, 3, 511, 512, 513, 1300])
def test_a_list_of_any_length_finds_each_row_once(db: Connection, length: int) -> None:
    names = [f"k{n}" for n in range(length)]
    db.many(INSERT, [(name, "v") for name in names])

    found = [row[0] for row in db.rows(MANY, keys=names)]

    assert sorted(found) == sorted(names)


def test_a_change_of_a_list_counts_the_rows_of_all_its_slices(db: Connection) -> None:
    names = [f"k{n}" for n in range(600)]
    db.many(INSERT, [(name, "v") for name in names])
    drop = Prepared(delete(tables.meta).where(_META.key.in_(bindparam("keys", expanding=True))))

    dropped = db.run(drop, keys=names)

    assert dropped == 600


def test_lists_are_compiled_for_powers_of_two(db: Connection) -> None:
    for length in (5, 6, 7, 8):
        db.rows(MANY, keys=["x"] * length)

    assert MANY.text(db.dialect, 8) is MANY.text(db.dialect, 8)
    assert (db.dialect.name, 7) not in MANY._texts


def test_keys_of_several_columns_are_padded_with_nothing(db: Connection) -> None:
    found = db.rows(EVENTS_BY_PLACE, keys=[("cv", 0, 1), ("cv", 0, 2), ("cv", 1, 1)])

    assert found == []
    assert EVENTS_BY_PLACE.text(db.dialect, 4).sql.count("?") == 12


def test_values_inside_a_statement_need_not_be_given(db: Connection) -> None:
    db.many(INSERT, [("a", "1"), ("b", "2")])
    second = Prepared(select(_META.key).where(_META.value == "2").limit(5))

    assert db.rows(second) == [("b",)]
    assert db.query(select(_META.key).where(_META.value.in_(["1", "2"]))) == [("a",), ("b",)]


def test_a_parameter_that_is_missing_is_an_error(db: Connection) -> None:
    one = Prepared(select(_META.key).where(_META.value == bindparam("wanted")))

    with pytest.raises(KeyError, match="wanted"):
        db.rows(one)
