"""`hello`: who may in, what comes before anything live and in which order, and what is left when it
goes wrong in the middle (PROTOCOL §4).
"""

import json
from typing import Any

import pytest

from protocol import limits
from protocol.close import CloseCode
from tests.gateway.conftest import OpenRoom
from tests.gateway.room import VisitorPeer


def cursor(posted: dict[str, Any], **members: Any) -> dict[str, Any]:
    names = ("conversationId", "log", "seq", "eventId")
    return {name: posted[name] for name in names} | members


def kinds(peer: VisitorPeer) -> list[str]:
    return [frame["type"] for frame in peer.frames]


async def test_a_new_visitor_is_welcomed_and_greeted(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane(page={"url": "https://acme.test/"}, language="en")

        assert kinds(jane) == ["welcome", "greeting", "presence"]
        assert jane.welcome["conversations"] == []
        assert not jane.welcome["visitorReplaced"]


async def test_a_hello_without_an_id_is_welcomed_too(room: OpenRoom) -> None:
    async with room() as r:
        jane = r.visitor()

        jane.send("hello", key=r.ours.widget_key)
        await jane.pushed("welcome")

        assert "id" not in jane.frames[0]


async def test_a_returning_tab_resumes_where_it_was_and_goes_on_live(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        posted = await jane.say("Hello")
        jane.lose()
        await sam.say(posted["conversationId"], "Hi")

        back = await r.jane(**jane.tokens, cursors=[cursor(posted)])
        await sam.say(posted["conversationId"], "Are you there?")
        await back.pushed("event", seq=3)

        assert kinds(back)[:2] == ["welcome", "history"]
        page = back.of_type("history")[0]
        assert ([e["seq"] for e in page["events"]], page["reset"]) == ([2], False)
        assert back.welcome["conversations"][0]["unread"] == 1
        assert r.gateway.metrics.resumes == 1


async def test_open_conversations_without_a_cursor_begin_anew_and_resolved_ones_are_listed(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane = await r.jane()
        done = await jane.say("One")
        await jane.ask("endConversation", conversationId=done["conversationId"])
        still = await jane.say("Two")

        tab = await r.jane(**jane.tokens)

        assert [page["conversationId"] for page in tab.of_type("history")] == [
            still["conversationId"]
        ]
        assert tab.of_type("history")[0]["reset"]
        assert len(tab.welcome["conversations"]) == 2
        assert tab.of_type("greeting") == []


async def test_a_cursor_on_what_is_hidden_and_on_what_never_was_reset_in_the_same_bytes(
    room: OpenRoom,
) -> None:
    async with room() as r:
        hidden = await (await r.jane()).say("Secret")
        asked = [cursor(hidden), cursor(hidden, conversationId="cv_none")]
        asked += [cursor(hidden, log="staff")]

        other = await r.jane(cursors=asked)

        pages = other.of_type("history")
        names = [page.pop("conversationId") for page in pages]
        logs = [page.pop("log") for page in pages]
        assert names == [hidden["conversationId"], "cv_none", hidden["conversationId"]]
        assert logs == ["public", "public", "staff"]
        assert pages[0] == pages[1] == pages[2]


async def test_a_long_way_back_comes_in_pages_and_waits_for_a_slow_peer(room: OpenRoom) -> None:
    """PROTOCOL §3: the next page is written when the last has left."""
    async with room(rate_limits="off") as r:
        jane, sam = await r.jane(), await r.sam()
        posted = await jane.say("Hello")
        jane.lose()
        for number in range(120):
            sam.send(
                "message",
                f"m{number}",
                conversationId=posted["conversationId"],
                clientMessageId=f"c{number}",
                body="x",
            )
        await r.rest()

        back = r.visitor()
        back.be_slow()
        back.send("hello", "h", key=r.ours.widget_key, **jane.tokens, cursors=[cursor(posted)])
        await back.pushed("history")
        first = [len(page["events"]) for page in back.of_type("history")]
        back.be_quick()
        await r.rest()

        pages = back.of_type("history")
        assert first == [50]
        assert [len(page["events"]) for page in pages] == [50, 50, 20]
        assert [page["complete"] for page in pages] == [False, False, True]


async def test_a_log_that_shrinks_while_it_is_resumed_sends_the_peer_away(room: OpenRoom) -> None:
    """Never an endless loop of reads."""
    async with room(rate_limits="off") as r:
        jane, sam = await r.jane(), await r.sam()
        posted = await jane.say("Hello")
        named = posted["conversationId"]
        jane.lose()
        for number in range(60):
            sam.send("message", conversationId=named, clientMessageId=f"c{number}", body="x")
        await r.rest()
        back = r.visitor()
        back.be_slow()
        back.send("hello", "h", key=r.ours.widget_key, **jane.tokens, cursors=[cursor(posted)])
        await back.pushed("history")

        def restore(tx: Any) -> None:
            tx._db.say(f"DELETE FROM event WHERE conversation_id = '{named}' AND seq > 40")  # noqa: S608

        await r.store.write(restore)
        back.be_quick()
        await back.over()

        assert back.closed == CloseCode.SERVER_FAULT


async def test_a_proof_is_served_as_anonymous_and_said_so(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane(userToken="ct_x")

        assert jane.welcome["state"] == "anonymous"
        assert kinds(jane) == ["welcome", "identityExpired", "greeting", "presence"]


async def test_an_unknown_key_and_a_foreign_origin_are_turned_away(room: OpenRoom) -> None:
    async with room() as r:
        stranger, foreign = r.visitor(), r.visitor(origin="https://evil.test")

        codes = [
            await stranger.refused("hello", key=r.ours.secret_key),
            await foreign.refused("hello", key=r.ours.widget_key),
        ]
        await stranger.over()
        await foreign.over()

        assert codes == ["unauthenticated", "forbidden"]
        assert (stranger.closed, foreign.closed) == (CloseCode.UNKNOWN_KEY, CloseCode.NOT_ALLOWED)
        assert r.is_empty()


async def test_a_visitor_has_20_connections_and_no_more(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()
        tabs = [await r.jane(**jane.tokens) for _ in range(limits.CONNECTIONS_PER_VISITOR - 1)]

        late = r.visitor()
        code = await late.refused("hello", key=r.ours.widget_key, **jane.tokens)
        await late.over()
        for tab in (jane, *tabs):
            tab.lose()

        assert code == "too_many_requests"
        assert (late.closed, late.reason) == (CloseCode.FLOODING, "retryAfterMs=10000")
        assert r.is_empty()


async def test_new_visitors_of_one_address_are_limited_and_returning_ones_are_not(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane = await r.jane()
        while not r.gateway.limits.take("new visitors", "192.0.2.1", limits.ADDRESS_NEW_VISITORS):
            pass

        stranger, back = r.visitor(), r.visitor()
        code = await stranger.refused("hello", key=r.ours.widget_key)
        await back.hello(**jane.tokens)
        jane.lose()
        back.lose()
        await stranger.over()

        assert code == "too_many_requests"
        assert r.is_empty()


async def test_frames_sent_with_hello_wait_for_the_welcome(room: OpenRoom) -> None:
    async with room() as r:
        jane = r.visitor()

        jane.send("hello", "h", key=r.ours.widget_key)
        jane.send("message", "m", clientMessageId="c", body="Hello")
        jane.send("conversations", "l")
        jane.send("ping", "p")
        await r.rest()

        assert jane.answers() == ["h", "m", "l", "p"]


async def test_more_than_can_be_held_back_during_hello_is_flooding(room: OpenRoom) -> None:
    async with room() as r:
        jane = r.visitor()
        jane.send("hello", "h", key=r.ours.widget_key)

        for _ in range(limits.BACKLOG_FRAMES + 1):
            jane.send("track", event="x")
        await r.rest()

        assert jane.closed == CloseCode.FLOODING
        assert r.is_empty()


async def test_a_conversation_made_while_a_tab_is_greeted_is_told_to_it_after_welcome(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, tab = await r.jane(), r.visitor()
        await jane.ask("opened")
        r.store.hold_reads()
        tab.send("hello", "h", key=r.ours.widget_key, **jane.tokens)
        await r.store.reading.wait()
        r.store.reading.clear()
        r.store.release_reads()
        r.store.hold_reads()
        await r.store.reading.wait()

        await jane.say("Hello")
        early = kinds(tab)
        r.store.release_reads()
        await tab.pushed("event", seq=1)
        await r.rest()

        assert early == []
        assert kinds(tab) == ["welcome", "greeting", "conversationUpdate", "event", "presence"]


@pytest.mark.parametrize("call", range(4))
async def test_a_hello_during_which_the_store_fails_can_be_said_again_and_leaves_nothing(
    room: OpenRoom, call: int
) -> None:
    """Fail the n-th call."""
    async with room() as r:
        jane = r.visitor()
        r.store.fail(at=call)

        answers = [await jane.answer("hello", key=r.ours.widget_key) for _ in range(2)]
        await r.rest()
        sockets = [len(live.sockets) for live in r.gateway.sessions._by_id.values()]
        jane.lose()

        types = [answer["type"] for answer in answers]
        assert types in (["error", "welcome"], ["welcome", "error"])
        assert answers[0].get("error", {"code": "unavailable"})["code"] == "unavailable"
        assert sum(sockets) == 1
        assert r.is_empty()


async def test_a_welcomed_peer_that_cannot_be_resumed_is_sent_back(room: OpenRoom) -> None:
    async with room(rate_limits="off") as r:
        jane = await r.jane()
        posted = await jane.say("Hello")
        for number in range(60):
            jane.send("message", f"m{number}", clientMessageId=f"c{number}", body="x")
        await r.rest()
        jane.lose()

        back = r.visitor()
        r.store.fail(at=2)
        back.send("hello", "h", key=r.ours.widget_key, **jane.tokens, cursors=[cursor(posted)])
        await back.over()

        assert kinds(back)[:2] == ["welcome", "history"]
        assert back.closed == CloseCode.SERVER_FAULT
        assert r.is_empty()


@pytest.mark.parametrize("read", range(3))
async def test_a_peer_lost_in_the_middle_of_hello_leaves_nothing(room: OpenRoom, read: int) -> None:
    async with room() as r:
        jane = await r.jane()
        posted = await jane.say("Hello")
        jane.lose()
        late = r.visitor()
        r.store.hold_reads()

        late.send("hello", "h", key=r.ours.widget_key, **jane.tokens, cursors=[cursor(posted)])
        for _ in range(read):
            await r.store.reading.wait()
            r.store.reading.clear()
            r.store.release_reads()
            r.store.hold_reads()
        late.lose()
        r.store.release_reads()
        await r.rest()

        assert json.dumps(late.frames) == "[]"
        assert r.is_empty()
