"""Our own pages: served, strict, and without a word from elsewhere."""

import os
import re
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from server.api.static import Files, pages, static_folder
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
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert "frame-src 'none'; frame-ancestors 'none'" in policy
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
        kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
        assert answer.headers["content-type"].startswith(kinds[url.rpartition(".")[2]])
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
    scripts = [path for path in static_folder().rglob("*.js") if "vendor" not in path.parts]

    assert scripts
    for script in scripts:
        text = script.read_text()
        assert not re.search(
            r"\.innerHTML\s*=|\.outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(", text
        ), script


@pytest.mark.parametrize(
    "path",
    [
        "/console/../../pyproject.toml",
        "/console/%2e%2e/%2e%2e/pyproject.toml",
        "/console/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/console/..%5c..%5cpyproject.toml",
        "/console//etc/passwd",
        "/console/%2fetc/passwd",
        "/console/setup.js/",
        "/console/setup.js%00.css",
        "/console/.hidden.js",
        "/console/SETUP.JS",
        "/console/" + "a" * 5_000 + ".js",
        "/console/" + "a/" * 90 + "a.js",
        "/console/%ff.js",
        "/docs/none.js",
        "/docs/",
        "/widget/",
        "/protocol/__init__.py",
        "/markup/none.js",
    ],
)
async def test_no_file_but_ours_is_served_and_no_folder_is_listed(
    node: TestNode, path: str
) -> None:
    answer = await node.ask("GET", path)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "name",
    [
        "secret.py", ".DS_Store", "notes", "way-out.js", "folder.js",
        "../outside.js", "./a.js", "a.js\n", "/a.js", "", "a.js\x00", "folder.js/../a.js",
    ],
)  # fmt: skip
async def test_a_stranger_among_our_files_is_not_served(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "static"
    (folder / "folder.js").mkdir(parents=True)
    for real in (tmp_path / "outside.js", folder / "a.js"):
        real.write_text("export {};")
    (folder / "way-out.js").symlink_to(tmp_path / "outside.js")
    for other in ("secret.py", ".DS_Store", "notes"):
        (folder / other).write_text("not for browsers")

    with pytest.raises(HTTPException) as refused:
        await Files(folder).get(name)
    assert refused.value.status_code == 404


async def test_a_file_that_was_changed_is_served_as_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    file.write_text("1;")
    os.utime(file, ns=(1, 1))
    files = Files(tmp_path)

    before = await files.get("a.js")
    file.write_text("2;")
    os.utime(file, ns=(2, 2))
    after = await files.get("a.js")

    assert (before.plain, after.plain) == (b"1;", b"2;")
    assert before.version != after.version


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/console/console.css", "/widget.js", "/console/", "/setup"])
async def test_a_file_is_only_read(node: TestNode, path: str, method: str) -> None:
    answer = await node.ask(method, path)

    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_head_tells_of_a_file_what_get_does(node: TestNode) -> None:
    got = await node.ask("GET", "/console/setup.js")
    told = await node.ask("HEAD", "/console/setup.js")

    ours = {"x-request-id"}
    assert told.status_code == 200
    assert {k: v for k, v in told.headers.items() if k not in ours} == {
        k: v for k, v in got.headers.items() if k not in ours
    }


async def test_a_file_is_packed_for_who_takes_it_and_is_the_same_file(node: TestNode) -> None:
    plain = await node.ask("GET", "/console/setup.js", {"Accept-Encoding": "identity"})
    packed = await node.ask("GET", "/console/setup.js", {"Accept-Encoding": "br, gzip;q=0.5"})
    refused = await node.ask("GET", "/console/setup.js", {"Accept-Encoding": "gzip;q=0.0"})

    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.content == plain.content == (static_folder() / "console/setup.js").read_bytes()
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize("weak", ["", "W/"])
async def test_who_has_a_file_is_told_so_and_is_sent_nothing(node: TestNode, weak: str) -> None:
    first = await node.ask("GET", "/console/setup.js")

    named = f'"other", {weak}{first.headers["etag"]}'
    again = await node.ask("GET", "/console/setup.js", {"If-None-Match": named})
    other = await node.ask("GET", "/console/setup.js", {"If-None-Match": '"other"'})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert other.status_code == 200


@pytest.mark.parametrize("path", ["/console/", "/setup", "/docs"])
async def test_who_has_a_page_is_told_the_policy_of_today(node: TestNode, path: str) -> None:
    """A release may change the policy of a page whose bytes stay as they were."""
    first = await node.ask("GET", path)

    again = await node.ask("GET", path, {"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    for name in ("content-security-policy", "cross-origin-opener-policy"):
        assert again.headers[name] == first.headers[name]


async def test_a_file_is_kept_for_a_year_only_under_its_own_hash(node: TestNode) -> None:
    plain = await node.ask("GET", "/console/setup.js", {"Accept-Encoding": "identity"})
    version = plain.headers["etag"].strip('"')

    own = [
        await node.ask("GET", f"/console/setup.js?v={named}") for named in (version, version[:8])
    ]
    others = [
        await node.ask("GET", f"/console/setup.js?{query}")
        for query in ("", "v=", f"v={version[:7]}", f"v={version}0", "v=0123456789abcdef")
    ]

    assert {one.headers["cache-control"] for one in others} == {"no-cache"}
    assert {one.headers["cache-control"] for one in own} == {"public, max-age=31536000, immutable"}


@pytest.fixture(params=["server/static", "static"])
def installed(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, httpx2.AsyncClient]:
    """Where the files are, in a wheel and in a checkout, and a browser that asks for them."""
    kind: str = request.param
    for name in ("widget.js", "widget/chat.js", "protocol/link.js", "markup/markdown.js"):
        file = tmp_path / kind / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("export {};")
    places = (tmp_path / "server/static", tmp_path / "static")
    monkeypatch.setattr("server.api.static._candidates", lambda: places)
    transport = httpx2.ASGITransport(app=Starlette(routes=pages()))
    return kind, httpx2.AsyncClient(transport=transport, base_url="http://parley.test")


@pytest.mark.parametrize(
    "path", ["/widget.js", "/widget/chat.js", "/protocol/link.js", "/markup/markdown.js"]
)
async def test_every_sites_pages_may_load_what_the_widget_is_made_of(
    installed: tuple[str, httpx2.AsyncClient], path: str
) -> None:
    kind, browser = installed

    answer = await browser.get(path, headers={"Origin": "https://shop.example"})

    is_kept = (kind, path) == ("server/static", "/widget.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert ("max-age=300" in answer.headers["cache-control"]) is is_kept
    assert (answer.headers["cache-control"] == "no-cache") is not is_kept


@pytest.mark.parametrize("path", ["/console/setup.js", "/docs/docs.js", "/setup"])
async def test_the_consoles_files_are_for_our_own_pages(node: TestNode, path: str) -> None:
    answer = await node.ask("GET", path, {"Origin": "https://shop.example"})

    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_the_console_is_a_folder(node: TestNode) -> None:
    answer = await node.ask("GET", "/console")

    assert (answer.status_code, answer.headers["location"]) == (308, "/console/")
