"""The harness notices what it promises to notice; and our plain pages keep to their policy."""

import pytest
from playwright.async_api import expect

from tests.browser.harness import SERVER_GONE, OpenSite, Site, plain, strict_policy
from tests.browser.tap import Tap

pytestmark = pytest.mark.adapter


def without_widget(s: Site) -> str:
    return plain(s).replace(s.snippet, "")


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("setTimeout(() => { throw new Error('nobody caught me') })", "nobody caught me"),
        ("console.error('it went wrong')", "it went wrong"),
        ("fetch('https://elsewhere.invalid/').catch(() => {})", "asked a stranger: https://else"),
        ("new Image().src = 'https://elsewhere.invalid/a.png'", "policy broken: img-src"),
        ("document.body.innerHTML = '<b>markup</b>'", "policy broken: require-trusted-types"),
    ],
)
async def test_a_page_that_misbehaves_fails_its_test(
    site: OpenSite, script: str, told: str
) -> None:
    async def visit() -> None:
        policy = None if "stranger" in told else strict_policy
        async with site(html=without_widget, policy=policy) as s:
            page = await s.visitor_page()
            await page.evaluate(f"() => {{ try {{ {script} }} catch {{}} }}")
            await page.evaluate("() => new Promise((done) => setTimeout(done))")

    with pytest.raises(AssertionError, match=told):
        await visit()


async def test_an_error_that_a_test_causes_is_no_fault_when_it_says_so(site: OpenSite) -> None:
    async with site(html=without_widget) as s:
        s.watch.expect("as planned")
        page = await s.visitor_page()
        await page.evaluate("console.error('as planned')")


async def test_the_sites_page_and_the_server_are_two_sites(site: OpenSite) -> None:
    async with site(html=without_widget) as s:
        page = await s.visitor_page("/pricing")
        answer = await page.evaluate(
            f"fetch('{s.server_origin}/healthz').then(() => 'read', () => 'refused')"
        )
        s.watch.expect("CORS policy", "Failed to load resource")

        assert page.url == f"{s.origin}/pricing"
        assert answer == "refused"


async def test_an_agent_is_signed_in_by_the_planted_cookie(site: OpenSite) -> None:
    async with site() as s:
        page = await s.console_page("Ann", "/setup")
        status = await page.evaluate("fetch('/api/v1/conversations').then(({status}) => status)")

        assert status == 200


LISTEN = """(url) => new Promise((done) => {
  window.frames_ = [];
  const socket = window.socket_ = new WebSocket(url, "parley.v1.json");
  socket.onmessage = ({data}) => { window.frames_.push(JSON.parse(data)); };
  socket.onopen = done;
})"""
SEND = "(frame) => window.socket_.send(JSON.stringify(frame))"
HAS = """([type, count]) => {
  const types = window.frames_.map((frame) => frame.type);
  return types.filter((one) => one === type).length >= count && types;
}"""


async def test_a_tap_drops_holds_and_repeats_what_the_server_sends(site: OpenSite) -> None:
    tap = Tap()
    async with site(html=without_widget, acme={"greeting": ["Hi"]}) as s:
        page = await s.visitor_page(tap=tap)
        await page.evaluate(LISTEN, f"{s.server_origin.replace('http', 'ws', 1)}/ws/widget")
        tap.drop(lambda frame: frame["type"] == "greeting")
        tap.hold(lambda frame: frame["type"] == "ack")
        tap.repeat(lambda frame: frame["type"] == "pong")
        await page.evaluate(SEND, {"type": "hello", "id": "1", "data": {"key": s.key}})
        await page.evaluate(SEND, {"type": "opened", "id": "2", "data": {}})
        await page.evaluate(SEND, {"type": "conversations", "id": "3", "data": {}})
        await page.evaluate(SEND, {"type": "ping", "id": "4"})
        before = await (await page.wait_for_function(HAS, arg=["pong", 2])).json_value()
        while len([frame for frame in tap.touched if frame["type"] == "ack"]) < 2:
            await page.evaluate("() => new Promise((done) => setTimeout(done))")
        tap.release()
        after = await (await page.wait_for_function(HAS, arg=["ack", 2])).json_value()

        assert "ack" not in before
        assert "greeting" not in after
        assert after.count("pong") == after.count("ack") == 2
        assert "greeting" in [frame["type"] for frame in tap.touched]


async def test_a_server_that_is_killed_comes_back_on_its_port_with_its_data(
    killable_site: OpenSite,
) -> None:
    async with killable_site(html=without_widget) as s:
        s.watch.expect(*SERVER_GONE)
        assert s.process is not None
        page = await s.console_page("Sam", "/setup")
        ask = "fetch('/api/v1/conversations').then(({status}) => status, () => 'gone')"

        await s.process.kill()
        gone = await page.evaluate(ask)
        await s.process.start()
        back = await page.evaluate(ask)

        assert (gone, back) == ("gone", 200)


async def test_the_documentation_is_written_under_the_strict_policy(site: OpenSite) -> None:
    async with site() as s:
        page = await s.console_page(None, "/docs")

        await expect(page.locator("#operations").get_by_role("heading").first).to_be_visible()


async def test_the_set_up_page_works_under_the_strict_policy(site: OpenSite) -> None:
    async with site() as s:
        page = await s.console_page(None, "/setup")

        await expect(page.get_by_role("alert")).to_contain_text("needs the link")
