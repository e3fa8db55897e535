"""A visitor talks in the widget: writing, reading, changing, ending, beginning again."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.harness import OpenSite
from tests.browser.widget_states import (
    answering,
    launcher,
    messages,
    open_chat,
    panel,
    send,
    talk,
    write,
)

pytestmark = pytest.mark.adapter


async def choose(page: Page, *names: str) -> None:
    """Choose in the menus that are open, one after the other."""
    for name in names:
        await panel(page).get_by_role("menuitem", name=name).click()


async def test_what_the_visitor_writes_reaches_the_agent_and_the_answer_comes_back(
    site: OpenSite,
) -> None:
    async with site() as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "It does.")
            await expect(messages(page).last).to_have_text("It does.")
            await send(page, "Wonderful!")
            event = await agent.event(body="Wonderful!")

        assert event["author"]["kind"] == "visitor"


async def test_nothing_of_the_chat_is_loaded_before_somebody_comes_near(site: OpenSite) -> None:
    async with site() as s:
        context = await s.context()
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = await s.visitor_page(context=context)
        await page.wait_for_function("window.Parley?.isReady()")
        async with s.node.agent("Sam") as agent:
            board = await agent.request("visitors", follow=True)

        assert [visitor["page"]["url"] for visitor in board["items"]] == [f"{s.origin}/"]
        assert not [url for url in asked if "/widget/chat.js" in url]


async def test_the_agents_see_where_the_visitor_goes_without_the_secrets_in_the_address(
    site: OpenSite,
) -> None:
    async with site() as s:
        page = await s.visitor_page("/reset?token=secret#also")
        await page.wait_for_function("window.Parley?.isReady()")
        async with s.node.agent("Sam") as agent:
            board = await agent.request("visitors", follow=True)
            await page.evaluate("history.pushState(null, '', '/cart?promo=secret')")
            change = await agent.expect("visitorChange")

        assert [one["page"]["url"] for one in board["items"]] == [f"{s.origin}/reset"]
        assert [one["page"]["url"] for one in change["upsert"]] == [f"{s.origin}/cart"]


async def test_a_message_says_that_the_agent_has_seen_it(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            await agent.request("read", conversationId=conversation_id, seq=1)

            await expect(panel(page).locator(".notes")).to_contain_text("Seen")


async def test_what_is_on_screen_is_read_and_what_is_not_is_counted(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "One", "a-1")
            mark = await agent.expect("read", conversationId=conversation_id)
            await panel(page).get_by_label("Close chat").click()
            await agent.say(conversation_id, "Two", "a-2")
            await expect(launcher(page)).to_have_attribute("data-unread", "1")
            await expect(launcher(page)).to_have_accessible_name("Chat, 1 unread")
            await launcher(page).click()

            await expect(launcher(page)).not_to_have_attribute("data-unread", "1")
            assert mark["seq"] == 2


async def test_typing_is_told_both_ways_and_ends(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            await panel(page).locator(".composer textarea").press_sequentially("Hm")
            told = await agent.expect("typing", isTyping=True)
            await page.keyboard.press("Enter")
            await agent.expect("typing", isTyping=False)
            await agent.request("typing", conversationId=conversation_id, isTyping=True)
            await expect(panel(page).locator(".typing")).to_contain_text("Sam is typing")
            await agent.say(conversation_id, "Yes?")

            await expect(panel(page).locator(".typing")).to_have_count(0)
            assert told["conversationId"] == conversation_id


async def test_the_visitor_sees_whether_somebody_is_there(site: OpenSite) -> None:
    async with site() as s:
        async with s.node.agent("Sam"):
            page = await s.visitor_page()
            await page.wait_for_function("window.Parley?.isReady()")
            await open_chat(page)
            await expect(panel(page).locator(".who p")).to_have_text("Here to help")

        await expect(panel(page).locator(".who p")).to_have_text("Leave us a message")


async def test_one_edits_and_deletes_what_one_wrote(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        await messages(page).first.hover()
        await panel(page).locator(".menu-button").press("Enter")
        await choose(page, "Edit")
        await panel(page).get_by_label("Edit message").fill("Does it come longer?")
        await page.keyboard.press("Enter")
        await expect(messages(page)).to_have_text(["Does it come longer?"])
        await expect(panel(page).locator(".notes")).to_contain_text("edited")

        await panel(page).locator(".menu-button").press("Enter")
        await choose(page, "Delete", "Delete for everyone")

        await expect(messages(page)).to_have_text(["Message deleted"])
        async with answering(s) as (agent, conversation_id):
            page_of = await agent.request(
                "history", conversationId=conversation_id, log="public", limit=10
            )
        kinds = [event["kind"] for event in page_of["events"]]
        assert kinds == ["message", "messageEdited", "messageDeleted"]


async def test_an_edit_that_the_server_refuses_keeps_the_words_and_says_why(
    site: OpenSite,
) -> None:
    async with site(acme={"edit_window_seconds": 0}) as s:
        page = await talk(s)
        await messages(page).first.hover()
        await panel(page).locator(".menu-button").press("Enter")
        await choose(page, "Edit")
        editor = panel(page).get_by_label("Edit message")
        await editor.fill("Another text")
        await panel(page).get_by_role("button", name="Save").click()

        await expect(panel(page).locator("#problem")).to_have_text("It can no longer be changed.")
        await expect(editor).to_have_value("Another text")
        await expect(editor).to_have_attribute("aria-invalid", "true")


async def test_a_conversation_is_ended_and_writing_opens_it_again(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        await panel(page).get_by_label("More", exact=True).click()
        await choose(page, "End conversation")
        await expect(panel(page).locator(".line")).to_have_text(["You ended this conversation"])
        await expect(panel(page).locator(".composer textarea")).to_have_attribute(
            "placeholder", "Write to reopen"
        )

        await send(page, "One more thing")

        await expect(panel(page).locator(".line")).to_have_text(
            ["You ended this conversation", "We reopened this conversation"]
        )


async def test_a_new_conversation_is_another_one_and_the_list_has_both(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        await panel(page).get_by_label("More", exact=True).click()
        await choose(page, "New conversation")
        await expect(messages(page)).to_have_count(0)
        await write(page, "First")
        await write(page, "Second")
        await expect(messages(page)).to_have_text(["First", "Second"])
        await expect(panel(page).locator(".notes").last).to_contain_text("Sent")
        await panel(page).get_by_label("All conversations").click()
        await expect(panel(page).locator("li .preview")).to_have_text(
            ["You: Second", "You: Hello! Does the oak desk come in a longer version?"]
        )

        await panel(page).locator("li button").last.click()

        await expect(messages(page)).to_have_text(
            ["Hello! Does the oak desk come in a longer version?"]
        )


async def test_older_messages_come_when_one_scrolls_up_and_nothing_jumps(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            for number in range(220):
                await agent.say(conversation_id, f"Answer {number}", f"a-{number}")
        await expect(messages(page)).to_have_count(221)
        await page.reload()
        await expect(messages(page)).to_have_count(200)
        thread = panel(page).locator(".thread")
        await thread.hover()
        await page.mouse.wheel(0, -500)
        await expect(panel(page).locator(".jump")).to_be_visible()
        row = messages(page).filter(has_text="Answer 85")
        before = await row.evaluate(
            """(node) => {
              node.closest(".thread").scrollTop = 200;
              return node.getBoundingClientRect().top;
            }"""
        )
        await expect(messages(page)).to_have_count(221)
        after = await row.evaluate("(node) => node.getBoundingClientRect().top")
        await panel(page).locator(".jump").click()

        assert after == pytest.approx(before, abs=1)
        await expect(messages(page).last).to_be_in_viewport()


async def test_a_long_thread_keeps_its_nodes_when_one_message_comes(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            for number in range(60):
                await agent.say(conversation_id, f"Answer {number}", f"a-{number}")
            await expect(messages(page)).to_have_count(61)
            await page.evaluate(
                """() => {
                  window.made = 0;
                  const { shadowRoot } = document.querySelector("parley-chat");
                  const list = shadowRoot.querySelector(".rows");
                  new MutationObserver((changes) => {
                    for (const { addedNodes } of changes) window.made += addedNodes.length;
                  }).observe(list, { childList: true });
                }"""
            )
            await agent.say(conversation_id, "And one more.", "a-more")
            await expect(messages(page)).to_have_count(62)

        # The new row, and the one before it, which no longer ends its group.
        assert await page.evaluate("window.made") == 2


async def test_a_draft_stays_with_its_conversation_and_survives_a_reload(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        await panel(page).locator(".composer textarea").fill("Not quite fin")
        await page.reload()
        await expect(panel(page).locator(".composer textarea")).to_have_value("Not quite fin")
        await panel(page).get_by_label("More", exact=True).click()
        await choose(page, "New conversation")

        await expect(panel(page).locator(".composer textarea")).to_have_value("")


async def test_enter_sends_but_not_while_an_input_method_composes(site: OpenSite) -> None:
    async with site() as s:
        page = await s.visitor_page()
        await open_chat(page)
        box = panel(page).locator(".composer textarea")
        await box.fill("にほん")
        await box.evaluate(
            """(node) => node.dispatchEvent(
              new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true }))"""
        )
        await expect(messages(page)).to_have_count(0)
        await box.press("Shift+Enter")
        await box.press_sequentially("x")
        await expect(box).to_have_value("にほん\nx")
        await box.press("Enter")

        await expect(messages(page)).to_have_text(["にほん\nx"])


async def test_nothing_and_too_much_cannot_be_sent(site: OpenSite) -> None:
    async with site() as s:
        page = await s.visitor_page()
        await open_chat(page)
        await write(page, "   \n ")
        await expect(messages(page)).to_have_count(0)
        await write(page, "\U0001f600" * 10_001)
        await expect(panel(page).locator(".count")).to_have_text("1 character too many")
        await expect(panel(page).get_by_label("Send")).to_be_disabled()
        await expect(messages(page)).to_have_count(0)

        await write(page, "\U0001f600" * 10_000)

        await expect(panel(page).locator(".notes")).to_contain_text("Sent")


async def test_everything_can_be_done_from_the_keyboard(site: OpenSite) -> None:
    async with site() as s:
        page = await s.visitor_page()
        await expect(launcher(page)).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(launcher(page)).to_be_focused()
        await page.keyboard.press("Enter")
        box = panel(page).locator(".composer textarea")
        await expect(box).to_be_focused()
        await page.keyboard.type("Hello")
        await page.keyboard.press("Enter")
        await expect(panel(page).locator(".notes")).to_contain_text("Sent")
        await page.keyboard.press("Shift+Tab")
        await expect(panel(page).locator(".menu-button")).to_have_count(1)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(panel(page).get_by_role("menuitem", name="Edit")).to_be_focused()
        await page.keyboard.press("ArrowDown")
        await expect(panel(page).get_by_role("menuitem", name="Delete")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(panel(page).get_by_role("menu")).to_have_count(0)
        await expect(panel(page).locator(".menu-button")).to_be_focused()
        await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowUp")
        await expect(panel(page).get_by_label("Edit message")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(box).to_be_focused()

        await page.keyboard.press("Escape")

        await expect(panel(page)).to_be_hidden()
        await expect(launcher(page)).to_be_focused()


async def test_what_comes_in_is_read_out_once(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "It does.")

            await expect(panel(page).locator(".sr[role=status]")).to_have_text("Sam: It does.")
        await expect(panel(page).locator("[role=log]")).to_have_attribute("aria-live", "off")


async def test_words_that_look_like_markup_stay_words(site: OpenSite) -> None:
    async with site() as s:
        page = await talk(s)
        async with answering(s) as (agent, conversation_id):
            await agent.say(conversation_id, "<b>bold</b> [x](javascript:alert(1)) <img src=x>")
            await agent.say(conversation_id, "[safe](https://example.com/)", "a-2")
            link = panel(page).get_by_role("link", name="safe")
            await expect(link).to_have_attribute("rel", "noopener nofollow ugc")

        await expect(link).to_have_attribute("target", "_blank")
        await expect(panel(page).locator(".bubble :is(img, b)")).to_have_count(0)
        await expect(panel(page).locator(".bubble a")).to_have_count(1)
