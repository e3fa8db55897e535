"""Rates and counts of PROTOCOL §3: what is allowed, what is one too much, and when it is allowed
again. Time stands still, so that the numbers are exact."""

from contextlib import AsyncExitStack

import pytest

from protocol.close import CloseCode
from server.gateway.hello import SOCKETS_OF_ADDRESS
from tests.transport.serving import eventually
from tests.wire.harness import HandClock, Running, Server
from tests.wire.peers import CODECS, Data, Peer, Visitor

pytestmark = pytest.mark.adapter

ONE_CODEC = pytest.mark.parametrize("speech", CODECS[:1], indirect=True, ids=["json"])
"""For counts over many connections."""


async def outcomes(peer: Peer, frames: list[tuple[str, Data]]) -> list[str]:
    """Send all of `frames`, then name each answer: `ack` or an error's code."""
    sent = [await peer.send(frame_type, data) for frame_type, data in frames]
    answers = [await peer.answer(frame_id) for frame_id in sent]
    return [answer["error"]["code"] if answer["type"] == "error" else "ack" for answer in answers]


def messages(count: int, prefix: str = "c") -> list[tuple[str, Data]]:
    return [("message", {"clientMessageId": f"{prefix}-{n}", "body": "x"}) for n in range(count)]


async def test_a_session_sends_60_messages_at_once_and_one_more_after_the_wait_it_is_told(
    serve: Running,
) -> None:
    clock = HandClock()
    async with serve(clock=clock) as server, server.visitor() as jane:
        told = await outcomes(jane, messages(60))
        refused = await jane.refused("message", clientMessageId="more", body="x")
        clock.advance(refused["retryAfterMs"] / 1000)
        said = await jane.say(name="more")

        assert told == ["ack"] * 60
        assert refused["code"] == "too_many_requests"
        assert refused["retryAfterMs"] == 2_000
        assert (said["seq"], said["duplicate"]) == (61, False)


async def test_the_tabs_of_a_session_share_its_rates(serve: Running) -> None:
    async with (
        serve(clock=HandClock()) as server,
        server.visitor() as jane,
        server.visitor(**jane.session) as tab,
        server.visitor() as john,
    ):
        told = await outcomes(jane, messages(30)) + await outcomes(tab, messages(30, "t"))
        refused = await tab.refused("message", clientMessageId="more", body="x")
        other = await john.say()

        assert told == ["ack"] * 60
        assert (refused["code"], other["seq"]) == ("too_many_requests", 1)


async def test_a_session_sends_240_other_frames_at_once_and_messages_all_the_same(
    serve: Running,
) -> None:
    async with serve(clock=HandClock()) as server, server.visitor() as jane:
        told = await outcomes(jane, [("track", {"event": "e"})] * 240)
        refused = await jane.refused("track", event="e")
        said = await jane.say()

        assert told == ["ack"] * 240
        assert (refused["code"], refused["retryAfterMs"]) == ("too_many_requests", 500)
        assert said["seq"] == 1


async def test_a_session_identifies_20_times_at_once_and_not_21(serve: Running) -> None:
    async with serve(clock=HandClock()) as server, server.visitor() as jane:
        told = await outcomes(jane, [("identify", {"userId": "jane"})] * 21)

        assert "too_many_requests" not in told[:20]
        assert told[20] == "too_many_requests"


async def test_typing_beyond_3_a_second_is_dropped_without_a_word(serve: Running) -> None:
    clock = HandClock()
    async with serve(clock=clock) as server, server.visitor() as jane, server.agent() as sam:
        cv = (await jane.say())["conversationId"]
        await sam.open(cv)
        for n in range(5):
            typing = {"conversationId": cv, "isTyping": True, "preview": str(n)}
            await jane.send("typing", typing, named=False)
        await jane.settle()
        clock.advance(1)
        again = {"conversationId": cv, "isTyping": True, "preview": "again"}
        await jane.send("typing", again, named=False)
        await sam.expect("typing", preview="again")
        seen = [frame["data"]["preview"] for frame in sam.seen if frame["type"] == "typing"]

        assert seen == ["0", "1", "2", "again"]
        assert not [frame for frame in jane.seen if frame["type"] == "error"]


async def test_the_20th_refused_frame_within_a_minute_closes_4004(serve: Running) -> None:
    async with serve(clock=HandClock()) as server, server.visitor() as jane:
        await outcomes(jane, messages(60))
        told = await outcomes(jane, messages(20, "over"))
        code = await jane.closed()

        assert told == ["too_many_requests"] * 20
        assert code == 4004


async def test_refusals_of_more_than_a_minute_ago_are_forgotten(serve: Running) -> None:
    clock = HandClock()
    async with serve(clock=clock) as server, server.visitor() as jane:
        await outcomes(jane, messages(60))
        await outcomes(jane, messages(19, "over"))
        clock.advance(61)
        told = await outcomes(jane, messages(31, "later"))
        read = await jane.request("conversations")

        assert told == ["ack"] * 30 + ["too_many_requests"]
        assert read["items"]


async def test_an_agents_240_messages_at_once_are_taken_over_all_tabs_and_no_more(
    serve: Running,
) -> None:
    async with (
        serve(clock=HandClock()) as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent() as tab,
        server.agent("Ann") as ann,
    ):
        cv = (await jane.say())["conversationId"]

        def answers(count: int, prefix: str) -> list[tuple[str, Data]]:
            return [
                ("message", {"conversationId": cv, "clientMessageId": f"{prefix}{n}", "body": "x"})
                for n in range(count)
            ]

        told = await outcomes(sam, answers(120, "s")) + await outcomes(tab, answers(120, "t"))
        refused = await tab.refused("message", conversationId=cv, clientMessageId="m", body="x")
        other = await ann.say(cv, "from Ann")

        assert told == ["ack"] * 240
        assert (refused["code"], other["duplicate"]) == ("too_many_requests", False)


@ONE_CODEC
async def test_an_agent_sends_2400_other_frames_at_once_and_not_one_more(serve: Running) -> None:
    async with serve(clock=HandClock()) as server, server.agent() as sam:
        told = await outcomes(sam, [("availability", {"state": "away"})] * 2_400)
        refused = await sam.refused("availability", state="online")

        assert told == ["ack"] * 2_400
        assert refused["code"] == "too_many_requests"


async def closed_4004(server: Server, visitor: Visitor, **hello: object) -> Data:
    """The refusal of a `hello` that is one too many."""
    told = await visitor.refused("hello", key=server.acme.widget_key, **hello)
    assert await visitor.closed() == CloseCode.FLOODING
    return told


@ONE_CODEC
async def test_an_address_brings_120_new_visitors_at_once_and_not_121(serve: Running) -> None:
    clock = HandClock()
    async with serve(clock=clock) as server:
        for _ in range(120):
            async with server.visitor():
                pass
        async with server.stranger() as jane:
            told = await closed_4004(server, jane)
        async with server.visitor(address="127.0.0.2") as john:
            elsewhere = john.welcome
        clock.advance(told["retryAfterMs"] / 1000)
        async with server.visitor() as jane:
            later = jane.welcome

        assert (told["code"], told["retryAfterMs"]) == ("too_many_requests", 1_000)
        assert elsewhere["visitorId"] != later["visitorId"]


@ONE_CODEC
async def test_an_address_begins_240_new_sessions_at_once_and_not_241(serve: Running) -> None:
    async with serve(clock=HandClock()) as server, server.visitor() as jane:
        for _ in range(239):
            async with server.visitor(**jane.device):
                pass
        async with server.stranger() as tab:
            told = await closed_4004(server, tab, **jane.device)
        async with server.visitor(**jane.session) as back:
            resumed = back.welcome

        assert told["code"] == "too_many_requests"
        assert resumed["sessionToken"] == jane.welcome["sessionToken"]


@ONE_CODEC
async def test_an_address_identifies_60_times_at_once_inside_hello_and_not_61(
    serve: Running,
) -> None:
    async with serve(clock=HandClock()) as server:
        for n in range(60):
            async with server.visitor(identity={"userId": f"u-{n}"}):
                pass
        async with server.stranger() as jane:
            told = await closed_4004(server, jane, identity={"userId": "jane"})
        async with server.visitor() as john:
            nameless = john.welcome

        assert (told["code"], nameless["state"]) == ("too_many_requests", "anonymous")


@ONE_CODEC
async def test_an_address_sends_600_messages_at_once_and_not_601(serve: Running) -> None:
    clock = HandClock()
    async with serve(clock=clock) as server:
        for _ in range(10):
            async with server.visitor() as jane:
                assert await outcomes(jane, messages(60)) == ["ack"] * 60
        async with server.visitor() as jane, server.visitor(address="127.0.0.2") as john:
            told = await jane.refused("message", clientMessageId="c", body="x")
            elsewhere = await john.say()
            clock.advance(told["retryAfterMs"] / 1000)
            later = await jane.say()

        assert (told["code"], told["retryAfterMs"]) == ("too_many_requests", 200)
        assert (elsewhere["seq"], later["seq"]) == (1, 1)


async def test_a_visitor_has_20_connections_and_a_21st_when_one_has_left(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, AsyncExitStack() as tabs:
        for _ in range(18):
            await tabs.enter_async_context(server.visitor(**jane.session))
        async with server.visitor(**jane.session), server.stranger() as tab:
            told = await closed_4004(server, tab, **jane.session)
        await eventually(lambda: len(server.node.gateway.connections) == 19)
        async with server.visitor(**jane.session) as tab:
            said = await tab.say()

        assert told["code"] == "too_many_requests"
        assert said["seq"] == 1


async def test_an_address_has_1000_connections_and_another_one_when_one_has_left(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor():
        for _ in range(998):
            assert server.node.gateway.limits.enter(SOCKETS_OF_ADDRESS, "127.0.0.1", 1_000)
        async with server.visitor(), server.stranger() as jane:
            told = await closed_4004(server, jane)
        await eventually(lambda: len(server.node.gateway.connections) == 1)
        async with server.visitor() as john:
            welcomed = john.welcome

        assert told["code"] == "too_many_requests"
        assert welcomed["state"] == "anonymous"


async def test_rate_limits_off_lifts_rates_and_counts(serve: Running) -> None:
    async with (
        serve(rate_limits="off", clock=HandClock()) as server,
        server.visitor() as jane,
        AsyncExitStack() as tabs,
    ):
        for _ in range(20):
            await tabs.enter_async_context(server.visitor(**jane.session))
        told = await outcomes(jane, messages(90))

        assert told == ["ack"] * 90
