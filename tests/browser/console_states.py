"""The states of the console, of signing in and of the set-up page; and the scene they play in.

The scene is a day at a small furniture shop: some visitors with names, some without, conversations
that are filed in all ways. It is written over real sockets by real clients.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from playwright.async_api import Page, WebSocketRoute, expect

from server import bootstrap
from server.chat.service import VisitorWrites, committed
from server.passwords import hash_password
from server.store.port import Transaction
from tests.browser.harness import Site
from tests.browser.states import WIDE, state
from tests.browser.tap import Tap

__all__ = [
    "FAILED_SOCKET",
    "PASSWORD",
    "REFUSED",
    "Scene",
    "conversation",
    "door",
    "field_of",
    "furnish",
    "give_passwords",
    "name_contact",
    "opened",
    "show",
]

PASSWORD: Final = "open sesame"
FAILED_SOCKET: Final = "WebSocket connection to"
REFUSED: Final = "Failed to load resource"

_PEOPLE: Final = (
    ("Jane Cooper", "jane@example.com", "Oak desk - Linden & Co.", "/desks/oak",
     "Hello! Does the oak desk come in a longer version? The one on the page is **120 cm**, "
     "and I need at least 150."),
    ("Marcus Lindqvist", "marcus@lindqvist.example", "Your orders", "/orders/10482",
     "My order #10482 has not arrived yet, can you look?"),
    ("Aiko Tanaka", None, "Linden & Co.", "/", "Hi! Do you ship to Japan?"),
    (None, None, "Chairs", "/chairs", "is anybody there??"),
    ("Renée O'Connor-Fitzgerald", "renee.oconnor@accounting.example", "Invoices", "/invoices",
     "Could you tell me whether the invoice was paid? We have `INV-2031` open since March and "
     "our accounting department would like to close the quarter."),
    (None, None, "Ash chair, white", "/chairs/ash?colour=white", "ok thanks"),
    ("Priya N.", "priya@studio.example", "Lamps", "/lamps", "The lamp flickers since yesterday"),
    ("Tom Okafor", "tom@example.org", "Delivery", "/delivery", "Where do you ship to?"),
)  # fmt: skip


@dataclass(slots=True)
class Scene:
    """What `furnish` made: the conversations in the order of their people."""

    ids: list[str] = field(default_factory=list)

    @property
    def jane(self) -> str:
        return self.ids[0]


async def name_contact(s: Site, conversation_id: str, **changes: Any) -> None:
    """Make known who a visitor is, as identifying them would."""
    node = s.node

    def unit(tx: Transaction) -> None:
        row = tx.conversations.get(node.acme.id, conversation_id)
        assert row is not None
        assert row.contact_id is not None
        tx.contacts.update(node.acme.id, row.contact_id, changes)

    await node.node.gateway.store.write(unit)


async def conversation(s: Site, *words: str, name: str | None = None, **page: Any) -> str:
    """A conversation whose visitor wrote `words` and left."""
    async with s.node.visitor() as visitor:
        if page:
            await visitor.request("page", **page)
        made = ""
        for number, body in enumerate(words):
            made = str((await visitor.say(body, f"c-{number}"))["conversationId"])
    if name is not None:
        await name_contact(s, made, name=name, kind="lead")
    return made


async def furnish(s: Site) -> Scene:
    """Eight conversations, filed in all ways; Jane's has been worked on."""
    scene = Scene()
    for name, email, title, path, words in _PEOPLE:
        made = await conversation(
            s, words, url=f"https://linden.example{path}", title=title, referrer=""
        )
        scene.ids.append(made)
        if name is not None:
            await name_contact(s, made, name=name, email=email, kind="lead")
    jane, marcus, _, _, renee, _, priya, tom = scene.ids
    async with s.node.agent("Bob") as bob, s.node.agent("Sam") as sam:
        await bob.say(
            jane,
            "Hi Jane, this is Bob. It does: **160** and **180** cm.\n\n- oiled oak\n"
            "- a top of 25 mm\n\nWhich room is it for?",
        )
        note = "The last 160 is in the warehouse, @Sam can you hold it for her?"
        await bob.request("note", conversationId=jane, clientMessageId="n-1", body=note,
                          mentions=[sam.agent_id])  # fmt: skip
        await bob.request("labels", conversationId=jane, add=["sales", "desks", "vip"])
        await bob.request("priority", conversationId=jane, priority="high")
        await sam.request("assign", conversationId=jane, agentId=sam.agent_id)
        await sam.say(jane, "I can hold one for you until Friday, shall I?")
        await sam.request("assign", conversationId=marcus, agentId=sam.agent_id)
        await bob.request("labels", conversationId=marcus, add=["orders"])
        await bob.request("priority", conversationId=marcus, priority="urgent")
        await bob.request("assign", conversationId=renee, agentId=bob.agent_id)
        await bob.request("status", conversationId=priya, status="resolved")
        await bob.request(
            "status", conversationId=tom, status="snoozed", until="2031-03-03T09:00:00.000Z"
        )
    return scene


async def show(s: Site, place: str = "mine", agent: str = "Sam", **how: Any) -> Page:
    """The console at a place, when its list is there."""
    page = await s.console_page(agent, f"/console/#/{place}", **how)
    await expect(page.locator(".rail")).to_be_attached()
    return page


async def opened(s: Site, conversation_id: str, agent: str = "Sam", **how: Any) -> Page:
    """The console with a conversation open, when it can be written to."""
    page = await show(s, f"all/{conversation_id}", agent, **how)
    await expect(page.get_by_role("log").locator("article").first).to_be_visible()
    await expect(page.locator(".thread")).to_have_attribute("aria-busy", "false")
    return page


def field_of(page: Page) -> Any:
    """Where a reply or a note is written."""
    return page.locator(".composer textarea")


# Signing in, and the first owner


async def give_passwords(s: Site, *workspaces: str) -> None:
    """Let Sam sign in with a password, in these workspaces."""
    node = s.node

    def unit(tx: Transaction) -> None:
        for workspace in workspaces:
            agent = next(a for a in tx.agents.of_workspace(workspace) if a.name == "Sam")
            tx.agents.update(workspace, agent.id, {
                "password_hash": hash_password(PASSWORD), "email": "sam@acme.test",
            })  # fmt: skip

    await node.node.gateway.store.write(unit)


async def door(s: Site, **how: Any) -> Page:
    """The sign-in page."""
    page = await s.console_page(None, "/console/", **how)
    await expect(page.get_by_role("heading", name="Sign in to Parley")).to_be_visible()
    return page


@state("console/signin")
async def _signin(s: Site) -> Page:
    return await door(s)


@state("console/signin-error", expects=(REFUSED,))
async def _signin_error(s: Site) -> Page:
    page = await door(s)
    await page.get_by_label("E-mail").fill("sam@acme.test")
    await page.get_by_label("Password").fill("not this one")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("wrong")
    return page


@state("console/signin-wait", expects=(REFUSED,))
async def _signin_wait(s: Site) -> Page:
    page = await door(s)
    await page.route("**/auth/login", lambda route: route.fulfill(
        status=429, headers={"Retry-After": "42"},
        json={"error": {"message": "Too many attempts; wait a moment.", "status": 429,
                        "code": "too_many_requests"}},
    ))  # fmt: skip
    await page.clock.install()
    await page.get_by_label("E-mail").fill("sam@acme.test")
    await page.get_by_label("Password").fill("not this one")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("42 s")
    return page


@state("console/signed-out", expects=(REFUSED,))
async def _signed_out(s: Site) -> Page:
    page = await show(s)
    await expect(page.locator(".list")).to_be_visible()
    await page.evaluate("fetch('/api/v1/auth/logout', {method: 'POST'})")
    await expect(page.get_by_text("You were signed out")).to_be_visible()
    return page


async def _setup_page(s: Site) -> Page:
    secret = await s.node.node.gateway.store.write(lambda tx: bootstrap.issue_setup_link(tx, 0))
    page = await s.console_page(None, f"/setup#{secret}")
    await expect(page.get_by_role("button", name="Make the account")).to_be_visible()
    return page


@state("console/setup")
async def _setup(s: Site) -> Page:
    return await _setup_page(s)


@state("console/setup-faults")
async def _setup_faults(s: Site) -> Page:
    page = await _setup_page(s)
    await page.get_by_label("E-mail").fill("not an address")
    await page.get_by_role("button", name="Make the account").click()
    await expect(page.locator("#name-fault")).not_to_be_empty()
    return page


@state("console/unreachable", expects=(FAILED_SOCKET,))
async def _unreachable(s: Site) -> Page:
    context = await s.context()
    await context.route_web_socket(lambda url: "/ws/" in url, _hang_up)
    await s.sign_in(context, "Sam")
    page = await s.console_page("Sam", context=context)
    await expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    return page


async def _hang_up(socket: WebSocketRoute) -> None:
    await socket.close(code=1012)


# The inbox


@state("console/first-run")
async def _first_run(s: Site) -> Page:
    page = await show(s, "unassigned")
    await expect(page.get_by_role("heading", name="Put the chat on your site")).to_be_visible()
    return page


@state("console/inbox")
async def _inbox(s: Site) -> Page:
    await furnish(s)
    page = await show(s, "all")
    await expect(page.locator(".row")).to_have_count(6)
    return page


async def _empty(s: Site, place: str, words: str) -> Page:
    made = await conversation(s, "Hello")
    async with s.node.agent("Bob") as bob:
        await bob.request("assign", conversationId=made, agentId=bob.agent_id)
    page = await show(s, place)
    await expect(page.get_by_text(words)).to_be_visible()
    return page


@state("console/inbox-empty-mine")
async def _empty_mine(s: Site) -> Page:
    return await _empty(s, "mine", "Nothing waits for you")


@state("console/inbox-empty-unassigned")
async def _empty_unassigned(s: Site) -> Page:
    return await _empty(s, "unassigned", "Everybody is looked after")


@state("console/inbox-empty-snoozed")
async def _empty_snoozed(s: Site) -> Page:
    return await _empty(s, "snoozed", "Nothing is snoozed")


@state("console/inbox-empty-resolved")
async def _empty_resolved(s: Site) -> Page:
    return await _empty(s, "resolved", "Nothing is resolved yet")


@state("console/inbox-empty-all")
async def _empty_all(s: Site) -> Page:
    made = await conversation(s, "Hello")
    async with s.node.agent("Bob") as bob:
        await bob.request("status", conversationId=made, status="resolved")
    page = await show(s, "all")
    await expect(page.get_by_text("No open conversations")).to_be_visible()
    return page


@state("console/inbox-loading")
async def _loading(s: Site) -> Page:
    await furnish(s)
    tap = Tap()
    tap.hold(lambda frame: "viewId" in frame.get("data", {}))
    page = await show(s, "all", tap=tap)
    await expect(page.locator(".rows-skeleton")).to_be_visible()
    return page


@state("console/inbox-failed")
async def _failed(s: Site) -> Page:
    await furnish(s)
    context = await s.context()
    await context.route_web_socket(lambda url: "/ws/" in url, _refuse_lists)
    page = await show(s, "all", context=context)
    await expect(page.get_by_text("The list could not be loaded")).to_be_visible()
    return page


async def _refuse_lists(socket: WebSocketRoute) -> None:
    """Answers `inbox` as a server without its database would."""
    server = socket.connect_to_server()

    def to_server(message: str | bytes) -> None:
        frame = json.loads(message)
        if frame["type"] == "inbox":
            error = {"message": "Not now.", "status": 503, "code": "unavailable"}
            socket.send(json.dumps({"type": "error", "id": frame["id"], "error": error}))
        else:
            server.send(message)

    socket.on_message(to_server)


@state("console/inbox-nothing-found")
async def _nothing_found(s: Site) -> Page:
    await furnish(s)
    page = await show(s, "all")
    await page.get_by_role("searchbox").fill("zebra")
    await expect(page.get_by_text("Nothing found")).to_be_visible()
    return page


@state("console/inbox-narrow-menu", widths=(360, 768))
async def _rail_drawer(s: Site) -> Page:
    await furnish(s)
    page = await show(s, "all")
    await page.get_by_role("button", name="Views and team").click()
    await expect(page.get_by_role("link", name="Mine")).to_be_visible()
    return page


# A conversation


@state("console/thread", widths=(360, 700, 768, 1150, WIDE, 2560))
async def _thread(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await expect(page.get_by_text("You took this")).to_be_visible()
    return page


@state("console/thread-unread")
async def _unread(s: Site) -> Page:
    made = await conversation(s, "Hello", name="Jane Cooper")
    async with s.node.agent() as sam, s.node.visitor() as other:
        await sam.say(made, "Hi, how can I help?")
        await sam.request("read", conversationId=made, seq=2)
        await other.say("not hers")
    await _add(s, made, "Are you still there?", "It is about the desk.")
    page = await show(s, f"all/{made}")
    await expect(page.get_by_role("log").get_by_text("It is about the desk.")).to_be_visible()
    return page


async def _add(s: Site, conversation_id: str, *words: str) -> None:
    """More words of the visitor whose conversation it is."""
    node = s.node

    def session(tx: Transaction) -> Any:
        row = tx.conversations.get(node.acme.id, conversation_id)
        assert row is not None
        assert row.visitor_id is not None
        return tx.sessions.of_visitor(node.acme.id, row.visitor_id)[0]

    gateway = node.node.gateway
    found = await gateway.store.read(session)
    for number, body in enumerate(words):
        said = VisitorWrites(f"more-{number}", body, conversation_id)
        await committed(partial(gateway.chat.post_nowait, found, said, None))


@state("console/thread-long", widths=(WIDE,))
async def _long(s: Site) -> Page:
    made = await conversation(s, *[f"Message number {n}" for n in range(1, 61)], name="Jane Cooper")
    page = await opened(s, made)
    await page.get_by_role("log").evaluate("(log) => { log.scrollTop = 200; }")
    await expect(page.get_by_role("button", name="Latest")).to_be_visible()
    return page


HOSTILE: Final = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@state("console/thread-hostile")
async def _hostile(s: Site) -> Page:
    made = await conversation(
        s, HOSTILE, "W" * 3000, "[click](javascript:alert(3)) \u202eevil",
        "```\n" + "x" * 400 + "\n```",
        name=f"{HOSTILE} {'Ω' * 120}", url="https://linden.example/", title=HOSTILE, referrer="",
    )  # fmt: skip
    async with s.node.agent() as sam:
        await sam.request("labels", conversationId=made, add=["<b>bold</b>", "L" * 120])
    return await opened(s, made)


@state("console/thread-gone")
async def _gone(s: Site) -> Page:
    await furnish(s)
    page = await show(s, "all/cv_nowhere")
    await expect(page.get_by_text("This conversation is not there")).to_be_visible()
    return page


@state("console/thread-opening")
async def _opening(s: Site) -> Page:
    scene = await furnish(s)
    tap = Tap()
    tap.hold(lambda frame: "history" in frame.get("data", {}))
    page = await show(s, f"all/{scene.jane}", tap=tap)
    await expect(page.locator(".thread-skeleton")).to_be_visible()
    return page


@state("console/thread-changed")
async def _changed(s: Site) -> Page:
    made = await conversation(s, "Hello", name="Jane Cooper")
    async with s.node.agent() as sam:
        await sam.say(made, "It costs 12 euro", "e-1")
        await sam.say(made, "Wrong window, sorry", "e-2")
        await sam.request("editMessage", conversationId=made, seq=2, body="It costs 120 euro")
        await sam.request("deleteMessage", conversationId=made, seq=3)
    page = await opened(s, made)
    await expect(page.get_by_text("This message was deleted")).to_be_visible()
    return page


@state("console/edit")
async def _edit(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await page.get_by_text("I can hold one for you").last.hover()
    await page.get_by_role("button", name="Edit the message").last.click()
    await expect(page.get_by_label("Edit the message")).to_be_focused()
    return page


@state("console/delete")
async def _delete(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await page.get_by_text("I can hold one for you").last.hover()
    await page.get_by_role("button", name="Delete the message").last.click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    return page


# Writing


@state("console/composer-reply", widths=(360, WIDE))
async def _reply(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await field_of(page).fill(
        "It is on hold for you.\nIt can be fetched until Friday, six o'clock."
    )
    return page


@state("console/composer-note")
async def _note(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await page.get_by_role("button", name="Note", exact=True).click()
    await field_of(page).fill("She asked twice now, let us be quick.")
    return page


@state("console/composer-mention", widths=(WIDE,))
async def _mention(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await page.get_by_role("button", name="Note", exact=True).click()
    await field_of(page).press_sequentially("Can you look, @b")
    await expect(page.get_by_role("option", name="Bob")).to_be_visible()
    return page


@state("console/composer-too-long", widths=(WIDE,))
async def _too_long(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await field_of(page).fill("word " * 2100)
    await expect(page.get_by_text("characters too many")).to_be_visible()
    return page


@state("console/collision")
async def _collision(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await field_of(page).fill("Yes, I have put it aside for you.")
    async with s.node.agent("Bob") as bob:
        await bob.say(scene.jane, "It is on hold for you until Friday, Jane.", "late")
    await expect(page.get_by_text("Bob replied while you typed")).to_be_visible()
    return page


@state("console/typing")
async def _typing(s: Site) -> Page:
    async with s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        await name_contact(s, made, name="Jane Cooper", kind="lead")
        page = await opened(s, made)
        bob = await opened(s, made, "Bob")
        await field_of(bob).press_sequentially("I know")
        await visitor.request(
            "typing", conversationId=made, isTyping=True, preview="I was wondering whether"
        )
        await expect(page.get_by_text("I was wondering whether")).to_be_visible()
        await expect(page.get_by_text("is typing a reply")).to_be_visible()
        return page


async def _failing(s: Site) -> Page:
    scene = await furnish(s)
    context = await s.context()
    await context.route_web_socket(lambda url: "/ws/" in url, _refuse_messages)
    page = await opened(s, scene.jane, context=context)
    await field_of(page).fill("This one is not taken.")
    await field_of(page).press("Enter")
    await expect(page.get_by_role("button", name="Retry")).to_be_visible()
    return page


async def _refuse_messages(socket: WebSocketRoute) -> None:
    server = socket.connect_to_server()

    def to_server(message: str | bytes) -> None:
        frame = json.loads(message)
        if frame["type"] == "message":
            error = {"message": "No.", "status": 403, "code": "forbidden"}
            socket.send(json.dumps({"type": "error", "id": frame["id"], "error": error}))
        else:
            server.send(message)

    socket.on_message(to_server)


@state("console/message-failed")
async def _message_failed(s: Site) -> Page:
    return await _failing(s)


# The connection


@dataclass(slots=True)
class _Wire:
    """The way to the server, which can be cut for good."""

    is_cut: bool = False
    sockets: list[WebSocketRoute] = field(default_factory=list)

    async def connect(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            await _hang_up(socket)
        else:
            socket.connect_to_server()
            self.sockets.append(socket)

    async def cut(self) -> None:
        self.is_cut = True
        for socket in self.sockets:
            await _hang_up(socket)


@state("console/offline")
async def _offline(s: Site) -> Page:
    scene = await furnish(s)
    context, wire = await s.context(), _Wire()
    # A bound method would not do: Playwright writes an attribute on its object.
    await context.route_web_socket(lambda url: "/ws/" in url, lambda one: wire.connect(one))
    page = await opened(s, scene.jane, context=context)
    await wire.cut()
    await expect(page.get_by_text("Offline since")).to_be_visible()
    await field_of(page).fill("This waits for the connection.")
    await field_of(page).press("Enter")
    await expect(page.get_by_text("Waits for the connection", exact=True)).to_be_visible()
    return page


@state("console/catching-up", widths=(WIDE,))
async def _catching_up(s: Site) -> Page:
    scene = await furnish(s)
    tap = Tap()
    page = await opened(s, scene.jane, tap=tap)
    tap.hold(lambda frame: frame["type"] == "history" or "history" in frame.get("data", {}))
    await tap.cut()
    await expect(page.get_by_text("Catching up…")).to_be_visible()
    return page


@state("console/terminal")
async def _terminal(s: Site) -> Page:
    scene = await furnish(s)
    tap = Tap()
    page = await opened(s, scene.jane, tap=tap)
    for socket in tap._sockets:
        await socket.close(code=4503, reason="not from here")
    await expect(page.get_by_text("Nothing here is live any more")).to_be_visible()
    return page


# The board


@state("console/board", widths=(360, 768, WIDE, 2560))
async def _board(s: Site) -> Page:
    await furnish(s)
    pages: Sequence[tuple[str, str]] = (
        ("Oak desk, 160 cm - Linden & Co.", "/desks/oak-160"), ("Basket", "/basket"),
    )  # fmt: skip
    async with s.node.visitor() as one, s.node.visitor() as two, s.node.visitor():
        for visitor, (title, path) in zip((one, two), pages, strict=True):
            await visitor.request("page", url=f"https://linden.example{path}", title=title,
                                  referrer="https://search.example/?q=desk")  # fmt: skip
        made = str((await one.say("Hello"))["conversationId"])
        await name_contact(s, made, name="Jane Cooper", email="jane@example.com", kind="lead")
        page = await show(s, "visitors")
        await expect(page.get_by_text("Oak desk, 160 cm")).to_be_visible()
        return page


@state("console/board-empty")
async def _board_empty(s: Site) -> Page:
    page = await show(s, "visitors")
    await expect(page.get_by_text("Nobody is on your site right now")).to_be_visible()
    return page


@state("console/board-start")
async def _board_start(s: Site) -> Page:
    async with s.node.visitor() as visitor:
        await visitor.request("page", url="https://linden.example/basket", title="Basket")
        page = await show(s, "visitors")
        await page.get_by_role("button", name="Chat with").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        return page


# What floats above


@state("console/command-bar")
async def _command_bar(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox")).to_be_focused()
    return page


@state("console/command-bar-find", widths=(WIDE,))
async def _command_find(s: Site) -> Page:
    await furnish(s)
    page = await show(s, "mine")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").fill("marcus")
    await expect(page.get_by_role("option", name="Marcus")).to_be_visible()
    return page


@state("console/shortcuts")
async def _shortcuts(s: Site) -> Page:
    await furnish(s)
    page = await show(s, "all")
    await expect(page.locator(".row").first).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    return page


async def _pick(s: Site, key: str) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await page.keyboard.press(key)
    await expect(page.get_by_role("combobox")).to_be_focused()
    return page


@state("console/pick-assign", widths=(WIDE,))
async def _pick_assign(s: Site) -> Page:
    return await _pick(s, "a")


@state("console/pick-snooze", widths=(WIDE,))
async def _pick_snooze(s: Site) -> Page:
    return await _pick(s, "s")


@state("console/pick-labels", widths=(WIDE,))
async def _pick_labels(s: Site) -> Page:
    return await _pick(s, "l")


@state("console/pick-priority", widths=(WIDE,))
async def _pick_priority(s: Site) -> Page:
    return await _pick(s, "p")


@state("console/snooze-own-moment", widths=(WIDE,))
async def _own_moment(s: Site) -> Page:
    page = await _pick(s, "s")
    await page.get_by_role("option", name="Pick a date").click()
    await page.get_by_label("Snooze until").last.fill("2020-01-01T10:00")
    await expect(page.get_by_text("Pick a time that lies ahead")).to_be_visible()
    return page


@state("console/popover-assign", widths=(WIDE,))
async def _popover(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await page.locator(".thread-actions .picker-anchor button").first.click()
    await expect(page.get_by_role("combobox")).to_be_focused()
    return page


@state("console/own-menu", widths=(WIDE,))
async def _own_menu(s: Site) -> Page:
    await furnish(s)
    page = await show(s, "all")
    await page.get_by_role("button", name="Your menu").click()
    await expect(page.get_by_role("menu")).to_be_visible()
    return page


@state("console/toasts")
async def _toasts(s: Site) -> Page:
    scene = await furnish(s)
    page = await opened(s, scene.jane)
    await page.keyboard.press("e")
    await expect(page.locator(".toast")).to_be_visible()
    return page


@state("console/details", widths=(360, 1150, WIDE))
async def _details(s: Site) -> Page:
    scene = await furnish(s)
    await name_contact(
        s, scene.jane, user_id="user_4711", phone="+44 20 7946 0958", verified_at=1_700_000_000_000,
        metadata={"plan": "Business", "seats": 12, "since": "2024-02-01"},
        unverified_metadata={"favourite colour": "green", "basket": {"items": 2, "total": 1290}},
    )  # fmt: skip
    page = await opened(s, scene.jane)
    if page.viewport_size is not None and page.viewport_size["width"] < 1280:
        await page.get_by_role("button", name="Show the details").click()
    await expect(page.get_by_text("user_4711")).to_be_visible()
    return page
