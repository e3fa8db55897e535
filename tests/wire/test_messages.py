"""What a visitor writes, and what becomes of it (PROTOCOL §5, §7): order, repeats, reopening,
editing, ratings."""

import asyncio
from typing import Any

import pytest

from tests.wire.harness import HandClock, Running
from tests.wire.peers import SECRET, Data, Visitor

pytestmark = pytest.mark.adapter


def bodies(events: list[Data]) -> list[str]:
    return [event["body"] for event in events]


async def log_of(visitor: Visitor, conversation_id: str) -> list[Data]:
    """The whole public log as the visitor reads it."""
    page = await visitor.request("history", conversationId=conversation_id, limit=200)
    events: list[Data] = page["events"]
    return events


# Order, echo, announcement


async def test_messages_of_one_connection_are_stored_in_the_order_received(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane:
        sent = [
            await jane.send("message", {"clientMessageId": f"c-{n}", "body": str(n)})
            for n in range(40)
        ]
        acks = [(await jane.answer(frame_id))["data"] for frame_id in sent]
        stored = await log_of(jane, acks[0]["conversationId"])

        assert [ack["seq"] for ack in acks] == list(range(1, 41))
        assert bodies(stored) == [str(n) for n in range(40)]


async def test_a_failed_message_does_not_fail_the_next(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        sent = [
            await jane.send("message", {"clientMessageId": "c-1", "body": "one"}),
            await jane.send(
                "message", {"conversationId": "cv_none", "clientMessageId": "c-2", "body": "two"}
            ),
            await jane.send("message", {"clientMessageId": "c-3", "body": "three"}),
        ]
        answers = [await jane.answer(frame_id) for frame_id in sent]

        assert [answer["type"] for answer in answers] == ["ack", "error", "ack"]
        assert answers[1]["error"]["code"] == "not_found"
        assert answers[2]["data"]["seq"] == 2


async def test_the_sender_gets_its_own_event_with_its_own_name_for_it(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
    ):
        said = await jane.say("Hello", "c-77")
        events = [await peer.event() for peer in (jane, tab)]

        assert events[0] == events[1]
        assert events[0]["id"] == said["eventId"]
        assert events[0]["at"] == said["at"]
        assert events[0]["clientMessageId"] == "c-77"
        assert events[0]["author"] == {"kind": "visitor", "own": True}


async def test_a_new_conversation_is_announced_with_its_whole_summary_before_its_first_event(
    serve: Running,
) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
    ):
        said = await jane.say("Hello")
        for peer in (jane, tab):
            await peer.event(seq=1)
            kinds = [f["type"] for f in peer.seen if f["type"] in ("conversationUpdate", "event")]
            update = await peer.expect("conversationUpdate", id=said["conversationId"])

            assert kinds == ["conversationUpdate", "event"]
            assert (update["status"], update["lastSeq"]) == ("open", 1)
            assert update["lastMessage"]["preview"] == "Hello"


async def test_a_frame_without_an_id_gets_an_error_only_when_something_is_wrong(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane:
        await jane.send("message", {"clientMessageId": "c-1", "body": "x"}, named=False)
        await jane.send("message", {"clientMessageId": "c-2", "body": ""}, named=False)
        told = await jane.expect_error()
        await jane.event(seq=1)
        rest = await jane.settle()

        assert told["code"] == "invalid_input"
        assert not [frame for frame in rest if frame["type"] in ("ack", "error")]


async def test_a_repeated_frame_id_is_no_repeat_of_the_command(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        seqs = []
        for n in range(2):
            jane._asked.append(("same", "message"))
            data = {"clientMessageId": f"c-{n}", "body": "x"}
            await jane.send_value({"type": "message", "id": "same", "data": data, "later": 1})
            seqs.append((await jane.answer("same"))["data"]["seq"])

        assert seqs == [1, 2]


# Which conversation


async def test_without_an_id_the_open_one_with_the_newest_event_is_written_to(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        first = (await jane.say("1", "c-1"))["conversationId"]
        second = (await jane.say("2", "c-2", newConversation=True))["conversationId"]
        newest = (await jane.say("3", "c-3"))["conversationId"]
        await sam.say(first, "I am here")
        answered = (await jane.say("4", "c-4"))["conversationId"]
        await jane.request("endConversation", conversationId=first)
        left = (await jane.say("5", "c-5"))["conversationId"]
        await jane.request("endConversation", conversationId=second)
        fresh = (await jane.say("6", "c-6"))["conversationId"]

        assert first != second
        assert (newest, answered, left) == (second, first, second)
        assert fresh not in (first, second)


async def test_a_new_conversation_and_a_named_one_exclude_each_other(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say())["conversationId"]
        told = await jane.refused(
            "message", clientMessageId="c-2", body="x", conversationId=cv, newConversation=True
        )

        assert told["code"] == "invalid_input"


async def test_an_attachment_that_was_not_uploaded_is_not_found(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        told = await jane.refused(
            "message", clientMessageId="c-1", body="", attachments=[{"id": "at_1"}]
        )

        assert told["code"] == "not_found"


async def test_writing_to_a_resolved_conversation_reopens_it_in_the_next_seq(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        await jane.request("endConversation", conversationId=cv)
        said = await jane.say("2", "c-2", conversationId=cv)
        events = await log_of(jane, cv)

        assert [event["kind"] for event in events] == [
            "message", "statusChanged", "message", "statusChanged",
        ]  # fmt: skip
        assert said["seq"] == 3
        assert (events[1]["status"], events[3]["status"]) == ("resolved", "open")
        assert events[2]["at"] == events[3]["at"]


async def test_writing_wakes_a_snoozed_conversation_which_visitors_see_as_open(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say("1", "c-1"))["conversationId"]
        await sam.request(
            "status", conversationId=cv, status="snoozed", until="2099-01-01T00:00:00.000Z"
        )
        snoozed = (await sam.open(cv))["conversation"]["status"]
        listed = (await jane.request("conversations"))["items"][0]["status"]
        said = await jane.say("2", "c-2")
        woken = (await sam.request("open", conversationId=cv))["conversation"]["status"]
        events = await log_of(jane, cv)

        assert (snoozed, listed, woken) == ("snoozed", "open", "open")
        assert said["conversationId"] == cv
        assert "snoozed" not in [event.get("status") for event in events]


# Repeats


async def test_a_repeat_is_answered_with_the_first_ones_ack_and_seen_by_nobody(
    serve: Running,
) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
        server.visitor(**jane.device) as session,
        server.agent() as sam,
    ):
        first = await jane.say("Hello", "c-1")
        await sam.open(first["conversationId"])
        repeats = [
            await jane.say("Hello", "c-1"),
            await jane.say("other words", "c-1", conversationId=first["conversationId"]),
            await jane.say("other place", "c-1", newConversation=True),
            await tab.say("other tab", "c-1"),
            await session.say("other session", "c-1"),
        ]
        async with server.visitor(**jane.session) as back:
            repeats.append(await back.say("after reconnecting", "c-1"))
        stored = await log_of(jane, first["conversationId"])
        rest = await sam.settle()

        assert repeats == [{**first, "duplicate": True}] * 6
        assert first["duplicate"] is False
        assert bodies(stored) == ["Hello"]
        assert not [frame for frame in rest if frame["type"] == "event"]


async def test_repeats_sent_at_once_over_several_tabs_are_stored_once(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
        server.visitor(**jane.session) as third,
    ):
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(peer.say("Hello", "c-1")) for peer in (jane, tab, third)]
        acks = [task.result() for task in asked]
        stored = await log_of(jane, acks[0]["conversationId"])

        assert len({ack["eventId"] for ack in acks}) == 1
        assert sorted(ack["duplicate"] for ack in acks) == [False, True, True]
        assert len(stored) == 1


async def test_another_device_may_use_the_same_name_for_its_own_message(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.visitor() as john:
        first, second = await jane.say(name="c-1"), await john.say(name="c-1")

        assert (second["duplicate"], second["seq"]) == (False, 1)
        assert first["conversationId"] != second["conversationId"]


# Edit, delete


async def test_an_edit_changes_the_stored_message_itself(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say("wrong", "c-1"))["conversationId"]
        await jane.say("next", "c-2")
        edited = await jane.request("editMessage", conversationId=cv, seq=1, body=" right ")
        live = await jane.event(kind="messageEdited")
        stored = await log_of(jane, cv)
        opened = (await sam.open(cv))["history"]["public"]["events"]

        assert (edited["seq"], edited["eventId"]) == (3, live["id"])
        assert (live["targetSeq"], live["body"]) == (1, "right")
        assert [stored[0]["body"], opened[0]["body"]] == ["right", "right"]
        assert stored[0]["editedAt"] == live["at"]


async def test_a_deleted_message_is_blank_in_every_later_history(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say("a secret", "c-1"))["conversationId"]
        await jane.request("deleteMessage", conversationId=cv, seq=1)
        again = await jane.refused("deleteMessage", conversationId=cv, seq=1)
        edit = await jane.refused("editMessage", conversationId=cv, seq=1, body="x")
        stored = await log_of(jane, cv)
        opened = await sam.open(cv)

        assert (stored[0]["deleted"], stored[0]["body"], stored[0]["attachments"]) == (True, "", [])
        assert (again["code"], edit["code"]) == ("conflict", "conflict")
        assert [event["kind"] for event in stored] == ["message", "messageDeleted"]
        assert "secret" not in str(opened)


async def test_what_a_deleted_message_was_edited_to_is_blank_as_well(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say("a secret", "c-1"))["conversationId"]
        await jane.request("editMessage", conversationId=cv, seq=1, body="another secret")
        await jane.request("deleteMessage", conversationId=cv, seq=1)
        stored = await log_of(jane, cv)

        assert "secret" not in str(stored)


async def test_a_resumed_client_is_told_of_an_edit_it_has_missed(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say("wrong"))["conversationId"]
        first = await jane.event(seq=1)
        await jane.request("editMessage", conversationId=cv, seq=1, body="right")
        held = {"conversationId": cv, "log": "public", "seq": 1, "eventId": first["id"]}
        async with server.visitor(**jane.session, cursors=[held]) as back:
            page = await back.expect("history")

        assert [(event["kind"], event["targetSeq"]) for event in page["events"]] == [
            ("messageEdited", 1)
        ]


async def test_after_the_window_an_edit_is_a_conflict(serve: Running) -> None:
    clock = HandClock()
    settings = {"edit_window_seconds": 60}
    async with serve(clock=clock, acme=settings) as server, server.visitor() as jane:
        cv = (await jane.say())["conversationId"]
        clock.advance(59)
        await jane.request("editMessage", conversationId=cv, seq=1, body="in time")
        clock.advance(2)
        told = [
            await jane.refused("editMessage", conversationId=cv, seq=1, body="late"),
            await jane.refused("deleteMessage", conversationId=cv, seq=1),
        ]

        assert [error["code"] for error in told] == ["conflict", "conflict"]


async def test_only_an_own_message_can_be_edited_and_anything_else_is_not_found(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.say(cv, "from Sam")
        await jane.request("endConversation", conversationId=cv)
        told = [
            await jane.refused(kind, conversationId=cv, seq=seq, **data)
            for kind, data in (("editMessage", {"body": "x"}), ("deleteMessage", {}))
            for seq in (2, 3, 99)
        ]
        async with server.visitor(**jane.device) as session:
            own = await session.request("editMessage", conversationId=cv, seq=1, body="x")

        assert [error["code"] for error in told] == ["not_found"] * 6
        assert own["seq"] == 4


# Ending, rating, asking for a person


async def test_ending_twice_is_answered_with_the_first_event(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say())["conversationId"]
        first = await jane.request("endConversation", conversationId=cv)
        again = await jane.request("endConversation", conversationId=cv)
        stored = await log_of(jane, cv)

        assert first == again
        assert [event["kind"] for event in stored] == ["message", "statusChanged"]


async def test_asking_for_a_person_twice_is_answered_with_the_first_event(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say())["conversationId"]
        first = await jane.request("requestHuman", conversationId=cv)
        again = await jane.request("requestHuman", conversationId=cv)
        event = await jane.event(kind="handoff")

        assert first == again
        assert event["id"] == first["eventId"]


async def test_a_second_rating_is_a_new_event(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say())["conversationId"]
        await jane.request("rate", conversationId=cv, score=1)
        await jane.request("rate", conversationId=cv, score=5, comment="better")
        told = [
            (await jane.refused("rate", conversationId=cv, score=score))["code"]
            for score in (0, 6, 2.5)
        ]
        stored = await log_of(jane, cv)

        assert [(event["score"], event.get("comment")) for event in stored[1:]] == [
            (1, None),
            (5, "better"),
        ]
        assert told == ["invalid_input"] * 3


# What is only for staff


async def test_custom_data_reaches_staff_and_what_else_a_page_adds_reaches_nobody(
    serve: Running,
) -> None:
    extra: Data = {
        name: {"k": f"{SECRET}-{name}"}
        for name in ("customData", "headers", "queryParams", "bodyProperties")
    }
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        said = await jane.say("Hello", **extra, context={"k": {"label": "K", "value": SECRET}})
        opened = await sam.open(said["conversationId"])
        event = opened["history"]["public"]["events"][0]
        await jane.settle()

        assert event["customData"] == extra["customData"]
        assert str(opened).count(SECRET) == 1


async def test_an_author_is_told_to_each_as_they_may_know_it(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        mine = (await sam.open(cv))["history"]["public"]["events"][0]
        await sam.say(cv, "Hi", "a-1")
        theirs = await jane.event(seq=2)
        own = await sam.event(seq=2)

        assert mine["author"]["kind"] == "visitor"
        assert (mine["author"]["id"], mine["author"]["trust"]) == (jane.visitor_id, "anonymous")
        assert "clientMessageId" not in mine
        assert theirs["author"] == {
            "kind": "agent", "id": sam.agent_id, "name": "Sam", "avatarUrl": None,
        }  # fmt: skip
        assert "clientMessageId" not in theirs
        assert own["clientMessageId"] == "a-1"


UNAVAILABLE: dict[str, Data] = {
    "identifyCompany": {"companyId": "acme"},
    "setContext": {"key": "k", "entry": {"value": 1}},
    "clearContext": {},
    "showForm": {"name": "f"},
    "formSubmit": {"formId": "f", "values": {}},
    "formCancel": {"formId": "f"},
    "formSchemaResult": {"requestId": "r"},
}


@pytest.mark.parametrize(("kind", "data"), UNAVAILABLE.items(), ids=UNAVAILABLE)
async def test_what_is_not_served_yet_says_so_and_breaks_nothing(
    serve: Running, kind: str, data: dict[str, Any]
) -> None:
    async with serve() as server, server.visitor() as jane:
        told = await jane.refused(kind, **data)
        said = await jane.say()

        assert (told["code"], told["status"], said["seq"]) == ("unavailable", 503, 1)


async def test_resetting_an_anonymous_user_is_no_operation(serve: Running) -> None:
    """T14a, IDENTITY §6.9."""
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say())["conversationId"]
        told = [await jane.request("resetUser") for _ in range(3)]
        said = await jane.say("more", "c-2")
        async with server.visitor(**jane.session) as back:
            resumed = back.welcome

        assert told == [{"noop": True}] * 3
        assert (said["conversationId"], said["seq"]) == (cv, 2)
        assert resumed["sessionToken"] == jane.welcome["sessionToken"]


async def test_opening_the_panel_makes_no_conversation(serve: Running) -> None:
    """T6."""
    async with serve() as server, server.visitor() as jane:
        told = [await jane.request("opened") for _ in range(2)]
        listed = await jane.request("conversations")
        page = await jane.request("page", url="https://acme.test/pricing", title="Pricing")

        assert told == [{}, {}]
        assert (listed["items"], page) == ([], {})
