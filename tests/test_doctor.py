"""`parley doctor`: each check beside what it refuses. It changes nothing."""

import resource
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from server.doctor import Finding, examine
from server.settings import Settings, secret_key
from server.shell import change
from server.store.migrate import REVISIONS

pytestmark = pytest.mark.adapter

NAMES = ("python", "data_dir", "secret_key", "database", "open_files", "port")
STRONG = "0123456789abcdef" * 2


def found(settings: Settings) -> Mapping[str, Finding]:
    return dict(zip(NAMES, examine(settings), strict=True))


def settings_for(folder: Path, **more: object) -> Settings:
    given = {"data_dir": folder, "database_url": None, "secret_key": None, "port": 0, **more}
    return Settings(**given)  # type: ignore[arg-type]


def test_on_a_new_machine_all_is_well_and_nothing_is_made(tmp_path: Path) -> None:
    findings = found(settings_for(tmp_path / "new" / "deeper"))

    assert [one.remedy for one in findings.values()] == [None] * len(NAMES)
    assert list(tmp_path.iterdir()) == []


def test_after_a_start_it_names_what_is_there(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    change(settings, lambda tx, now: None)

    findings = found(settings)

    assert [one.remedy for one in findings.values()] == [None] * len(NAMES)
    assert f"schema {REVISIONS[-1]}" in findings["database"].what


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        (Finding("Python 3.11.2"), "ok    Python 3.11.2"),
        (Finding("port 80", "set PORT"), "FAIL  port 80: set PORT"),
    ],
)
def test_a_finding_is_one_line(finding: Finding, line: str) -> None:
    assert str(finding) == line


def test_a_data_directory_that_cannot_be_made_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    finding = found(settings_for(tmp_path / "file" / "data", secret_key=STRONG))["data_dir"]

    assert finding.remedy is not None
    assert "DATA_DIR" in finding.remedy


def test_a_full_disk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr("server.doctor.shutil.disk_usage", lambda _: Usage(1, 1, 1 << 20))

    remedy = found(settings_for(tmp_path))["data_dir"].remedy

    assert remedy is not None
    assert "1 MiB" in remedy


def test_a_key_that_others_can_read_is_found(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    secret_key(settings)
    (tmp_path / "secret.key").chmod(0o644)

    remedy = found(settings)["secret_key"].remedy

    assert remedy is not None
    assert "chmod 600" in remedy


def test_another_key_than_the_databases_is_found(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    change(settings, lambda tx, now: None)

    other = found(settings_for(tmp_path, secret_key=STRONG))["database"]
    (tmp_path / "secret.key").unlink()
    lost = found(settings)["database"]

    assert other.remedy == lost.remedy
    assert other.remedy is not None
    assert "SECRET_KEY" in other.remedy


def test_a_database_that_cannot_be_reached_or_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "parley.db").write_bytes(b"this is no database, however long it may be" * 100)
    away = f"postgresql://parley:hunter2@/parley?host={tmp_path}"

    broken = found(settings_for(tmp_path))["database"]
    unreachable = found(settings_for(tmp_path, database_url=away))["database"]

    assert broken.remedy is not None
    assert unreachable.remedy is not None
    assert "hunter2" not in unreachable.remedy


def test_a_database_that_is_behind_will_be_brought_up(tmp_path: Path) -> None:
    (tmp_path / "parley.db").touch()

    finding = found(settings_for(tmp_path))["database"]

    assert finding.remedy is None
    assert "at the start" in finding.what


def test_too_few_open_files_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.doctor.resource.getrlimit", lambda _: (256, 256))
    few = found(settings_for(tmp_path))["open_files"]
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    monkeypatch.setattr("server.doctor.resource.getrlimit", lambda _: unlimited)
    many = found(settings_for(tmp_path))["open_files"]

    assert few.remedy is not None
    assert "4096" in few.remedy
    assert many.remedy is None


def test_a_port_in_use_is_found(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        remedy = found(settings_for(tmp_path, port=taken.getsockname()[1]))["port"].remedy

    assert remedy is not None
    assert "PORT" in remedy
