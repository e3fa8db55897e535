"""One browser for all tests of pages; every test has contexts, a server and a site of its own."""

import os
import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from server.store.migrate import migrate
from tests.browser.harness import PATIENCE_MS, OpenSite, chromium, killable_site, launch, site
from tests.store.databases import sqlite_url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with Parley's tables and nothing in them."""
    folder = tmp_path_factory.mktemp("template")
    migrate(sqlite_url(folder))
    return folder / "parley.db"


expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser. Skips, or with CI=true fails, where there is none."""
    if chromium() is None:
        missing = "chromium is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    async with async_playwright() as playwright:
        launched = await launch(playwright)
        yield launched
        await launched.close()


@pytest.fixture(name="site")
def open_site(browser: Browser, sqlite_template: Path, tmp_path: Path) -> OpenSite:
    """Opens a site with its server in this process: `async with site() as s`."""
    shutil.copy(sqlite_template, tmp_path / "parley.db")
    return partial(site, browser, sqlite_url(tmp_path))


@pytest.fixture(name="killable_site")
def open_killable_site(browser: Browser, tmp_path: Path) -> OpenSite:
    """Opens a site whose server can be killed: `async with killable_site() as s`."""
    return partial(killable_site, browser, tmp_path)
