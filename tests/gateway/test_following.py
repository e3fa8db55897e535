"""What a socket follows: from when, once, and not after its end."""

from tests.gateway.conftest import OpenRoom


async def test_another_tab_follows_a_new_conversation_from_its_first_event(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()
        tab = await r.jane(**jane.tokens)

        posted = await jane.say("Hello")
        await r.rest()

        kinds = [frame["type"] for frame in tab.frames][-2:]
        assert kinds == ["conversationUpdate", "event"]
        assert tab.of_type("event")[0]["author"] == {"kind": "visitor", "own": True}
        assert posted["conversationId"] in tab.side.following


async def test_asking_for_history_follows_and_asking_again_changes_nothing(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await jane.ask("endConversation", conversationId=named)
        tab = await r.jane(**jane.tokens)
        before = named in tab.side.following

        await tab.ask("history", conversationId=named)
        await tab.ask("history", conversationId=named)
        await sam.say(named, "Anything else?")
        await r.rest()

        assert not before
        assert tab.bodies() == ["Anything else?"]


async def test_a_socket_that_is_over_follows_nothing_it_wrote_to(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()
        await jane.ask("opened")

        jane.send("message", "m", clientMessageId="c", body="Hello")
        jane.lose()
        await r.rest()

        assert r.is_empty()


async def test_a_conversation_that_may_not_be_seen_any_more_is_not_shown_after_a_repeat(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane = await r.jane()
        posted = await jane.say("Hello", clientMessageId="c")
        side = jane.side
        side.following.clear()
        side.live.watched.clear()
        frames = len(jane.frames)

        await r.bump(posted["conversationId"], visitor_id="v_other", contact_id="co_other")
        code = await jane.refused("message", clientMessageId="c", body="Hello")
        await side.following._catch_up(posted["conversationId"], 0)
        await r.rest()

        assert code == "not_found"
        assert len(jane.frames) == frames + 1
