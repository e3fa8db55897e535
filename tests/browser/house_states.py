"""The states of the pages around the two products: the demo, its shop, the documentation."""

from playwright.async_api import Page, expect

from tests.browser.harness import Site
from tests.browser.states import state


async def _demo(s: Site, address: str) -> Page:
    page = await (await s.context()).new_page()
    await page.goto(address)
    return page


@state("demo/open", demo=True)
async def demo(s: Site) -> Page:
    page = await _demo(s, await s.demo_link())
    await expect(page.locator("#hint")).to_contain_text("You are Sam")
    inbox = page.frame_locator("#console").get_by_text("Jules Moreau")
    await expect(inbox.first).to_be_attached()
    return page


@state("demo/talking", demo=True, widths=(1400, 2560))
async def talking(s: Site) -> Page:
    page = await demo(s)
    shop, console = page.frame_locator("#shop"), page.frame_locator("#console")
    question = "Hello! Would the Fenn bench stand outside, on a covered porch?"
    await shop.get_by_role("button", name="Chat").click()
    await shop.get_by_role("textbox", name="Message").fill(question)
    await shop.get_by_role("textbox", name="Message").press("Enter")
    await console.get_by_role("list", name="Conversations").get_by_text(question).click()
    answer = console.get_by_placeholder("Write a reply…")
    await answer.fill("Under a roof it does well. Oil it once a year and it turns silver slowly.")
    await answer.press("Enter")
    await expect(shop.get_by_role("log")).to_contain_text("turns silver slowly")
    await shop.get_by_role("textbox", name="Message").fill("Lovely. And how deep is it exactly?")
    await shop.get_by_role("textbox", name="Message").press("Enter")
    await expect(console.get_by_role("log")).to_contain_text("how deep is it exactly")
    return page


@state("demo/things-to-try", demo=True)
async def things_to_try(s: Site) -> Page:
    page = await demo(s)
    await page.get_by_role("button", name="Try this").click()
    return page


@state("demo/stranger", demo=True, expects=("401", "WebSocket"))
async def stranger(s: Site) -> Page:
    page = await _demo(s, f"{s.server_origin}/demo")
    await expect(page.locator("#hint")).to_contain_text("the terminal shows")
    await expect(page.frame_locator("#console").get_by_label("Password")).to_be_attached()
    return page


@state("demo/shop", demo=True)
async def shop(s: Site) -> Page:
    page = await _demo(s, f"{s.server_origin}/demo/shop")
    await expect(page.get_by_role("button", name="Chat")).to_be_visible()
    return page


@state("docs/rest")
async def documentation(s: Site) -> Page:
    page = await s.console_page(None, "/docs")
    await expect(page.locator("#operations").get_by_role("heading").first).to_be_visible()
    return page
