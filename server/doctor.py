"""`parley doctor`: what would keep a server from starting or from serving many, and what to do.

It looks and changes nothing. Each check is a function of the settings that returns what it found;
each finding is one line, either fine or with what to do about it.
"""

import contextlib
import os
import resource
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.app import key_fingerprint
from server.settings import Settings
from server.store.backends import CannotStart, backend
from server.store.engine import FINGERPRINT
from server.store.migrate import schema_of
from server.store.port import StoreUnavailable
from server.store.transaction import SqlTransaction
from server.transport.server import CannotListen, listen

__all__ = ["Finding", "examine"]

_FILES_WANTED: Final = 4_096
_SPACE_WANTED: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `remedy` is what to do; without one all is well."""

    what: str
    remedy: str | None = None

    def __str__(self) -> str:
        return f"ok    {self.what}" if self.remedy is None else f"FAIL  {self.what}: {self.remedy}"


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check, in the order in which a start would fail."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python,
        _data_dir,
        _secret_key,
        _database,
        _open_files,
        _port,
    )
    for check in checks:
        yield check(settings)


def _python(settings: Settings) -> Finding:
    # An older one could not even read this file.
    return Finding(f"Python {'.'.join(map(str, sys.version_info[:3]))}")


def _data_dir(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return Finding(
            f"data directory {folder}", "set DATA_DIR to a directory that this user may write to"
        )
    free = shutil.disk_usage(nearest).free
    if free < _SPACE_WANTED:
        return Finding(f"data directory {folder}", f"only {free >> 20} MiB are free; make room")
    return Finding(f"data directory {folder}, {free >> 30} GiB free")


def _secret_key(settings: Settings) -> Finding:
    if settings.secret_key is not None:
        return Finding("secret key from SECRET_KEY")
    path = settings.data_dir / "secret.key"
    if not path.exists():
        return Finding(f"secret key will be made in {path}")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding(f"secret key {path}", f"others can read it; run chmod 600 {path}")
    return Finding(f"secret key {path}")


def _database(settings: Settings) -> Finding:
    url = settings.database
    try:
        place = backend(url)
        if place.name == "sqlite" and not Path(url.removeprefix("sqlite:///")).exists():
            return Finding("database will be made at the first start")
        with contextlib.closing(place.connect_reader()) as connection:
            schema = schema_of(place, connection)
            if schema.behind:
                return Finding(f"database ({place.name}) will be brought up to date at the start")
            known = SqlTransaction(connection).meta(FINGERPRINT)
    except (CannotStart, StoreUnavailable) as error:
        return Finding("database", str(error))
    key = _key_of(settings)
    if known is not None and (key is None or key_fingerprint(key) != known):
        return Finding("database", "it was made under another SECRET_KEY; put that one back")
    return Finding(f"database ({place.name}), schema {schema.revision}")


def _key_of(settings: Settings) -> str | None:
    """The secret key, if there is one yet."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = settings.data_dir / "secret.key"
    return path.read_text(encoding="ascii").strip() if path.exists() else None


def _open_files(settings: Settings) -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _FILES_WANTED:
        return Finding(
            f"{hard} open files",
            f"each visitor needs one; raise the hard limit (ulimit -Hn) to {_FILES_WANTED} or more",
        )
    return Finding(f"{'any number of' if hard == resource.RLIM_INFINITY else hard} open files")


def _port(settings: Settings) -> Finding:
    where = f"port {settings.port} on {settings.host}"
    try:
        listen(settings.host, settings.port).close()
    except CannotListen as error:
        return Finding(where, f"{error}; end what has it, or set PORT or HOST")
    return Finding(f"{where} is free")
