"""The console's socket (PROTOCOL §11): opening, answering, filing, presence. Lists are in
`test_views.py`."""

import asyncio
from typing import Any

import pytest

from tests.wire.harness import Running
from tests.wire.peers import Data

pytestmark = pytest.mark.adapter


async def test_welcome_names_the_agent_the_workspace_and_the_colleagues(serve: Running) -> None:
    async with serve() as server, server.agent("Ann") as ann, server.agent("Bob") as bob:
        told = bob.welcome

        assert told["agent"]["id"] == server.acme.agents["Bob"].id
        assert (told["agent"]["role"], told["agent"]["state"]) == ("agent", "online")
        assert told["workspace"] == {"id": server.acme.id, "name": "Acme"}
        states = {agent["id"]: agent["state"] for agent in told["agents"]}
        assert states == {
            server.acme.agents["Sam"].id: "offline",
            ann.agent_id: "online",
            bob.agent_id: "online",
        }


async def test_an_opened_conversation_is_followed_in_both_logs_from_the_next_seq(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        await sam.request("note", conversationId=cv, clientMessageId="n-1", body="a note")
        opened = await sam.open(cv)
        await jane.say("2", "c-2")
        await sam.request("note", conversationId=cv, clientMessageId="n-2", body="a second")
        events = [await sam.event(log="public"), await sam.event(log="staff")]
        again = await sam.open(cv)

        public, staff = opened["history"]["public"], opened["history"]["staff"]
        assert [event["body"] for event in public["events"]] == ["1"]
        assert [event["body"] for event in staff["events"]] == ["a note"]
        assert opened["contact"]["kind"] == "anonymous"
        assert opened["conversation"]["contact"]["id"] == opened["contact"]["id"]
        assert [event["seq"] for event in events] == [2, 2]
        assert len(again["history"]["public"]["events"]) == 2


async def test_opening_again_is_the_same_answer_and_no_second_follower(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        first, second = await sam.open(cv), await sam.open(cv)
        await jane.say("2", "c-2")
        await sam.settle()
        seen = [frame for frame in sam.seen if frame["type"] == "event"]

        assert first["history"] == second["history"]
        assert len(seen) == 1


async def test_a_cursor_shortens_what_open_answers(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        event = await jane.event(seq=1)
        await jane.say("2", "c-2")
        held = {"conversationId": cv, "log": "public", "seq": 1, "eventId": event["id"]}
        sam.holds([held])
        opened = await sam.open(cv, cursors=[held])

        page = opened["history"]["public"]
        assert ([event["seq"] for event in page["events"]], page["reset"]) == ([2], False)


async def test_nothing_of_a_closed_conversation_comes(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        closed = await sam.request("close", conversationId=cv)
        twice = await sam.request("close", conversationId=cv)
        await sam.settle()
        await jane.say("2", "c-2")
        await jane.request("typing", conversationId=cv, isTyping=True)
        rest = await sam.settle()

        assert (closed, twice) == ({}, {})
        assert {frame["type"] for frame in rest} <= {"notification"}


async def test_50_conversations_can_be_open_and_a_51st_is_a_conflict(serve: Running) -> None:
    async with serve(rate_limits="off") as server, server.visitor() as jane, server.agent() as sam:
        made = [
            (await jane.say(str(n), f"c-{n}", newConversation=True))["conversationId"]
            for n in range(51)
        ]
        for cv in made[:50]:
            await sam.open(cv)
        told = await sam.refused("open", conversationId=made[50])
        await sam.open(made[0])
        await sam.request("close", conversationId=made[0])
        opened = await sam.open(made[50])

        assert told["code"] == "conflict"
        assert opened["conversation"]["id"] == made[50]


async def test_a_returning_console_resumes_both_logs(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent("Ann") as ann:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        first = await jane.event(seq=1)
        await ann.request("note", conversationId=cv, clientMessageId="n-1", body="a note")
        await jane.say("2", "c-2")
        held = [{"conversationId": cv, "log": "public", "seq": 1, "eventId": first["id"]}]
        async with server.agent(cursors=held) as sam:
            public = await sam.expect("history", log="public")
            await jane.say("3", "c-3")
            live = await sam.event(log="public")

        assert [event["seq"] for event in public["events"]] == [2]
        assert (public["complete"], public["reset"]) == (True, False)
        assert live["seq"] == 3


async def test_a_console_that_is_far_behind_is_sent_pages_to_the_last(serve: Running) -> None:
    async with serve(rate_limits="off") as server, server.visitor() as jane:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        first = await jane.event(seq=1)
        for n in range(2, 452):
            await jane.say(str(n), f"c-{n}")
        held = [{"conversationId": cv, "log": "public", "seq": 1, "eventId": first["id"]}]
        async with server.agent(cursors=held) as sam:
            pages = [await sam.expect("history", log="public")]
            while not pages[-1]["complete"]:
                pages.append(await sam.expect("history", log="public"))

        seqs = [event["seq"] for page in pages for event in page["events"]]
        assert seqs == list(range(2, 452))


async def test_an_unknown_cursor_of_a_console_is_answered_empty(serve: Running) -> None:
    held = [{"conversationId": "cv_none", "log": "staff", "seq": 1, "eventId": "ev_1"}]
    async with serve() as server, server.agent(cursors=held) as sam:
        page = await sam.expect("history")

        assert (page["conversationId"], page["log"]) == ("cv_none", "staff")
        assert (page["reset"], page["complete"], page["cursor"]) == (True, True, None)


# Answering


async def test_expected_seq_stops_the_second_of_two_answers(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]
        first = await sam.say(cv, "Mine", "a-1", expectedSeq=1)
        told = await ann.refused(
            "message", conversationId=cv, clientMessageId="b-1", body="Mine too", expectedSeq=1
        )
        repeat = await sam.say(cv, "Mine", "a-1", expectedSeq=1)
        await jane.say("a visitor's message is no answer", "c-2")
        later = await ann.say(cv, "Mine too", "b-1", expectedSeq=2)
        page = await jane.request("history", conversationId=cv)

        assert told["code"] == "conflict"
        assert repeat == {**first, "duplicate": True}
        assert (later["seq"], later["duplicate"]) == (4, False)
        assert len(page["events"]) == 4


async def test_two_answers_at_once_with_the_same_expectation_are_one(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]
        data: Data = {"conversationId": cv, "clientMessageId": "x-1", "body": "x", "expectedSeq": 1}
        asked = [await sam.send("message", data), await ann.send("message", data)]
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(sam.answer(asked[0])),
                group.create_task(ann.answer(asked[1])),
            ]
        kinds = sorted(task.result()["type"] for task in tasks)

        assert kinds == ["ack", "error"]


async def test_names_are_unique_over_messages_notes_and_conversations_begun(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        said = await sam.say(cv, "Hi", "same")
        note = await sam.request("note", conversationId=cv, clientMessageId="same", body="x")
        async with server.agent() as tab:
            again = await tab.say(cv, "Hi", "same")

        assert note == {**said, "duplicate": True}
        assert again == {**said, "duplicate": True}


async def test_an_agent_edits_own_messages_and_an_admin_deletes_any(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
        server.agent("Bob") as bob,
    ):
        cv = (await jane.say())["conversationId"]
        said = (await bob.say(cv, "Hi"))["seq"]
        foreign = [
            await sam.refused("editMessage", conversationId=cv, seq=said, body="x"),
            await bob.refused("deleteMessage", conversationId=cv, seq=1),
        ]
        edited = await bob.request("editMessage", conversationId=cv, seq=said, body="Hello")
        deleted = await ann.request("deleteMessage", conversationId=cv, seq=1)
        page = await jane.request("history", conversationId=cv)

        assert {error["code"] for error in foreign} <= {"not_found", "forbidden"}
        assert (edited["seq"], deleted["seq"]) == (3, 4)
        assert [event.get("body") for event in page["events"][:2]] == ["", "Hello"]


# Filing


async def test_assigning_answers_with_the_staff_event_and_tells_the_visitor(
    serve: Running,
) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        done = await sam.request("assign", conversationId=cv, agentId=ann.agent_id)
        event = await sam.event(log="staff")
        told = await jane.event(kind="assigneeChanged")
        note = await ann.expect("notification", kind="assigned")
        nobody = await sam.request("assign", conversationId=cv, agentId=None)
        left = await jane.event(kind="assigneeChanged", seq=3)

        assert (done["log"], done["eventId"]) == ("staff", event["id"])
        assert (event["kind"], event["agentId"]) == ("assigned", ann.agent_id)
        assert told["assignee"] == {"kind": "human", "name": "Ann", "avatarUrl": None}
        assert (note["conversationId"], note["seq"]) == (cv, done["seq"])
        assert (nobody["log"], nobody["seq"]) == ("staff", 2)
        assert left["assignee"]["kind"] == "none"


async def test_resolving_answers_with_the_public_event_and_snoozing_with_the_staff_one(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        resolved = await sam.request("status", conversationId=cv, status="resolved")
        opened = await sam.request("status", conversationId=cv, status="open")
        snoozed = await sam.request(
            "status", conversationId=cv, status="snoozed", until="2099-01-01T00:00:00.000Z"
        )
        event = await sam.event(kind="snoozed")
        await jane.settle()
        shown = [
            frame["data"]["status"]
            for frame in jane.seen
            if frame["type"] == "event" and frame["data"]["kind"] == "statusChanged"
        ]

        assert [done["log"] for done in (resolved, opened, snoozed)] == [
            "public", "public", "staff",
        ]  # fmt: skip
        assert event["until"] == "2099-01-01T00:00:00.000Z"
        assert "snoozed" not in shown
        assert shown[:2] == ["resolved", "open"]


async def test_labels_and_priority_answer_with_their_staff_events(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        labels = await sam.request("labels", conversationId=cv, add=["vip", "bug"])
        first = await sam.event(kind="labelsChanged")
        await sam.request("labels", conversationId=cv, add=["new"], remove=["bug"])
        priority = await sam.request("priority", conversationId=cv, priority="urgent")
        second = await sam.event(kind="priorityChanged")
        summary = (await sam.open(cv))["conversation"]

        assert (labels["eventId"], priority["eventId"]) == (first["id"], second["id"])
        assert (first["added"], second["priority"]) == (["vip", "bug"], "urgent")
        assert (sorted(summary["labels"]), summary["priority"]) == (["new", "vip"], "urgent")


# Beginning


async def test_an_agent_begins_a_conversation_with_a_visitor(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
        server.agent() as sam,
    ):
        begun = await sam.request(
            "startConversation", visitorId=jane.visitor_id, clientMessageId="s-1", body="May I?"
        )
        again = await sam.request(
            "startConversation", visitorId=jane.visitor_id, clientMessageId="s-1", body="May I?"
        )
        events = [await peer.event(seq=1) for peer in (jane, tab)]
        said = await jane.say("You may")

        assert (begun["seq"], begun["duplicate"]) == (1, False)
        assert again == {**begun, "duplicate": True}
        assert {event["id"] for event in events} == {begun["eventId"]}
        assert (said["conversationId"], said["seq"]) == (begun["conversationId"], 2)


# Who is there


async def test_viewers_and_their_typing_are_told_to_those_who_look(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]
        alone = await sam.open(cv)
        both = await ann.open(cv)
        joined = await sam.expect("viewing", conversationId=cv)
        await ann.request("typing", conversationId=cv, isTyping=True)
        typing = await sam.expect("viewing", conversationId=cv)
        await ann.request("close", conversationId=cv)
        left = await sam.expect("viewing", conversationId=cv)

        quiet = {"typing": False, "note": False}
        assert {viewer["id"] for viewer in alone["viewers"]} <= {sam.agent_id}
        assert sam.agent_id in {viewer["id"] for viewer in both["viewers"]}
        assert {viewer["id"] for viewer in joined["agents"]} == {sam.agent_id, ann.agent_id}
        assert {"id": ann.agent_id, "typing": True, "note": False} in typing["agents"]
        assert left["agents"] == [{"id": sam.agent_id, **quiet}]


async def test_colleagues_and_visitors_are_told_who_is_there(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        there = await jane.expect("presence", agentsOnline=1)
        async with server.agent("Ann") as ann:
            came = await sam.expect("presence")
            await ann.request("availability", state="away")
            away = await sam.expect("presence")
            ann_id = ann.agent_id
        left = await sam.expect("presence")

        assert there["agentsOnline"] == 1
        assert came["agents"] == [{"id": ann_id, "state": "online"}]
        assert away["agents"] == [{"id": ann_id, "state": "away"}]
        assert left["agents"] == [{"id": ann_id, "state": "offline"}]


async def test_the_assignee_is_notified_of_a_visitors_message(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]
        await sam.request("assign", conversationId=cv, agentId=ann.agent_id)
        said = await jane.say("Anybody?", "c-2")
        told = await ann.expect("notification", kind="message", seq=said["seq"])

        assert told == {"kind": "message", "conversationId": cv, "seq": said["seq"]}


async def test_a_ping_carries_the_heads_of_both_logs_and_the_views(serve: Running) -> None:
    async with (
        serve(heartbeat_interval=0.3) as server,
        server.visitor() as jane,
        server.agent() as sam,
    ):
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        await sam.request("note", conversationId=cv, clientMessageId="n-1", body="x")
        await sam.request("note", conversationId=cv, clientMessageId="n-2", body="x")
        view = await sam.request("inbox", view="all")
        ping = await sam.expect_frame(
            lambda frame: frame["type"] == "ping" and bool(frame["data"]["views"])
        )

        assert ping["data"]["heads"] == {cv: {"public": 1, "staff": 2}}
        assert set(ping["data"]["views"]) == {view["viewId"]}


LATER: dict[str, dict[str, Any]] = {
    "contact": {"contactId": "co_1", "changes": {"name": "Jane"}},
    "merge": {"survivorId": "co_1", "absorbedId": "co_2"},
}


@pytest.mark.parametrize(("kind", "data"), LATER.items(), ids=LATER)
async def test_what_is_not_served_yet_says_so(
    serve: Running, kind: str, data: dict[str, Any]
) -> None:
    async with serve() as server, server.agent() as sam:
        told = await sam.refused(kind, **data)

        assert told["code"] == "unavailable"
