"""What the widget weighs on other people's pages, as `make build` bundles it, gzipped.

The launcher is on every page of a site; the chat is loaded by those who open it, and what few of
them need, by those few.
"""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.adapter

ROOT = Path(__file__).parents[2]
LAUNCHER = 3 * 1024
CHATTING = 15 * 1024
EVERYTHING = 30 * 1024


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Bytes per file, in a copy of what is bundled, so that nobody's build is in the way."""
    if not (ROOT / "node_modules" / ".bin" / "esbuild").exists():
        pytest.skip("esbuild is not installed: scripts/tools")
    copy = tmp_path_factory.mktemp("bundle")
    for folder in ("static", "scripts"):
        shutil.copytree(ROOT / folder, copy / folder)
    for name in ("node_modules", "package.json", "package-lock.json"):
        (copy / name).symlink_to(ROOT / name)
    subprocess.run(["sh", "scripts/bundle"], cwd=copy, check=True, timeout=120)
    files = ("widget.js", "widget/chat.js", "widget/extras.js")
    built = copy / "build" / "static"
    return {name: len(gzip.compress((built / name).read_bytes(), 9)) for name in files}


def test_the_launcher_weighs_three_kilobytes_at_most(weights: dict[str, int]) -> None:
    assert weights["widget.js"] <= LAUNCHER


def test_chatting_weighs_fifteen_kilobytes_at_most(weights: dict[str, int]) -> None:
    assert weights["widget.js"] + weights["widget/chat.js"] <= CHATTING


def test_everything_weighs_thirty_kilobytes_at_most(weights: dict[str, int]) -> None:
    assert sum(weights.values()) <= EVERYTHING
