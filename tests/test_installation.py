"""The set-up, as a new machine sees it: a fresh clone, the system's own Python, nothing of ours.

Takes the hash-locked lists, so what it proves is what users get; downloads come from the package
index that pip is configured with.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SYSTEM_PYTHON = Path("/usr/bin/python3")

pytestmark = pytest.mark.bootstrap


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(
            ("COVERAGE", "COV_", "PYTEST", "VIRTUAL_ENV", "PYTHON", "MAKE", "MFLAGS")
        )
    }
    return subprocess.run(
        command,
        cwd=folder,
        env={**variables, **environment},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="there is no /usr/bin/python3 here")
@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_a_fresh_clone_installs_with_the_systems_python_and_its_demo_runs(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    cloned = run(["git", "clone", "--quiet", str(ROOT), str(clone)], tmp_path)
    assert cloned.returncode == 0, cloned.stderr

    installed = run(["make", "install"], clone, PYTHON=str(SYSTEM_PYTHON))
    demo = run(
        [".venv/bin/parley", "demo", "--once", "--port", "0"],
        clone,
        DATA_DIR=str(tmp_path / "data"),
        DRAIN_SECONDS="0",
    )
    again = run(["make", "install"], clone, PYTHON=str(SYSTEM_PYTHON))

    assert installed.returncode == 0, installed.stderr
    assert demo.returncode == 0, demo.stderr
    assert "agent sees  visitor:" in demo.stdout
    assert (again.returncode, again.stdout) == (0, "")


def test_the_locked_lists_name_no_address_and_every_package_has_a_hash() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text()
        packages = [line for line in text.splitlines() if line and line[0].isalnum()]

        assert "://" not in text, path.name
        assert "--index-url" not in text, path.name
        assert packages
        assert all("==" in line and line.endswith("\\") for line in packages), path.name
