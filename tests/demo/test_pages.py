"""The demo's addresses: who gets in, who may show what in a frame, and what a stranger learns."""

import re
from http.cookies import SimpleCookie

import httpx2
import pytest

from server import ids
from server.api.static import static_folder
from tests.api.node import Template, bearer, running_node
from tests.demo.conftest import KEY, Demo

pytestmark = pytest.mark.adapter

SESSION = "/demo/session"
OURS = {"Sec-Fetch-Site": "same-origin"}


async def trade(demo: Demo, secret: object, **headers: str) -> httpx2.Response:
    return await demo.node.ask("POST", SESSION, {**OURS, **headers}, json={"secret": secret})


def policy(answer: httpx2.Response) -> dict[str, str]:
    """A Content Security Policy by directive."""
    parts = answer.headers["content-security-policy"].split("; ")
    return {name: values for name, _, values in (part.partition(" ") for part in parts)}


async def test_the_link_signs_in_as_the_demos_agent_for_as_long_as_anybody(demo: Demo) -> None:
    answer = await trade(demo, await demo.link())

    (cookie,) = SimpleCookie(answer.headers["set-cookie"]).values()
    listed = await demo.node.ask("GET", "/api/v1/conversations", bearer(cookie.value))
    assert (answer.status_code, answer.json()) == (200, {"agent": "Sam"})
    assert answer.headers["cache-control"] == "no-store"
    assert cookie["httponly"]
    assert cookie["samesite"] == "strict"
    assert int(cookie["max-age"]) == 30 * 86_400
    assert listed.status_code == 200


async def test_a_link_is_good_once(demo: Demo) -> None:
    secret = await demo.link()

    answers = [await trade(demo, secret) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 403]
    assert "set-cookie" not in answers[1].headers


async def test_a_link_is_good_for_half_an_hour(demo: Demo) -> None:
    early, late = await demo.link(), 30 * 60
    demo.node.clock.forward(late - 1)
    in_time = await trade(demo, early)
    other = await demo.link()
    demo.node.clock.forward(late)

    too_late = await trade(demo, other)

    assert (in_time.status_code, too_late.status_code) == (200, 403)


async def test_a_new_link_ends_the_one_before(demo: Demo) -> None:
    first, second = await demo.link(), await demo.link()

    old, new = await trade(demo, first), await trade(demo, second)

    assert (old.status_code, new.status_code) == (403, 200)


async def test_the_store_does_not_know_the_links_secret(demo: Demo) -> None:
    secret = await demo.link()
    kept = await demo.node.store.read(lambda tx: tx.meta("demo.link"))

    assert kept is not None
    assert secret not in kept
    assert kept.startswith(ids.secret_hash(secret))


@pytest.mark.parametrize("secret", ["", "dm_wrong", "\x00", "é" * 200])
async def test_a_wrong_secret_is_refused_with_the_same_words(demo: Demo, secret: str) -> None:
    await demo.link()

    answer = await trade(demo, secret)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"
    assert "set-cookie" not in answer.headers


async def test_before_any_link_nothing_is_a_secret(demo: Demo) -> None:
    answer = await trade(demo, "")

    assert answer.status_code == 403


@pytest.mark.parametrize("secret", [None, 7, True, [], {}, "x" * 201])
async def test_what_is_no_secret_at_all_is_told_so(demo: Demo, secret: object) -> None:
    answer = await trade(demo, secret)

    assert answer.status_code == 422


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_another_sites_page_cannot_sign_anybody_in(demo: Demo, site: str) -> None:
    secret = await demo.link()

    foreign = await trade(demo, secret, **{"Sec-Fetch-Site": site})
    own = await trade(demo, secret)

    assert (foreign.status_code, own.status_code) == (403, 200)


async def test_who_is_told_is_who_the_cookie_is_and_else_nobody(demo: Demo) -> None:
    signed_in = await trade(demo, await demo.link())
    cookie = signed_in.headers["set-cookie"].partition(";")[0]

    known = await demo.node.ask("GET", SESSION, {"Cookie": cookie})
    stale = await demo.node.ask("GET", SESSION, {"Cookie": "parley_session=at_nobody"})
    demo.node.client.cookies.clear()
    nobody = await demo.node.ask("GET", SESSION)

    assert known.json() == {"agent": "Sam"}
    assert stale.json() == nobody.json() == {"agent": None}


@pytest.mark.parametrize("path", ["/demo", "/demo/shop", "/console/setup.html"])
async def test_opening_a_page_gives_nobody_a_cookie(demo: Demo, path: str) -> None:
    await demo.link()

    answer = await demo.node.ask("GET", path)

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/demo", "/demo/shop"])
async def test_a_page_carries_the_key_as_text(demo: Demo, path: str) -> None:
    text = (await demo.node.ask("GET", path)).text

    assert 'data-key="wk_live_&quot;of&lt;the&gt;demo"' in text
    assert KEY not in text
    assert "WIDGET_KEY" not in text


async def test_the_demos_page_shows_our_own_pages_and_is_shown_by_nobody(demo: Demo) -> None:
    answer = await demo.node.ask("GET", "/demo")

    assert policy(answer)["frame-src"] == "'self'"
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", ["/demo/shop", "/console/setup.html"])
async def test_only_our_own_pages_show_the_shop_and_the_console(demo: Demo, path: str) -> None:
    answer = await demo.node.ask("GET", path)

    assert policy(answer)["frame-ancestors"] == "'self'"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize("path", ["/demo", "/demo/shop", "/console/setup.html"])
async def test_a_page_takes_no_script_but_ours_and_no_markup_made_of_text(
    demo: Demo, path: str
) -> None:
    answer = await demo.node.ask("GET", path)

    assert policy(answer)["default-src"] == "'none'"
    assert policy(answer)["script-src"] == policy(answer)["style-src"] == "'self'"
    assert policy(answer)["require-trusted-types-for"] == "'script'"
    assert policy(answer)["trusted-types"] == "'none'"


@pytest.mark.parametrize("name", ["demo.html", "shop.html"])
def test_a_page_has_nothing_inline_and_nothing_from_another_host(name: str) -> None:
    text = (static_folder() / "demo" / name).read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", text)
    wanted = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert wanted
    assert not [url for url in wanted if not url.startswith(("/", "#"))]


async def test_serve_knows_nothing_of_the_demo(
    opened: tuple[Template, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with running_node(opened[0], tmp_path_factory.mktemp("served")) as node:
        missing = [await node.ask("GET", path) for path in ("/demo", "/demo/shop", SESSION, "/")]
        console = await node.ask("GET", "/console/setup.html")

        assert {answer.status_code for answer in missing} == {404}
        assert policy(console)["frame-ancestors"] == "'none'"
        assert console.headers["x-frame-options"] == "DENY"
