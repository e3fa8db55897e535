"""A visitor in the widget and an agent in the console, two real browsers, one real server between.

What these tests look at is what the two see. That nothing is lost on the way is proven without
browsers, in `tests/wire` and `tests/protocol`; here it is proven that the pages show it.
"""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.harness import OpenSite, Site
from tests.browser.tap import Frame, Tap

pytestmark = pytest.mark.adapter


async def open_chat(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("^Chat")).click()
    await expect(page.get_by_role("dialog")).to_be_visible()


async def say(page: Page, words: str) -> None:
    """Write as the visitor."""
    field = page.get_by_role("textbox", name="Message", exact=True)
    await field.fill(words)
    await field.press("Enter")


def said(page: Page) -> Locator:
    """The messages that a page shows, the visitor's or the agent's."""
    return page.get_by_role("log")


async def pick(console: Page, words: str) -> None:
    """Open the conversation whose row in the inbox shows these words."""
    await console.get_by_role("list", name="Conversations").get_by_text(words).first.click()
    await expect(said(console)).to_contain_text(words)


async def reply(console: Page, words: str) -> None:
    field = console.get_by_placeholder("Write a reply…")
    await field.fill(words)
    await field.press("Enter")


async def talking(s: Site, words: str = "Is anybody there?") -> tuple[Page, Page]:
    """A visitor who has written, and an agent who has it open."""
    visitor = await s.visitor_page()
    await open_chat(visitor)
    await say(visitor, words)
    console = await s.console_page("Sam", "/console/#/all")
    await pick(console, words)
    return visitor, console


async def test_each_sees_at_once_what_the_other_writes(site: OpenSite) -> None:
    async with site() as s:
        visitor, console = await talking(s)

        await reply(console, "Yes, what can I do for you?")
        await expect(said(visitor)).to_contain_text("Yes, what can I do for you?")
        await say(visitor, "The desk in oak, please.")

        await expect(said(console)).to_contain_text("The desk in oak, please.")


async def test_a_new_conversation_comes_into_a_list_that_is_open(site: OpenSite) -> None:
    async with site() as s:
        console = await s.console_page("Sam", "/console/#/unassigned")
        await expect(console.get_by_role("heading", name="Unassigned")).to_be_visible()
        visitor = await s.visitor_page()
        await open_chat(visitor)

        await say(visitor, "I am new here")

        rows = console.get_by_role("list", name="Conversations")
        await expect(rows).to_contain_text("I am new here")


async def test_a_note_is_shown_to_the_team_and_never_to_the_visitor(site: OpenSite) -> None:
    tap = Tap()
    async with site() as s:
        visitor = await s.visitor_page(tap=tap)
        await open_chat(visitor)
        await say(visitor, "Hello")
        console = await s.console_page("Sam", "/console/#/all")
        await pick(console, "Hello")

        await console.get_by_role("button", name="Note", exact=True).click()
        note = console.get_by_placeholder("Write a note for your team…")
        await note.fill("He is a friend of the owner")
        await note.press("Enter")
        await expect(said(console)).to_contain_text("He is a friend of the owner")
        await console.get_by_role("button", name="Reply", exact=True).click()
        await reply(console, "Good morning")
        await expect(said(visitor)).to_contain_text("Good morning")

        await expect(said(visitor)).not_to_contain_text("friend of the owner")
        assert "friend of the owner" not in str(tap.seen)


async def test_each_sees_that_the_other_types(site: OpenSite) -> None:
    async with site() as s:
        visitor, console = await talking(s)

        await console.get_by_placeholder("Write a reply…").press_sequentially("Let me")
        await expect(visitor.get_by_text(re.compile("typing|writing", re.I)).first).to_be_visible()
        await visitor.get_by_role("textbox", name="Message", exact=True).press_sequentially("And")

        await expect(console.get_by_text(re.compile("typing|writing", re.I)).first).to_be_visible()


async def test_what_the_visitor_edits_and_deletes_changes_in_the_console(site: OpenSite) -> None:
    async with site() as s:
        visitor, console = await talking(s, "I meen oak")

        await act_on(visitor, "I meen oak", "Edit")
        field = visitor.get_by_role("textbox", name="Edit message")
        await field.fill("I mean oak")
        await field.press("Enter")
        await expect(said(console)).to_contain_text("I mean oak")
        await expect(said(console)).not_to_contain_text("I meen oak")
        await act_on(visitor, "I mean oak", "Delete")
        await visitor.get_by_role("menuitem", name="Delete for everyone").click()

        await expect(said(console)).to_contain_text("This message was deleted")
        await expect(said(console)).not_to_contain_text("I mean oak")


async def act_on(visitor: Page, words: str, act: str) -> None:
    """Choose from the menu of the visitor's only message."""
    # It is offered once the message is in the log, to who points at it.
    await expect(said(visitor)).to_contain_text(re.compile("Sent|Seen"))
    await said(visitor).get_by_text(words).hover()
    await visitor.get_by_role("button", name="Message actions").click()
    await visitor.get_by_role("menuitem", name=act, exact=True).click()


async def test_a_page_that_is_loaded_again_shows_the_same_talk(site: OpenSite) -> None:
    async with site() as s:
        visitor, console = await talking(s)
        await reply(console, "I am here")
        await expect(said(visitor)).to_contain_text("I am here")

        await visitor.reload()
        await console.reload()

        if not await visitor.get_by_role("dialog").is_visible():
            await open_chat(visitor)
        await expect(said(visitor)).to_contain_text("I am here")
        await expect(said(console)).to_contain_text("I am here")


async def test_what_is_written_while_the_server_is_dead_arrives_once_when_it_is_back(
    killable_site: OpenSite,
) -> None:
    async with killable_site() as s:
        assert s.process is not None
        s.watch.expect("WebSocket", "ERR_CONNECTION_REFUSED", "Failed to load resource")
        visitor, console = await talking(s)

        await s.process.kill()
        await say(visitor, "Written into the dark")
        await expect(said(visitor)).to_contain_text("Written into the dark")
        await s.process.start()

        await expect(said(console).get_by_text("Written into the dark")).to_have_count(1)
        await expect(said(visitor).get_by_text("Written into the dark")).to_have_count(1)
        await reply(console, "And read in the light")
        await expect(said(visitor)).to_contain_text("And read in the light")


async def test_the_visitors_two_tabs_show_the_same(site: OpenSite) -> None:
    async with site() as s:
        first, console = await talking(s)
        second = await s.visitor_page(context=first.context)
        if not await second.get_by_role("dialog").is_visible():
            await open_chat(second)

        await say(second, "From the other tab")
        await reply(console, "I see both")

        for tab in (first, second):
            await expect(said(tab).get_by_text("From the other tab")).to_have_count(1)
            await expect(said(tab).get_by_text("I see both")).to_have_count(1)


async def test_two_agents_see_each_others_answers(site: OpenSite) -> None:
    async with site() as s:
        visitor, sam = await talking(s)
        ann = await s.console_page("Ann", "/console/#/all")
        await pick(ann, "Is anybody there?")

        await reply(sam, "Sam is here")

        await expect(said(ann)).to_contain_text("Sam is here")
        await expect(said(visitor).get_by_text("Sam is here")).to_have_count(1)


@pytest.mark.parametrize("side", ["visitor", "agent"])
async def test_what_is_lost_on_the_way_is_asked_for_and_shown(site: OpenSite, side: str) -> None:
    """Every second message of the other side is dropped; in the end both show everything, once."""
    tap, count = Tap(), 0
    other = "agent" if side == "visitor" else "visitor"

    def every_second(frame: Frame) -> bool:
        nonlocal count
        is_others = frame["type"] == "event" and bool(frame["data"]["author"]["kind"] == other)
        count += is_others
        return is_others and count % 2 == 1

    async with site() as s:
        visitor = await s.visitor_page(tap=tap if side == "visitor" else None)
        await open_chat(visitor)
        await say(visitor, "Word 0")
        console = await s.console_page(
            "Sam", "/console/#/all", tap=tap if side == "agent" else None
        )
        await pick(console, "Word 0")
        tap.drop(every_second)

        for number in range(1, 6):
            await say(visitor, f"Word {number}")
            await reply(console, f"Answer {number}")
        tap.release()
        await say(visitor, "The last word")

        for page in (visitor, console):
            await expect(said(page)).to_contain_text("The last word")
            for number in range(1, 6):
                await expect(said(page).get_by_text(f"Word {number}", exact=True)).to_have_count(1)
                await expect(said(page).get_by_text(f"Answer {number}", exact=True)).to_have_count(
                    1
                )
        assert tap.touched


async def test_a_list_that_missed_changes_becomes_what_a_fresh_one_shows(site: OpenSite) -> None:
    """Every second change of the live list is dropped, whatever it says."""
    tap, count = Tap(), 0

    def every_second(frame: Frame) -> bool:
        nonlocal count
        is_change = bool(frame["type"] == "inboxChange")
        count += is_change
        return is_change and count % 2 == 1

    async with site() as s, s.node.agent("Ann") as ann:
        first = await s.node.conversation("The first question")
        console = await s.console_page("Sam", "/console/#/all", tap=tap)
        await expect(rows(console)).to_have_count(1)
        tap.drop(every_second)

        for number in range(4):
            await s.node.conversation(f"Question {number}")
            await ann.request("labels", conversationId=first, add=[f"label-{number}"])
            await ann.settle()
        await ann.request("priority", conversationId=first, priority="urgent")
        await ann.say(first, "An answer from Ann")
        while len(tap.touched) < 2:
            await console.evaluate("() => new Promise((done) => setTimeout(done))")
        tap.release()
        await s.node.conversation("The last question")
        await expect(rows(console)).to_have_count(6)
        fresh = await s.console_page("Sam", "/console/#/all")
        await expect(rows(fresh)).to_have_count(6)

        await expect(rows(console)).to_have_text(await rows(fresh).all_text_contents())
        await expect(rows(console).nth(1)).to_contain_text("An answer from Ann")


def rows(console: Page) -> Locator:
    return console.get_by_role("list", name="Conversations").get_by_role("listitem")
