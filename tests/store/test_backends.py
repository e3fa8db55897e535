"""What an error means, and who may have a database."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.store.backends import AlreadyRunning, CannotStart, Postgres, Sqlite, backend
from tests.store.databases import PostgresServer


def raised(db: sqlite3.Connection, sql: str) -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as caught:
        db.execute(sql)
    return caught.value


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("sqlite:///a.db", Sqlite),
        ("postgres://u:p@h/d", Postgres),
        ("postgresql://u:p@h/d", Postgres),
        ("postgresql+psycopg://u:p@h/d", Postgres),
    ],
)
def test_the_url_says_which_database_it_is(url: str, kind: type) -> None:
    assert isinstance(backend(url), kind)


def test_postgres_is_normalised_for_sqlalchemy() -> None:
    assert backend("postgres://u:p@h/d").engine_url == "postgresql+psycopg://u:p@h/d"


def test_a_url_that_is_refused_does_not_show_its_password() -> None:
    with pytest.raises(CannotStart) as refused:
        backend("mysql://u:secret@h/d")

    assert "secret" not in str(refused.value)


def test_a_faulty_statement_is_no_outage_and_a_full_disk_is(tmp_path: Path) -> None:
    place = Sqlite(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        db.execute("CREATE TABLE t (x PRIMARY KEY)")
        db.execute("INSERT INTO t VALUES (1)")
        faults = [raised(db, "SELECT nothing"), raised(db, "INSERT INTO t VALUES (1)")]
        db.execute("PRAGMA max_page_count=1").fetchone()
        outage = raised(db, "INSERT INTO t VALUES (zeroblob(99999))")

    assert [place.is_outage(fault) for fault in (*faults, ValueError("x"))] == [False] * 3
    assert place.is_outage(outage)


def test_the_running_lock_of_a_file_is_one_servers(tmp_path: Path) -> None:
    one, two = Sqlite(tmp_path / "a.db"), Sqlite(tmp_path / "a.db")
    with closing(one.connect_writer()) as connection:
        one.hold(connection, exclusive=True)
        with pytest.raises(AlreadyRunning):
            two.hold(connection, exclusive=False)
        one.release()
        two.hold(connection, exclusive=True)
        two.release()

    assert (tmp_path / "a.db.lock").exists()


@pytest.mark.adapter
def test_servers_that_share_a_redis_may_share_a_postgresql(postgres: PostgresServer) -> None:
    place = backend(postgres.empty())
    with closing(place.connect_writer()) as one, closing(place.connect_writer()) as two:
        place.hold(one, exclusive=False)
        place.hold(two, exclusive=False)
        with closing(place.connect_writer()) as alone, pytest.raises(AlreadyRunning):
            place.hold(alone, exclusive=True)

        assert place.is_open(one)


@pytest.mark.adapter
def test_a_faulty_statement_is_no_outage_and_a_lost_connection_is(
    postgres: PostgresServer,
) -> None:
    url = postgres.empty()
    place = backend(url)
    with closing(place.connect_writer()) as connection:
        with pytest.raises(Exception, match="nothing") as fault:
            connection.say("SELECT nothing")
        postgres.disconnect_all(url)
        with pytest.raises(Exception, match="terminating") as outage:
            connection.say("SELECT 1")
        open_still = place.is_open(connection)

    assert not place.is_outage(fault.value)
    assert place.is_outage(outage.value)
    assert not open_still


@pytest.mark.adapter
def test_readers_cannot_write_to_postgresql(postgres: PostgresServer) -> None:
    with closing(backend(postgres.empty()).connect_reader()) as reader:
        with pytest.raises(Exception, match="read-only transaction"):
            reader.say("CREATE TABLE t (x int)")
        (zone,) = reader.driver.execute("SHOW default_transaction_read_only").fetchone()

    assert zone == "on"
