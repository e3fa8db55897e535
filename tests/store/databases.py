"""Databases for tests: SQLite in a folder of the test's own, PostgreSQL started once per session.

PostgreSQL refuses to run as root, so then its programs run as the user `postgres`, in a folder of
its own with the socket inside and no TCP. The schema is made once for each kind and then copied,
which takes milliseconds.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from server.store.migrate import migrate

__all__ = ["PostgresServer", "postgres_server", "sqlite_url"]


def sqlite_url(folder: Path) -> str:
    """A database in `folder`, still to be made."""
    return f"sqlite:///{folder}/parley.db"


class PostgresServer:
    """A running server, and fresh databases in it."""

    def __init__(self, folder: Path, run: list[str], programs: Path) -> None:
        self._folder = folder
        self._run = run
        self._programs = programs
        self._template: str | None = None

    def empty(self) -> str:
        """The address of a new database without any table."""
        return self._url(self._create())

    def fresh(self) -> str:
        """The address of a new database with Parley's tables."""
        if self._template is None:
            template = self._create()
            migrate(self._url(template))
            self._template = template
        return self._url(self._create(f" TEMPLATE {self._template}"))

    def say(self, statement: str) -> str:
        """Run a statement as the server's owner; what it prints."""
        where = ["-h", str(self._folder), "-U", "postgres", "-d", "postgres"]
        return subprocess.run(
            [*self._run, f"{self._programs}/psql", *where, "-Atqc", statement],
            check=True,
            capture_output=True,
            text=True,
            cwd=self._folder,
        ).stdout.strip()

    def disconnect_all(self, url: str) -> None:
        """End every connection to the database at `url`, and wait for it."""
        name = url.partition("@/")[2].partition("?")[0]
        of_it = f"FROM pg_stat_activity WHERE datname = '{name}'"
        self.say(f"SELECT pg_terminate_backend(pid, 5000) {of_it}")

    def wait_for_a_lock(self) -> None:
        """Return when some connection waits for another's lock."""
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        for _ in range(500):
            if self.say(waiting) != "0":
                return
        raise AssertionError("nobody waits for a lock")

    def _create(self, like: str = "") -> str:
        name = f"t{uuid4().hex}"
        self.say(f"CREATE DATABASE {name}{like}")
        return name

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self._folder}"


def _programs() -> Path:
    for postgres in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True):
        return postgres.parent
    found = shutil.which("postgres")
    if found is not None:
        return Path(found).parent
    missing = "postgresql is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server for as long as the block runs. Skips, or with CI=true fails, where there is none."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    folder.chmod(0o755)
    as_postgres: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = folder / "data"
    control = [*as_postgres, f"{programs}/pg_ctl", *f"-D {data} -w -s -l {folder}/log".split()]
    owner = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    settings = f"-k {folder} -c listen_addresses='' -c max_connections=60"
    try:
        subprocess.run(
            [*as_postgres, f"{programs}/initdb", "-D", str(data), *owner],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        subprocess.run([*control, "-o", settings, "start"], check=True, cwd=folder)
        try:
            yield PostgresServer(folder, as_postgres, programs)
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=False, cwd=folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
