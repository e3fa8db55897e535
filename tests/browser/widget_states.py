"""The states of the widget, and what the tests of it have in common: opening, writing, answering.

Everything is reached as a visitor and an agent would reach it; what a network does to them is done
by the tap on their frames.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Locator, Page, expect

from tests.browser.harness import Site, plain
from tests.browser.states import WIDE, state
from tests.browser.tap import Tap
from tests.wire.peers import Agent

GREETING = ("Hello, and welcome to Linden & Co.", "Ask us **anything** about our furniture.")


def panel(page: Page) -> Locator:
    """The chat's panel."""
    return page.locator("parley-chat .panel")


def launcher(page: Page) -> Locator:
    """The round button."""
    return page.locator("parley-chat .launcher")


def messages(page: Page) -> Locator:
    """The bubbles, in the order in which they stand."""
    return panel(page).locator(".bubble")


async def open_chat(page: Page) -> None:
    """Open the chat, and wait until it is connected."""
    await launcher(page).click()
    await expect(panel(page)).to_be_visible()
    await expect(panel(page).locator(".banner")).to_be_hidden()


async def write(page: Page, text: str) -> None:
    """Write a message, without waiting for what becomes of it."""
    await panel(page).locator(".composer textarea").fill(text)
    await page.keyboard.press("Enter")


async def send(page: Page, text: str) -> None:
    """Write a message and wait until it is in the log."""
    await write(page, text)
    notes = panel(page).locator(".mine .notes").last
    await expect(notes).to_contain_text("Sent")


async def talk(s: Site, **how: object) -> Page:
    """A page whose visitor has said something."""
    page = await s.visitor_page(**how)  # type: ignore[arg-type]  # handed on as it came
    await open_chat(page)
    await send(page, "Hello! Does the oak desk come in a longer version?")
    return page


@asynccontextmanager
async def answering(s: Site) -> AsyncIterator[tuple[Agent, str]]:
    """An agent who has opened the newest conversation, and that conversation's id."""
    async with s.node.agent("Sam") as agent:
        listed = await agent.request("inbox", view="all")
        conversation_id = listed["items"][0]["id"]
        await agent.open(conversation_id)
        yield agent, conversation_id


def misconfigured(s: Site) -> str:
    """A page whose snippet has the key of nobody."""
    return plain(s).replace(s.key, "wk_live_of_nobody")


@state("widget/launcher")
async def the_launcher(s: Site) -> Page:
    page = await s.visitor_page()
    await expect(launcher(page)).to_be_visible()
    return page


@state("widget/badge", widths=(WIDE,))
async def the_badge(s: Site) -> Page:
    page = await talk(s)
    await panel(page).get_by_label("Close chat").click()
    async with answering(s) as (agent, conversation_id):
        for number in range(3):
            await agent.say(conversation_id, f"Answer {number}", f"a-{number}")
    await expect(launcher(page)).to_have_attribute("data-unread", "3")
    return page


@state("widget/greeting", acme={"greeting": list(GREETING)})
async def the_greeting(s: Site) -> Page:
    page = await s.visitor_page()
    await open_chat(page)
    await expect(messages(page).locator("strong")).to_have_text("anything")
    return page


@state("widget/empty", widths=(WIDE,))
async def empty(s: Site) -> Page:
    page = await s.visitor_page()
    await open_chat(page)
    return page


@state("widget/thread", acme={"greeting": list(GREETING)})
async def a_thread(s: Site) -> Page:
    page = await talk(s)
    async with answering(s) as (agent, conversation_id):
        await agent.request("assign", conversationId=conversation_id, agentId=agent.agent_id)
        await agent.say(conversation_id, "Hi, this is Sam. It does:", "a-1")
        await agent.say(
            conversation_id, "- 160 cm\n- 180 cm\n\nSee <https://example.com/desks>", "a-2"
        )
        await send(page, "A small office. `160` would do, but how *deep* is it?")
        await agent.say(conversation_id, "75 cm. I can **hold one** for you until Friday.", "a-3")
        await agent.request("read", conversationId=conversation_id, seq=5)
    await send(page, "Yes please. That was quick!")
    await expect(messages(page)).to_have_count(8)
    return page


@state("widget/long-thread")
async def a_long_thread(s: Site) -> Page:
    page = await talk(s)
    async with answering(s) as (agent, conversation_id):
        for number in range(30):
            await agent.say(conversation_id, f"Paragraph {number} of a long answer.", f"a-{number}")
        await expect(messages(page)).to_have_count(31)
        await panel(page).locator(".thread").hover()
        await page.mouse.wheel(0, -600)
        await expect(panel(page).locator(".jump")).to_be_visible()
        await agent.say(conversation_id, "And one more.", "a-more")
    await expect(panel(page).locator(".jump")).to_have_text("1 new message")
    return page


@state("widget/typing", widths=(WIDE,))
async def typing(s: Site) -> Page:
    page = await talk(s)
    async with answering(s) as (agent, conversation_id):
        await agent.request("typing", conversationId=conversation_id, isTyping=True)
        await expect(panel(page).locator(".typing")).to_be_visible()
    return page


@state("widget/failed", widths=(WIDE,))
async def failed(s: Site) -> Page:
    page = await talk(s)
    await write(page, "This holds a character that no message may hold: \0")
    await expect(panel(page).get_by_role("button", name="Retry")).to_be_visible()
    return page


@state("widget/offline", expects=("ERR_INTERNET_DISCONNECTED",))
async def offline(s: Site) -> Page:
    tap = Tap()
    page = await talk(s, tap=tap)
    await page.context.set_offline(True)
    await tap.cut()
    await expect(panel(page).locator(".banner")).to_contain_text("Offline")
    await write(page, "Are you still there?")
    await expect(panel(page).locator(".notes").last).to_contain_text("Waiting")
    return page


@state("widget/catching-up", widths=(WIDE,))
async def catching_up(s: Site) -> Page:
    tap = Tap()
    page = await talk(s, tap=tap)
    tap.hold(lambda frame: frame["type"] == "history")
    await tap.cut()
    await expect(panel(page).locator(".banner")).to_have_text("Catching up…")
    return page


@state("widget/connecting", widths=(WIDE,))
async def connecting(s: Site) -> Page:
    tap = Tap()
    tap.hold(lambda frame: frame["type"] == "welcome")
    page = await s.visitor_page(tap=tap)
    await launcher(page).click()
    await expect(panel(page).locator(".banner")).to_have_text("Connecting…")
    return page


@state("widget/terminal", widths=(WIDE,), html=misconfigured)
async def terminal(s: Site) -> Page:
    page = await s.visitor_page()
    await launcher(page).click()
    await expect(panel(page).locator(".banner")).to_contain_text("cannot connect")
    return page


@state("widget/menu", widths=(WIDE,))
async def a_menu(s: Site) -> Page:
    page = await talk(s)
    await panel(page).get_by_label("More", exact=True).click()
    await expect(panel(page).get_by_role("menu")).to_be_visible()
    return page


@state("widget/editing", widths=(WIDE,))
async def editing(s: Site) -> Page:
    page = await talk(s)
    await messages(page).first.hover()
    await panel(page).locator(".menu-button").press("Enter")
    await panel(page).get_by_role("menuitem", name="Edit").click()
    await expect(panel(page).get_by_label("Edit message")).to_be_focused()
    return page


@state("widget/changed", widths=(WIDE,))
async def edited_and_deleted(s: Site) -> Page:
    page = await talk(s)
    await send(page, "It is for a small office.")
    async with answering(s) as (agent, conversation_id):
        said = await agent.say(conversation_id, "It doos.", "a-1")
        await agent.request(
            "editMessage", conversationId=conversation_id, seq=said["seq"], body="It does."
        )
        await expect(panel(page).locator(".theirs .notes")).to_contain_text("edited")
    await messages(page).first.hover()
    await panel(page).locator(".menu-button").first.press("Enter")
    await panel(page).get_by_role("menuitem", name="Delete").click()
    await panel(page).get_by_role("menuitem", name="Delete for everyone").click()
    await expect(messages(page).first).to_have_text("Message deleted")
    return page


@state("widget/too-long", widths=(WIDE,))
async def too_long(s: Site) -> Page:
    page = await s.visitor_page()
    await open_chat(page)
    await panel(page).locator(".composer textarea").fill("A word. " * 1_260)
    await expect(panel(page).locator(".count")).to_have_text("79 characters too many")
    return page


@state("widget/ended", widths=(WIDE,))
async def ended(s: Site) -> Page:
    page = await talk(s)
    await panel(page).get_by_label("More", exact=True).click()
    await panel(page).get_by_role("menuitem", name="End conversation").click()
    await expect(panel(page).locator(".line")).to_have_text("You ended this conversation")
    return page


@state("widget/list")
async def the_list(s: Site) -> Page:
    page = await ended(s)
    await panel(page).get_by_label("More", exact=True).click()
    await panel(page).get_by_role("menuitem", name="New conversation").click()
    await send(page, "And do you deliver to the second floor?")
    async with answering(s) as (agent, conversation_id):
        await agent.request("assign", conversationId=conversation_id, agentId=agent.agent_id)
        await panel(page).get_by_label("All conversations").click()
        await agent.say(conversation_id, "We do, on any *weekday*.", "a-1")
    await expect(panel(page).locator(".unreads")).to_contain_text("1")
    return page


@state("widget/new-messages", widths=(WIDE,))
async def new_messages(s: Site) -> Page:
    page = await the_badge(s)
    await launcher(page).click()
    await expect(panel(page).locator(".new")).to_be_visible()
    return page


@state("widget/hostile", widths=(WIDE,))
async def hostile(s: Site) -> Page:
    page = await talk(s)
    async with answering(s) as (agent, conversation_id):
        for number, body in enumerate(
            (
                "<img src=x onerror=alert(1)><script>alert(1)</script>",
                "[click me](javascript:alert(1)) and [me](https://example.com/)",
                "e" + "\u0301" * 300,
                "right \u202e to left, and never back",
                "unbroken" * 40,
            )
        ):
            await agent.say(conversation_id, body, f"a-{number}")
    await expect(messages(page)).to_have_count(6)
    return page
