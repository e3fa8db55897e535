"""The console's list: what it shows, live, searched, by keyboard, and equal to a fresh load."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.console_states import conversation, field_of, furnish, name_contact, opened, show
from tests.browser.harness import OpenSite
from tests.browser.tap import Frame, Tap

pytestmark = pytest.mark.adapter

ROWS = """() => [...document.querySelectorAll(".row")].map((row) => [
  row.querySelector(".row-name").textContent, row.querySelector(".row-preview").textContent,
  row.querySelector(".unread")?.textContent ?? "", row.querySelector(".row-chips").textContent,
])"""
COUNTS = "() => [...document.querySelectorAll('.place')].map((one) => one.textContent)"


async def as_shown(page: Page) -> Any:
    """What the list and the counts say."""
    return await page.evaluate(ROWS), await page.evaluate(COUNTS)


async def test_a_visitors_message_appears_at_the_top_at_once(site: OpenSite) -> None:
    async with site() as s:
        await furnish(s)
        page = await show(s, "all")
        await expect(page.locator(".row")).to_have_count(6)

        made = await conversation(s, "I am new here")

        first = page.locator(".row").first
        await expect(first).to_contain_text("I am new here")
        await expect(first).to_contain_text("Anonymous · …")
        await expect(first.locator(".unread")).to_contain_text("1")
        await expect(page.get_by_role("link", name="Unassigned")).to_contain_text("4")
        assert made in (await first.get_attribute("href") or "")


async def test_a_change_by_a_colleague_is_seen_in_the_list(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, "Hello", name="Jane Cooper")
        page = await show(s, "unassigned")
        row = page.locator(".row")
        async with s.node.agent("Bob") as bob:
            await bob.request("labels", conversationId=made, add=["desks"])
            await bob.request("priority", conversationId=made, priority="urgent")
            await expect(row).to_contain_text("desks")
            await expect(row).to_contain_text("Priority urgent")
            await bob.request("assign", conversationId=made, agentId=bob.agent_id)

        await expect(page.get_by_text("Everybody is looked after")).to_be_visible()
        await page.get_by_role("link", name="All open").click()
        await expect(row).to_contain_text("Assigned to Bob")


async def test_a_search_asks_the_server_and_is_cleared_by_escape(site: OpenSite) -> None:
    async with site() as s:
        await furnish(s)
        page = await show(s, "all")
        await page.keyboard.press("/")
        search = page.get_by_role("searchbox")
        await expect(search).to_be_focused()

        await search.fill("marcus")
        await expect(page.locator(".row")).to_have_count(1)
        await search.press("Escape")

        await expect(page.locator(".row")).to_have_count(6)


async def test_the_list_is_walked_and_opened_by_keyboard(site: OpenSite) -> None:
    async with site() as s:
        await furnish(s)
        page = await show(s, "all")
        rows = page.locator(".row")
        await expect(rows).to_have_count(6)

        await rows.first.focus()
        await page.keyboard.press("ArrowDown")
        await expect(rows.nth(1)).to_be_focused()
        await page.keyboard.press("End")
        await expect(rows.nth(5)).to_be_focused()
        await page.keyboard.press("Enter")

        await expect(rows.nth(5)).to_have_attribute("aria-current", "true")
        await expect(page.get_by_role("log")).to_be_visible()
        assert await page.locator(".row[tabindex='0']").count() == 1


async def test_a_long_list_draws_a_window_and_loads_the_rest_on_the_way(site: OpenSite) -> None:
    async with site() as s:
        for number in range(70):
            await conversation(s, f"Number {number}")
        page = await show(s, "all")
        await expect(page.get_by_text("Number 69")).to_be_visible()
        drawn = await page.locator(".row").count()

        await page.locator(".row").first.focus()
        await page.keyboard.press("End")
        await expect(page.locator(".rows-all")).to_have_attribute(
            "style", f"block-size: {70 * 84}px;"
        )
        await page.keyboard.press("End")

        await expect(page.get_by_text("Number 0", exact=True)).to_be_visible()
        assert drawn < 30


async def test_each_view_has_what_belongs_to_it(site: OpenSite) -> None:
    async with site() as s:
        await furnish(s)
        page = await show(s, "mine")

        for name, count in (("Mine", 2), ("Unassigned", 3), ("All open", 6), ("Snoozed", 1),
                            ("Resolved", 1)):  # fmt: skip
            link = page.get_by_role("link", name=name)
            await link.click()
            await expect(page.locator(".row")).to_have_count(count)
            await expect(link).to_contain_text(str(count))
            await expect(link).to_have_attribute("aria-current", "page")


def _list_change(frame: Frame) -> bool:
    return bool(frame["type"] == "inboxChange")


@pytest.mark.parametrize("lost", [[], [0], [1], [2], [0, 1, 2, 3]])
async def test_the_list_converges_on_a_fresh_load_whatever_push_is_lost(
    site: OpenSite, lost: list[int]
) -> None:
    """Snapshot, act, apply the pushes, compare with a fresh load."""
    tap, number = Tap(), -1

    def dropped(frame: Frame) -> bool:
        nonlocal number
        if not _list_change(frame):
            return False
        number += 1
        return number in lost

    async with site(heartbeat_interval=0.5) as s:
        scene = await furnish(s)
        page = await show(s, "all", tap=tap)
        await expect(page.locator(".row")).to_have_count(6)
        tap.drop(dropped)
        async with s.node.agent("Bob") as bob:
            await conversation(s, "A new one")
            await bob.say(scene.ids[3], "Yes, we are here", "x-1")
            await bob.request("labels", conversationId=scene.ids[5], add=["chairs"])
            await bob.request("status", conversationId=scene.ids[2], status="resolved")
            await bob.request("status", conversationId=scene.ids[7], status="open")
            await bob.request("assign", conversationId=scene.ids[5], agentId=bob.agent_id)
        # Whatever did not arrive, the next change or the next ping tells.
        await conversation(s, "The last one")
        fresh = await show(s, "all")
        await expect(fresh.locator(".row").first).to_contain_text("The last one")
        await expect(fresh.locator(".row")).to_have_count(8)
        await expect(page.locator(".row").first).to_contain_text("The last one")
        await expect(page.locator(".row")).to_have_count(8)
        settled = await as_shown(fresh)

        await page.wait_for_function(
            f"(wanted) => JSON.stringify(({ROWS})()) === JSON.stringify(wanted)", arg=settled[0]
        )
        await page.wait_for_function(
            f"(wanted) => JSON.stringify(({COUNTS})()) === JSON.stringify(wanted)", arg=settled[1]
        )


async def test_a_conversation_that_calls_is_counted_in_the_title(site: OpenSite) -> None:
    async with site() as s:
        page = await show(s, "unassigned")
        await expect(page).to_have_title("Acme · Parley")

        made = await conversation(s, "Hello")
        await expect(page).to_have_title("(1) Acme · Parley")
        icon = page.locator("link[rel=icon]")
        await expect(icon).to_have_attribute("href", "/console/icon-unread.svg")
        await page.locator(".row").click()

        await expect(page).to_have_title("Acme · Parley")
        await expect(icon).to_have_attribute("href", "/console/icon.svg")
        assert made in page.url


async def test_names_and_words_are_text_whatever_they_hold(site: OpenSite) -> None:
    evil = "<img src=x onerror=alert(1)><b>bold</b>"
    async with site() as s:
        made = await conversation(s, evil, "[x](javascript:alert(2))")
        await name_contact(s, made, name=evil, kind="lead", metadata={evil: {evil: evil}})
        async with s.node.agent("Bob") as bob:
            await bob.request("labels", conversationId=made, add=["<i>x</i>"])
        page = await opened(s, made)

        await expect(page.locator(".row-name")).to_have_text(evil)
        await expect(page.get_by_role("log")).to_contain_text(evil)
        assert await page.locator("img, b, i:not([class]):not(:empty)").count() == 0
        assert await page.locator("a[href^=javascript]").count() == 0


async def test_a_view_in_the_address_is_the_view_that_is_shown(site: OpenSite) -> None:
    async with site() as s:
        await furnish(s)
        page = await show(s, "resolved")
        await expect(page.locator(".row")).to_contain_text("The lamp flickers")

        await page.goto(f"{s.server_origin}/console/#/<script>/../..")
        await expect(page.get_by_role("heading", name="All open", exact=True)).to_be_visible()
        await page.go_back()

        await expect(page.get_by_role("heading", name="Resolved", exact=True)).to_be_visible()


async def test_a_rows_time_and_its_draft_are_kept_up_to_date(site: OpenSite) -> None:
    async with site() as s:
        first = await conversation(s, "The older one", name="Jane Cooper")
        await conversation(s, "The newer one", name="Tom Okafor")
        page = await opened(s, first)
        row = page.locator(".row", has_text="Jane Cooper")
        await expect(row.locator("time")).to_have_text("now")
        await field_of(page).fill("half a sentence")
        await page.locator(".row", has_text="Tom Okafor").click()

        await expect(row).to_contain_text("Draft: half a sentence")
        await page.evaluate(
            "import('/console/state.js').then(({now}) => { now.value = Date.now() + 130_000; })"
        )
        await expect(row.locator("time")).to_have_text("2m")


async def test_opening_what_was_found_does_not_end_the_search(site: OpenSite) -> None:
    async with site() as s:
        await furnish(s)
        page = await show(s, "all")
        await page.get_by_role("searchbox").fill("marcus")
        await expect(page.locator(".row")).to_have_count(1)
        await page.locator(".row").click()
        await expect(page.get_by_role("log")).to_contain_text("#10482")

        await expect(page.get_by_role("searchbox")).to_have_value("marcus")
        await expect(page.locator(".row")).to_have_count(1)
        await page.get_by_role("link", name="Unassigned").click()

        await expect(page.get_by_role("searchbox")).to_have_value("")
        await expect(page.locator(".row")).to_have_count(3)


async def test_what_was_read_in_one_tab_does_not_call_in_the_other(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        async with s.node.agent() as sam:
            await sam.request("assign", conversationId=made, agentId=sam.agent_id)
            await sam.request("read", conversationId=made, seq=2)
        context = await s.context()
        one = await show(s, "mine", context=context)
        two = await show(s, "mine", context=context)
        await expect(two.locator(".row")).to_have_count(1)
        await visitor.say("Are you there?", "c-2")
        await expect(two).to_have_title("(1) Acme · Parley")

        await one.locator(".row").click()

        await expect(two.locator(".unread")).to_have_count(0)
        await expect(two).to_have_title("Acme · Parley")
