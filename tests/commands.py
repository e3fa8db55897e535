"""`parley` as an operator runs it: a process with an environment of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from server.settings import Settings

__all__ = ["environment", "init", "parley", "running", "serving"]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """The variables for a command that keeps its data in `folder`, and no other settings."""
    known = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in known}
    return {**kept, "DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1", **variables}


def parley(
    folder: Path, *arguments: str, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        env=environment(folder, **variables),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def init(folder: Path) -> None:
    """A workspace with an owner."""
    made = parley(
        folder,
        "init",
        "--workspace",
        "Acme",
        "--agent-email",
        "sam@acme.test",
        "--agent-password",
        "open sesame",
    )
    assert made.returncode == 0, made.stderr


@contextmanager
def serving(folder: Path, *arguments: str, **variables: str) -> Iterator[list[str]]:
    """A server that is ready, and the lines that it printed until it was ready.

    Ends it by its own signal, and fails if it does not end well.
    """
    command = [sys.executable, "-m", "server", "serve", "--port", "0", *arguments]
    with running(command, environment(folder, DRAIN_SECONDS="0", **variables)) as (process, lines):
        yield lines
        process.terminate()
        assert process.stdout is not None
        lines += process.stdout.read().splitlines()
        assert process.wait(30) == 0


@contextmanager
def running(
    command: Sequence[str], variables: Mapping[str, str], folder: Path | None = None
) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """A program that has said that it is ready, and what it said until then; killed at the end."""
    process = subprocess.Popen(
        command, env=variables, cwd=folder, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().rstrip()]
    try:
        assert lines[0].startswith("parley is ready on http://"), lines
        yield process, lines
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
