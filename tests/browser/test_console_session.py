"""Signing in and out of the console, the set-up link, and what a lost connection changes."""

import json
import re

import pytest
from playwright.async_api import BrowserContext, Page, WebSocketRoute, expect

from server import bootstrap
from server.store.port import Transaction
from tests.browser.console_states import (
    FAILED_SOCKET,
    PASSWORD,
    REFUSED,
    conversation,
    door,
    field_of,
    furnish,
    give_passwords,
    opened,
    show,
)
from tests.browser.harness import OpenSite, Site
from tests.browser.tap import Tap

pytestmark = pytest.mark.adapter


async def sign_in(page: Page, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail").fill("Sam@Acme.test ")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_signing_in_opens_the_console_and_a_wrong_password_does_not(site: OpenSite) -> None:
    async with site() as s:
        s.watch.expect(REFUSED)
        await give_passwords(s, s.node.acme.id)
        page = await door(s)

        await sign_in(page, "not this one")
        await expect(page.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
        await expect(page.get_by_label("Password")).to_be_focused()
        await sign_in(page)

        await expect(page.get_by_role("navigation", name="Console")).to_be_visible()


async def test_empty_fields_are_told_before_anybody_is_asked(site: OpenSite) -> None:
    async with site() as s:
        page = await door(s)

        await page.get_by_role("button", name="Sign in").click()

        await expect(page.get_by_role("alert")).to_contain_text("Enter your e-mail")
        await expect(page.get_by_label("E-mail")).to_be_focused()


async def test_an_email_of_several_workspaces_asks_which(site: OpenSite) -> None:
    async with site() as s:
        s.watch.expect(REFUSED)
        await give_passwords(s, s.node.acme.id, s.node.other.id)
        page = await door(s)

        await sign_in(page)
        await page.get_by_label("Workspace").select_option(s.node.other.id)
        await page.get_by_role("button", name="Sign in").click()

        await expect(page.locator(".workspace")).to_have_text("Other")


async def test_too_many_attempts_are_told_with_the_time_to_wait(site: OpenSite) -> None:
    async with site(rate_limits="on") as s:
        s.watch.expect(REFUSED)
        page = await door(s)
        wait = page.get_by_role("alert").filter(has_text="You can try again in")

        for _ in range(40):
            if await wait.count():
                break
            await sign_in(page, "guess")
            await expect(page.get_by_role("alert")).not_to_be_empty()

        await expect(wait).to_contain_text(re.compile(r"\d+ s"))
        await expect(page.get_by_role("button", name="Sign in")).to_have_attribute(
            "aria-disabled", "true"
        )


async def test_the_set_up_link_leads_to_the_console(site: OpenSite) -> None:
    async with site() as s:
        store = s.node.node.gateway.store
        await store.write(_without_owners)
        secret = await store.write(
            lambda tx: bootstrap.issue_setup_link(tx, s.node.node.gateway.clock.now_ms())
        )
        page = await s.console_page(None, f"/setup#{secret}")

        await page.get_by_label("Your name").fill("Kim")
        await page.get_by_label("E-mail").fill("kim@acme.test")
        await page.get_by_label("Password").fill("a few random words")
        await page.get_by_role("button", name="Make the account").click()
        await page.get_by_role("link", name="Open the console").click()

        await expect(page.locator(".own-words")).to_contain_text("Kim")


def _without_owners(tx: Transaction) -> None:
    """Nobody owns this server yet."""
    for workspace in tx.workspaces.all():
        for agent in tx.agents.of_workspace(workspace.id):
            tx.agents.update(workspace.id, agent.id, {"disabled_at": 1})


async def test_signing_out_leaves_nothing_that_was_written_in_the_browser(site: OpenSite) -> None:
    async with site() as s:
        scene = await furnish(s)
        page = await opened(s, scene.jane)
        await field_of(page).fill("not sent")
        await page.get_by_role("button", name="Your menu").click()
        await page.get_by_role("menuitem", name="Sign out and drop 1 draft").click()

        await expect(page.get_by_role("heading", name="Sign in to Parley")).to_be_visible()
        kept = await page.evaluate("() => Object.keys(localStorage)")
        assert not [name for name in kept if "draft" in name or "outbox" in name]


async def test_signed_out_elsewhere_asks_to_sign_in_and_keeps_the_draft(site: OpenSite) -> None:
    async with site() as s:
        s.watch.expect(REFUSED)
        await give_passwords(s, s.node.acme.id)
        made = await conversation(s, "Hello")
        page = await opened(s, made)
        await field_of(page).fill("half a sentence")

        await page.evaluate("fetch('/api/v1/auth/logout', {method: 'POST'})")
        await expect(page.get_by_text("You were signed out")).to_be_visible()
        await sign_in(page)

        await expect(field_of(page)).to_have_value("half a sentence")


async def test_the_server_is_killed_and_back_and_nothing_is_lost(killable_site: OpenSite) -> None:
    async with killable_site() as s:
        assert s.process is not None
        s.watch.expect(FAILED_SOCKET, REFUSED)
        visitor = await s.visitor_page()
        await _say(visitor, "Hello from the site")
        page = await show(s, "all")
        await page.locator(".row").click()
        await expect(page.get_by_role("log")).to_contain_text("Hello from the site")

        await s.process.kill()
        await expect(page.get_by_text("Offline since")).to_be_visible()
        await field_of(page).fill("Written while you were gone")
        await field_of(page).press("Enter")
        await expect(page.get_by_text("Waits for the connection")).to_be_visible()
        await s.process.start()
        await page.get_by_role("button", name="Try now").click(timeout=5000)

        await expect(page.locator(".is-pending")).to_have_count(0)
        await expect(page.locator(".banner")).to_have_count(0)
        await expect(page.locator(".row")).to_contain_text("Written while you were gone")
        assert await page.get_by_role("log").get_by_text("Written while").count() == 1


async def _say(page: Page, words: str) -> None:
    """Write as the visitor, over the visitor's own protocol."""
    await page.evaluate(
        """([url, key, body]) => new Promise((done, fail) => {
          const socket = new WebSocket(url, "parley.v1.json");
          socket.onopen = () => {
            socket.send(JSON.stringify({type: "hello", id: "1", data: {key}}));
            socket.send(JSON.stringify({type: "message", id: "2",
              data: {clientMessageId: "c-1", body}}));
          };
          socket.onmessage = ({data}) => {
            const {type, id} = JSON.parse(data);
            if (id === "2") { socket.close(); type === "ack" ? done() : fail(new Error(data)); }
          };
        })""",
        [await _socket_of(page), await _key_of(page), words],
    )


async def _key_of(page: Page) -> str:
    return str(await page.locator("script[data-key]").get_attribute("data-key"))


async def _socket_of(page: Page) -> str:
    source = str(await page.locator("script[data-key]").get_attribute("src"))
    return source.replace("http", "ws", 1).replace("/widget.js", "/ws/widget")


async def test_what_was_sent_offline_survives_a_reload_and_is_sent_once(site: OpenSite) -> None:
    tap = Tap()
    async with site() as s:
        made = await conversation(s, "Hello")
        page = await opened(s, made, tap=tap)
        tap.drop(lambda frame: frame["type"] in ("ack", "event") and "seq" in frame["data"])

        await field_of(page).fill("Sent, and never answered")
        await field_of(page).press("Enter")
        await expect(page.get_by_text("Sending…")).to_be_visible()
        while not [one for one in tap.touched if one["type"] == "ack"]:
            await page.evaluate("() => new Promise((done) => setTimeout(done))")
        tap.release()
        await page.reload()

        await expect(page.locator(".is-pending")).to_have_count(0)
        said = page.get_by_role("log").get_by_text("Sent, and never answered")
        await expect(said).to_have_count(1)
        kept = await page.evaluate("() => Object.keys(localStorage)")
        assert not [name for name in kept if "outbox" in name]


async def test_a_message_that_is_refused_can_be_sent_again_or_discarded(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        context = await s.context()
        refusing = await _refuse_first(s, context)
        page = await opened(s, made, context=context)

        await field_of(page).fill("The first try")
        await field_of(page).press("Enter")
        await page.get_by_role("button", name="Retry").click()
        event = await visitor.event(kind="message", seq=2)
        await field_of(page).fill("No more")
        refusing.append(1)
        await field_of(page).press("Enter")
        await page.get_by_role("button", name="Discard").click()

        assert event["body"] == "The first try"
        await expect(page.locator(".is-pending")).to_have_count(0)
        await expect(page.get_by_role("log").get_by_text("No more")).to_have_count(0)


async def _refuse_first(s: Site, context: BrowserContext) -> list[int]:
    """Refuse as many messages as the list is long."""
    left = [1]

    async def route(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def to_server(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame["type"] == "message" and left:
                left.pop()
                error = {"message": "No.", "status": 403, "code": "forbidden"}
                socket.send(json.dumps({"type": "error", "id": frame["id"], "error": error}))
            else:
                server.send(message)

        socket.on_message(to_server)

    await context.route_web_socket(lambda url: "/ws/" in url, route)
    return left


async def test_a_conversation_that_is_open_catches_up_after_a_break(site: OpenSite) -> None:
    tap = Tap()
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        page = await opened(s, made, tap=tap)
        tap.drop(lambda frame: frame["type"] == "event")
        for number in range(5):
            await visitor.say(f"Lost on the way {number}", f"l-{number}")
        async with s.node.agent("Bob") as bob:
            await bob.request("labels", conversationId=made, add=["new"])
            await bob.request("note", conversationId=made, clientMessageId="n", body="A note")
        tap.release()

        await tap.cut()

        log = page.get_by_role("log")
        await expect(log.get_by_text("Lost on the way 4")).to_have_count(1)
        await expect(log.get_by_text("A note")).to_have_count(1)
        bodies = await log.locator("article .markdown").all_inner_texts()
        assert bodies == ["Hello", *[f"Lost on the way {n}" for n in range(5)], "A note"]
        await expect(page.get_by_role("complementary", name="Details")).to_contain_text("new")


async def test_an_event_that_is_lost_is_asked_for_when_the_next_one_comes(site: OpenSite) -> None:
    tap = Tap()
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        page = await opened(s, made, tap=tap)
        tap.drop(lambda frame: frame["type"] == "event", times=1)
        await visitor.say("This one is lost", "c-2")
        tap.repeat(lambda frame: frame["type"] == "event")
        await visitor.say("This one comes twice", "c-3")

        log = page.get_by_role("log")
        await expect(log.get_by_text("This one comes twice")).to_be_visible()
        bodies = await log.locator("article .markdown").all_inner_texts()
        assert bodies == ["Hello", "This one is lost", "This one comes twice"]


async def test_two_tabs_of_one_agent_show_the_same(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, "Hello")
        context = await s.context()
        one = await opened(s, made, context=context)
        two = await opened(s, made, context=context)

        await field_of(one).fill("From the first tab")
        await field_of(one).press("Enter")
        await expect(two.get_by_role("log")).to_contain_text("From the first tab")
        await field_of(two).fill("From the second tab")
        await field_of(two).press("Enter")

        for page in (one, two):
            said = page.get_by_role("log").locator("article .markdown")
            await expect(said).to_have_text(["Hello", "From the first tab", "From the second tab"])


async def test_availability_is_kept_and_seen_by_colleagues(site: OpenSite) -> None:
    async with site() as s:
        bob = await show(s, "mine", "Bob")
        sam = await show(s, "mine", "Sam")
        mate = bob.locator(".teammate", has_text="Sam")
        await expect(mate).to_contain_text("is online")

        await sam.get_by_role("button", name="Your menu").click()
        await sam.get_by_role("menuitemradio", name="Away").click()
        await expect(mate).to_contain_text("is away")
        await sam.reload()

        await expect(sam.locator(".own-words")).to_contain_text("Away")
        await expect(mate).to_contain_text("is away")


async def test_storage_full_of_rubbish_or_forbidden_changes_nothing(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, "Hello")
        agent = s.node.acme.agents["Sam"].id
        context = await s.context()
        await context.add_init_script(
            f"""const kept = {{
              "parley draft {agent} {made} reply": "{{broken", "parley outbox {agent} x": "[]",
              "parley outbox {agent} y": '{{"conversationId": 4, "pending": null}}',
              "parley availability {agent}": "elsewhere", "parley theme": "pink",
            }};
            if (location.protocol.startsWith("http"))
              for (const [name, text] of Object.entries(kept)) localStorage.setItem(name, text);"""
        )
        page = await opened(s, made, context=context)
        await expect(field_of(page)).to_have_value("")
        await expect(page.locator(".is-pending")).to_have_count(0)

        barred = await s.context()
        await barred.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new Error('barred'); }});"
        )
        other = await opened(s, made, context=barred)
        await field_of(other).fill("It works")
        await field_of(other).press("Enter")

        await expect(page.get_by_role("log")).to_contain_text("It works")


async def test_nothing_that_one_agent_wrote_is_sent_in_the_name_of_another(site: OpenSite) -> None:
    tap = Tap()
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        context = await s.context(tap=tap)
        page = await opened(s, made, "Sam", context=context)
        await field_of(page).fill("A draft of Sam")
        await s.sign_in(context, "Bob")
        await tap.cut()

        await expect(page.locator(".own-words")).to_contain_text("Bob")
        await expect(field_of(page)).to_have_value("")
        await field_of(page).fill("From Bob")
        await field_of(page).press("Enter")
        event = await visitor.event(kind="message", seq=2)
        assert (event["body"], event["author"]["name"]) == ("From Bob", "Bob")
        await s.sign_in(context, "Sam")
        await page.reload()

        await expect(field_of(page)).to_have_value("A draft of Sam")
