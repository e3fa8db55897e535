"""One driver connection, and statements that run on it at the driver's speed.

A statement is written with SQLAlchemy Core, so that both databases read the same Python, but it is
compiled once per dialect and then runs on the bare DBAPI cursor: executing Core costs more than the
database does (232 µs against 33 per message in groups of 200). Rows come back as the driver's
tuples; `rows.py` makes records of them.

A list for an `IN` is an `expanding` bind parameter. It is compiled for 1, 2, 4, 8 … 512 elements
and padded with NULLs, which equal nothing, so that there are ten texts to prepare instead of 512;
longer lists are run in slices. Keys of several columns are joined as a table of values
(`PreparedByKeys`): SQLite uses no index for `(a, b) IN (…)`.

Transactions are opened and closed by the owner, in words: the driver is in autocommit mode.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from sqlalchemy import Column, FromClause, bindparam, column, values
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["Connection", "DriverConnection", "Prepared", "PreparedByKeys", "Row", "Text"]

Row: TypeAlias = tuple[Any, ...]

_WIDEST: Final = 512


class Cursor(Protocol):
    """What we use of a DBAPI cursor."""

    @property
    def rowcount(self) -> int: ...
    def fetchall(self) -> list[Row]: ...
    def fetchone(self) -> Row | None: ...
    def executemany(self, statement: str, rows: Sequence[Row], /) -> object: ...
    def close(self) -> None: ...


class DriverConnection(Protocol):
    """What we use of a DBAPI connection. Both drivers have `execute` as a shortcut for a cursor."""

    def execute(self, statement: Any, parameters: Any = ..., /) -> Any: ...
    def cursor(self) -> Any: ...
    def close(self) -> None: ...


class Text:
    """A compiled statement: its SQL, the names of its parameters in their order, and the values
    that stand in the statement itself.
    """

    __slots__ = ("_span", "constants", "names", "sql")

    def __init__(self, sql: str, names: Sequence[str], constants: Mapping[str, Any]) -> None:
        self.sql = sql
        self.names = tuple(names)
        self.constants = constants
        self._span: tuple[int, int] | None = None

    def span_of(self, list_name: str) -> tuple[int, int]:
        """Where the elements of a list stand among the parameters: together, always."""
        if self._span is None:
            prefix = f"{list_name}_"
            places = [n for n, name in enumerate(self.names) if name.startswith(prefix)]
            self._span = places[0], places[-1] + 1
            assert len(places) == places[-1] + 1 - places[0], "a list is written in one place"
        return self._span


class Prepared:
    """A statement that is compiled when it is first used, once for each dialect and list size."""

    __slots__ = ("_statement", "_texts", "list_name")

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._texts: dict[tuple[str, int], Text] = {}
        lists = [
            name
            for name, bind in statement.compile().binds.items()  # type: ignore[attr-defined]
            if bind.expanding
        ]
        assert len(lists) <= 1, "one IN list per statement, for there is one size to compile for"
        self.list_name: str | None = lists[0] if lists else None

    def text(self, dialect: Dialect, size: int = 0) -> Text:
        """The SQL for a list of `size` elements."""
        key = (dialect.name, size)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = self._compile(dialect, size)
        return found

    def _compile(self, dialect: Dialect, size: int) -> Text:
        compiled = self._statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler), "only statements are prepared"
        constants = {n: b.value for n, b in compiled.binds.items() if b.value is not None}
        filled: dict[str, Any] = {**dict.fromkeys(compiled.binds), **constants}
        if self.list_name is not None:
            filled[self.list_name] = [None] * size
        state = compiled.construct_expanded_state(filled)
        return Text(state.statement, state.positiontup or (), constants)


class PreparedByKeys(Prepared):
    """A statement that finds rows by a list of keys, each a tuple: the parameter `keys`.

    `build` is given the keys as a table with the names of `columns`, to be joined.
    """

    __slots__ = ("_build", "_columns")

    def __init__(
        self, columns: Sequence[Column[Any]], build: Callable[[FromClause], ClauseElement]
    ) -> None:
        self._build = build
        self._columns = columns
        super().__init__(build(self._keys(1)))
        self.list_name = "keys"

    def _compile(self, dialect: Dialect, size: int) -> Text:
        return Prepared(self._build(self._keys(size))).text(dialect)

    def _keys(self, size: int) -> FromClause:
        table = values(*(column(one.name, one.type) for one in self._columns), name="wanted")
        return table.data(
            [
                tuple(bindparam(f"keys_{n}_{one.name}", type_=one.type) for one in self._columns)
                for n in range(size)
            ]
        ).cte("wanted")


class Connection:
    """A driver's connection with its dialect. Belongs to one thread at a time."""

    __slots__ = ("_dialect", "_driver", "statements")

    def __init__(self, driver: DriverConnection, dialect: Dialect) -> None:
        self._driver = driver
        self._dialect = dialect
        self.statements = 0

    @property
    def dialect(self) -> Dialect:
        return self._dialect

    @property
    def driver(self) -> DriverConnection:
        return self._driver

    def say(self, words: str) -> None:
        """Run a statement without parameters or rows: BEGIN, COMMIT, SAVEPOINT …"""
        self._driver.execute(words)

    def rows(self, statement: Prepared, **parameters: Any) -> list[Row]:
        """All rows. A list parameter may have any length; without elements there are no rows."""
        name = statement.list_name
        if name is None:
            return self._run(statement.text(self._dialect), parameters).fetchall()  # type: ignore[no-any-return]
        found: list[Row] = []
        for words, given in self._slices(statement, parameters, name):
            found += self._execute(words.sql, given).fetchall()
        return found

    def row(self, statement: Prepared, **parameters: Any) -> Row | None:
        """The first row."""
        return self._run(statement.text(self._dialect), parameters).fetchone()  # type: ignore[no-any-return]

    def run(self, statement: Prepared, **parameters: Any) -> int:
        """Run a change; how many rows it touched."""
        name = statement.list_name
        if name is None:
            return self._run(statement.text(self._dialect), parameters).rowcount  # type: ignore[no-any-return]
        return sum(
            self._execute(words.sql, given).rowcount
            for words, given in self._slices(statement, parameters, name)
        )

    def many(self, statement: Prepared, rows: Sequence[Row]) -> None:
        """Run a change once for each row; a row has the parameters in the statement's own order."""
        if rows:
            self.statements += 1
            cursor = self._driver.cursor()
            cursor.executemany(statement.text(self._dialect).sql, rows)
            cursor.close()

    def query(self, statement: ClauseElement) -> list[Row]:
        """Compile and run a query that is put together for this one call, values inside."""
        return self._once(statement).fetchall()  # type: ignore[no-any-return]

    def change(self, statement: ClauseElement) -> int:
        """The same for a change; how many rows it touched."""
        return self._once(statement).rowcount  # type: ignore[no-any-return]

    def _once(self, statement: ClauseElement) -> Any:
        compiled = statement.compile(dialect=self._dialect)
        assert isinstance(compiled, SQLCompiler), "only statements are run"
        state = compiled.construct_expanded_state()
        names = state.positiontup or ()
        return self._execute(state.statement, tuple([state.parameters[n] for n in names]))

    def close(self) -> None:
        self._driver.close()

    def _run(self, words: Text, parameters: Mapping[str, Any]) -> Any:
        given = {**words.constants, **parameters} if words.constants else parameters
        return self._execute(words.sql, tuple([given[name] for name in words.names]))

    def _execute(self, sql: str, values: Row) -> Any:
        self.statements += 1
        return self._driver.execute(sql, values)

    def _slices(
        self, statement: Prepared, parameters: Mapping[str, Any], name: str
    ) -> list[tuple[Text, Row]]:
        elements: Sequence[Any] = parameters[name]
        slices: list[tuple[Text, Row]] = []
        for start in range(0, len(elements), _WIDEST):
            part = elements[start : start + _WIDEST]
            words = statement.text(self._dialect, 1 << (len(part) - 1).bit_length())
            slices.append((words, _bind(words, part, name, parameters)))
        return slices


def _bind(words: Text, part: Sequence[Any], name: str, parameters: Mapping[str, Any]) -> Row:
    """The list's elements, then NULLs, in place of their names (`ids_1`, or `keys_0_seq`)."""
    start, stop = words.span_of(name)
    flat = list(itertools.chain.from_iterable(part) if isinstance(part[0], tuple) else part)
    others = {**words.constants, **parameters}
    return (
        *[others[n] for n in words.names[:start]],
        *flat,
        *itertools.repeat(None, stop - start - len(flat)),
        *[others[n] for n in words.names[stop:]],
    )
