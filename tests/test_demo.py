"""`parley demo`, as a newcomer runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.adapter


def test_the_demo_shows_both_sides_talking_and_can_be_run_again(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "DRAIN_SECONDS": "0", "COLUMNS": "200"}
    command = [sys.executable, "-m", "server", "demo", "--once", "--port", "0"]

    runs = [
        subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        for _ in range(2)
    ]

    assert [run.returncode for run in runs] == [0, 0], runs[-1].stderr
    for run in runs:
        assert "parley is ready on http://127.0.0.1:" in run.stdout
        assert "agent sees  visitor: A small office. 160 would do." in run.stdout
        assert "visitor sees  agent: 160 it is." in run.stdout
        assert run.stderr == ""
