"""One socket: answers in order whatever takes time, faults that stay inside, and its end."""

import asyncio
from typing import Any

import pytest

from protocol import limits
from protocol.close import CloseCode
from server.gateway.connection import Reply
from tests.gateway.conftest import OpenRoom
from tests.gateway.room import Peer


async def test_answers_come_in_the_order_of_the_frames_with_reads_and_messages_mixed(
    room: OpenRoom,
) -> None:
    """PROTOCOL §2."""
    async with room() as r:
        jane = await r.jane()
        named = (await jane.say("Hello"))["conversationId"]
        del jane.frames[:]

        order = []
        for number in range(3):
            for kind, data in (
                ("message", {"clientMessageId": f"n{number}", "body": "x"}),
                ("history", {"limit": 2}),
                ("rate", {"score": 3}),
                ("typing", {"isTyping": True}),
                ("nonsense", {}),
                ("endConversation", {}),
                ("conversations", {}),
            ):
                order.append(f"{number}{kind}")
                extra = {} if kind == "conversations" else {"conversationId": named}
                jane.send(kind, order[-1], **data, **extra)
        await r.rest()

        assert jane.answers() == order


async def test_what_is_no_frame_is_refused_five_times(room: OpenRoom) -> None:
    """PROTOCOL §3."""
    async with room() as r:
        jane = await r.jane()

        for _ in range(limits.MALFORMED_PER_MINUTE + 1):
            jane.send_raw(b"not json")
        await r.rest()

        errors = [frame["error"]["code"] for frame in jane.frames if frame["type"] == "error"]
        assert errors == ["invalid_input"] * 5
        assert jane.closed == CloseCode.PROTOCOL_VIOLATION


async def test_invalid_members_are_named_and_a_binary_frame_is_of_the_wrong_kind(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane = await r.jane()

        answer = await jane.answer("message", clientMessageId="c")
        jane.connection.received(b"\x80", False)
        await jane.over()

        assert answer["error"]["details"][0]["path"] == "body"
        assert jane.closed == CloseCode.WRONG_KIND


async def test_a_fault_of_ours_is_told_as_internal_error_and_reveals_nothing(
    room: OpenRoom, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with room() as r:
        jane = await r.jane()

        async def broken(query: object) -> Any:
            raise ZeroDivisionError("a secret")

        monkeypatch.setattr(r.store, "read", broken)
        answer = await jane.answer("conversations")

        assert answer["error"]["code"] == "internal_error"
        assert "secret" not in str(answer)
        assert "frame failed" in caplog.text


async def test_a_flood_of_refused_frames_ends_the_connection(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()

        for number in range(300):
            jane.send("track", f"t{number}", event="x")
        await jane.over()

        last = [frame for frame in jane.frames if frame["type"] == "error"][-1]["error"]
        assert (last["code"], last["retryAfterMs"] > 0) == ("too_many_requests", True)
        assert jane.closed == CloseCode.FLOODING
        assert jane.reason.startswith("retryAfterMs=")


async def test_a_slow_consumer_is_aborted_when_too_much_piles_up(room: OpenRoom) -> None:
    """PROTOCOL §3: 4002, by abort."""
    async with room() as r:
        jane = await r.jane()

        jane.be_slow(limits.UNSENT_BYTES + 1)
        await jane.over()

        assert (jane.aborted, jane.closed) == (True, None)
        assert r.gateway.metrics.closes[CloseCode.SLOW_CONSUMER] == 1
        assert r.is_empty()


async def test_a_consumer_that_takes_nothing_for_30_seconds_is_aborted(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()
        jane.be_slow()

        r.clock.forward(29.0)
        jane.send("pong")
        again = jane.connection.due(r.clock.monotonic())
        r.clock.forward(1.5)
        over = jane.connection.due(r.clock.monotonic())
        await jane.over()

        assert again == r.clock.monotonic() - 1.5 + 10.0
        assert over is None
        assert jane.aborted


async def test_durable_events_wait_for_a_slow_consumer_and_volatile_ones_do_not(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("open", conversationId=named)
        jane.be_slow()

        await sam.ask("typing", conversationId=named, isTyping=True)
        await sam.say(named, "One")
        await sam.say(named, "Two")
        held = jane.bodies()
        jane.be_quick()
        await jane.pushed("event", seq=3)

        assert held == ["Hello"]
        assert jane.bodies() == ["Hello", "One", "Two"]
        assert jane.of_type("typing") == []


async def test_silence_after_a_ping_is_aborted(room: OpenRoom) -> None:
    """PROTOCOL §8: 4003, by abort."""
    async with room() as r:
        jane = await r.jane()

        for seconds in (40.0, 11.0):
            r.clock.forward(seconds)
            jane.connection.due(r.clock.monotonic())
        await jane.over()

        assert len(jane.of_type("ping")) == 1
        assert jane.aborted
        assert jane.connection.due(r.clock.monotonic()) is None


async def test_no_hello_in_time_closes_4001(room: OpenRoom) -> None:
    async with room() as r:
        silent = r.visitor()

        r.clock.forward(limits.HELLO_SECONDS + 0.1)
        silent.connection.due(r.clock.monotonic())
        await silent.over()

        assert silent.closed == CloseCode.NO_HELLO


async def test_reading_pauses_when_too_much_waits_for_a_read_and_goes_on_after_it(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane = await r.jane()
        r.store.hold_reads()

        jane.send("conversations", "first")
        for number in range(limits.BACKLOG_FRAMES + 1):
            jane.send("track", f"t{number}", event="x")
        paused = not jane.reading
        r.store.release_reads()
        await r.rest()

        assert paused
        assert jane.reading
        assert len(jane.answers()) == 1 + 1 + limits.BACKLOG_FRAMES + 1


async def test_after_the_end_nothing_is_sent_and_nothing_is_done(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        jane.connection.shut(CloseCode.RESTART)
        frames = list(jane.frames)

        jane.connection.bye(1)
        jane.connection.shut(CloseCode.FLOODING)
        jane.connection.push_volatile("presence", {})
        jane.send("message", "late", clientMessageId="late", body="late")
        await sam.say(named, "Hi")
        await r.rest()

        assert jane.frames == frames
        assert jane.closed == CloseCode.RESTART


@pytest.mark.parametrize("frame_type", ["conversations", "history", "read", "opened", "typing"])
async def test_a_peer_lost_in_the_middle_of_a_read_leaves_nothing(
    room: OpenRoom, frame_type: str
) -> None:
    async with room() as r:
        jane = await r.jane()
        named = (await jane.say("Hello"))["conversationId"]
        jane.side.following.clear()
        r.store.hold_reads()

        needed: dict[str, dict[str, Any]] = {"read": {"seq": 1}, "typing": {"isTyping": True}}
        data = needed.get(frame_type, {})
        extra = {} if frame_type in ("conversations", "opened") else {"conversationId": named}
        jane.send(frame_type, "x", **data, **extra)
        jane.lose()
        r.store.release_reads()
        await r.rest()

        assert r.is_empty()


async def scenario(peer: Peer, named: str) -> list[str]:
    """One frame of each kind that touches the store; the ids that are owed an answer."""
    asked: list[str] = []

    def send(kind: str, **data: Any) -> None:
        asked.append(f"{len(asked)}{kind}")
        peer.send(kind, asked[-1], **data)

    send("message", conversationId=named, clientMessageId="s1", body="one")
    send("history", conversationId=named)
    send("read", conversationId=named, seq=1)
    send("message", conversationId=named, clientMessageId="s2", body="two")
    send("conversations")
    send("rate", conversationId=named, score=5)
    send("endConversation", conversationId=named)
    await asyncio.sleep(0)
    return asked


@pytest.mark.parametrize("call", range(8))
async def test_whichever_call_of_the_store_fails_each_frame_has_one_answer_and_acks_are_true(
    room: OpenRoom, call: int
) -> None:
    """Fail the n-th call. DELIVERY I1: acked ⊆ log."""
    async with room() as r:
        jane = await r.jane()
        named = (await jane.say("Hello"))["conversationId"]
        del jane.frames[:]

        r.store.fail(at=call)
        asked = await scenario(jane, named)
        await r.rest()
        acked = {
            frame["data"]["eventId"]
            for frame in jane.frames
            if frame["type"] == "ack" and "eventId" in frame["data"]
        }
        failed = [frame for frame in jane.frames if frame["type"] == "error"]
        r.store.fail_at = range(0)
        page = await jane.ask("history", conversationId=named)

        assert jane.answers()[: len(asked)] == asked
        assert {frame["error"]["code"] for frame in failed} <= {"unavailable"}
        assert len(failed) == (call < 7)
        assert acked <= {event["id"] for event in page["events"]}


async def test_a_reply_without_anything_to_say_is_an_empty_ack() -> None:
    assert (Reply().data, Reply().then) == ({}, None)
