"""Settings: every fault names its variable, and nothing secret is shown."""

import stat
from pathlib import Path

import pytest

from server.settings import Settings, SettingsError, load_settings, secret_key

STRONG = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "x", "integer"),
        ("PORT", "65536", "65535"),
        ("PORT", "-1", "0"),
        ("DATABASE_URL", "mysql://db/x", "sqlite:/// or postgresql://"),
        ("PUBLIC_URL", "chat.example.com", "https://chat.example.com"),
        ("PUBLIC_URL", "https://a.test/path", "https://chat.example.com"),
        ("PUBLIC_URL", "ftp://a.test", "https://chat.example.com"),
        ("SECRET_KEY", "short but 8 kinds", "32"),
        ("SECRET_KEY", "a" * 40, "openssl rand"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy", "addresses or networks"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("LOG_FORMAT", "xml", "'console' or 'json'"),
        ("RATE_LIMITS", "no", "'on' or 'off'"),
        ("HEARTBEAT_INTERVAL", "0", "greater than 0"),
        ("DRAIN_SECONDS", "-1", "0"),
    ],
)
def test_a_wrong_value_is_one_line_with_its_name_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    """PROTOCOL §12."""
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as fault:
        load_settings()

    line = str(fault.value)
    assert line.startswith(f"{name}: ")
    assert allowed in line
    assert "\n" not in line


def test_a_secret_is_not_repeated_in_its_fault_nor_shown_in_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2hunter2")
    with pytest.raises(SettingsError) as fault:
        load_settings()
    monkeypatch.setenv("SECRET_KEY", STRONG)

    assert "hunter2" not in str(fault.value)
    assert STRONG not in repr(load_settings())


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")

    assert load_settings().port == 8000


@pytest.mark.parametrize(
    ("given", "kept"),
    [("https://chat.acme.test/", "https://chat.acme.test"), ("http://a.test:8000", None)],
)
def test_a_public_url_is_an_origin(
    monkeypatch: pytest.MonkeyPatch, given: str, kept: str | None
) -> None:
    monkeypatch.setenv("PUBLIC_URL", given)

    assert load_settings().public_url == (kept or given)


def test_options_of_the_command_line_stand_over_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PORT", "1234")
    settings = load_settings()

    assert settings.with_options(port=None, host="::1").port == 1234
    assert settings.with_options(port=0).port == 0
    with pytest.raises(SettingsError, match="PORT"):
        settings.with_options(port=99_999)


def test_the_database_is_in_the_data_directory_unless_another_is_set(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).database == f"sqlite:///{tmp_path}/parley.db"
    assert Settings(database_url="postgresql://db/x").database == "postgresql://db/x"


def test_a_key_is_made_once_and_is_for_its_owners_eyes(tmp_path: Path) -> None:
    """SECURITY, default secret."""
    settings = Settings(data_dir=tmp_path / "new")

    key = secret_key(settings)

    assert len(key) == 64
    assert secret_key(settings) == key
    mode = (tmp_path / "new" / "secret.key").stat().st_mode
    assert not mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    secret_key(settings)
    (tmp_path / "secret.key").chmod(0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        secret_key(settings)


def test_a_key_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch(mode=0o600)
    (tmp_path / "secret.key").write_text("abc")

    with pytest.raises(SettingsError, match="does not hold a key"):
        secret_key(Settings(data_dir=tmp_path))


def test_a_key_from_the_environment_needs_no_file_but_the_database_its_folder(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "new"

    assert secret_key(Settings(data_dir=folder, secret_key=STRONG)) == STRONG
    assert list(folder.iterdir()) == []
    elsewhere = Settings(
        data_dir=tmp_path / "none", secret_key=STRONG, database_url="postgresql://db/x"
    )
    secret_key(elsewhere)
    assert not (tmp_path / "none").exists()


def test_a_data_directory_that_cannot_be_made_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SettingsError, match="DATA_DIR"):
        secret_key(Settings(data_dir=tmp_path / "file" / "data"))
