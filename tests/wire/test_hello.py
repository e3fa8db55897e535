"""A visitor's `hello`: the device, the session, and what is sent before anything live (PROTOCOL §4,
IDENTITY §4.3 and T1 to T4, T25, T26)."""

import asyncio
from functools import partial
from typing import Any

import pytest

from tests.wire.harness import Running
from tests.wire.peers import Data, Visitor

pytestmark = pytest.mark.adapter

FRESH = "v_1703347200000_" + "k3v9" * 6


def cursor(conversation_id: str, event: Data, **changes: Any) -> Data:
    return {
        "conversationId": conversation_id,
        "log": "public",
        "seq": event["seq"],
        "eventId": event["id"],
        **changes,
    }


async def written(visitor: Visitor, count: int, **data: Any) -> tuple[str, list[Data]]:
    """A conversation with `count` messages, and its events."""
    said = await visitor.say("1", "w-1", **data)
    cv = said["conversationId"]
    sent = [
        await visitor.send(
            "message", {"conversationId": cv, "clientMessageId": f"w-{n}", "body": str(n)}
        )
        for n in range(2, count + 1)
    ]
    for frame_id in sent:
        assert (await visitor.answer(frame_id))["type"] == "ack"
    return cv, [await visitor.event(conversationId=cv, seq=n) for n in range(1, count + 1)]


async def pages_of(visitor: Visitor, conversation_id: str) -> list[Data]:
    """The pushed pages of a conversation, to the last."""
    pages = [await visitor.expect("history", conversationId=conversation_id)]
    while not pages[-1]["complete"]:
        pages.append(await visitor.expect("history", conversationId=conversation_id))
    return pages


# The device


async def test_nobody_known_is_a_fresh_visitor(serve: Running) -> None:
    """T1."""
    async with serve() as server, server.visitor() as jane, server.visitor() as john:
        assert jane.welcome["visitorReplaced"] is False
        assert jane.welcome["visitorToken"].startswith("vt_")
        assert jane.welcome["sessionToken"].startswith("st_")
        assert (jane.welcome["state"], jane.welcome["verified"]) == ("anonymous", False)
        assert jane.visitor_id != john.visitor_id


async def test_the_right_token_attaches_the_device(serve: Running) -> None:
    """T3: a session of its own, and the device's conversations."""
    async with serve() as server, server.visitor() as jane:
        cv, _ = await written(jane, 1)
        async with server.visitor(**jane.device) as again:
            assert (again.visitor_id, again.welcome["visitorReplaced"]) == (jane.visitor_id, False)
            assert again.welcome["sessionToken"] != jane.welcome["sessionToken"]
            assert [item["id"] for item in again.welcome["conversations"]] == [cv]


async def test_an_unused_well_formed_visitor_id_without_a_token_is_adopted(serve: Running) -> None:
    async with serve() as server, server.visitor(visitorId=FRESH) as jane:
        async with server.visitor(**jane.device) as again:
            assert again.visitor_id == FRESH

        assert (jane.visitor_id, jane.welcome["visitorReplaced"]) == (FRESH, False)


async def test_an_id_that_another_workspace_uses_is_still_unused_here(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor(visitorId=FRESH),
        server.visitor(key=server.other.widget_key, visitorId=FRESH) as jane,
    ):
        assert (jane.visitor_id, jane.welcome["visitorReplaced"]) == (FRESH, False)


REPLACED: dict[str, Data] = {
    "an id in use, without its token": {"visitorId": FRESH},
    "an id in use, with a wrong token": {"visitorId": FRESH, "visitorToken": "vt_wrong"},
    "an unknown id with a token": {"visitorId": FRESH[:-1] + "z", "visitorToken": "vt_wrong"},
    "a malformed id": {"visitorId": "jane"},
    "a malformed id with a token": {"visitorId": "jane", "visitorToken": "vt_wrong"},
    "an id of another form": {"visitorId": "v_17033472000000_" + "k" * 24},
    "an id with a random part that is too short": {"visitorId": "v_1703347200000_" + "k" * 21},
    "an id with a random part that is too long": {"visitorId": "v_1703347200000_" + "k" * 41},
    "an id in upper case": {"visitorId": "v_1703347200000_" + "K" * 24},
}


@pytest.mark.parametrize("claim", REPLACED.values(), ids=REPLACED.keys())
async def test_everything_else_is_replaced_by_a_fresh_visitor_in_one_same_way(
    serve: Running, claim: Data
) -> None:
    """T2, T25."""
    async with (
        serve() as server,
        server.visitor(visitorId=FRESH) as jane,
        server.visitor(**claim) as other,
    ):
        await written(jane, 1)

        assert other.welcome["visitorReplaced"] is True
        assert other.visitor_id not in (jane.visitor_id, claim.get("visitorId"))
        assert other.welcome["conversations"] == []


async def test_a_right_token_of_another_device_or_workspace_attaches_nothing(
    serve: Running,
) -> None:
    """IDENTITY §6.5."""
    async with serve() as server, server.visitor() as jane, server.visitor() as john:
        mixed = {"visitorId": jane.visitor_id, "visitorToken": john.welcome["visitorToken"]}
        async with (
            server.visitor(**mixed) as thief,
            server.visitor(key=server.other.widget_key, **jane.device) as stranger,
        ):
            assert thief.welcome["visitorReplaced"] is True
            assert stranger.welcome["visitorReplaced"] is True
            assert thief.visitor_id != jane.visitor_id


# The session


async def test_a_session_token_joins_its_session(serve: Running) -> None:
    """T4, T26."""
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
    ):
        assert tab.welcome["sessionToken"] == jane.welcome["sessionToken"]
        assert tab.visitor_id == jane.visitor_id


@pytest.mark.parametrize("wrong", ["st_wrong", "another device's"])
async def test_a_wrong_session_token_is_ignored_and_no_error(serve: Running, wrong: str) -> None:
    async with serve() as server, server.visitor() as jane, server.visitor() as john:
        token = wrong if wrong == "st_wrong" else john.welcome["sessionToken"]
        async with server.visitor(**jane.device, sessionToken=token) as tab:
            known = (jane.welcome["sessionToken"], john.welcome["sessionToken"])

            assert tab.visitor_id == jane.visitor_id
            assert tab.welcome["sessionToken"] not in known


# What comes before anything live


async def test_a_cursor_is_answered_with_what_follows_it(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        cv, events = await written(jane, 5)
        async with server.visitor(**jane.session, cursors=[cursor(cv, events[1])]) as back:
            page = await back.expect("history")
            await jane.say("six", "w-6", conversationId=cv)
            live = await back.event()

        assert [event["seq"] for event in page["events"]] == [3, 4, 5]
        assert page["events"] == events[2:]
        assert (page["reset"], page["complete"]) == (False, True)
        assert page["cursor"] == {"seq": 5, "eventId": events[4]["id"]}
        assert live["seq"] == 6


async def test_a_cursor_at_the_head_is_answered_with_an_empty_complete_page(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane:
        cv, events = await written(jane, 2)
        async with server.visitor(**jane.session, cursors=[cursor(cv, events[1])]) as back:
            page = await back.expect("history")

        assert (page["events"], page["reset"], page["complete"]) == ([], False, True)


async def test_unknown_and_foreign_conversations_are_answered_with_the_same_bytes(
    serve: Running,
) -> None:
    """IDENTITY §6.5."""
    async with serve() as server, server.visitor() as jane, server.visitor() as john:
        cv, events = await written(jane, 2)
        unknown = cv[:-4] + "0000"
        wanted = [cursor(cv, events[0]), cursor(unknown, events[0])]
        async with server.visitor(**john.session, cursors=wanted) as back:
            pages = [await back.expect("history"), await back.expect("history")]

        assert [page.pop("conversationId") for page in pages] == [cv, unknown]
        assert pages[0] == pages[1]
        assert pages[0] == {
            "log": "public", "events": [], "hasMore": False, "complete": True, "reset": True,
            "cursor": None,
        }  # fmt: skip


async def test_the_staff_log_is_as_unknown_to_a_visitor_as_anything(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        cv, events = await written(jane, 1)
        wanted = [cursor(cv, events[0], log="staff")]
        async with server.visitor(**jane.session, cursors=wanted) as back:
            page = await back.expect("history", log="staff")

        assert (page["events"], page["reset"], page["cursor"]) == ([], True, None)


@pytest.mark.parametrize("wrong", [{"eventId": "ev_wrong"}, {"seq": 9}, {"seq": 2}])
async def test_a_cursor_that_is_not_of_this_log_resets_it(serve: Running, wrong: Data) -> None:
    """DELIVERY C: a restored backup, a failover that lost commits."""
    async with serve() as server, server.visitor() as jane:
        cv, events = await written(jane, 3)
        wanted = [cursor(cv, events[0], **wrong)]
        async with server.visitor(**jane.session, cursors=wanted) as back:
            page = await back.expect("history")

        assert (page["reset"], page["complete"], page["hasMore"]) == (True, True, False)
        assert page["events"] == events


async def test_500_events_behind_are_sent_page_by_page_and_501_are_reset(serve: Running) -> None:
    async with serve(rate_limits="off") as server, server.visitor() as jane:
        cv, events = await written(jane, 502)
        close, far = cursor(cv, events[1]), cursor(cv, events[0])
        async with server.visitor(**jane.session, cursors=[close]) as back:
            pages = await pages_of(back, cv)
        async with server.visitor(**jane.session, cursors=[far]) as back:
            reset = await pages_of(back, cv)

        assert [event["seq"] for page in pages for event in page["events"]] == [*range(3, 503)]
        assert [page["complete"] for page in pages] == [False] * (len(pages) - 1) + [True]
        assert not any(page["reset"] for page in pages)
        assert [page["reset"] for page in reset] == [True]
        assert (reset[0]["cursor"]["seq"], reset[0]["hasMore"]) == (502, True)


async def test_what_is_written_while_pages_are_sent_comes_after_them_once(serve: Running) -> None:
    """DELIVERY, failure matrix: an event between the resume read and joining live."""
    async with serve(rate_limits="off") as server, server.visitor() as jane:
        cv, events = await written(jane, 400)
        wanted = [cursor(cv, events[0])]
        async with server.stranger() as back, asyncio.TaskGroup() as group:
            hello = {"key": server.acme.widget_key, **jane.session, "cursors": wanted}
            back.holds(wanted)
            asked = await back.send("hello", hello)
            group.create_task(_write(jane, cv, range(401, 431)))
            await back.answer(asked)
            pages = await pages_of(back, cv)
            last = pages[-1]["events"][-1]["seq"]
            live = [(await back.event())["seq"] for _ in range(last, 430)]

        paged = [event["seq"] for page in pages for event in page["events"]]
        assert paged + live == [*range(2, 431)]


async def _write(visitor: Visitor, conversation_id: str, numbers: range) -> None:
    for n in numbers:
        await visitor.say(str(n), f"w-{n}", conversationId=conversation_id)


async def test_a_conversation_made_during_hello_is_shown_once_with_its_first_event(
    serve: Running,
) -> None:
    async with serve(rate_limits="off") as server, server.visitor() as jane:
        for n in range(20):
            async with server.stranger() as tab:
                asked = await tab.send("hello", {"key": server.acme.widget_key, **jane.session})
                said = await jane.say(str(n), f"n-{n}", newConversation=True)
                await tab.answer(asked)
                await tab.expect_frame(partial(_first, said["conversationId"]))
                rest = await tab.settle()
            await jane.request("endConversation", conversationId=said["conversationId"])

            assert not [frame for frame in rest if _first(said["conversationId"], frame)]


def _first(conversation_id: str, frame: Data) -> bool:
    """Whether the frame brings the first event of the conversation."""
    data = frame.get("data", {})
    events = [data] if frame["type"] == "event" else data.get("events", [])
    return data.get("conversationId") == conversation_id and any(
        event["seq"] == 1 for event in events
    )


async def test_cursors_come_first_in_their_order_then_the_unresolved_ones_without(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane:
        made = []
        for n in range(4):
            said = await jane.say(str(n), f"c-{n}", newConversation=True)
            made.append((said["conversationId"], await jane.event(body=str(n))))
        await jane.request("endConversation", conversationId=made[3][0])
        wanted = [cursor(*made[2]), cursor(*made[0])]
        async with server.visitor(**jane.session, cursors=wanted) as back:
            pages = [await back.expect("history") for _ in range(3)]
            rest = await back.settle()

        assert [page["conversationId"] for page in pages] == [made[n][0] for n in (2, 0, 1)]
        assert [page["reset"] for page in pages] == [False, False, True]
        assert not [frame for frame in rest if frame["type"] in ("history", "event")]


async def test_of_an_unresolved_conversation_without_a_cursor_the_newest_50_come(
    serve: Running,
) -> None:
    async with serve(rate_limits="off") as server, server.visitor() as jane:
        cv, events = await written(jane, 51)
        async with server.visitor(**jane.session) as back:
            page = await back.expect("history")

        assert page["events"] == events[1:]
        assert (page["reset"], page["complete"], page["hasMore"]) == (True, True, True)
        assert page["conversationId"] == cv


async def test_welcome_lists_20_conversations_and_pages_the_rest(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        made = [
            (await jane.say(str(n), f"c-{n}", newConversation=True))["conversationId"]
            for n in range(23)
        ]
        async with server.visitor(**jane.session) as back:
            first = [item["id"] for item in back.welcome["conversations"]]
            page = await back.request("conversations", cursor=back.welcome["nextCursor"])
            whole = await back.request("conversations")
            pushed = len({data["conversationId"] for data in back.untaken("history")})

        assert first == made[:2:-1]
        assert [item["id"] for item in page["items"]] == made[2::-1]
        assert page["nextCursor"] is None
        assert [item["id"] for item in whole["items"]] == first
        assert pushed == 20


async def test_the_greeting_comes_last_and_only_while_nothing_was_said(serve: Running) -> None:
    async with serve(acme={"greeting": ["Hi!", "How can we help?"]}) as server:
        async with server.visitor(
            cursors=[{"conversationId": "cv_none", "log": "public", "seq": 1, "eventId": "ev_1"}],
            userToken="eyJ.bad.token",
        ) as jane:
            greeting = await jane.expect("greeting")
            before = [frame["type"] for frame in jane.seen]
            said = await jane.say()
            await jane.settle()
        async with server.visitor(**jane.session) as back:
            after = await back.settle()

        assert greeting["messages"] == ["Hi!", "How can we help?"]
        assert before == ["welcome", "history", "identityExpired", "greeting"]
        assert said["seq"] == 1
        assert "greeting" not in [frame["type"] for frame in after]


@pytest.mark.parametrize("proof", [{"userToken": "eyJ.bad.token"}, {"userToken": "ct_unknown"}])
async def test_a_bad_proof_in_hello_is_served_as_anonymous(serve: Running, proof: Data) -> None:
    """T5b."""
    async with serve() as server, server.visitor(**proof) as jane:
        expired = await jane.expect("identityExpired")
        said = await jane.say()

        assert jane.welcome["state"] == "anonymous"
        assert (expired["reason"], expired["mode"]) == ("rejected", "optional")
        assert said["seq"] == 1


async def test_16_frames_right_after_hello_are_handled_after_welcome_in_order(
    serve: Running,
) -> None:
    async with serve() as server, server.stranger() as jane:
        hello = await jane.send("hello", {"key": server.acme.widget_key})
        sent = [
            await jane.send("message", {"clientMessageId": f"c-{n}", "body": str(n)})
            for n in range(16)
        ]
        jane.welcome = (await jane.answer(hello))["data"]
        acks = [(await jane.answer(frame_id))["data"]["seq"] for frame_id in sent]

        assert jane.seen[0]["type"] == "welcome"
        assert acks == list(range(1, 17))


async def test_a_17th_frame_right_after_hello_closes_4004(serve: Running) -> None:
    async with serve() as server, server.stranger() as jane:
        await jane.send("hello", {"key": server.acme.widget_key})
        for _ in range(17):
            await jane.send("track", {"event": "e"}, named=False)

        assert await jane.closed() == 4004


async def test_128_kib_right_after_hello_are_held_and_more_close_4004(serve: Running) -> None:
    async with serve() as server, server.stranger() as jane, server.stranger() as john:
        await jane.send("hello", {"key": server.acme.widget_key})
        await john.send("hello", {"key": server.acme.widget_key})
        data = {"event": "e", "data": {"k": "v" * 20_000}}
        for _ in range(6):
            await jane.send("track", data, named=False)
            await john.send("track", data, named=False)
        asked = await jane.send("conversations")
        await john.send("track", data, named=False)

        assert (await jane.answer(asked))["type"] == "ack"
        assert await john.closed() == 4004
