"""An agent's frames: what each does, what it is answered with, and who may not."""

from typing import Any

import pytest

from protocol.close import CloseCode
from server.identity.model import Role
from tests.gateway.conftest import OpenRoom


async def test_an_agent_is_welcomed_by_token_or_cookie_and_nobody_else(room: OpenRoom) -> None:
    async with room() as r:
        sam, tab, stranger = await r.sam(), r.agent(cookie=r.ours.agent_token), r.agent()

        await tab.ask("hello")
        code = await stranger.refused("hello", agentToken="at_wrong")
        await stranger.over()
        sam.lose()
        tab.lose()

        assert sam.welcome["agent"]["state"] == "online"
        assert (code, stranger.closed) == ("unauthenticated", CloseCode.UNKNOWN_KEY)
        assert r.is_empty()


async def test_every_change_of_a_conversation_is_answered_with_its_event(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("open", conversationId=named)
        at: dict[str, Any] = {"conversationId": named}

        answers = [
            await sam.say(named, "Hi"),
            await sam.ask("note", **at, clientMessageId="n", body="For us", mentions=["ag_x"]),
            await sam.ask("editMessage", **at, seq=2, body="Hi!"),
            await sam.ask("deleteMessage", **at, seq=2),
            await sam.ask("assign", **at, agentId=r.ours.agent.id if r.ours.agent else ""),
            await sam.ask("assign", **at, agentId=None),
            await sam.ask("priority", **at, priority="high"),
            await sam.ask("labels", **at, add=["vip"]),
            await sam.ask("status", **at, status="snoozed", until="2099-01-01T00:00:00Z"),
            await sam.ask("status", **at, status="resolved"),
        ]

        logs = [answer["log"] for answer in answers]
        assert logs[:4] == ["public", "staff", "public", "public"]
        assert {answer["eventId"] for answer in answers} <= {e["id"] for e in sam.of_type("event")}


async def test_a_reply_after_a_colleagues_is_refused_if_it_says_what_it_has_seen(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.say(named, "Hi")

        code = await sam.refused(
            "message", conversationId=named, clientMessageId="2", body="Hi", expectedSeq=1
        )

        assert code == "conflict"


async def test_an_agent_speaks_first_to_a_visitor_who_has_said_nothing(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()

        posted = await sam.ask(
            "startConversation",
            visitorId=jane.welcome["visitorId"],
            clientMessageId="c",
            body="May I help?",
        )
        none = await sam.refused(
            "startConversation", visitorId="v_none", clientMessageId="d", body="x"
        )
        await r.rest()

        assert none == "not_found"
        assert jane.bodies() == ["May I help?"]
        assert jane.of_type("conversationUpdate")[0]["id"] == posted["conversationId"]
        assert jane.of_type("conversationUpdate")[0]["unread"] == 1


async def test_reading_moves_the_agents_mark_and_is_told_to_the_visitor(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]

        await sam.ask("read", conversationId=named, seq=1)
        await sam.ask("read", conversationId=named, seq=1)
        none = await sam.refused("read", conversationId="cv_none", seq=1)
        await r.rest()

        assert [mark["seq"] for mark in jane.of_type("read")] == [1]
        assert none == "not_found"


async def test_another_workspace_does_not_exist(room: OpenRoom) -> None:
    async with room() as r:
        jane, stranger = await r.jane(), await r.sam(agentToken=r.theirs.agent_token)
        named = (await jane.say("Secret"))["conversationId"]

        codes = [
            await stranger.refused("open", conversationId=named),
            await stranger.refused("history", conversationId=named, log="public"),
            await stranger.refused("read", conversationId=named, seq=1),
            await stranger.refused("priority", conversationId=named, priority="low"),
            await stranger.refused("message", conversationId=named, clientMessageId="c", body="x"),
            await stranger.refused(
                "startConversation",
                visitorId=jane.welcome["visitorId"],
                clientMessageId="c",
                body="x",
            ),
        ]

        assert set(codes) == {"not_found"}


@pytest.mark.parametrize(
    ("frame_type", "data", "code"),
    [
        ("assign", {"agentId": "ag_none"}, "not_found"),
        ("assign", {"teamId": "te_none"}, "not_found"),
        (
            "message",
            {"clientMessageId": "c", "body": "", "attachments": [{"id": "a"}]},
            "not_found",
        ),
        ("typing", {"isTyping": True}, "not_found"),
    ],
)
async def test_what_does_not_exist_is_refused(
    room: OpenRoom, frame_type: str, data: dict[str, Any], code: str
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]

        assert await sam.refused(frame_type, conversationId=named, **data) == code


async def test_what_is_not_served_yet_and_what_only_admins_may(room: OpenRoom) -> None:
    async with room() as r:
        sam = await r.sam()
        merge = {"survivorId": "co_1", "absorbedId": "co_2"}

        later = await sam.refused("merge", **merge)
        agent_id = sam.welcome["agent"]["id"]
        workspace_id = sam.welcome["workspace"]["id"]
        await r.store.write(
            lambda tx: tx.agents.update(workspace_id, agent_id, {"role": Role.AGENT})
        )
        helper = await r.sam()
        forbidden = await helper.refused("merge", **merge)

        assert (later, forbidden) == ("unavailable", "forbidden")


async def test_availability_is_told_to_visitors_once_and_a_heartbeat_names_heads_and_views(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("inbox", view="all")
        await sam.ask("visitors", follow=True)
        await sam.ask("open", conversationId=named)

        await sam.ask("availability", state="away")
        await sam.ask("availability", state="away")
        sam.send("pong")
        r.clock.forward(40.0)
        sam.connection.due(r.clock.monotonic())
        await r.rest()

        assert [p["agentsOnline"] for p in jane.of_type("presence")] == [0, 1, 0]
        ping = sam.of_type("ping")[0]
        assert ping["heads"] == {named: {"public": 1, "staff": 0}}
        assert len(ping["views"]) == 2


async def test_a_colleague_is_told_who_comes_and_goes(room: OpenRoom) -> None:
    async with room() as r:
        sam = await r.sam()

        r.gateway.views.agent_state_changed(sam.welcome["workspace"]["id"], "ag_other")
        r.gateway.views.sign_out(sam.welcome["workspace"]["id"], "another token")
        still = sam.closed
        r.gateway.views.sign_out(sam.welcome["workspace"]["id"], sam.side.token_hash)
        await sam.over()

        assert sam.of_type("presence") == [{"agents": [{"id": "ag_other", "state": "offline"}]}]
        assert (still, sam.closed) == (None, CloseCode.UNKNOWN_KEY)
