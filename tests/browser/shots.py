"""A picture of every named state, for a person to look at.

    .venv/bin/python -m tests.browser.shots FOLDER [PATTERN]

writes FOLDER/widget-greeting-360-dark.png and so on: all states, or those whose name the regular
expression finds; each at its widths, in light and dark.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from server.store.migrate import migrate
from tests.browser.harness import Look, launch, site
from tests.browser.states import HEIGHTS, State, known_states
from tests.store.databases import sqlite_url


async def main(folder: Path, pattern: str) -> int:
    """Take the pictures; 1 if a state could not be reached."""
    missed = 0
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        for state in known_states():
            if not re.search(pattern, state.name):
                continue
            for look in _looks(state):
                name = f"{state.name.replace('/', '-')}-{look.width}-{look.colour}.png"
                try:
                    await _take(browser, state, look, folder / name)
                    told = "ok"
                except Exception as error:  # noqa: BLE001  # told, and the next one is taken
                    told, missed = f"FAILED: {_causes(error)}", 1
                print(f"{name}  {told}", flush=True)  # noqa: T201  # it is a command
        await browser.close()
    return missed


def _looks(state: State) -> list[Look]:
    return [
        Look(colour, width, HEIGHTS.get(width, 900))
        for width in state.widths
        for colour in ("light", "dark")
    ]


async def _take(browser: Browser, state: State, look: Look, file: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        migrate(sqlite_url(Path(data)))
        async with site(browser, sqlite_url(Path(data)), **state.opens) as s:
            s.watch.expect(*state.expects)
            s.look = look
            page = await state.bring(s)
            await page.screenshot(path=file)


def _causes(error: BaseException) -> str:
    """An error in one line, and what a group of them holds."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_causes(one) for one in error.exceptions)
    return str(error).strip().partition("\n")[0]


if __name__ == "__main__":
    pictures = Path(sys.argv[1])
    pictures.mkdir(parents=True, exist_ok=True)
    sys.exit(asyncio.run(main(pictures, *(sys.argv[2:3] or ["."]))))
