"""A conversation in the console: words both ways, notes, colleagues, filing, and what must not
leak.
"""

import pytest
from playwright.async_api import Page, expect

from tests.browser.console_states import (
    conversation,
    field_of,
    furnish,
    name_contact,
    opened,
    show,
)
from tests.browser.harness import OpenSite
from tests.browser.tap import Tap

pytestmark = pytest.mark.adapter


async def write(page: Page, text: str) -> None:
    await field_of(page).fill(text)
    await field_of(page).press("Enter")


async def test_words_go_both_ways_with_what_became_of_them(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        page = await opened(s, made)

        await write(page, "Hi, how can I **help**?")
        event = await visitor.event(kind="message", seq=2)
        await visitor.request("read", conversationId=made, seq=2)
        await visitor.say("With a desk", "c-2")

        log = page.get_by_role("log")
        await expect(log.locator("strong")).to_have_text("help")
        await expect(log.get_by_text("With a desk")).to_be_visible()
        await expect(log.locator(".receipt.is-read")).to_have_count(1)
        assert event["body"] == "Hi, how can I **help**?"
        assert await field_of(page).input_value() == ""


async def test_what_the_visitor_types_is_seen_before_it_is_sent(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        page = await opened(s, made)

        await visitor.request("typing", conversationId=made, isTyping=True, preview="I was wond")
        await expect(page.get_by_text("I was wond")).to_be_visible()
        await visitor.request("typing", conversationId=made, isTyping=False)

        await expect(page.get_by_text("I was wond")).to_be_hidden()


async def test_a_visitor_sees_that_an_agent_replies_and_never_that_one_writes_a_note(
    site: OpenSite,
) -> None:
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        page = await opened(s, made)

        await page.get_by_role("button", name="Note", exact=True).click()
        await field_of(page).press_sequentially("A word for us")
        await field_of(page).press("Enter")
        await expect(page.locator(".message.is-note")).to_contain_text("A word for us")
        await expect(page.locator(".message.is-note")).to_contain_text("only your team sees this")
        heard = await visitor.settle()
        await page.get_by_role("button", name="Reply", exact=True).click()
        await field_of(page).press_sequentially("Now for you")

        typing = await visitor.expect("typing", isTyping=True)
        assert typing["author"]["name"] == "Sam"
        assert all("A word" not in str(frame) for frame in heard)
        assert not [frame for frame in heard if frame["type"] == "typing"]


async def test_a_reply_and_a_note_are_two_drafts_that_a_reload_keeps(site: OpenSite) -> None:
    async with site() as s:
        scene = await furnish(s)
        page = await opened(s, scene.jane)
        await field_of(page).fill("for Jane")
        await page.get_by_role("button", name="Note", exact=True).click()
        await field_of(page).fill("for us")

        await page.reload()
        await expect(field_of(page)).to_have_value("for Jane")
        await page.get_by_role("button", name="Note").click()
        await expect(field_of(page)).to_have_value("for us")
        await page.locator(".row").last.click()

        await expect(field_of(page)).to_have_value("")


async def test_two_agents_see_each_other_there_and_typing(site: OpenSite) -> None:
    async with site() as s:
        scene = await furnish(s)
        sam = await opened(s, scene.jane, "Sam")
        bob = await opened(s, scene.jane, "Bob")
        await expect(sam.get_by_text("Bob is here")).to_be_visible()
        await expect(bob.get_by_text("Sam is here")).to_be_visible()

        await field_of(bob).press_sequentially("I have an answer")
        await expect(sam.get_by_text("Bob is typing a reply")).to_be_visible()
        await bob.locator(".row").last.click()

        await expect(sam.get_by_text("Bob is typing")).to_be_hidden()
        await expect(sam.get_by_text("Bob is here")).to_be_hidden()


async def test_a_reply_that_came_while_one_typed_is_shown_before_anything_is_sent(
    site: OpenSite,
) -> None:
    async with site() as s:
        scene = await furnish(s)
        page = await opened(s, scene.jane)
        await field_of(page).fill("I can hold it")
        async with s.node.agent("Bob") as bob:
            await bob.say(scene.jane, "I hold it already", "late")
        await expect(page.get_by_text("Bob replied while you typed")).to_be_visible()

        await field_of(page).press("Enter")
        anyway = page.get_by_role("button", name="Send anyway")
        await expect(anyway).to_be_focused()
        await expect(field_of(page)).to_have_value("I can hold it")
        await page.keyboard.press("Enter")

        await expect(page.locator("article").last).to_contain_text("I can hold it")
        await expect(page.locator(".collision")).to_have_count(0)


async def test_a_collision_that_only_the_server_knows_gives_the_text_back(site: OpenSite) -> None:
    tap = Tap()
    async with site() as s:
        scene = await furnish(s)
        page = await opened(s, scene.jane, tap=tap)
        await field_of(page).fill("I can hold it")
        tap.hold(lambda frame: frame["type"] in ("event", "error"))
        async with s.node.agent("Bob") as bob:
            await bob.say(scene.jane, "I hold it already", "late")
        await field_of(page).press("Enter")
        await expect(page.get_by_text("Sending…")).to_be_visible()
        while not [frame for frame in tap.touched if frame["type"] == "error"]:
            await page.evaluate("() => new Promise((done) => setTimeout(done))")
        tap.release()

        await expect(page.get_by_text("Bob replied while you typed")).to_be_visible()
        await expect(field_of(page)).to_have_value("I can hold it")
        await page.get_by_role("button", name="Discard my reply").click()
        await expect(field_of(page)).to_have_value("")
        await expect(page.locator(".collision")).to_have_count(0)


async def test_ones_own_reply_that_was_lost_on_its_way_back_is_nobodys_collision(
    site: OpenSite,
) -> None:
    """The refusal says that somebody replied; only the log says who."""
    tap = Tap()
    async with site() as s:
        scene = await furnish(s)
        page = await opened(s, scene.jane, tap=tap)
        tap.drop(lambda frame: frame["type"] == "event", times=1)

        await write(page, "One")
        await write(page, "Two")

        await expect(page.get_by_role("log").get_by_text("One", exact=True)).to_have_count(1)
        await expect(page.get_by_role("log").get_by_text("Two", exact=True)).to_have_count(1)
        await expect(page.locator(".is-pending")).to_have_count(0)
        await expect(page.locator(".collision")).to_have_count(0)


async def test_two_replies_in_a_row_do_not_collide_with_each_other(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        page = await opened(s, made)

        await write(page, "One")
        await write(page, "Two")
        await write(page, "Three")

        said = [(await visitor.event(seq=seq))["body"] for seq in (2, 3, 4)]
        assert said == ["One", "Two", "Three"]
        await expect(page.locator(".is-pending")).to_have_count(0)


async def test_what_one_agent_files_the_other_sees(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, "Hello", name="Jane Cooper")
        sam = await opened(s, made, "Sam")
        bob = await opened(s, made, "Bob")

        await sam.keyboard.press("a")
        await sam.get_by_role("combobox").fill("bob")
        await sam.keyboard.press("Enter")
        await expect(bob.get_by_text("Sam assigned this to you")).to_be_visible()
        await bob.keyboard.press("p")
        await bob.get_by_role("option", name="Urgent").click()
        await expect(sam.get_by_text("Bob set the priority to urgent")).to_be_visible()
        await bob.keyboard.press("l")
        await bob.get_by_role("combobox").fill("new customers")
        await bob.keyboard.press("Enter")
        await expect(sam.get_by_text("Bob added new customers")).to_be_visible()
        await bob.keyboard.press("Escape")
        await sam.keyboard.press("s")
        await sam.get_by_role("option", name="Tomorrow").click()
        await expect(bob.get_by_text("Sam snoozed this until")).to_be_visible()
        await expect(bob.locator(".thread-who")).to_contain_text("Snoozed until")
        await bob.keyboard.press("e")
        await expect(sam.get_by_text("Bob resolved this")).to_be_visible()
        await sam.keyboard.press("e")

        await expect(bob.get_by_text("Sam reopened this")).to_be_visible()
        details = bob.get_by_role("complementary", name="Details")
        for words in ("Bob (you)", "Open", "Urgent", "new customers"):
            await expect(details).to_contain_text(words)


async def test_a_message_is_edited_and_deleted_for_everybody(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, "Hello", name="Jane Cooper")
        async with s.node.agent("Bob") as bob:
            await bob.say(made, "Not mine to edit", "b-1")
        sam = await opened(s, made, "Sam")
        other = await opened(s, made, "Ann")
        await write(sam, "It costs 12 euro")
        mine = sam.locator("article", has_text="It costs 12 euro")
        await mine.hover()

        await mine.get_by_role("button", name="Edit the message").click()
        await sam.get_by_label("Edit the message").fill("It costs 120 euro")
        await sam.keyboard.press("Enter")
        await expect(other.get_by_role("log")).to_contain_text("It costs 120 euro")
        await expect(other.get_by_role("log")).to_contain_text("edited")
        changed = sam.locator("article", has_text="It costs 120 euro")
        await changed.hover()
        await changed.get_by_role("button", name="Delete the message").click()
        await sam.get_by_role("button", name="Delete", exact=True).click()

        await expect(other.get_by_text("This message was deleted")).to_be_visible()
        foreign = sam.locator("article", has_text="Not mine to edit")
        await expect(foreign.get_by_role("button", name="Edit")).to_have_count(0)
        await expect(foreign.get_by_role("button", name="Delete")).to_have_count(1)


async def test_an_agent_who_is_no_admin_changes_only_what_is_theirs(site: OpenSite) -> None:
    async with site() as s:
        scene = await furnish(s)
        page = await opened(s, scene.jane, "Bob")

        await expect(page.get_by_role("button", name="Edit the message")).to_have_count(1)
        await expect(page.get_by_role("button", name="Delete the message")).to_have_count(1)


async def test_older_pages_come_in_above_and_nothing_jumps(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, *[f"Message {n}." for n in range(1, 131)])
        page = await opened(s, made)
        log = page.get_by_role("log")
        first = log.get_by_text("Message 81.")
        await expect(log.get_by_text("New", exact=True)).to_be_in_viewport()
        await expect(first).to_be_in_viewport()
        await expect(log.get_by_text("Message 31.", exact=True)).to_have_count(1)
        await expect(first).to_be_in_viewport()

        await log.evaluate("(log) => { log.scrollTop = 0; }")

        await expect(log.get_by_text("Message 1.", exact=True)).to_have_count(1)
        bodies = await page.locator("article .markdown").all_inner_texts()
        assert bodies == [f"Message {n}." for n in range(1, 131)]


async def test_a_refused_older_page_is_not_asked_for_again_at_once(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        made = await conversation(s, *[f"Message {n}." for n in range(1, 131)])
        page = await opened(s, made)
        log = page.get_by_role("log")
        await expect(log.get_by_text("Message 31.", exact=True)).to_have_count(1)
        await page.evaluate(
            """() => {
              const { send } = WebSocket.prototype;
              window.asked = 0;
              WebSocket.prototype.send = function (text) {
                const frame = JSON.parse(text);
                if (frame.data?.beforeSeq) {
                  window.asked += 1;
                  frame.data.conversationId = "cv_nowhere";
                }
                send.call(this, JSON.stringify(frame));
              };
            }"""
        )
        await log.evaluate("(log) => { log.scrollTop = 0; }")

        for number in range(5):  # as many round trips as it could have asked on
            await visitor.say(f"Elsewhere {number}", f"e-{number}")
            await expect(page.get_by_text(f"Elsewhere {number}").first).to_be_visible()

        assert await page.evaluate("window.asked") == 1


async def test_news_does_not_move_what_is_being_read_and_is_offered(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        for number in range(40):
            made = str((await visitor.say(f"Line {number}", f"c-{number}"))["conversationId"])
        page = await opened(s, made)
        log = page.get_by_role("log")
        await log.evaluate("(log) => { log.scrollTop = 300; }")
        await expect(page.get_by_role("button", name="Latest")).to_be_visible()

        await visitor.say("Something new", "new")
        await expect(page.get_by_role("button", name="1 new")).to_be_visible()
        assert await log.evaluate("(log) => log.scrollTop") == 300
        await page.get_by_role("button", name="1 new").click()

        await expect(log.get_by_text("Something new")).to_be_in_viewport()
        await expect(page.get_by_role("button", name="Latest")).to_have_count(0)


async def test_a_mention_in_a_note_calls_the_colleague(site: OpenSite) -> None:
    async with site() as s:
        scene = await furnish(s)
        async with s.node.agent("Bob") as bob:
            page = await opened(s, scene.jane)
            await page.get_by_role("button", name="Note", exact=True).click()
            await field_of(page).press_sequentially("Can you look, @bo")
            await page.get_by_role("option", name="Bob").wait_for()
            await page.keyboard.press("Enter")
            await field_of(page).press_sequentially("please?")
            await page.keyboard.press("Enter")

            called = await bob.expect("notification", kind="mention")
            assert called["conversationId"] == scene.jane
            await expect(page.locator(".is-note .markdown").last).to_contain_text("@Bob please?")


async def test_the_details_say_who_it_is_and_how_far_that_is_proven(site: OpenSite) -> None:
    async with site() as s:
        made = await conversation(s, "Hello", name="Jane Cooper")
        await name_contact(s, made, email="jane@example.com", user_id="u_1", phone="+44 20",
                           verified_at=1, metadata={"plan": "Business"},
                           unverified_metadata={"colour": "green"})  # fmt: skip
        page = await opened(s, made)
        details = page.get_by_role("complementary", name="Details")

        for words in ("Verified", "jane@example.com", "u_1", "+44 20", "Business", "green",
                      "This is their only conversation."):  # fmt: skip
            await expect(details).to_contain_text(words)


async def test_other_conversations_of_the_visitor_are_a_click_away(site: OpenSite) -> None:
    async with site() as s, s.node.visitor() as visitor:
        first = str((await visitor.say("About chairs"))["conversationId"])
        second = str(
            (await visitor.say("About desks", "c-2", newConversation=True))["conversationId"]
        )
        page = await opened(s, second)

        await page.locator(".others button").click()

        await expect(page.get_by_role("log")).to_contain_text("About chairs")
        assert first in page.url


async def test_a_text_that_is_too_long_is_not_sent_and_says_by_how_much(site: OpenSite) -> None:
    async with site() as s:
        scene = await furnish(s)
        page = await opened(s, scene.jane)

        await field_of(page).fill("x" * 10_003)

        await expect(page.get_by_text("3 characters too many")).to_be_visible()
        await expect(page.get_by_role("button", name="Send")).to_be_disabled()


async def test_a_conversation_that_is_not_there_says_so(site: OpenSite) -> None:
    async with site() as s:
        page = await show(s, "all/cv_nowhere")

        await expect(page.get_by_text("This conversation is not there")).to_be_visible()
        await page.get_by_role("button", name="Back to the list").click()
        await expect(page.get_by_text("This conversation is not there")).to_be_hidden()


async def test_a_visitor_who_says_who_they_are_is_called_so_everywhere_at_once(
    site: OpenSite,
) -> None:
    async with site() as s, s.node.visitor() as visitor:
        made = str((await visitor.say("Hello"))["conversationId"])
        page = await opened(s, made)
        await expect(page.locator(".row-name")).to_contain_text("Anonymous")

        await visitor.request("identify", userId="u_1", name="Jane Cooper", email="j@example.com")

        await expect(page.locator(".row-name")).to_have_text("Jane Cooper")
        await expect(page.locator(".thread-who")).to_contain_text("Jane Cooper")
        await expect(page.locator(".thread-who")).to_contain_text("Identified")
        await expect(page.get_by_role("complementary", name="Details")).to_contain_text("u_1")
        await expect(page.get_by_role("log")).to_contain_text("Jane Cooper is now identified")
