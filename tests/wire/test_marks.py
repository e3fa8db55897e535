"""Read marks, delivery, typing: what is told of one side to the other (PROTOCOL §5, §6)."""

import pytest

from tests.wire.harness import Running
from tests.wire.peers import SECRET, Visitor

pytestmark = pytest.mark.adapter


async def unread(visitor: Visitor, conversation_id: str) -> int:
    """The visitor's unread count, as its list has it."""
    items = (await visitor.request("conversations"))["items"]
    return int(next(item["unread"] for item in items if item["id"] == conversation_id))


async def test_the_other_sides_messages_are_unread_until_read(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
        server.agent() as sam,
    ):
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        for n in range(3):
            await sam.say(cv, str(n), f"a-{n}")
        await jane.event(seq=4)
        before = await unread(jane, cv)
        await jane.request("read", conversationId=cv, seq=3)
        told = await tab.expect("conversationUpdate", unread=1)
        mark = await sam.expect("read", seq=3)
        after = await unread(jane, cv)

        assert (before, after) == (3, 1)
        assert told == {"id": cv, "unread": 1}
        assert mark["author"]["id"] == jane.visitor_id


async def test_a_read_mark_only_moves_forward_and_never_beyond_the_log(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        await sam.say(cv, "one", "a-1")
        await sam.say(cv, "two", "a-2")
        await jane.request("read", conversationId=cv, seq=1_000)
        cut = await sam.expect("read")
        await jane.request("read", conversationId=cv, seq=2)
        nothing = await unread(jane, cv)
        await sam.say(cv, "three", "a-3")
        later = await unread(jane, cv)
        rest = await sam.settle()

        assert cut["seq"] == 3
        assert (nothing, later) == (0, 1)
        assert not [frame for frame in rest if frame["type"] == "read"]


async def test_ones_own_message_moves_ones_mark(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.say(cv, "one", "a-1")
        await sam.say(cv, "two", "a-2")
        before = await unread(jane, cv)
        await jane.say("thanks", "c-2")
        after = await unread(jane, cv)
        marks = (await sam.open(cv))["conversation"]["marks"]

        assert (before, after) == (2, 0)
        assert marks["visitor"]["read"] == 4


async def test_a_deleted_message_is_not_unread(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        said = await sam.say(cv, "one", "a-1")
        await sam.request("deleteMessage", conversationId=cv, seq=said["seq"])

        assert await unread(jane, cv) == 0


async def test_the_agents_read_mark_is_told_to_the_visitor_with_its_author(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.request("read", conversationId=cv, seq=1)
        mark = await jane.expect("read", conversationId=cv)

        assert (mark["seq"], mark["author"]["name"]) == (1, "Sam")


async def test_each_agent_has_a_mark_of_their_own(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]
        await sam.request("read", conversationId=cv, seq=1)
        counts = [(await peer.open(cv))["conversation"]["unread"] for peer in (sam, ann)]

        assert counts == [0, 1]


async def test_an_acked_read_is_stored(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.say(cv, "one")
        await jane.request("read", conversationId=cv, seq=2)
        async with server.visitor(**jane.session) as back:
            item = back.welcome["conversations"][0]

        assert (item["unread"], item["marks"]["visitor"]["read"]) == (0, 2)


async def test_delivered_is_told_to_staff_when_the_visitors_next_frame_has_come(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        await sam.say(cv, "Hi")
        await jane.event(seq=2)
        early = await sam.settle()
        await jane.send("pong", named=False)
        told = await sam.expect("delivered", conversationId=cv)
        await jane.settle()

        assert not [frame for frame in early if frame["type"] == "delivered"]
        assert (told["seq"], told["author"]["id"]) == (2, jane.visitor_id)
        assert not [frame for frame in jane.seen if frame["type"] == "delivered"]


async def test_a_reply_that_a_returning_visitor_is_sent_becomes_delivered_as_well(
    serve: Running,
) -> None:
    async with serve() as server, server.agent() as sam:
        async with server.visitor() as jane:
            cv = (await jane.say())["conversationId"]
            session = jane.session
        await sam.open(cv)
        await sam.say(cv, "Are you still there?")
        async with server.visitor(**session) as back:
            await back.expect("history")
            await back.settle()
            told = await sam.expect("delivered", conversationId=cv)

        assert told["seq"] == 2


async def test_typing_is_told_both_ways_and_a_preview_to_staff_alone(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
        server.agent() as sam,
    ):
        cv = (await jane.say())["conversationId"]
        await tab.event(seq=1)
        await sam.open(cv)
        await jane.request("typing", conversationId=cv, isTyping=True, preview=SECRET)
        to_sam = await sam.expect("typing")
        to_tab = await tab.expect("typing")
        await sam.request("typing", conversationId=cv, isTyping=True)
        to_jane = await jane.expect("typing")

        assert (to_sam["preview"], to_sam["author"]["id"]) == (SECRET, jane.visitor_id)
        assert "preview" not in to_tab
        assert to_tab["author"]["kind"] == "visitor"
        assert (to_jane["isTyping"], to_jane["author"]["name"]) == (True, "Sam")


async def test_typing_a_note_is_told_to_colleagues_alone(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        await ann.open(cv)
        await sam.request("typing", conversationId=cv, isTyping=True, note=True)
        wanted = {"id": sam.agent_id, "typing": True, "note": True}
        await ann.expect_frame(
            lambda frame: frame["type"] == "viewing" and wanted in frame["data"]["agents"]
        )
        await jane.settle()

        assert not [frame for frame in jane.seen if frame["type"] == "typing"]
