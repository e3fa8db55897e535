"""The lists' columns follow the logs, at most every 250 ms per conversation."""

from sqlalchemy import select, update

from server.chat.model import LogName
from server.store import tables
from server.store.connection import Connection, Prepared
from server.store.engine import SqlStore
from server.store.summaries import PREVIEW_LENGTH, bring_up_to_date, stale_ones
from tests.store.scenes import FixedClock, agent_says, drafted, opened, row_of, says, write_to

_c = tables.conversation.c
COLUMNS = Prepared(select(_c.summary_public_seq, _c.last_event_at, _c.last_message_seq, _c.preview))


async def stored(store: SqlStore) -> tuple[object, ...]:
    """The columns as they are on disk, without anybody bringing them up to date."""
    (row,) = await store._readers.run(lambda db: db.rows(COLUMNS))
    return row


async def test_summaries_wait_for_their_time_and_then_take_all(sqlite: str) -> None:
    clock = FixedClock()

    async with opened(sqlite, clock=clock) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        await write_to(store, drafted("cv_1", says("two")))
        early = await stored(store)
        clock.seconds += 0.3
        await write_to(store, drafted("cv_1", agent_says("x" * 999)))
        await store.flush()
        late = await stored(store)
        behind = await store._readers.run(stale_ones)

    assert early[0] == 0
    assert late == (3, clock.now, 3, "x" * PREVIEW_LENGTH)
    assert behind == []


async def test_a_summary_is_never_put_back_behind_what_another_node_wrote(sqlite: str) -> None:
    def ahead(db: Connection) -> None:
        db.change(update(tables.conversation).values(summary_public_seq=9, preview="newer"))

    def late(db: Connection) -> None:
        bring_up_to_date(db, ["cv_1"])

    async with opened(sqlite, clock=FixedClock()) as store:
        await write_to(store, drafted(row_of("cv_1"), says("older")))
        await store._submit(ahead)
        await store._submit(late)
        found = await stored(store)

    assert found[0] == 9
    assert found[3] == "newer"


async def test_a_unit_that_fails_after_summing_up_leaves_the_conversation_behind(
    sqlite: str,
) -> None:
    async with opened(sqlite, clock=FixedClock()) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))

        def fails(db: Connection) -> None:
            store._writer.summarise()(db)
            raise ZeroDivisionError

        store._writer.submit(fails, lambda result: None)
        await store.flush()
        behind = store._writer.behind
        (summary,) = await store.read(lambda tx: tx.conversations.summaries("ws_1", ["cv_1"]))
        found = await stored(store)

    assert behind
    assert summary.last_event is not None
    assert summary.last_event.log is LogName.PUBLIC
    assert found[0] == 1
