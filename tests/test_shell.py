"""What commands have in common: one line for a fault, a lock for a change, none for a look."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from server.settings import Settings, SettingsError
from server.shell import Mistake, change, look, one_line, settings_of
from server.store.backends import backend
from server.store.engine import CannotStart
from server.store.port import StoreUnavailable, Transaction
from server.transport.server import CannotListen

pytestmark = pytest.mark.adapter


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """As if a server ran on the database."""
    place = backend(settings.database)
    connection = place.connect_writer()
    place.hold(connection, exclusive=True)
    yield
    connection.close()
    place.release()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, database_url=None, secret_key=None)


@pytest.mark.parametrize(
    "error",
    [
        SettingsError("PORT: is wrong"),
        CannotStart("two\nlines"),
        StoreUnavailable("cannot open"),
        CannotListen("127.0.0.1", 80, "denied"),
    ],
)
def test_what_an_operator_can_put_right_is_one_line(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    """PROTOCOL §12."""
    with pytest.raises(Mistake) as mistake, one_line():
        raise error

    mistake.value.show()
    told = capsys.readouterr().err
    assert mistake.value.exit_code == 2
    assert told.startswith("parley: ")
    assert told.count("\n") == 1


def test_a_fault_of_ours_is_not_made_to_look_like_the_operators() -> None:
    with pytest.raises(ZeroDivisionError), one_line():
        raise ZeroDivisionError


def test_a_wrong_setting_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "x")

    with pytest.raises(Mistake, match="PORT"):
        settings_of()


def test_a_change_makes_the_database_and_is_kept(settings: Settings) -> None:
    change(settings, lambda tx, now: tx.set_meta("at", str(now)))

    kept = look(settings, lambda tx: tx.meta("at"))

    assert kept is not None
    assert int(kept) > 1_700_000_000_000


def test_while_a_server_runs_one_may_look_but_not_change(settings: Settings) -> None:
    change(settings, lambda tx, now: tx.set_meta("a", "1"))

    with locked(settings):
        assert look(settings, lambda tx: tx.meta("a")) == "1"
        with pytest.raises(Mistake, match="stop it first"):
            change(settings, lambda tx, now: tx.set_meta("a", "2"))

    change(settings, lambda tx, now: tx.set_meta("a", "3"))
    assert look(settings, lambda tx: tx.meta("a")) == "3"


def test_a_look_writes_nothing(settings: Settings) -> None:
    change(settings, lambda tx, now: None)

    def write(tx: Transaction) -> None:
        tx.set_meta("a", "1")

    with pytest.raises(Exception, match="readonly"):
        look(settings, write)


def test_a_database_without_tables_says_what_to_run(settings: Settings) -> None:
    with pytest.raises(Mistake, match="parley migrate"):
        look(settings, lambda tx: tx.meta("a"))


def test_another_key_changes_nothing(settings: Settings) -> None:
    change(settings, lambda tx, now: None)
    other = settings.with_options(secret_key="0123456789abcdef" * 2)

    with pytest.raises(Mistake, match="SECRET_KEY"):
        change(other, lambda tx, now: tx.set_meta("a", "1"))


def test_an_error_of_a_unit_reaches_whoever_asked(settings: Settings) -> None:
    def unit(tx: Transaction, now: int) -> None:
        tx.set_meta("a", "1")
        raise Mistake("no")

    with pytest.raises(Mistake, match="no"):
        change(settings, unit)

    assert look(settings, lambda tx: tx.meta("a")) is None
