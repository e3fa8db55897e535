"""What a page must not do while a test looks elsewhere.

A page fails its test by an error nobody caught, by an error in its console, by breaking a Content
Security Policy, and by asking anybody but the site that it is on and the server. Which errors a
test causes itself (a server that is gone logs a failed connection) it says beforehand.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, WebError, WebSocket

__all__ = ["Watch"]

_REPORT_VIOLATIONS: Final = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy broken: ${event.effectiveDirective} by ${event.blockedURI} ` +
    `in ${event.sourceFile}:${event.lineNumber}`);
});
"""
_LOCAL: Final = ("data:", "blob:", "about:")


class Watch:
    """The faults of some contexts' pages, collected as they happen."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._hosts = {urlsplit(origin).netloc for origin in origins}
        self._expected: list[re.Pattern[str]] = []
        self._faults: list[str] = []

    def trust(self, origin: str) -> None:
        """Pages may ask this origin too."""
        self._hosts.add(urlsplit(origin).netloc)

    async def over(self, context: BrowserContext) -> None:
        """Watch this context's pages, those that are to come too."""
        await context.add_init_script(_REPORT_VIOLATIONS)
        context.on("weberror", self._uncaught)
        context.on("console", self._logged)
        context.on("request", self._asked)
        context.on("page", self._opened)

    def expect(self, *patterns: str) -> None:
        """Faults that this test causes; regular expressions, found anywhere."""
        self._expected += [re.compile(pattern) for pattern in patterns]

    def check(self) -> None:
        """Fail if there was a fault that nobody expected."""
        faults = [
            fault for fault in self._faults if not any(one.search(fault) for one in self._expected)
        ]
        assert not faults, "\n".join(faults)

    def _uncaught(self, error: WebError) -> None:
        self._faults.append(f"uncaught: {error.error}")

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        self._reached(request.url)

    def _opened(self, page: Page) -> None:
        def connected(socket: WebSocket) -> None:
            self._reached(socket.url)

        page.on("websocket", connected)

    def _reached(self, url: str) -> None:
        if not url.startswith(_LOCAL) and urlsplit(url).netloc not in self._hosts:
            self._faults.append(f"asked a stranger: {url}")
