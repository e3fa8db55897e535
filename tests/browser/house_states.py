"""The states of the pages around the two products: the documentation, the set-up page."""

from playwright.async_api import Page, expect

from tests.browser.harness import Site
from tests.browser.states import state


@state("docs/rest")
async def documentation(s: Site) -> Page:
    page = await s.console_page(None, "/docs")
    await expect(page.locator("#operations").get_by_role("heading").first).to_be_visible()
    return page
