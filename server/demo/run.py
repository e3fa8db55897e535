"""Runs the demo: a workspace with stories in it, served with the demo's pages, and told about on
the terminal.
"""

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from server.app import Beside, key_fingerprint, serve
from server.clock import SystemClock
from server.demo.pages import demo_pages, issue_link
from server.demo.stories import AGENTS
from server.demo.telling import tell_stories, workspace_of
from server.settings import Settings, secret_key
from server.store.engine import SqlStore
from server.store.port import Transaction

__all__ = ["Told", "run_demo", "show"]


@dataclass(frozen=True, slots=True)
class Told:
    """What whoever started the demo is told. `setup_secret` is there while nobody owns it."""

    origin: str
    link_secret: str
    setup_secret: str | None
    widget_key: str


async def run_demo(settings: Settings, origin_of: Callable[[int], str]) -> int:
    """Serve the demo until told to end; the exit code. `origin_of` makes an address of a port.

    Raises what `open_store` and the listener raise.
    """
    await tell_stories(settings, key_fingerprint(secret_key(settings)))
    link_secret, widget_key = "", ""

    async def prepare(store: SqlStore) -> Beside:
        nonlocal link_secret, widget_key
        workspace_id, widget_key, link_secret = await store.write(_open)
        return lambda api: demo_pages(api, workspace_id, widget_key)

    def ready(port: int, setup_secret: str | None) -> None:
        show(Told(origin_of(port), link_secret, setup_secret, widget_key), Console())

    return await serve(settings, ready, prepare=prepare)


def _open(tx: Transaction) -> tuple[str, str, str]:
    """The workspace, its widget key, and the secret of a fresh link."""
    workspace_id = workspace_of(tx)
    keys = tx.keys.of_workspace(workspace_id)
    widget = next(key for key in keys if key.kind == "widget" and key.revoked_at is None)
    return workspace_id, widget.secret, issue_link(tx, SystemClock().now_ms())


def show(told: Told, console: Console) -> None:
    """Tell it, so that it can be read and its addresses can be opened and copied whole."""

    def line(*parts: str | tuple[str, str]) -> None:
        console.print(Text.assemble(*parts), soft_wrap=True)

    def entry(name: str, what: str, why: str) -> None:
        line()
        line(("  " + name.ljust(8), "bold"), (what, "cyan"))
        line(" " * 10, (why, "dim"))

    line((f"parley is ready on {told.origin}", "dim"))
    entry(
        "Open",
        f"{told.origin}/demo#{told.link_secret}",
        f"A shop with the widget, its console beside it, you signed in as {AGENTS[0]}.",
    )
    if told.setup_secret is not None:
        entry(
            "Own",
            f"{told.origin}/setup#{told.setup_secret}",
            "An account of your own, the owner's.",
        )
    entry(
        "Paste",
        f'<script async src="{told.origin}/widget.js" data-key="{told.widget_key}"></script>',
        "The widget on a page of yours.",
    )
    line()
    line("  A link works once, within 30 minutes. Ctrl-C ends; start again and all is still there.")
    line()
