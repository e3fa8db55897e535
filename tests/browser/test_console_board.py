"""The visitor board, the command bar and the shortcuts."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.console_states import conversation, field_of, furnish, opened, show
from tests.browser.harness import OpenSite
from tests.browser.tap import Tap

pytestmark = pytest.mark.adapter


async def test_the_board_shows_who_is_there_and_where_as_they_move(site: OpenSite) -> None:
    async with site() as s:
        page = await show(s, "visitors")
        await expect(page.get_by_text("Nobody is on your site right now")).to_be_visible()
        async with s.node.visitor() as visitor:
            await visitor.request("page", url="https://linden.example/a?b=1", title="Oak desk",
                                  referrer="https://search.example/x")  # fmt: skip
            line = page.locator("tbody tr")
            await expect(line).to_contain_text("Oak desk")
            await expect(line).to_contain_text("/a?b=1")
            await expect(line).to_contain_text("search.example")
            await expect(line).to_contain_text(f"v_…{visitor.visitor_id[-4:]}")
            await visitor.request("page", url="https://linden.example/basket", title="Basket")

            await expect(line).to_contain_text("Basket")


async def test_one_click_starts_a_conversation_that_the_visitor_sees(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        page = await show(s, "visitors")
        await page.get_by_role("button", name="Chat with").click()
        await expect(page.get_by_label("Your message")).to_be_focused()
        await page.keyboard.type("Hi! Can I help?")
        await page.keyboard.press("Enter")

        event = await visitor.event(kind="message")
        await expect(page.get_by_role("log")).to_contain_text("Hi! Can I help?")
        assert event["body"] == "Hi! Can I help?"
        assert f"/all/{event['conversationId']}" in page.url


@pytest.mark.parametrize("lost", [[0], [1], [0, 1]])
async def test_the_board_converges_whatever_push_is_lost(site: OpenSite, lost: list[int]) -> None:
    tap, number = Tap(), -1

    def dropped(frame: dict[str, object]) -> bool:
        nonlocal number
        if frame["type"] != "visitorChange":
            return False
        number += 1
        return number in lost

    async with site() as s:
        page = await show(s, "visitors", tap=tap)
        await expect(page.get_by_text("Nobody is on your site right now")).to_be_visible()
        tap.drop(dropped)
        async with s.node.visitor() as one, s.node.visitor() as two:
            for turn in range(4):
                await one.request("page", url=f"https://x.example/{turn}", title=f"Page {turn}")
                while len([f for f in tap.seen if f["type"] == "visitorChange"]) <= turn:
                    await page.evaluate("() => new Promise((done) => setTimeout(done))")
            await two.request("page", url="https://x.example/last", title="The other")

            await expect(page.locator("tbody tr")).to_have_count(2)
            await expect(page.get_by_text("Page 3")).to_be_visible()
            await expect(page.get_by_text("The other")).to_be_visible()


async def test_the_command_bar_goes_finds_and_acts(site: OpenSite) -> None:
    async with site() as s:
        scene = await furnish(s)
        page = await show(s, "mine")

        await page.keyboard.press("Control+k")
        await page.keyboard.type("snoozed")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Snoozed", exact=True)).to_be_visible()
        await page.keyboard.press("Control+k")
        await page.get_by_role("combobox").fill("jane")
        await page.get_by_role("option", name="Jane Cooper").wait_for()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("oak desk")
        assert scene.jane in page.url
        await page.keyboard.press("Control+k")
        await page.keyboard.type("resol")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("You resolved this")
        await page.keyboard.press("Control+k")
        await page.keyboard.type("dark app")
        await page.keyboard.press("Enter")

        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.reload()
        await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_the_command_bar_is_closed_by_escape_and_gives_the_focus_back(site: OpenSite) -> None:
    async with site() as s:
        scene = await furnish(s)
        page = await opened(s, scene.jane)
        await field_of(page).focus()

        await page.keyboard.press("Control+k")
        await page.keyboard.press("Escape")

        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(field_of(page)).to_be_focused()


async def test_every_shortcut_does_what_its_sheet_says(site: OpenSite) -> None:
    async with site() as s:
        await furnish(s)
        page = await show(s, "all")
        rows = page.locator(".row")
        await expect(rows).to_have_count(6)

        await page.keyboard.press("j")
        await expect(rows.nth(0)).to_have_attribute("aria-current", "true")
        await page.keyboard.press("j")
        await expect(rows.nth(1)).to_have_attribute("aria-current", "true")
        await page.keyboard.press("k")
        await expect(rows.nth(0)).to_have_attribute("aria-current", "true")
        await expect(page.locator(".thread")).to_have_attribute("aria-busy", "false")
        await page.keyboard.press("n")
        await expect(field_of(page)).to_be_focused()
        await expect(page.get_by_role("button", name="Note", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        await page.keyboard.press("Escape")
        await page.keyboard.press("r")
        await expect(page.get_by_role("button", name="Reply", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        await page.keyboard.type("jk?/")
        await expect(field_of(page)).to_have_value("jk?/")
        await page.keyboard.press("Escape")
        for key, name in (("a", "Assign"), ("s", "Snooze"), ("l", "Labels"), ("p", "Priority")):
            await page.keyboard.press(key)
            await expect(page.get_by_role("dialog", name=name)).to_be_visible()
            await page.keyboard.press("Escape")
            await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await expect(page.get_by_text("No conversation is open")).to_be_visible()
        for key, name in (("i", "Mine"), ("u", "Unassigned"), ("s", "Snoozed"), ("r", "Resolved"),
                          ("v", "Visitors"), ("a", "All open")):  # fmt: skip
            await page.keyboard.press("g")
            await page.keyboard.press(key)
            await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


async def test_menus_are_walked_by_arrow_keys_and_closed_by_escape(site: OpenSite) -> None:
    async with site() as s:
        page = await show(s, "mine")
        opener = page.get_by_role("button", name="Your menu")

        await opener.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitemradio", name="Online")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("menuitemradio", name="Away")).to_be_focused()
        await page.keyboard.press("End")
        await expect(page.get_by_role("menuitem", name="Sign out")).to_be_focused()
        await page.keyboard.press("Escape")

        await expect(opener).to_be_focused()
        await expect(page.get_by_role("menu")).to_have_count(0)


async def test_a_phone_shows_one_pane_at_a_time_and_back_leads_back(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, "Hello", name="Jane Cooper")
        page = await show(s, "all", width=360, height=740)
        await page.locator(".row").click()
        await expect(page.get_by_role("log")).to_be_visible()
        await expect(page.locator(".list")).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth") == 360

        await page.get_by_role("button", name="Back to the list").click()
        await expect(page.locator(".list")).to_be_visible()
        await page.go_back()

        await expect(page.get_by_role("log")).to_contain_text("Hello")
        assert made in page.url


async def answer(page: Page) -> str:
    """What the browser says about notifications."""
    return str(await page.evaluate("Notification.permission"))


async def test_nobody_is_asked_for_notifications_before_they_want_them(site: OpenSite) -> None:
    async with site() as s:
        context = await s.context()
        await context.add_init_script(
            """window.asked_ = 0;
            window.Notification = class { static permission = "default";
              static async requestPermission() { window.asked_++;
                return (window.Notification.permission = "granted"); } };"""
        )
        page = await show(s, "mine", context=context)
        before = await page.evaluate("window.asked_")

        await page.get_by_role("button", name="Your menu").click()
        await page.get_by_role("menuitem", name="Turn on desktop notifications").click()
        await page.get_by_role("button", name="Your menu").click()
        await expect(page.get_by_role("menuitem", name="notifications: on")).to_be_visible()

        assert (before, await page.evaluate("window.asked_")) == (0, 1)
        assert await answer(page) == "granted"


async def test_drawers_take_the_focus_and_are_closed_by_escape(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, "Hello", name="Jane Cooper")
        page = await show(s, "all", width=700, height=900)
        opener = page.get_by_role("button", name="Views and team")
        await opener.click()
        await expect(page.get_by_role("link", name="All open")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("link", name="All open")).to_be_hidden()
        await expect(opener).to_be_focused()

        await page.locator(".row").click()
        await page.get_by_role("button", name="Show the details").click()
        await expect(page.get_by_role("complementary", name="Details")).to_be_visible()
        await page.keyboard.press("Escape")

        await expect(page.get_by_role("complementary", name="Details")).to_have_count(0)
        assert made in page.url
