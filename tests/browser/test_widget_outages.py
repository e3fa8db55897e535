"""Whatever is lost on the way, the widget says so, keeps what was written, and comes to show what
the server has: once, in order (DELIVERY K).
"""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.harness import OpenSite
from tests.browser.tap import Tap
from tests.browser.widget_states import (
    answering,
    launcher,
    messages,
    open_chat,
    panel,
    send,
    talk,
    write,
)

pytestmark = pytest.mark.adapter

REFUSED = "ERR_CONNECTION_REFUSED"
DISCONNECTED = "ERR_INTERNET_DISCONNECTED"
FIRST = "Hello! Does the oak desk come in a longer version?"


async def reset(page: Page, tap: Tap) -> None:
    """Tell every tab what the server tells each of a device whose session was reset."""
    visitor = await page.evaluate("Parley.getVisitorId()")
    data = {"reason": "reset", "visitorId": visitor, "sessionToken": "st_fresh"}
    await page.evaluate("void Parley.on('sessionReset', () => { window.isReset = true; })")
    tap.say({"type": "sessionReset", "data": data})
    await page.wait_for_function("window.isReset")


def banner(page: Page) -> Any:
    return panel(page).locator(".banner")


def stored(name: str) -> str:
    return f"localStorage[Object.keys(localStorage).find((key) => key.endsWith(':{name}'))]"


async def test_a_reload_changes_nothing(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        visitor = await page.evaluate("Parley.getVisitorId()")

        await page.reload()

        await expect(messages(page)).to_have_text([FIRST])
        assert await page.evaluate("Parley.getVisitorId()") == visitor


async def test_a_message_written_offline_is_sent_once_when_the_network_is_back(
    site: OpenSite,
) -> None:
    async with site() as s:
        s.watch.expect(DISCONNECTED)
        tap = Tap()
        page = await talk(s, tap=tap)
        await page.context.set_offline(True)
        await tap.cut()
        await expect(banner(page)).to_contain_text("Offline. Last in touch")
        await write(page, "One")
        await write(page, "Two")
        await expect(panel(page).locator(".notes").last).to_contain_text("Waiting")

        await page.context.set_offline(False)

        await expect(panel(page).locator(".notes").last).to_contain_text("Sent")
        await expect(banner(page)).to_be_hidden()
        await expect(messages(page)).to_have_text([FIRST, "One", "Two"])
        async with answering(s) as (agent, conversation_id):
            log = await agent.request("history", conversationId=conversation_id, log="public")
        assert [event["body"] for event in log["events"]] == [FIRST, "One", "Two"]


async def test_a_message_survives_the_reload_before_it_was_sent(site: OpenSite) -> None:
    async with site() as s:
        tap = Tap()
        tap.drop(lambda frame: frame["type"] == "welcome")
        page = await s.visitor_page(tap=tap)
        await launcher(page).click()
        await write(page, "Kept")
        await expect(panel(page).locator(".notes")).to_contain_text("Waiting")
        tap.release()

        await page.reload()

        await expect(panel(page).locator(".notes")).to_contain_text("Sent")
        await expect(messages(page)).to_have_text(["Kept"])


async def test_a_message_whose_ack_is_lost_is_stored_and_shown_once(site: OpenSite) -> None:
    async with site() as s:
        tap = Tap()
        page = await talk(s, tap=tap)
        tap.drop(lambda frame: frame["type"] in ("ack", "event"))
        await write(page, "Once")
        await expect(panel(page).locator(".notes").last).to_contain_text("Sending")
        tap.release()
        await tap.cut()

        await expect(panel(page).locator(".notes").last).to_contain_text("Sent")
        await expect(messages(page)).to_have_text([FIRST, "Once"])


async def test_what_is_lost_on_the_way_is_fetched(site: OpenSite) -> None:
    async with site() as s:
        tap = Tap()
        page = await talk(s, tap=tap)
        tap.drop(lambda frame: frame["type"] == "event" and frame["data"]["body"] == "One", times=1)
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "One", "a-1")
            await agent.say(conversation_id, "Two", "a-2")

            await expect(messages(page)).to_have_text([FIRST, "One", "Two"])
        assert tap.touched


async def test_what_comes_twice_is_shown_once(site: OpenSite) -> None:
    async with site() as s:
        tap = Tap()
        page = await talk(s, tap=tap)
        tap.repeat(lambda frame: frame["type"] == "event")
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "One", "a-1")
            await agent.say(conversation_id, "Two", "a-2")

            await expect(messages(page)).to_have_text([FIRST, "One", "Two"])


async def test_frames_and_kinds_of_a_later_version_are_passed_over(site: OpenSite) -> None:
    async with site() as s:
        page = await s.visitor_page()
        await page.add_init_script(
            """
            const { prototype } = WebSocket;
            const { set } = Object.getOwnPropertyDescriptor(prototype, "onmessage");
            Object.defineProperty(prototype, "onmessage", {
              set(listener) {
                set.call(this, listener && ((event) => {
                  const frame = JSON.parse(event.data);
                  if (frame.type === "event") {
                    const news = { type: "hologram", data: { depth: 3 } };
                    listener({ data: JSON.stringify(news) });
                    frame.data.sparkles = true;
                    if (frame.data.body === "unknown") frame.data.kind = "holographed";
                  }
                  listener({ data: JSON.stringify(frame) });
                }));
              },
            });
            """
        )
        await page.reload()
        await open_chat(page)
        await send(page, FIRST)
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "unknown", "a-1")
            await agent.say(conversation_id, "known", "a-2")

            await expect(messages(page)).to_have_text([FIRST, "known"])
        await expect(banner(page)).to_be_hidden()


async def test_a_chat_that_was_opened_shows_what_a_fresh_one_does(site: OpenSite) -> None:
    """Convergence: what the pushes made of the old state is what is read anew."""
    async with site() as s:
        tap = Tap()
        page = await talk(s, tap=tap)
        lost = iter(range(1000))
        tap.drop(
            lambda frame: frame["type"] in ("event", "conversationUpdate") and next(lost) % 3 == 1
        )
        async with answering(s) as (agent, conversation_id):
            first = await agent.say(conversation_id, "One", "a-1")
            await agent.say(conversation_id, "Two", "a-2")
            await agent.request(
                "editMessage", conversationId=conversation_id, seq=first["seq"], body="Won"
            )
            await agent.request("assign", conversationId=conversation_id, agentId=agent.agent_id)
            await agent.request("status", conversationId=conversation_id, status="resolved")
            await agent.request("status", conversationId=conversation_id, status="open")
            last = await agent.say(conversation_id, "Three", "a-3")
            await expect(messages(page)).to_have_text([FIRST, "Won", "Two", "Three"])
            await agent.expect("read", conversationId=conversation_id, seq=last["seq"])
        tap.release()
        pushed = await panel(page).locator(".rows").inner_text()
        fresh = await s.visitor_page(context=page.context)
        await open_chat(fresh)
        await expect(messages(fresh)).to_have_count(4)

        assert await panel(fresh).locator(".rows").inner_text() == pushed


async def test_the_server_is_killed_and_comes_back_with_everything(
    killable_site: OpenSite,
) -> None:
    async with killable_site() as s:
        s.watch.expect(REFUSED)
        page = await talk(s)
        assert s.process is not None
        await s.process.kill()
        await expect(banner(page)).to_contain_text("Offline")
        await write(page, "Written while it was dead")
        await s.process.start()

        await expect(panel(page).locator(".notes").last).to_contain_text("Sent", timeout=30_000)
        await expect(messages(page)).to_have_text([FIRST, "Written while it was dead"])
        await page.reload()
        await expect(messages(page)).to_have_text([FIRST, "Written while it was dead"])


async def test_two_tabs_show_the_same_and_reading_in_one_is_reading_in_both(
    site: OpenSite,
) -> None:
    async with site() as s:
        one = await talk(s)
        two = await s.visitor_page(context=one.context)
        await expect(launcher(two)).to_be_visible()
        await two.wait_for_function("window.Parley?.isReady()")
        await send(one, "From the first tab")
        await panel(one).get_by_label("Close chat").click()
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "To both", "a-1")
        await expect(launcher(one)).to_have_attribute("data-unread", "1")
        await expect(launcher(two)).to_have_attribute("data-unread", "1")

        await two.bring_to_front()
        await launcher(two).click()

        await expect(messages(two)).to_have_text([FIRST, "From the first tab", "To both"])
        await expect(launcher(one)).not_to_have_attribute("data-unread", "1")


async def test_what_waits_in_one_tab_is_sent_by_another(site: OpenSite) -> None:
    async with site() as s:
        tap = Tap()
        one = await talk(s, tap=tap)
        two = await s.visitor_page(context=one.context)
        await open_chat(two)
        await messages(two).first.hover()
        await expect(panel(two).locator(".menu-button")).to_have_count(1)
        await one.evaluate("WebSocket.prototype.send = () => {}")
        await write(one, "Deaf and dumb")

        await expect(messages(two)).to_have_text([FIRST, "Deaf and dumb"])
        await expect(panel(two).locator(".notes").last).to_contain_text("Sent")


async def test_a_refused_message_stays_until_it_is_sent_again_or_discarded(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        await write(page, "No message may hold \0")
        retry = panel(page).get_by_role("button", name="Retry")
        await expect(retry).to_be_visible()
        await page.reload()
        await expect(retry).to_be_visible()
        await retry.click()
        await expect(retry).to_be_visible()

        await panel(page).get_by_role("button", name="Discard").click()

        await expect(messages(page)).to_have_text([FIRST])
        assert await page.evaluate(stored("outbox")) is None


async def test_nothing_is_sent_under_the_name_of_another_visitor(site: OpenSite) -> None:
    """The device's proof is lost with the site's data, but what was written is not."""
    async with site() as s:
        tap = Tap()
        page = await talk(s, tap=tap)
        tap.drop(lambda frame: frame["type"] in ("ack", "event"))
        await page.evaluate("WebSocket.prototype.send = () => {}")
        await write(page, "By the one before")
        await page.evaluate(
            f"""() => {{
              const name = Object.keys(localStorage).find((key) => key.endsWith(":device"));
              const device = {stored("device")};
              const proof = /"visitorToken":"[^"]*"/;
              localStorage[name] = device.replace(proof, '"visitorToken":"vt_x"');
            }}"""
        )
        tap.release()

        await page.reload()
        await expect(panel(page)).to_be_visible()
        await expect(banner(page)).to_be_hidden()

        await expect(messages(page)).to_have_count(0)
        assert await page.evaluate(stored("outbox")) is None
        async with s.node.agent("Sam") as agent:
            listed = await agent.request("inbox", view="all")
        assert [item["lastMessage"]["preview"] for item in listed["items"]] == [FIRST]


@pytest.mark.parametrize("reason", ["reset", "identityChanged"])
async def test_a_reset_session_leaves_nothing_of_the_one_before(
    site: OpenSite, reason: str
) -> None:
    async with site() as s:
        page = await s.visitor_page()
        await page.add_init_script(
            """
            const { prototype } = WebSocket;
            const { set } = Object.getOwnPropertyDescriptor(prototype, "onmessage");
            Object.defineProperty(prototype, "onmessage", {
              set(listener) {
                if (listener) window.tell = (frame) => listener({ data: JSON.stringify(frame) });
                set.call(this, listener);
              },
            });
            """
        )
        await page.reload()
        await open_chat(page)
        await send(page, FIRST)
        await write(page, "Refused \0")
        await expect(panel(page).get_by_role("button", name="Retry")).to_be_visible()
        await page.evaluate(
            "void Parley.on('sessionReset', ({ detail }) => { window.told = detail; })"
        )
        visitor = await page.evaluate("Parley.getVisitorId()")
        box = panel(page).locator(".composer textarea")
        await box.fill("Not for anybody else")

        await page.evaluate(
            "([reason, visitorId]) => tell({ type: 'sessionReset', data: { reason, visitorId } })",
            [reason, visitor],
        )

        await expect(messages(page)).to_have_count(0)
        await expect(box).to_have_value("")
        assert await page.evaluate(stored("outbox")) is None
        assert "Not for anybody" not in await page.evaluate("JSON.stringify(sessionStorage)")
        assert await page.evaluate("window.told") == {"reason": reason}


async def test_a_reset_that_two_tabs_hear_of_loses_nothing_written_after_it(site: OpenSite) -> None:
    async with site() as s:
        s.watch.expect(DISCONNECTED)
        tap = Tap()
        context = await s.context(tap=tap)
        one, other = [await s.visitor_page(context=context) for _ in range(2)]
        for page in (one, other):
            await open_chat(page)
        await send(one, FIRST)
        await reset(one, tap)
        for page in (one, other):
            await expect(messages(page)).to_have_count(0)
        await context.set_offline(True)
        await tap.cut()
        await write(one, "After it")

        await context.set_offline(False)

        await expect(panel(one).locator(".notes").last).to_contain_text("Sent")
        await expect(messages(one)).to_have_text([FIRST, "After it"])


async def test_a_thread_that_is_refused_is_not_asked_for_again_at_once(site: OpenSite) -> None:
    """Else it is asked for until the server closes for flooding, and again after that."""
    async with site() as s:
        page = await s.visitor_page()
        await page.add_init_script(
            """
            const { send } = WebSocket.prototype;
            window.asked = 0;
            WebSocket.prototype.send = function (text) {
              const frame = JSON.parse(text);
              if (frame.type === "history") {
                window.asked += 1;
                frame.data.conversationId = "cv_nowhere";
              }
              if (frame.type === "hello") delete frame.data.cursors;
              send.call(this, JSON.stringify(frame));
            };
            """
        )
        await open_chat(page)
        await send(page, FIRST)
        await page.reload()
        await page.wait_for_function("window.asked > 0")

        for _ in range(5):  # as many round trips as it could have asked on
            await page.evaluate("Parley.resetUser()")

        assert await page.evaluate("window.asked") == 1
        await expect(banner(page)).to_be_hidden()


async def test_two_messages_that_each_begin_a_conversation_are_both_sent(site: OpenSite) -> None:
    """Two tabs may each have begun one while nothing could be sent; a third finds both."""
    async with site() as s:
        page = await talk(s)
        await page.evaluate(
            """() => {
              const device = Object.keys(localStorage).find((name) => name.endsWith(":device"));
              const entry = (body) => ({
                kind: "message", author: { kind: "visitor", own: true }, clientMessageId: body,
                body, at: new Date().toISOString(), newConversation: true,
                writer: `0 ${Parley.getVisitorId()}`,
              });
              localStorage[device.replace("device", "outbox")] =
                JSON.stringify([entry("One"), entry("Two")]);
            }"""
        )

        await page.reload()

        await page.wait_for_function(f"!{stored('outbox')}")
        async with s.node.agent("Sam") as agent:
            listed = await agent.request("inbox", view="all")
        assert [item["lastMessage"]["preview"] for item in listed["items"]] == ["Two", FIRST]


async def test_who_came_while_no_chat_was_open_gets_nothing_of_the_one_before(
    site: OpenSite,
) -> None:
    async with site() as s:
        s.watch.expect(DISCONNECTED)
        tap = Tap()
        context = await s.context(tap=tap)
        page = await s.visitor_page(context=context)
        await open_chat(page)
        await send(page, FIRST)
        closed = await s.visitor_page(context=context)
        await open_chat(closed)
        await panel(closed).locator(".composer textarea").fill("A draft")
        await closed.keyboard.press("Escape")
        await closed.reload()
        await closed.wait_for_function("window.Parley?.isReady()")
        await context.set_offline(True)
        await tap.cut()
        await write(page, "Not for anybody else")
        await page.close()
        welcomes = len([frame for frame in tap.seen if frame["type"] == "welcome"])
        await context.set_offline(False)
        while len([frame for frame in tap.seen if frame["type"] == "welcome"]) == welcomes:
            await closed.evaluate("new Promise(requestAnimationFrame)")
        await reset(closed, tap)

        await open_chat(closed)

        await expect(panel(closed).locator(".composer textarea")).to_have_value("")
        await send(closed, "By another")
        await expect(messages(closed)).to_have_text(["By another"])


async def test_a_first_message_survives_that_another_tab_is_welcomed_first(site: OpenSite) -> None:
    async with site() as s:
        tap = Tap()
        tap.drop(lambda frame: frame["type"] == "welcome")
        context = await s.context()
        page = await context.new_page()
        await tap.on(page)
        await page.goto(s.origin)
        await launcher(page).click()
        await panel(page).wait_for()
        other = await s.visitor_page(context=context)
        await other.wait_for_function("window.Parley?.isReady()")
        await write(page, "First")
        tap.release()

        await tap.cut()

        await expect(panel(page).locator(".notes")).to_contain_text("Sent")
        await expect(messages(page)).to_have_text(["First"])


async def test_a_chat_that_is_refused_says_why_and_takes_no_message(site: OpenSite) -> None:
    async with site(acme={"allowed_origins": ["https://elsewhere.example"]}) as s:
        page = await s.visitor_page()
        await launcher(page).click()

        await expect(banner(page)).to_have_text("This chat cannot connect: closed to this page.")
        await expect(panel(page).locator(".composer textarea")).to_be_disabled()


async def test_an_unknown_key_is_the_end_and_is_said(site: OpenSite) -> None:
    def unknown(s: Any) -> str:
        return f"""<!doctype html><html lang=en><title>x</title><link rel=icon href="data:,">
        <body>{s.snippet.replace(s.key, "wk_live_nobody")}</body></html>"""

    async with site(html=unknown) as s:
        page = await s.visitor_page()
        await launcher(page).click()

        await expect(banner(page)).to_have_text("This chat cannot connect: unknown key.")
        await expect(panel(page).locator(".composer textarea")).to_be_disabled()
