"""Our own pages: served, strict, and without a word from elsewhere."""

import re

import pytest

from server.api.static import static_folder
from tests.api.node import TestNode

pytestmark = pytest.mark.adapter

PAGES = {"/setup": "console/setup.html", "/docs": "docs/docs.html"}


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_html_under_a_strict_policy(node: TestNode, path: str) -> None:
    """SECURITY, stored XSS."""
    answer = await node.ask("GET", path)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_nothing_inline_and_nothing_from_another_host(
    node: TestNode, path: str
) -> None:
    text = (await node.ask("GET", path)).text
    wanted = re.findall(r'(?:src|href)="([^"]+)"', text)

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", text)
    assert wanted
    assert not [url for url in wanted if not url.startswith(("/", "#", "data:,"))]


@pytest.mark.parametrize("path", PAGES)
async def test_the_files_that_a_page_needs_are_there(node: TestNode, path: str) -> None:
    text = (await node.ask("GET", path)).text

    for url in re.findall(r'(?:<link[^>]*?href|<script[^>]*?src)="(/[^"]+)"', text):
        answer = await node.ask("GET", url)
        assert answer.status_code == 200
        kind = "css" if url.endswith(".css") else "javascript"
        assert kind in answer.headers["content-type"]
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", PAGES.values())
async def test_every_control_of_a_page_has_a_name(path: str) -> None:
    text = (static_folder() / path).read_text()

    labelled = set(re.findall(r'<label for="(\w+)"', text))
    assert set(re.findall(r'<input id="(\w+)"', text)) == labelled
    assert '<html lang="en">' in text
    assert "<title>" in text
    assert "<h1>" in text


def test_no_script_of_ours_makes_markup_of_text() -> None:
    for script in (static_folder() / "console" / "setup.js", static_folder() / "docs" / "docs.js"):
        text = script.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


@pytest.mark.parametrize(
    "path",
    ["/console/../../pyproject.toml", "/console/%2e%2e/%2e%2e/pyproject.toml", "/docs/none.js"],
)
async def test_no_file_but_these_is_served(node: TestNode, path: str) -> None:
    answer = await node.ask("GET", path)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_a_file_is_not_written_to(node: TestNode) -> None:
    answer = await node.ask("POST", "/console/setup.css")

    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"


async def test_the_console_is_a_folder(node: TestNode) -> None:
    answer = await node.ask("GET", "/console")

    assert (answer.status_code, answer.headers["location"]) == (308, "/console/")
