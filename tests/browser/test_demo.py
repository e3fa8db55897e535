"""The demo in a browser: who is let in, both halves side by side, and the widget in the shop."""

import re
from typing import Any

import pytest
from playwright.async_api import FrameLocator, Page, expect

from tests.browser.harness import OpenSite, Site, plain

pytestmark = pytest.mark.adapter


async def opened(s: Site, address: str | None = None, **look: Any) -> Page:
    page = await (await s.context(**look)).new_page()
    await page.goto(address or f"{s.server_origin}/demo")
    return page


def shop(page: Page) -> FrameLocator:
    return page.frame_locator("#shop")


def console(page: Page) -> FrameLocator:
    return page.frame_locator("#console")


async def test_the_printed_link_lets_in_and_leaves_the_address_bar(site: OpenSite) -> None:
    async with site(demo=True) as s:
        page = await opened(s, await s.demo_link())

        await expect(page.locator("#hint")).to_contain_text("You are Sam")
        await expect(console(page).get_by_text("Jules Moreau").first).to_be_visible()
        assert page.url == f"{s.server_origin}/demo"


async def test_who_was_let_in_stays_so_with_the_old_link(site: OpenSite) -> None:
    async with site(demo=True) as s:
        s.watch.expect("403")
        link = await s.demo_link()
        page = await opened(s, link)
        await expect(page.locator("#hint")).to_contain_text("You are Sam")

        again = await page.context.new_page()
        await again.goto(link)

        await expect(again.locator("#hint")).to_contain_text("You are Sam")


async def test_a_stranger_sees_the_consoles_own_sign_in_and_where_the_link_is(
    site: OpenSite,
) -> None:
    async with site(demo=True) as s:
        s.watch.expect("401", "WebSocket")
        page = await opened(s)

        await expect(page.locator("#hint")).to_contain_text("link that the terminal shows")
        await expect(console(page).get_by_label("Password")).to_be_visible()


async def test_a_used_link_says_so_to_a_stranger(site: OpenSite) -> None:
    async with site(demo=True) as s:
        s.watch.expect("403", "401", "WebSocket")
        link = await s.demo_link()
        await expect((await opened(s, link)).locator("#hint")).to_contain_text("You are Sam")

        page = await opened(s, link)

        await expect(page.locator("#hint")).to_contain_text("This link was used")


async def test_the_widget_talks_in_the_shop_under_its_strict_policy(site: OpenSite) -> None:
    """Any breach of the policy fails the test, by the watch over every page."""
    async with site(demo=True) as s:
        page = await opened(s, await s.demo_link())
        await shop(page).get_by_role("button", name=re.compile("^Chat")).click()
        await shop(page).get_by_role("textbox").fill("Is the Fenn bench in stock?")
        await shop(page).get_by_role("textbox").press("Enter")

        await expect(shop(page).get_by_role("log")).to_contain_text("Is the Fenn bench in stock?")
        await expect(console(page).get_by_text("Is the Fenn bench in stock?").first).to_be_visible()


async def test_the_divider_moves_by_pointer_and_by_keyboard(site: OpenSite) -> None:
    async with site(demo=True) as s:
        page = await opened(s, await s.demo_link())
        divider = page.get_by_role("separator")
        box = await divider.bounding_box()
        assert box is not None

        await page.mouse.move(box["x"] + 2, box["y"] + 200)
        await page.mouse.down()
        # Over the console's frame, which must not swallow the pointer.
        await page.mouse.move(840, box["y"] + 200, steps=4)
        await page.mouse.up()
        await expect(divider).to_have_attribute("aria-valuenow", "60")
        await divider.press("ArrowLeft")
        await expect(divider).to_have_attribute("aria-valuenow", "58")
        await divider.press("End")

        await expect(divider).to_have_attribute("aria-valuenow", "75")
        width = await page.locator("#shop").evaluate("(frame) => frame.offsetWidth")
        assert width == pytest.approx(0.75 * 1400, abs=2)


async def test_on_a_phone_one_half_is_shown_at_a_time(site: OpenSite) -> None:
    async with site(demo=True) as s:
        page = await opened(s, await s.demo_link(), width=360, height=740)
        await expect(page.locator("#shop")).to_be_visible()
        await expect(page.locator("#console")).to_be_hidden()

        await page.get_by_role("button", name="Console").click()

        await expect(page.locator("#console")).to_be_visible()
        await expect(page.locator("#shop")).to_be_hidden()
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360


async def test_the_snippet_that_is_copied_is_the_shops_own(site: OpenSite) -> None:
    async with site(demo=True) as s:
        page = await opened(s, await s.demo_link())
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.get_by_role("button", name="Try this").click()
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")

        key = await shop(page).locator("script[data-key]").get_attribute("data-key")
        assert f'src="{s.server_origin}/widget.js"' in copied
        assert f'data-key="{key}"' in copied


async def test_the_other_name_of_this_machine_is_another_visitor(site: OpenSite) -> None:
    async with site(demo=True) as s:
        twin = s.server_origin.replace("127.0.0.1", "localhost")
        s.watch.trust(twin)
        page = await opened(s, await s.demo_link())

        async with page.context.expect_page() as other:
            await page.get_by_role("link", name="Another visitor", exact=True).click()

        assert (await other.value).url == f"{twin}/demo/shop"


def framing(s: Site) -> str:
    return plain(s, body=f'<iframe src="{s.server_origin}/console/" title="stolen"></iframe>')


async def test_no_other_sites_page_shows_the_console_in_a_frame(site: OpenSite) -> None:
    async with site(demo=True, html=framing) as s:
        s.watch.expect("frame-ancestors", "Framing", "X-Frame-Options", "chrome-error")
        page = await s.visitor_page()

        stolen = page.frame_locator("iframe").locator("body")
        await expect(stolen).not_to_contain_text("Parley")
        assert page.frames[1].url.startswith("chrome-error:")
