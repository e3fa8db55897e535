"""The set-up, as a new machine sees it: a fresh clone, the system's own Python, nothing of ours.

Takes the hash-locked lists, so what it proves is what users get; downloads come from the package
index that pip is configured with.
"""

import os
import shutil
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.commands import running

ROOT = Path(__file__).parent.parent
SYSTEM_PYTHON = Path("/usr/bin/python3")

pytestmark = pytest.mark.bootstrap


def fresh(**variables: str) -> dict[str, str]:
    """This environment without what our own tests, or the `make` that runs them, put into it."""
    ours = ("COVERAGE", "COV_", "PYTEST", "VIRTUAL_ENV", "PYTHON", "MAKE", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **variables}


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=fresh(**variables),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def without_node(folder: Path) -> str:
    """A PATH on which `node` and `npm` are found first, and say that they were called."""
    for name in ("node", "npm", "npx"):
        trap = folder / name
        trap.write_text('#!/bin/sh\necho "$0 was called" >> "$0.called"\nexit 1\n')
        trap.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="there is no /usr/bin/python3 here")
@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_a_fresh_clone_installs_with_the_systems_python_and_its_demo_runs(tmp_path: Path) -> None:
    clone, traps = tmp_path / "clone", tmp_path / "traps"
    traps.mkdir()
    cloned = run(["git", "clone", "--quiet", str(ROOT), str(clone)], tmp_path)
    assert cloned.returncode == 0, cloned.stderr
    how = {"PYTHON": str(SYSTEM_PYTHON), "PATH": without_node(traps)}

    installed = run(["make", "install"], clone, **how)
    assert installed.returncode == 0, installed.stderr
    demo = fresh(**how, PORT="0", DATA_DIR=str(tmp_path / "data"), DRAIN_SECONDS="0")
    # `make run` is this; make itself would not tell how it ended.
    with running(["scripts/run"], demo, clone) as (process, lines):
        origin = lines[0].rpartition(" ")[2]
        paths = ("/demo", "/demo/shop", "/demo/demo.js", "/widget.js", "/console/", "/readyz")
        answers = {path: httpx2.get(origin + path, trust_env=False) for path in paths}
        process.terminate()
        code = process.wait(30)
    again = run(["make", "install"], clone, **how)

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        paths, 200
    )
    assert code == 0
    assert (again.returncode, again.stdout) == (0, "")
    assert not list(traps.glob("*.called"))


def test_the_locked_lists_name_no_address_and_every_package_has_a_hash() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text()
        packages = [line for line in text.splitlines() if line and line[0].isalnum()]

        assert "://" not in text, path.name
        assert "--index-url" not in text, path.name
        assert packages
        assert all("==" in line and line.endswith("\\") for line in packages), path.name
