"""What nobody else may see: a conversation of somebody else is as unknown as one that does not
exist, in the same bytes, on every frame that names one (PROTOCOL §9, IDENTITY §4.4, §6.5)."""

from typing import Any

import pytest

from tests.wire.harness import Running
from tests.wire.peers import SECRET, Data, Peer

pytestmark = pytest.mark.adapter

VISITORS: dict[str, Data] = {
    "message": {"clientMessageId": "c-9", "body": "x"},
    "editMessage": {"seq": 1, "body": "x"},
    "deleteMessage": {"seq": 1},
    "read": {"seq": 1},
    "typing": {"isTyping": True},
    "history": {},
    "endConversation": {},
    "rate": {"score": 5},
    "requestHuman": {},
}

STAFF: dict[str, Data] = {
    "open": {},
    "message": {"clientMessageId": "c-9", "body": "x"},
    "note": {"clientMessageId": "c-9", "body": "x"},
    "editMessage": {"seq": 1, "body": "x"},
    "deleteMessage": {"seq": 1},
    "assign": {"agentId": None},
    "status": {"status": "resolved"},
    "priority": {"priority": "high"},
    "labels": {"add": ["x"]},
    "typing": {"isTyping": True},
    "read": {"seq": 1},
    "history": {"log": "public"},
}


async def refusals(peer: Peer, kind: str, data: Data, conversation_ids: list[str]) -> list[Any]:
    """What is said to the same frame about each conversation."""
    return [
        await peer.refused(kind, conversationId=conversation_id, **data)
        for conversation_id in conversation_ids
    ]


@pytest.mark.parametrize(("kind", "data"), VISITORS.items(), ids=VISITORS)
async def test_another_visitors_conversation_is_as_unknown_as_none(
    serve: Running, kind: str, data: Data
) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor() as john,
        server.visitor(key=server.other.widget_key) as stranger,
    ):
        cv = (await jane.say(SECRET[:5]))["conversationId"]
        await john.say()
        unknown = cv[:-4] + "0000"
        to_john = await refusals(john, kind, data, [cv, unknown])
        elsewhere = await refusals(stranger, kind, data, [cv, unknown])
        allowed = await jane.request(kind, conversationId=cv, **data)

        assert to_john[0]["code"] == "not_found"
        assert to_john[0] == to_john[1]
        assert elsewhere == to_john
        assert allowed is not None


@pytest.mark.parametrize(("kind", "data"), STAFF.items(), ids=STAFF)
async def test_another_workspaces_conversation_is_as_unknown_to_staff_as_none(
    serve: Running, kind: str, data: Data
) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent(of=server.other) as stranger,
    ):
        cv = (await jane.say())["conversationId"]
        unknown = cv[:-4] + "0000"
        told = await refusals(stranger, kind, data, [cv, unknown])

        assert told[0]["code"] == "not_found"
        assert told[0] == told[1]


async def test_nothing_live_reaches_another_visitor(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor() as john,
        server.agent() as sam,
    ):
        cv = (await jane.say())["conversationId"]
        await refusals(john, "history", {}, [cv])
        await refusals(john, "typing", {"isTyping": True}, [cv])
        await sam.open(cv)
        await sam.say(cv, "Hi Jane")
        await sam.request("typing", conversationId=cv, isTyping=True)
        await sam.request("read", conversationId=cv, seq=1)
        await jane.expect("read")
        rest = await john.settle()

        assert [frame for frame in rest if frame["type"] != "presence"] == []
        assert cv not in str(john.seen[0])


async def test_what_staff_keep_to_themselves_reaches_no_visitor(serve: Running) -> None:
    """The judge of every visitor's frames looks for the words."""
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        note = await sam.request(
            "note", conversationId=cv, clientMessageId="n-1", body=SECRET, mentions=[ann.agent_id]
        )
        await sam.request("labels", conversationId=cv, add=[SECRET])
        await sam.request("priority", conversationId=cv, priority="urgent")
        await sam.request("assign", conversationId=cv, agentId=ann.agent_id)
        mention = await ann.expect("notification", kind="mention")
        await jane.event(kind="assigneeChanged")
        page = await jane.request("history", conversationId=cv)
        async with server.visitor(**jane.session) as back:
            await back.settle()

        assert (note["log"], note["seq"], mention["seq"]) == ("staff", 1, 1)
        assert [event["kind"] for event in page["events"]] == ["message", "assigneeChanged"]
        assert {event["log"] for event in page["events"]} == {"public"}


async def test_a_visitor_cannot_ask_for_the_staff_log(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.request("note", conversationId=cv, clientMessageId="n-1", body=SECRET)
        page = await jane.request("history", conversationId=cv, log="staff")

        assert {event["log"] for event in page["events"]} == {"public"}


async def test_an_agent_cannot_be_assigned_from_another_workspace(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        foreign = server.other.agents["Sam"].id
        told = [
            await sam.refused("assign", conversationId=cv, agentId=agent_id)
            for agent_id in (foreign, foreign[:-4] + "0000")
        ]

        assert told[0]["code"] == "not_found"
        assert told[0] == told[1]


async def test_a_visitor_of_another_workspace_cannot_be_written_to(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent(of=server.other) as stranger,
    ):
        told = [
            await stranger.refused(
                "startConversation", visitorId=visitor_id, clientMessageId="s-1", body="x"
            )
            for visitor_id in (jane.visitor_id, jane.visitor_id[:-4] + "0000")
        ]

        assert told[0]["code"] == "not_found"
        assert told[0] == told[1]


async def test_a_second_anonymous_session_of_the_device_sees_its_conversations(
    serve: Running,
) -> None:
    """T3: both have the device's anonymous contact."""
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say())["conversationId"]
        async with server.visitor(**jane.device) as session:
            page = await session.request("history", conversationId=cv)

        assert [event["seq"] for event in page["events"]] == [1]
