"""What a visitor's connection follows and what it only lists, and pages of history (PROTOCOL §4 to
§6)."""

import pytest

from tests.wire.harness import Running
from tests.wire.peers import Data, Visitor

pytestmark = pytest.mark.adapter


def seqs(page: Data) -> list[int]:
    return [event["seq"] for event in page["events"]]


async def test_a_page_goes_before_or_after_a_seq_and_looks_for_more_in_that_direction(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane:
        for n in range(1, 8):
            cv = (await jane.say(str(n), f"c-{n}"))["conversationId"]

        async def page(**data: int) -> Data:
            return await jane.request("history", conversationId=cv, **data)

        newest, before, start = (
            await page(limit=3),
            await page(beforeSeq=5, limit=3),
            await page(beforeSeq=2),
        )
        after, end, beyond = (
            await page(afterSeq=2, limit=3),
            await page(afterSeq=5),
            await page(afterSeq=70),
        )
        both = await jane.refused("history", conversationId=cv, beforeSeq=5, afterSeq=2)

        assert (seqs(newest), newest["hasMore"], newest["complete"]) == ([5, 6, 7], True, True)
        assert (seqs(before), before["hasMore"]) == ([2, 3, 4], True)
        assert (seqs(start), start["hasMore"]) == ([1], False)
        assert (seqs(after), after["hasMore"], after["complete"]) == ([3, 4, 5], True, False)
        assert (seqs(end), end["hasMore"], end["complete"]) == ([6, 7], False, True)
        assert (seqs(beyond), beyond["hasMore"]) == ([], False)
        assert both["code"] == "invalid_input"


async def test_a_page_has_50_events_unless_asked_otherwise(serve: Running) -> None:
    async with serve(rate_limits="off") as server, server.visitor() as jane:
        for n in range(1, 53):
            cv = (await jane.say(str(n), f"c-{n}"))["conversationId"]
        page = await jane.request("history", conversationId=cv)

        assert seqs(page) == list(range(3, 53))


async def test_a_conversation_that_is_only_listed_gives_updates_until_it_is_asked_for(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        await jane.request("endConversation", conversationId=cv)
        async with server.visitor(**jane.session) as tab:
            await jane.say("2", "c-2", conversationId=cv)
            update = await tab.expect("conversationUpdate", id=cv, lastSeq=4)
            events = [frame for frame in tab.seen if frame["type"] in ("event", "history")]
            page = await tab.request("history", conversationId=cv)
            await jane.say("3", "c-3", conversationId=cv)
            live = await tab.event()

        assert (update["status"], update["lastMessage"]["preview"]) == ("open", "2")
        assert events == []
        assert (seqs(page), live["seq"]) == ([1, 2, 3, 4], 5)


async def test_writing_to_a_listed_conversation_follows_it(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        await jane.request("endConversation", conversationId=cv)
        async with server.visitor(**jane.session) as tab:
            said = await tab.say("2", "c-2", conversationId=cv)
            own = await tab.event(seq=said["seq"])
            await jane.say("3", "c-3", conversationId=cv)
            live = await tab.event(body="3")

        assert own["body"] == "2"
        assert live["author"] == {"kind": "visitor", "own": True}


async def test_of_two_versions_of_a_summary_the_later_has_the_larger(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say("1", "c-1"))["conversationId"]

        async def version(visitor: Visitor) -> int:
            return int((await visitor.request("conversations"))["items"][0]["version"])

        born = await jane.expect("conversationUpdate", id=cv)
        versions = [born["version"], await version(jane)]
        await sam.say(cv, "Hi")
        versions.append(await version(jane))
        await sam.request("assign", conversationId=cv, agentId=sam.agent_id)
        versions.append(await version(jane))
        await jane.request("endConversation", conversationId=cv)
        versions.append(await version(jane))

        assert versions[0] <= versions[1]
        assert versions[1:] == sorted(set(versions[1:]))


async def test_the_greeting_as_shown_is_kept_in_the_summary(serve: Running) -> None:
    async with serve(acme={"greeting": ["Hi!"]}) as server, server.visitor() as jane:
        await jane.say()
        item = (await jane.request("conversations"))["items"][0]

        assert item["greeting"] == ["Hi!"]


async def test_a_ping_carries_the_heads_of_what_is_followed(serve: Running) -> None:
    async with serve(heartbeat_interval=0.3) as server, server.visitor() as jane:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        await jane.say("2", "c-2")
        ping = await jane.expect("ping")

        assert ping == {"heads": {cv: 2}}


async def test_a_list_is_paged_by_a_cursor_that_the_server_gave(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        told = await jane.refused("conversations", cursor="nonsense")
        listed = await jane.request("conversations")

        assert told["code"] == "invalid_input"
        assert (listed["items"], listed["nextCursor"]) == ([], None)
