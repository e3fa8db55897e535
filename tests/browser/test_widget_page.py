"""The widget on other people's pages: their policies, styles and scripts; and `window.Parley`."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.harness import OpenSite, Site, plain, strict_policy
from tests.browser.widget_states import (
    answering,
    launcher,
    messages,
    open_chat,
    panel,
    send,
    talk,
)

pytestmark = pytest.mark.adapter

READY = "window.Parley?.isReady?.()"
STUB = """window.Parley ??= new Proxy({ q: [], then: null }, {
  get: (stub, name) => name in stub || stub.init ? stub[name] :
    (...args) => new Promise((answer) => stub.q.push([name, args, answer])),
});"""


def nonce_policy(s: Site) -> str:
    sockets = s.server_origin.replace("http", "ws", 1)
    return (
        f"default-src 'none'; script-src 'nonce-r4nd0m' 'strict-dynamic'; img-src data:; "
        f"connect-src {sockets}; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def with_nonce(s: Site) -> str:
    return plain(s).replace("<script async", '<script nonce="r4nd0m" async')


@pytest.mark.parametrize(
    ("policy", "html"),
    [(strict_policy, plain), (nonce_policy, with_nonce)],
    ids=["host", "nonce"],
)
async def test_a_page_with_a_strict_policy_and_trusted_types_has_the_whole_chat(
    site: OpenSite, policy: Any, html: Any
) -> None:
    async with site(policy=policy, html=html, acme={"greeting": ["**Hi**"]}) as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "*Yes*, see https://example.com/")
            await expect(panel(page).get_by_role("link")).to_be_visible()
        await messages(page).nth(1).hover()
        await panel(page).locator(".menu-button").press("Enter")
        await panel(page).get_by_role("menuitem", name="Edit").click()
        await expect(panel(page).get_by_label("Edit message")).to_be_visible()
        await page.keyboard.press("Escape")
        await panel(page).get_by_label("All conversations").click()

        await expect(panel(page).locator("li")).to_have_count(1)


ODD = """<style>
* { all: revert; font: 40px cursive !important; letter-spacing: 9px; box-sizing: content-box }
body { transform: rotate(2deg); filter: blur(1px); overflow: hidden }
html { font-size: 3px }
button { display: none !important; border: 9px solid red }
parley-chat, :not(main) { opacity: 0.9; position: absolute; text-transform: uppercase }
</style>
<script>
Array.prototype.last = function () { return this[this.length - 1] };
Object.prototype.surprise = () => { throw new Error("surprise") };
</script>"""


async def test_a_page_with_odd_styles_and_prototypes_does_not_reach_the_chat(
    site: OpenSite,
) -> None:
    async with site(html=lambda s: plain(s, head=ODD)) as s:
        page = await s.visitor_page()
        box = await launcher(page).bounding_box()
        await open_chat(page)
        await send(page, "Hello")
        frame = await panel(page).bounding_box()
        style = await messages(page).first.evaluate(
            "(node) => { const { fontSize, textTransform } = getComputedStyle(node);"
            " return [fontSize, textTransform]; }"
        )

        assert box == {"x": 1324, "y": 824, "width": 56, "height": 56}
        assert frame is not None
        assert (frame["width"], frame["x"]) == (384, 996)
        assert style == ["15px", "none"]


TRACE = """() => ({
  nodes: document.documentElement.outerHTML.replace(/<script[^>]*src[^>]*><.script>/, ""),
  globals: Object.getOwnPropertyNames(window).sort(),
  symbols: Object.getOwnPropertySymbols(window).length,
  patches: [history.pushState, history.replaceState, WebSocket].map((one) => String(one)),
})"""
COUNT = """
const isWidgets = () => /[/](widget|protocol)[/]/.test(new Error().stack);
const timers = new Set();
window.tally = { listeners: 0, get timers() { return timers.size; } };
const { addEventListener } = EventTarget.prototype;
EventTarget.prototype.addEventListener = function (type, listener, options) {
  if (isWidgets() && [window, document, window.navigation, visualViewport].includes(this)) {
    window.tally.listeners++;
    options?.signal?.addEventListener("abort", () => window.tally.listeners--);
  }
  return addEventListener.call(this, type, listener, options);
};
const { setTimeout, clearTimeout } = window;
window.setTimeout = (act, ...rest) => {
  const id = setTimeout((...args) => { timers.delete(id); act(...args); }, ...rest);
  if (isWidgets()) timers.add(id);
  return id;
};
window.clearTimeout = (id) => { timers.delete(id); clearTimeout(id); };
"""


@pytest.mark.parametrize("is_opened", [False, True], ids=["closed", "opened"])
async def test_destroy_leaves_no_trace(site: OpenSite, is_opened: bool) -> None:
    def later(s: Site) -> str:
        return plain(s).replace(s.snippet, "")

    async with site(html=later) as s:
        context = await s.context()
        await context.add_init_script(COUNT)
        page = await s.visitor_page(context=context)
        before = await page.evaluate(TRACE)
        tally = await page.evaluate("({ ...window.tally })")
        await page.evaluate(
            "([src, key]) => { const tag = document.createElement('script');"
            " tag.src = src; tag.dataset.key = key; document.body.append(tag); }",
            [f"{s.server_origin}/widget.js", s.key],
        )
        await page.wait_for_function(READY)
        if is_opened:
            await open_chat(page)
            await send(page, "Hello")
            await messages(page).first.hover()
            await expect(panel(page).locator(".menu-button")).to_have_count(1)
            await page.keyboard.type("abc")
        held = await page.evaluate("({ ...window.tally })")
        async with page.expect_event("console", lambda message: message.text == "gone") as _:
            await page.evaluate(
                """() => {
                  const { Parley } = window;
                  window.held = Parley;
                  Parley.destroy();
                  setTimeout(() => console.info("gone"));
                }"""
            )
        after = await page.evaluate(
            "() => { window.old = window.held; delete window.held; return (" + TRACE + ")(); }"
        )
        left = await page.evaluate("({ ...window.tally })")
        after["globals"].remove("old")

        assert after == before
        assert held["listeners"] > tally["listeners"]
        assert left == tally


async def test_what_is_left_of_the_api_does_nothing_and_breaks_nothing(site: OpenSite) -> None:
    async with site() as s:
        page = await s.visitor_page()
        await page.wait_for_function(READY)
        told = await page.evaluate(
            """async () => {
              const { Parley } = window;
              Parley.destroy();
              Parley.destroy();
              const calls = ["sendMessage", "newConversation", "openConversation",
                "listConversations", "resetUser", "open", "debug"];
              const answers = await Promise.allSettled(calls.map((name) => Parley[name]("x")));
              Parley.on("ready", () => {})();
              Parley.off("ready", () => {});
              Parley.update({ theme: "dark", isOpen: true });
              Parley.toggle();
              Parley.close();
              Parley.onReady(() => { window.wasCalled = true; });
              return [typeof window.Parley, Parley.isOpen(), Parley.isReady(),
                new Set(answers.map(({ status }) => status)).size, answers[0].status,
                !!window.wasCalled, document.querySelectorAll("parley-chat").length];
            }"""
        )

        assert told == ["undefined", False, False, 1, "rejected", False, 0]


async def test_a_chat_that_was_open_when_it_was_destroyed_refuses_everything(
    site: OpenSite,
) -> None:
    async with site() as s:
        page = await talk(s)
        told = await page.evaluate(
            """async () => {
              const { Parley } = window;
              Parley.destroy();
              const calls = ["open", "sendMessage", "listConversations", "resetUser"];
              const answers = await Promise.allSettled(calls.map((name) => Parley[name]("x")));
              return [answers.map(({ status }) => status), Parley.isOpen()];
            }"""
        )

        assert told == [["rejected"] * 4, False]


async def test_calls_before_the_script_has_loaded_are_done_when_it_has(site: OpenSite) -> None:
    def with_stub(s: Site) -> str:
        calls = (
            "window.early = Parley; Parley.on('open', () => { window.wasOpened = true; });"
            "Parley.open('What I wanted to ask'); Parley.sendMessage('Sent before anything')"
            ".then((where) => { window.where = where; });"
        )
        return plain(s, head=f"<script>{STUB}{calls}</script>")

    async with site(html=with_stub) as s:
        page = await s.visitor_page()
        await expect(messages(page)).to_have_text(["Sent before anything"])
        await expect(panel(page).locator(".composer textarea")).to_have_value(
            "What I wanted to ask"
        )
        await page.wait_for_function("window.where")

        assert await page.evaluate("window.wasOpened && window.early === window.Parley")
        assert await page.evaluate("window.where.seq") == 1


async def test_the_stub_may_be_awaited_and_what_does_not_exist_does_nothing(
    site: OpenSite,
) -> None:
    def with_stub(s: Site) -> str:
        calls = (
            f"Parley.init({{ key: '{s.key}' }}).then((api) => {{ window.api = api; }});"
            "Parley.whatever().then((value) => { window.nothing = value === undefined; });"
        )
        return plain(s, head=f"<script>{STUB}{calls}</script>").replace(f' data-key="{s.key}"', "")

    async with site(html=with_stub) as s:
        page = await s.visitor_page()
        await page.wait_for_function("window.api && 'nothing' in window")

        assert await page.evaluate("api === Parley && nothing && Parley.whatever === undefined")


async def test_a_widget_without_a_key_waits_for_init_and_a_second_init_changes_nothing(
    site: OpenSite,
) -> None:
    def keyless(s: Site) -> str:
        return plain(s).replace(f' data-key="{s.key}"', "")

    async with site(html=keyless) as s:
        page = await s.visitor_page()
        warnings: list[str] = []
        page.on("console", lambda message: warnings.append(message.text))
        await page.wait_for_function("!!window.Parley?.init")
        same = await page.evaluate(
            "(key) => Parley.init({ key, theme: 'dark' }) === Parley.init({ key: 'x' })", s.key
        )
        await page.wait_for_function(READY)

        assert same
        assert warnings == ["Parley: no key, or running"]
        await expect(page.locator("parley-chat")).to_have_attribute("data-theme", "dark")


async def test_a_page_may_say_its_key_in_a_configuration(site: OpenSite) -> None:
    def configured(s: Site) -> str:
        config = (
            f"<script>window.__chat_config = {{ key: '{s.key}', position: 'bottom-left' }}</script>"
        )
        return plain(s, head=config).replace(f' data-key="{s.key}"', "")

    async with site(html=configured) as s:
        page = await s.visitor_page()
        await page.wait_for_function(READY)
        box = await launcher(page).bounding_box()

        assert box is not None
        assert box["x"] == 20


async def test_the_api_opens_writes_lists_and_tells(site: OpenSite) -> None:
    async with site() as s:
        page = await s.visitor_page()
        await page.wait_for_function(READY)
        told = await page.evaluate(
            """async () => {
              const told = window.told = [];
              for (const name of ["open", "close", "unread"]) {
                Parley.on(name, ({ detail }) => told.push([name, detail ?? null]));
              }
              const { conversationId } = await Parley.sendMessage(" From the page ");
              await Parley.newConversation();
              const other = await Parley.sendMessage("Another");
              await Parley.openConversation(conversationId);
              const list = await Parley.listConversations();
              Parley.update({ isOpen: false });
              const errors = await Promise.allSettled([
                Parley.sendMessage(""), Parley.sendMessage({}.missing),
                Parley.sendMessage("x".repeat(10001)), Parley.openConversation("cv_nobody"),
              ]);
              return {
                isSame: conversationId === other.conversationId,
                previews: list.map(({ preview }) => preview).sort(),
                codes: errors.map(({ reason }) => reason.code),
                isOpen: Parley.isOpen(), told,
              };
            }"""
        )
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "Anybody there?")
        await page.wait_for_function("told.some(([name, detail]) => name === 'unread' && detail)")

        assert told["isSame"] is False
        assert told["previews"] == ["Another", "From the page"]
        assert told["codes"] == ["invalid_input", "invalid_input", "invalid_input", "not_found"]
        assert told["isOpen"] is False
        assert [name for name, _ in told["told"]] == ["open", "close"]


async def test_debug_tells_what_is_there_and_never_a_token(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        told = await page.evaluate("Parley.debug().then(JSON.stringify)")
        tokens = await page.evaluate(
            "Object.values(localStorage).flatMap((text) => Object.values(JSON.parse(text)))"
        )

        assert '"connection":"LIVE"' in told
        assert '"hasSessionToken":true' in told
        assert not [token for token in tokens if isinstance(token, str) and token in told]


async def test_a_listener_that_throws_breaks_nothing(site: OpenSite) -> None:
    async with site() as s:
        s.watch.expect("mistake of the site")
        page = await s.visitor_page()
        await page.wait_for_function(READY)
        await page.evaluate(
            "void Parley.on('open', () => { throw new Error('mistake of the site') })"
        )
        await open_chat(page)

        await send(page, "Still here")


async def test_a_browser_that_keeps_nothing_has_a_chat_all_the_same(site: OpenSite) -> None:
    async with site() as s:
        context = await s.context()
        await context.add_init_script(
            """for (const area of ["localStorage", "sessionStorage"]) {
              Object.defineProperty(window, area, { get() { throw new Error("SecurityError"); } });
            }"""
        )
        page = await s.visitor_page(context=context)
        await open_chat(page)

        await send(page, "Hello")


async def test_a_chat_half_that_could_not_be_loaded_is_loaded_by_the_next_click(
    site: OpenSite,
) -> None:
    async with site() as s:
        s.watch.expect("ERR_FAILED", "Failed to load resource")
        page = await s.visitor_page()
        await page.wait_for_function(READY)
        await page.evaluate("void Parley.on('error', () => { window.failed = true; })")
        await page.route("**/widget/chat.js*", lambda route: route.abort())
        await launcher(page).click()
        await page.wait_for_function("window.failed")
        await page.unroute("**/widget/chat.js*")

        await open_chat(page)


@pytest.mark.parametrize(
    ("accent", "ink"),
    [
        ("#2b59ff", "rgb(255, 255, 255)"),
        ("#ffd400", "rgb(0, 0, 0)"),
        ("#757575", "rgb(255, 255, 255)"),
        ("#777777", "rgb(0, 0, 0)"),
    ],
)
async def test_what_is_written_on_the_accent_can_be_read(
    site: OpenSite, accent: str, ink: str
) -> None:
    async with site(acme={"primary_color": accent}) as s:
        page = await talk(s)
        drawn = await messages(page).first.evaluate(
            """(node) => {
              const canvas = document.createElement("canvas").getContext("2d");
              canvas.fillStyle = getComputedStyle(node).color;
              canvas.fillRect(0, 0, 1, 1);
              const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
              return `rgb(${r}, ${g}, ${b})`;
            }"""
        )

        assert drawn == ink


async def test_a_site_sets_the_theme_by_custom_properties(site: OpenSite) -> None:
    style = (
        "<style>:root { --parley-accent: #0a7d4f; --parley-radius: 4px; "
        "--parley-font: serif; --parley-offset-x: 40px; --parley-offset-y: 60px; }</style>"
    )
    async with site(html=lambda s: plain(s, head=style)) as s:
        page = await talk(s)
        seen = await panel(page).evaluate(
            "(node) => { const { borderTopLeftRadius, fontFamily } = getComputedStyle(node);"
            " return [borderTopLeftRadius, fontFamily]; }"
        )
        accent = await launcher(page).evaluate("(node) => getComputedStyle(node).backgroundColor")
        box = await launcher(page).bounding_box()

        assert seen == ["4px", "serif"]
        assert accent == "rgb(10, 125, 79)"
        assert box == {"x": 1304, "y": 784, "width": 56, "height": 56}


async def test_on_a_phone_the_chat_is_the_whole_screen_and_gives_it_back(site: OpenSite) -> None:
    async with site() as s:
        page = await s.visitor_page(width=360, height=740)
        await open_chat(page)
        frame = await panel(page).bounding_box()
        await expect(launcher(page)).to_be_hidden()
        await panel(page).get_by_label("Close chat").click()

        assert frame == {"x": 0, "y": 0, "width": 360, "height": 740}
        await expect(launcher(page)).to_be_visible()
        await expect(launcher(page)).to_be_focused()
