"""What the hub asks back: missing events, and whether who follows still may (DELIVERY I8)."""

from typing import Any

from protocol.close import CloseCode
from server.hub.sequencer import Entry
from tests.gateway.conftest import OpenRoom


async def test_a_follower_whose_grant_is_old_is_granted_again_and_misses_nothing(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        tab = await r.jane(**jane.tokens)

        await r.bump(named)
        await sam.say(named, "One")
        await sam.say(named, "Two")
        await jane.pushed("event", seq=3)
        await tab.pushed("event", seq=3)

        assert jane.bodies() == ["Hello", "One", "Two"]
        assert tab.bodies() == ["One", "Two"]


async def test_who_may_not_see_it_any_more_gets_nothing_from_the_next_event_on(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("open", conversationId=named)

        await r.bump(named, visitor_id="v_other", contact_id="co_other")
        await sam.say(named, "Not for Jane")
        await r.rest()
        code = await jane.refused("history", conversationId=named)

        assert jane.bodies() == ["Hello"]
        assert named not in jane.side.following
        assert code == "not_found"
        assert sam.bodies() == ["Not for Jane"]


async def test_a_grant_that_cannot_be_asked_for_now_is_asked_for_until_it_can(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await r.bump(named)

        r.store.fail(at=1, times=20)
        await sam.say(named, "One")
        held = jane.bodies()
        await jane.pushed("event", seq=2)

        assert held == ["Hello"]
        assert r.store.calls > 20
        assert r.gateway.hub._regrant.__self__._asking == {}


async def test_nobody_asks_for_the_grant_of_one_who_is_gone(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await r.bump(named)

        r.store.fail(at=1, times=1_000_000)
        await sam.say(named, "One")
        jane.lose()
        await r.rest()

        assert r.gateway.hub._regrant.__self__._asking == {}


async def test_a_socket_that_left_while_it_was_asked_is_left_alone(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        tab = await r.jane(**jane.tokens)
        await r.bump(named)
        r.store.hold_reads()

        await sam.say(named, "One")
        tab.lose()
        r.store.release_reads()
        await jane.pushed("event", seq=2)

        assert tab.bodies() == []


async def test_a_rewound_log_sends_away_who_followed_it_and_nobody_else(room: OpenRoom) -> None:
    async with room() as r:
        jane, other = await r.jane(), await r.jane()
        named = (await jane.say("Hello"))["conversationId"]
        await other.say("Mine")

        def render(number: int) -> bytes:
            raise AssertionError("it is not sent")

        r.gateway.hub.deliver(f"{named}/public", lambda: Entry(1, "ev_other", 1, None, render))
        await jane.over()

        assert (jane.closed, other.closed) == (CloseCode.SERVER_FAULT, None)


async def test_a_log_that_is_gone_is_read_as_empty(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()
        named = (await jane.say("Hello"))["conversationId"]
        read: Any = r.gateway.hub._read

        found = await read({f"{named}/public": 0, "cv_none/public": 0})

        assert [entry.seq for entry in found[f"{named}/public"]] == [1]
        assert found["cv_none/public"] == []
