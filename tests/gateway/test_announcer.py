"""Who is told what has become true: followers by events, those who only list by summaries."""

from tests.gateway.conftest import OpenRoom


async def test_who_only_lists_a_conversation_gets_its_summary_and_no_event(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await jane.ask("endConversation", conversationId=named)
        tab = await r.jane(**jane.tokens)

        await sam.say(named, "Anything else?")
        update = await tab.pushed("conversationUpdate", id=named)

        assert (update["unread"], tab.of_type("event")) == (1, [])


async def test_a_summary_that_cannot_be_read_now_is_told_later(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await jane.ask("endConversation", conversationId=named)
        tab = await r.jane(**jane.tokens)

        r.store.fail(at=1, times=4)
        await sam.say(named, "Anything else?")
        update = await tab.pushed("conversationUpdate", id=named)

        assert update["lastSeq"] == 3


async def test_reading_is_told_to_the_readers_other_tabs_and_to_nobody_who_may_not_see(
    room: OpenRoom,
) -> None:
    """PROTOCOL §5, `read`."""
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        tab, stranger = await r.jane(**jane.tokens), await r.jane()
        r.gateway.sessions.watch(stranger.side.live, named)
        await sam.say(named, "Hi")
        del jane.frames[:]

        await jane.ask("read", conversationId=named, seq=2)
        await r.rest()

        assert tab.of_type("conversationUpdate")[-1] == {"id": named, "unread": 0}
        assert [mark["seq"] for mark in tab.of_type("read")] == [2]
        assert jane.of_type("conversationUpdate") == jane.of_type("read") == []
        assert stranger.of_type("conversationUpdate") == []


async def test_a_delivery_that_cannot_be_stored_is_not_told(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("open", conversationId=named)
        await sam.say(named, "Hi")
        await r.rest()

        r.store.fail(at=0, times=1_000)
        jane.send("pong")
        await r.rest()

        assert sam.of_type("delivered") == []
