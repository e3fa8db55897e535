"""A visitor's frames: what each one does, what it is answered with, and what others see of it."""

import pytest

from protocol.close import CloseCode
from protocol.codec import MSGPACK
from protocol.limits import ADDRESS_MESSAGES
from server.chat.model import Author, AuthorKind, LogName
from server.chat.service import Staff, committed
from tests.gateway.conftest import OpenRoom


async def test_a_first_message_makes_the_conversation_and_is_told_before_its_ack(
    room: OpenRoom,
) -> None:
    """PROTOCOL §5: announced by its whole summary before its first event."""
    async with room() as r:
        jane = await r.jane()

        posted = await jane.say("Hello")

        types = [frame["type"] for frame in jane.frames[-3:]]
        assert types == ["conversationUpdate", "event", "ack"]
        assert jane.of_type("event")[0]["clientMessageId"] == "c-Hello"
        assert (posted["seq"], posted["duplicate"]) == (1, False)


async def test_a_repeat_is_answered_with_the_first_and_shown_to_nobody_again(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane = await r.jane()
        first = await jane.say("Hello")

        again = await jane.say("Hello")
        await r.rest()

        assert again == {**first, "duplicate": True}
        assert jane.bodies() == ["Hello"]


async def test_a_repeat_from_a_socket_that_never_saw_the_conversation_shows_it_to_it(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane = await r.jane()
        first = await jane.say("Hello", clientMessageId="c-1")
        await jane.ask("endConversation", conversationId=first["conversationId"])
        jane.lose()
        back = await r.jane(**jane.tokens)
        back.side.live.watched.clear()  # as if it had been far down the list

        again = await back.say("Hello", clientMessageId="c-1")
        await back.pushed("event", seq=2)

        assert again["duplicate"]
        assert back.of_type("conversationUpdate")[0]["id"] == first["conversationId"]
        assert [event["seq"] for event in back.of_type("event")] == [1, 2]


async def test_a_socket_that_cannot_be_shown_what_it_wrote_to_is_sent_back_to_resume(
    room: OpenRoom,
) -> None:
    """A database that cannot be read must not take the node down."""
    async with room() as r:
        jane = await r.jane()
        await jane.say("Hello", clientMessageId="c-1")
        jane.lose()
        back = await r.jane(**jane.tokens)
        back.side.live.watched.clear()
        back.side.following.clear()

        r.store.fail(at=1)
        again = await back.say("Hello", clientMessageId="c-1")
        await back.over()

        assert again["duplicate"]
        assert back.closed == CloseCode.SERVER_FAULT


async def test_editing_deleting_rating_ending_and_asking_for_a_person_append_events(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane = await r.jane()
        at = {"conversationId": (await jane.say("Hello"))["conversationId"]}

        edited = await jane.ask("editMessage", **at, seq=1, body="Hello!")
        rated = await jane.ask("rate", **at, score=5, comment="Thanks")
        human = await jane.ask("requestHuman", **at)
        deleted = await jane.ask("deleteMessage", **at, seq=1)
        ended = await jane.ask("endConversation", **at)

        assert [a["seq"] for a in (edited, rated, human, deleted, ended)] == [2, 3, 4, 5, 6]
        assert [event["kind"] for event in jane.of_type("event")][1:] == [
            "messageEdited", "rated", "handoff", "messageDeleted", "statusChanged",
        ]  # fmt: skip


async def test_history_conversations_and_read_are_answered_from_the_log(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.say(named, "Hi")

        page = await jane.ask("history", conversationId=named, afterSeq=1)
        end = await jane.ask("history", conversationId=named, afterSeq=2)
        before = (await jane.ask("conversations"))["items"]
        await jane.ask("read", conversationId=named, seq=2)
        after = (await jane.ask("conversations"))["items"]

        assert [event["body"] for event in page["events"]] == ["Hi"]
        assert (end["events"], end["hasMore"], end["complete"]) == ([], False, True)
        assert [(c["id"], c["unread"]) for c in before + after] == [(named, 1), (named, 0)]


@pytest.mark.parametrize(
    ("frame_type", "data"),
    [
        ("message", {"clientMessageId": "c", "body": "x"}),
        ("history", {}),
        ("read", {"seq": 1}),
        ("typing", {"isTyping": True}),
        ("endConversation", {}),
        ("editMessage", {"seq": 1, "body": "x"}),
    ],
)
async def test_what_is_hidden_and_what_does_not_exist_are_refused_in_the_same_bytes(
    room: OpenRoom, frame_type: str, data: dict[str, object]
) -> None:
    """PROTOCOL §9."""
    async with room() as r:
        jane, other = await r.jane(), await r.jane()
        await other.say("Mine")
        hidden = (await jane.say("Secret"))["conversationId"]

        answers = [
            (await other.answer(frame_type, conversationId=named, **data))["error"]
            for named in (hidden, "cv_none")
        ]

        assert answers[0] == answers[1]
        assert answers[0]["code"] == "not_found"


async def test_frames_that_need_no_conversation_are_acked(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()

        page = await jane.ask("page", url="https://acme.test/b")
        tracked = await jane.ask("track", event="clicked")
        reset = await jane.ask("resetUser")
        opened = [await jane.ask("opened"), await jane.ask("opened")]
        jane.send("pong")
        jane.send("track", event="without an id")
        await r.rest()

        assert (page, tracked, reset, opened) == ({}, {}, {"noop": True}, [{}, {}])
        assert jane.side.live.page.url == "https://acme.test/b"
        assert r.gateway.metrics.tracked == 2
        assert len(jane.answers()) == 6


async def test_what_is_not_served_yet_is_refused_and_so_is_an_attachment(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()

        later = await jane.refused("showForm", name="f")
        attached = await jane.refused(
            "message", body="", clientMessageId="c", attachments=[{"id": "at_1"}]
        )

        assert (later, attached) == ("unavailable", "not_found")


async def test_typing_is_told_to_the_others_and_its_preview_to_staff_only(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        tab = await r.jane(**jane.tokens)
        await sam.ask("open", conversationId=named)

        await jane.ask("typing", conversationId=named, isTyping=True, preview="Hel")
        await r.rest()

        assert sam.of_type("typing")[0]["preview"] == "Hel"
        assert "preview" not in tab.of_type("typing")[0]
        assert jane.of_type("typing") == []


async def test_what_is_typed_or_read_in_another_tab_is_told_as_ones_own(room: OpenRoom) -> None:
    """PROTOCOL §7: `own` = sent from this device, the same in `typing` and `read`."""
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        tab = await r.jane(**jane.tokens)
        await sam.ask("read", conversationId=named, seq=1)
        await sam.say(named, "Hi")

        await jane.ask("typing", conversationId=named, isTyping=True)
        await jane.ask("read", conversationId=named, seq=2)
        await r.rest()

        own = {"kind": "visitor", "own": True}
        assert [told["author"] for told in tab.of_type("typing")] == [own]
        assert [told["author"]["kind"] for told in tab.of_type("read")] == ["agent", "visitor"]
        assert tab.of_type("read")[1]["author"] == own


async def test_typing_in_a_visible_conversation_that_is_not_followed_is_told(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("open", conversationId=named)
        jane.side.following.clear()

        await jane.ask("typing", conversationId=named, isTyping=True)
        await r.rest()

        assert len(sam.of_type("typing")) == 1


async def test_a_reply_is_delivered_when_the_next_frame_shows_that_it_came(room: OpenRoom) -> None:
    """PROTOCOL §6, `delivered`: to staff, once."""
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("open", conversationId=named)
        await sam.say(named, "Hi")
        await r.rest()
        before = sam.of_type("delivered")

        jane.send("pong")
        jane.send("pong")
        await r.rest()

        assert before == []
        assert [mark["seq"] for mark in sam.of_type("delivered")] == [2]
        assert jane.of_type("delivered") == []


async def test_both_codecs_carry_the_same(room: OpenRoom) -> None:
    async with room() as r:
        jane, packed = await r.jane(), r.visitor(codec=MSGPACK)
        await packed.hello(**jane.tokens)

        await jane.say("Hello")
        await packed.pushed("event", seq=1)

        plain = {key: v for key, v in packed.of_type("event")[0].items() if key != "own"}
        assert plain == jane.of_type("event")[0]


async def test_a_heartbeat_names_the_heads_of_what_is_followed(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()
        named = (await jane.say("Hello"))["conversationId"]

        r.clock.forward(40.0)
        jane.connection.due(r.clock.monotonic())
        await r.rest()

        assert jane.of_type("ping") == [{"heads": {named: 1}}]
        assert r.gateway.hub.head(f"{named}/{LogName.PUBLIC}") == 1


async def test_messages_of_one_address_are_limited(room: OpenRoom) -> None:
    """PROTOCOL §3."""
    async with room() as r:
        jane = await r.jane()
        for _ in range(600):
            r.gateway.limits.take("messages", "192.0.2.1", ADDRESS_MESSAGES)

        code = await jane.refused("message", body="x", clientMessageId="c")

        assert code == "too_many_requests"


async def test_what_is_committed_while_a_history_is_read_follows_it(room: OpenRoom) -> None:
    """DELIVERY's "event between the resume read and joining live"."""
    async with room() as r:
        jane = await r.jane()
        named = (await jane.say("Hello"))["conversationId"]
        await jane.ask("endConversation", conversationId=named)
        jane.lose()
        back = await r.jane(**jane.tokens)
        staff = Staff(
            r.ours.workspace_id, Author(AuthorKind.AGENT, "ag_1", "Sam"), "agent:ag_1", True
        )

        r.store.hold_reads()
        back.send("history", "h", conversationId=named)
        await r.store.reading.wait()
        await committed(lambda settle: r.gateway.chat.reply_nowait(staff, named, "Hi", settle))
        r.store.release_reads()
        event = await back.pushed("event")

        assert (event["seq"], event["body"]) == (3, "Hi")
