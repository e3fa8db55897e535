"""What time brings about, on a store of its own and with a clock that stands still until it is
moved.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.chat.model import (
    Author,
    AuthorKind,
    Committed,
    ConversationRow,
    Decision,
    Draft,
    LogName,
    New,
    NewEvent,
    Rows,
    Status,
)
from server.chat.service import ChatService, Staff, committed
from server.jobs.chores import Chores
from server.store.engine import SqlStore, open_store

pytestmark = pytest.mark.adapter

HOUR = 3600 * 1000
SAM = Staff("ws_1", Author(AuthorKind.AGENT, "ag_1", "Sam"), "agent:ag_1", may_delete_any=True)


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


def first_message(rows: Rows, now: int) -> Decision:
    return Decision((NewEvent(LogName.PUBLIC, "message", SAM.author, "hello"),))


@asynccontextmanager
async def one_conversation(
    tmp_path: Path,
) -> AsyncIterator[tuple[SqlStore, ChatService, HandClock, list[Committed]]]:
    clock, told = HandClock(), list[Committed]()
    store = open_store(f"sqlite:///{tmp_path / 'parley.db'}", clock=clock)
    chat = ChatService(store, clock, told.append)
    row = ConversationRow("cv_1", "ws_1", None, None, None, None, False, None, clock.ms)
    try:
        await committed(lambda settle: store.append(Draft("ws_1", New(row), first_message), settle))
        yield store, chat, clock, told
    finally:
        await store.close()


async def status_of(store: SqlStore) -> Status:
    logs = await store.read(lambda tx: tx.conversations.logs(["cv_1"]))
    return logs["cv_1"].status


async def snooze(chat: ChatService, until: int | None) -> None:
    await committed(lambda settle: chat.status_nowait(SAM, "cv_1", Status.SNOOZED, until, settle))


async def test_a_snoozed_conversation_wakes_when_its_time_has_come_and_once(
    tmp_path: Path,
) -> None:
    async with one_conversation(tmp_path) as (store, chat, clock, told):
        chores = Chores(store, chat, clock)
        await snooze(chat, clock.ms + HOUR)
        await chores.round()
        await store.flush()
        before = await status_of(store)
        clock.ms += HOUR
        told.clear()
        await asyncio.gather(chores.round(), Chores(store, chat, clock).round())
        await store.flush()
        after = await status_of(store)

    assert (before, after) == (Status.SNOOZED, Status.OPEN)
    assert [[event.kind for event in outcome.events] for outcome in told] == [["snoozed"]]
    assert told[0].events[0].data == {"until": None}


async def test_a_conversation_that_is_snoozed_without_an_end_sleeps_on(tmp_path: Path) -> None:
    async with one_conversation(tmp_path) as (store, chat, clock, _):
        await snooze(chat, None)
        clock.ms += 1_000 * HOUR
        await Chores(store, chat, clock).round()
        await store.flush()

        assert await status_of(store) is Status.SNOOZED


async def test_change_rows_are_dropped_an_hour_after_they_were_seen(tmp_path: Path) -> None:
    async with one_conversation(tmp_path) as (store, chat, clock, _):
        chores = Chores(store, chat, clock)
        await store.write(lambda tx: tx.add_change("ws_1", "contact", "co_1"))
        seen = []
        for _ in range(3):
            clock.ms += HOUR
            await chores.round()
            seen.append(len(await store.read(lambda tx: tx.changes_after(0, 10))))

    assert seen == [1, 0, 0]


async def test_answers_that_have_run_out_are_dropped(tmp_path: Path) -> None:
    async with one_conversation(tmp_path) as (store, chat, clock, _):
        ends = clock.ms + HOUR
        await store.write(lambda tx: tx.keep_answer("key", "1", ("hash", 200, b"{}"), ends))
        kept = await store.read(lambda tx: tx.answered("key", "1"))
        clock.ms = ends
        await Chores(store, chat, clock, seconds=0).round()
        chores = Chores(store, chat, clock)
        clock.ms += HOUR
        await chores.round()

        assert kept == ("hash", 200, b"{}")
        assert await store.read(lambda tx: tx.answered("key", "1")) is None
