"""A site with the widget, an agent's console, and a real server behind both, in a real browser.

`site` runs a node in this process and a site's page on another origin; `killable_site` has its
server in a process that can be killed and started again on its data. Pages are opened by
`visitor_page` and `console_page`, and every one of them is watched (`tests/browser/watch.py`): when
the block ends without an error, what a page did wrong fails the test.

    async with site() as s:
        page = await s.visitor_page()
        console = await s.console_page()
"""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, Playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from uvicorn.server import ServerState

from server.api.sockets import COOKIE
from server.app import Beside
from server.clock import SystemClock
from server.demo.pages import demo_pages, issue_link
from server.demo.telling import tell_stories, workspace_of
from server.settings import Settings
from server.store.engine import open_store
from server.transport.server import listen
from tests.browser.tap import Tap
from tests.browser.watch import Watch
from tests.commands import environment, parley
from tests.wire.harness import Server, running_server
from tests.wire.peers import CODECS

__all__ = [
    "PATIENCE_MS",
    "SERVER_GONE",
    "Look",
    "OpenSite",
    "Process",
    "Site",
    "chromium",
    "killable_site",
    "launch",
    "site",
    "strict_policy",
]

OpenSite = Callable[..., AbstractAsyncContextManager["Site"]]
Html = Callable[["Site"], str]

_OFF: Final = (
    # What Playwright turns off, for this list takes the place of its own …
    "AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose",
    "HttpsUpgrades", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints",
    "PaintHolding", "PreconnectToSearch", "ThirdPartyStoragePartitioning",
    # … and what makes renderers that nobody looks at: half the work of opening a page.
    "SpareRendererForSitePerProcess", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
)  # fmt: skip
_QUIET: Final = (
    f"--disable-features={','.join(_OFF)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS: Final = 10_000
"""How long a page may take to show what it must. None ends early."""

SERVER_GONE: Final = ("WebSocket connection", r"net::ERR_(CONNECTION|EMPTY|SOCKET)")
"""What a browser says of a server that was killed; for `s.watch.expect(*SERVER_GONE)`."""


def chromium() -> str | None:
    """The browser of this machine."""
    debian = Path("/usr/bin/chromium")
    found = (shutil.which(name) for name in ("chromium", "google-chrome", "chrome"))
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return next(
        (str(path) for path in (debian, *found, mac) if path is not None and Path(path).exists()),
        None,
    )


async def launch(playwright: Playwright) -> Browser:
    """That browser, without a word to anybody."""
    return await playwright.chromium.launch(executable_path=chromium(), args=list(_QUIET))


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at. Motion is off, so that a state is a picture and not a film."""

    colour: Literal["light", "dark"] = "light"
    width: int = 1400
    height: int = 900
    motion: Literal["reduce", "no-preference"] = "reduce"


@dataclass(slots=True)
class Process:
    """`parley serve` on a port and a folder of its own."""

    folder: Path
    port: int = 0
    variables: Mapping[str, str] = field(default_factory=dict)
    _running: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, on the port that it had; returns when it is ready."""
        self._running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve", "--port", str(self.port),
            env=environment(self.folder, DRAIN_SECONDS="0", **self.variables),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self._running.stdout is not None
        line = (await self._running.stdout.readline()).decode()
        assert line.startswith("parley is ready on http://"), line
        self.port = int(line.rstrip().rpartition(":")[2])

    async def kill(self) -> None:
        """End it without a word, as a power cut would."""
        if self._running is not None:
            self._running.kill()
            await self._running.communicate()
            self._running = None


@dataclass(slots=True)
class Site:
    """A site, the server that it uses, and the browser that looks at both.

    `server` is there if the node runs in this process, `process` if it does not. `look` is how
    pages are opened if nothing else is said.
    """

    browser: Browser
    server_origin: str
    key: str
    tokens: Mapping[str, str]
    """Agents by name."""
    watch: Watch
    origin: str = ""
    look: Look = field(default_factory=Look)
    server: Server | None = None
    process: Process | None = None
    contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def node(self) -> Server:
        """The server in this process, with its wire clients: `visitor()`, `agent()`."""
        assert self.server is not None, "this site's server is a process of its own"
        return self.server

    @property
    def snippet(self) -> str:
        """What a site pastes into its pages."""
        return f'<script async src="{self.server_origin}/widget.js" data-key="{self.key}"></script>'

    async def context(self, *, tap: Tap | None = None, **look: Any) -> BrowserContext:
        """A browser that nobody has used yet, watched."""
        seen = replace(self.look, **look)
        context = await self.browser.new_context(
            color_scheme=seen.colour,
            viewport={"width": seen.width, "height": seen.height},
            reduced_motion=seen.motion,
            service_workers="block",
        )
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        await self.watch.over(context)
        if tap is not None:
            await tap.on(context)
        return context

    async def visitor_page(
        self, path: str = "/", *, context: BrowserContext | None = None, **how: Any
    ) -> Page:
        """The site's page, in a fresh browser or as another tab in `context`."""
        page = await (context or await self.context(**how)).new_page()
        await page.goto(f"{self.origin}{path}")
        return page

    async def console_page(
        self,
        agent: str | None = "Sam",
        path: str = "/console/",
        *,
        context: BrowserContext | None = None,
        **how: Any,
    ) -> Page:
        """The console, signed in as this agent of `acme`, or as nobody."""
        context = context or await self.context(**how)
        if agent is not None:
            await self.sign_in(context, agent)
        page = await context.new_page()
        await page.goto(f"{self.server_origin}{path}")
        return page

    async def demo_link(self) -> str:
        """An address that opens the demo signed in, once."""
        gateway = self.node.node.gateway
        secret = await gateway.store.write(lambda tx: issue_link(tx, gateway.clock.now_ms()))
        return f"{self.server_origin}/demo#{secret}"

    async def sign_in(self, context: BrowserContext, agent: str) -> None:
        """Plant the cookie that signing in would set."""
        await context.add_cookies(
            [
                {
                    "name": COOKIE,
                    "value": self.tokens[agent],
                    "url": self.server_origin,
                    "httpOnly": True,
                    "sameSite": "Strict",
                }
            ]
        )


def plain(s: Site, head: str = "", body: str = "") -> str:
    """A small page with the snippet."""
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>A site</title>
<link rel="icon" href="data:,">{head}</head>
<body><main><h1>A site</h1><p>With a page of its own.</p>{body}</main>{s.snippet}</body>
</html>"""


def strict_policy(s: Site) -> str:
    """The least that a site must allow: our scripts and our server; and no markup made of text."""
    sockets = s.server_origin.replace("http", "ws", 1)
    return (
        f"default-src 'none'; script-src {s.server_origin}; img-src data:; "
        f"connect-src {s.server_origin} {sockets}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


@asynccontextmanager
async def site(
    browser: Browser,
    database: str,
    *,
    html: Html = plain,
    policy: Callable[[Site], str] | None = None,
    acme: Mapping[str, Any] | None = None,
    demo: bool = False,
    **settings: Any,
) -> AsyncIterator[Site]:
    """A node in this process and a site that uses it.

    `html` makes the site's page, at every path; `policy` its Content Security Policy, such as
    `strict_policy`. `acme` holds the workspace's settings; `settings` are the operator's. All pages
    come from one address, so the rates are off if nothing else is said. With `demo` the node has
    the demo's workspace and pages too.
    """
    operator = {"rate_limits": "off", **settings}
    if demo:
        operator["beside"] = await _demo_in(database)
    async with running_server(database, CODECS[0], acme=acme, **operator) as server:
        tokens = {name: login.token for name, login in server.acme.agents.items()}
        watch = Watch([server.origin])
        made = Site(browser, server.origin, server.acme.widget_key, tokens, watch, server=server)
        async with _opened(made, html, policy):
            yield made
    watch.check()


async def _demo_in(database: str) -> Beside:
    """Tell the demo's stories; the demo's routes."""
    await tell_stories(Settings(database_url=database), "")
    store = open_store(database, clock=SystemClock())
    try:
        workspace_id = await store.read(workspace_of)
        keys = await store.read(lambda tx: tx.keys.of_workspace(workspace_id))
    finally:
        await store.close()
    widget_key = next(key.secret for key in keys if key.kind == "widget")
    return lambda api: demo_pages(api, workspace_id, widget_key)


@asynccontextmanager
async def killable_site(
    browser: Browser,
    folder: Path,
    *,
    html: Html = plain,
    policy: Callable[[Site], str] | None = None,
    **variables: str,
) -> AsyncIterator[Site]:
    """The same with a server in a process of its own, which has one agent, Sam, the owner."""
    made = await asyncio.to_thread(
        parley, folder, "init", "--workspace", "Acme", "--agent-email", "sam@acme.test",
        "--agent-name", "Sam", "--agent-password", "open sesame", "--json",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)
    process = Process(folder, variables={"RATE_LIMITS": "off", **variables})
    await process.start()
    try:
        server_origin = f"http://127.0.0.1:{process.port}"
        s = Site(
            browser,
            server_origin,
            told["widgetKey"],
            {"Sam": told["agent"]["token"]},
            Watch([server_origin]),
            process=process,
        )
        async with _opened(s, html, policy):
            yield s
    finally:
        await process.kill()
    s.watch.check()


@asynccontextmanager
async def _opened(s: Site, html: Html, policy: Callable[[Site], str] | None) -> AsyncIterator[None]:
    """Serve the site's page; in the end close its browsers."""

    async def page(request: Request) -> HTMLResponse:
        headers = {} if policy is None else {"Content-Security-Policy": policy(s)}
        return HTMLResponse(html(s), headers=headers)

    async with _listening(Starlette(routes=[Route("/{path:path}", page)])) as port:
        # Another name for this machine, so that the browser takes it for another site.
        s.origin = f"http://localhost:{port}"
        s.watch.trust(s.origin)
        try:
            yield
        finally:
            for context in s.contexts:
                await context.close()


@asynccontextmanager
async def _listening(app: Starlette) -> AsyncIterator[int]:
    """Serve an application on a free port, without signals."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    listener = listen("127.0.0.1", 0)
    acceptor = await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(  # type: ignore[call-arg]  # uvicorn's contract
            config=config, server_state=state, app_state={}
        ),
        sock=listener,
    )
    try:
        yield listener.getsockname()[1]
    finally:
        acceptor.close()
        for connection in tuple(state.connections):
            connection.shutdown()
        await asyncio.gather(*state.tasks, return_exceptions=True)
