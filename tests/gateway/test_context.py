"""What a node's connections share: their tasks, their spread, their sweep, and the drain."""

import pytest

from protocol.close import CloseCode
from tests.gateway.conftest import OpenRoom


async def test_a_drain_says_bye_to_everyone_with_a_time_to_come_back(room: OpenRoom) -> None:
    """PROTOCOL §6, `bye`; DELIVERY, Drain."""
    async with room() as r:
        peers = [await r.jane(), await r.jane(), await r.sam(), r.visitor()]

        await r.gateway.drain(0.1)

        assert [peer.closed for peer in peers] == [CloseCode.RESTART] * 4
        assert all(100 <= peer.of_type("bye")[0]["retryAfterMs"] <= 200 for peer in peers)
        assert r.gateway.draining
        assert r.is_empty()


async def test_a_drain_drops_who_does_not_finish_closing(room: OpenRoom) -> None:
    async with room() as r:
        jane = await r.jane()
        jane.lingers = True

        await r.gateway.drain(0.0)

        assert (jane.closed, jane.aborted) == (CloseCode.RESTART, True)


async def test_a_drain_of_nobody_ends_at_once(room: OpenRoom) -> None:
    async with room() as r:
        await r.gateway.drain(600.0)

        assert r.gateway.draining


async def test_pings_are_spread_evenly_by_up_to_a_fifth(room: OpenRoom) -> None:
    async with room() as r:
        spreads = [r.gateway.spread(number) for number in range(1, 2_001)]

        assert min(spreads) >= -0.2
        assert max(spreads) <= 0.2
        assert abs(sum(spreads) / len(spreads)) < 0.01


async def test_sessions_without_sockets_are_swept(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        await sam.ask("visitors", follow=True)

        jane.lose()
        r.clock.forward(16.0)
        gone = await sam.pushed("visitorChange")

        assert gone["remove"] == [jane.welcome["visitorId"]]
        assert len(r.gateway.sessions) == 0


async def test_nothing_can_be_started_on_a_gateway_that_does_not_run(room: OpenRoom) -> None:
    async with room() as r:
        gateway = r.gateway

    async def work() -> None:
        raise AssertionError("it is never run")

    with pytest.raises(AssertionError, match="not running"):
        gateway.start(work())
