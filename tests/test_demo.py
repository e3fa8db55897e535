"""`parley demo`, as a newcomer runs it: a process, its terminal, and what its addresses answer."""

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.commands import environment, parley, running

pytestmark = pytest.mark.adapter


@dataclass
class Demo:
    """What the demo printed, and a browser with no cookie yet."""

    said: str
    origin: str
    browser: httpx2.Client

    @property
    def secret(self) -> str:
        found = re.search(r"/demo#(dm_[\w-]+)", self.said)
        assert found, self.said
        return found[1]

    def sign_in(self) -> httpx2.Response:
        return self.browser.post("/demo/session", json={"secret": self.secret})

    def conversations(self) -> list[str]:
        answer = self.browser.get("/api/v1/conversations")
        assert answer.status_code == 200
        return [one["id"] for one in answer.json()["items"]]


@contextmanager
def demo(folder: Path, *, port: int = 0, end: signal.Signals = signal.SIGTERM) -> Iterator[Demo]:
    """A demo that is ready, ended by `end`."""
    command = [sys.executable, "-m", "server", "demo", "--port", str(port)]
    with running(command, environment(folder, DRAIN_SECONDS="0")) as (process, lines):
        assert process.stdout is not None
        while "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
        origin = lines[0].rpartition(" ")[2]
        with httpx2.Client(base_url=origin, trust_env=False) as browser:
            yield Demo("\n".join(lines), origin, browser)
        process.send_signal(end)
        assert process.wait(30) == (0 if end is signal.SIGTERM else -end)


def test_the_demo_shows_its_pages_and_a_snippet_that_is_theirs(tmp_path: Path) -> None:
    with demo(tmp_path) as shown:
        pages = {path: shown.browser.get(path) for path in ("/demo", "/demo/shop")}
        front = shown.browser.get("/")

        snippet = re.search(r'<script async src="(\S+)" data-key="(wk_live_[\w-]+)">', shown.said)
        assert snippet
        assert snippet[1] == f"{shown.origin}/widget.js"
        assert {answer.status_code for answer in pages.values()} == {200}
        assert all(f'data-key="{snippet[2]}"' in answer.text for answer in pages.values())
        assert front.headers["location"] == "/demo"


def test_the_printed_link_opens_an_inbox_with_stories_in_it(tmp_path: Path) -> None:
    with demo(tmp_path) as shown:
        stranger = shown.browser.get("/api/v1/conversations")
        entered = shown.sign_in()

        assert stranger.status_code == 401
        assert entered.json() == {"agent": "Sam"}
        assert len(shown.conversations()) == 7


def test_a_demo_that_was_killed_has_everything_when_it_comes_back(tmp_path: Path) -> None:
    with demo(tmp_path, end=signal.SIGKILL) as first:
        first.sign_in()
        cookies, before = first.browser.cookies, first.conversations()
    with demo(tmp_path) as second:
        second.browser.cookies = cookies
        still = second.browser.get("/demo/session")

        assert still.json() == {"agent": "Sam"}
        assert second.conversations() == before
        assert second.secret != first.secret


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with demo(tmp_path / "first") as first:
        port = first.origin.rpartition(":")[2]
        second = parley(tmp_path / "second", "demo", "--port", port)

    assert second.returncode == 2
    assert second.stdout == ""
    assert second.stderr.splitlines() == [second.stderr.rstrip()]
    assert port in second.stderr


def test_a_second_demo_on_the_same_data_is_one_line(tmp_path: Path) -> None:
    with demo(tmp_path):
        second = parley(tmp_path, "demo", "--port", "0")

    assert second.returncode == 2
    assert second.stderr.splitlines() == [second.stderr.rstrip()]
