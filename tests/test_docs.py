"""The documentation, held to what is true: its program runs, and the paths it names exist."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = set(
        re.findall(r"`((?:server|protocol|static|tests|docs|scripts)/[\w./-]*)`", page.read_text())
    )

    assert not {name for name in named if not (ROOT / name).exists()}


@pytest.mark.adapter
def test_the_tutorials_program_talks_to_a_server(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tutorial" / "first-client.md").read_text()
    program = tmp_path / "visit.py"
    program.write_text(page.split("```python\n")[1].split("```")[0])
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "DRAIN_SECONDS": "0"}
    parley = [sys.executable, "-m", "server"]
    made = subprocess.run(
        [*parley, "init", "--workspace", "Acme", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    key = json.loads(made.stdout)["widgetKey"]

    with subprocess.Popen(
        [*parley, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip().rpartition("http://")[2]
            visit = subprocess.run(
                [sys.executable, str(program), f"ws://{url}", key],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        finally:
            server.terminate()

    assert visit.returncode == 0, visit.stderr
    printed = [line.split(" ", 2)[:2] for line in visit.stdout.splitlines()]
    assert printed[0] == ["welcome", "1"]
    assert printed[-1] == ["ack", "2"]
    assert ["conversationUpdate", "-"] in printed
