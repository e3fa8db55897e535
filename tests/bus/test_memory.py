"""The bus of one process."""

import asyncio

import pytest

from server.bus.memory import Exchange, MemoryBus
from server.bus.port import PARTITIONS, partition_of


async def next_turn() -> None:
    await asyncio.sleep(0)


def never() -> bytes:
    raise AssertionError("nobody listens, so nothing is encoded")


async def test_a_node_hears_the_others_and_not_itself() -> None:
    exchange = Exchange()
    nodes = [MemoryBus(exchange) for _ in range(3)]
    heard: list[list[bytes]] = [[], [], []]
    for node, box in zip(nodes, heard, strict=True):
        node.listen(box.append)

    nodes[0].publish(1, lambda: b"news")
    await next_turn()

    assert heard == [[], [b"news"], [b"news"]]


async def test_alone_nothing_is_encoded() -> None:
    alone = MemoryBus()
    alone.listen(lambda payload: None)

    alone.publish(1, never)


async def test_a_node_that_does_not_listen_is_told_nothing() -> None:
    exchange = Exchange()
    speaker, _ = MemoryBus(exchange), MemoryBus(exchange)

    speaker.publish(1, never)


async def test_a_node_that_has_ended_hears_nothing_more() -> None:
    exchange, heard = Exchange(), list[bytes]()
    speaker, other = MemoryBus(exchange), MemoryBus(exchange)
    other.listen(heard.append)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(other.run())
        await next_turn()
        running.cancel()

    speaker.publish(1, never)

    assert heard == []


@pytest.mark.parametrize("conversation_id", ["cv_1", "cv_" + "f" * 32, ""])
def test_a_conversation_has_one_partition(conversation_id: str) -> None:
    assert partition_of(conversation_id) == partition_of(conversation_id)
    assert 0 <= partition_of(conversation_id) < PARTITIONS


def test_conversations_are_spread_over_all_partitions() -> None:
    assert len({partition_of(f"cv_{n}") for n in range(2_000)}) == PARTITIONS
