"""The store's contract for drafts and units, over both databases."""

import asyncio
import threading
from dataclasses import replace
from types import MappingProxyType

import pytest
from sqlalchemy import update

from server.chat.model import (
    Author,
    AuthorKind,
    Decide,
    Decision,
    Draft,
    Existing,
    Failed,
    LogName,
    New,
    NewEvent,
    OpenOrNew,
    Outcome,
    Refused,
    Rewrite,
    Rows,
    Status,
)
from server.identity.model import Grant
from server.store import tables
from server.store.journal import NOT_FOUND
from server.store.port import StoreUnavailable, Transaction
from server.store.transaction import SqlTransaction
from tests.store.scenes import (
    NOW,
    SESSION,
    FixedClock,
    agent_says,
    committed,
    decides,
    drafted,
    fails,
    opened,
    refuses,
    row_of,
    says,
    settled,
    write_to,
)

pytestmark = pytest.mark.adapter


def seqs(transaction: Transaction, conversation_id: str = "cv_1") -> list[int]:
    page = transaction.conversations.events(conversation_id, LogName.PUBLIC, limit=1000)
    return [event.seq for event in page]


def moves(status: Status) -> Decide:
    moved = NewEvent(
        LogName.PUBLIC,
        "statusChanged",
        Author(AuthorKind.AGENT, "ag_1"),
        data={"status": status.value},
    )
    return lambda rows, now: Decision((moved,), status=status)


def moved_elsewhere(transaction: Transaction) -> None:
    """What identity does when it gives a conversation to somebody else."""
    assert isinstance(transaction, SqlTransaction)
    db = transaction._db
    db.change(update(tables.conversation).values(contact_id="co_other"))
    db.change(update(tables.log).values(access_version=tables.log.c.access_version + 1))


async def test_drafts_of_one_log_are_numbered_without_holes(database_url: str) -> None:
    """I3."""
    async with opened(database_url) as store:
        made = await write_to(store, drafted(row_of("cv_1"), says("one")))
        more = await write_to(store, *[drafted("cv_1", agent_says(f"{n}")) for n in range(50)])
        found = await store.read(seqs)

    assert [one.answer.seq for one in made + more if one.answer] == list(range(1, 52))
    assert found == list(range(1, 52))


async def test_a_draft_that_is_refused_or_fails_spends_no_number(database_url: str) -> None:
    async with opened(database_url) as store:
        first, refused, failed, last = await settled(
            store,
            drafted(row_of("cv_1"), says("one")),
            drafted("cv_1", refuses),
            drafted("cv_1", fails),
            drafted("cv_1", says("two")),
        )

    assert committed(first).log.public_seq == 1
    assert isinstance(refused, Refused)
    assert refused.refusal.code == "conflict"
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ZeroDivisionError)
    assert committed(last).log.public_seq == 2


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
async def test_a_repeat_is_answered_with_the_first_event(database_url: str, together: bool) -> None:
    """I2, also when the repeat would be a conversation of its own."""
    first = drafted(row_of("cv_1"), says("one", "c-1"), key="c-1", session_id="se_1")
    again = drafted(row_of("cv_2"), says("other", "c-1"), key="c-1", session_id="se_1")

    async with opened(database_url) as store:
        if together:
            one, two = await write_to(store, first, again)
        else:
            one, two = await write_to(store, first) + await write_to(store, again)
        found = await store.read(seqs)
        other = await store.read(lambda tx: tx.conversations.get("ws_1", "cv_2"))

    assert two.duplicate
    assert two.answer == one.answer
    assert two.events == ()
    assert found == [1]
    assert other is None


async def test_a_repeat_of_a_draft_that_was_refused_is_decided_anew(database_url: str) -> None:
    async with opened(database_url) as store:
        await write_to(store, drafted(row_of("cv_1"), says("first")))
        refused, second = await settled(
            store,
            drafted("cv_1", refuses, key="c-1"),
            drafted("cv_1", says("one", "c-1"), key="c-1"),
        )

    assert isinstance(refused, Refused)
    assert not committed(second).duplicate


async def test_a_repeat_whose_conversation_is_no_longer_visible_is_not_found(
    database_url: str,
) -> None:
    draft = drafted("cv_1", says("one", "c-1"), key="c-1", session_id="se_1")

    async with opened(database_url) as store:
        (first,) = await write_to(store, replace(draft, target=New(row_of("cv_1"))))
        (seen,) = await settled(store, draft)
        await store.write(moved_elsewhere)
        (unseen,) = await settled(store, draft)

    assert committed(seen).answer == first.answer
    assert unseen == NOT_FOUND


async def test_a_current_grant_is_enough_and_nothing_else_is_read(database_url: str) -> None:
    async with opened(database_url) as store:
        (made,) = await write_to(store, drafted(row_of("cv_1"), says("one"), session_id="se_1"))
        db = store._writer._db
        assert db is not None
        before = db.statements
        (warm,) = await write_to(store, drafted("cv_1", says("two"), grant=made.grant))
        spent = db.statements - before

    # The log row, its update, the event: and nothing of the conversation or the session.
    assert spent == 3
    assert warm.grant == made.grant
    assert warm.conversation is None


async def test_a_stale_grant_is_read_again_and_answered_with_a_fresh_one(database_url: str) -> None:
    stale = Grant("se_1", "cv_1", access_version=7)

    async with opened(database_url) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        (outcome,) = await write_to(store, drafted("cv_1", says("two"), grant=stale))

    assert outcome.grant == Grant("se_1", "cv_1", 1)


async def test_an_expired_grant_is_read_again(database_url: str) -> None:
    clock = FixedClock()
    lapsed = Grant("se_1", "cv_1", 1, expires_at=NOW - 1)

    async with opened(database_url, clock=clock) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        (outcome,) = await write_to(store, drafted("cv_1", says("two"), grant=lapsed))

    assert outcome.grant == Grant("se_1", "cv_1", 1)


async def test_who_may_no_longer_see_a_conversation_is_told_what_a_stranger_is_told(
    database_url: str,
) -> None:
    """I8; IDENTITY §4.4: unknown, foreign and invisible are the same bytes."""
    async with opened(database_url) as store:
        (made,) = await write_to(store, drafted(row_of("cv_1"), says("one"), session_id="se_1"))
        await store.write(moved_elsewhere)
        lost, unknown, foreign = await settled(
            store,
            drafted("cv_1", says("two"), grant=made.grant),
            drafted("cv_nowhere", says("two"), grant=made.grant),
            drafted("cv_1", says("two"), workspace_id="ws_2"),
        )
        found = await store.read(seqs)

    assert lost == unknown == foreign == NOT_FOUND
    assert found == [1]


async def test_a_deleted_conversation_is_not_found_for_staff_too(database_url: str) -> None:
    def erase(transaction: Transaction) -> None:
        assert isinstance(transaction, SqlTransaction)
        transaction._db.change(update(tables.conversation).values(deleted_at=NOW))

    async with opened(database_url) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        await store.write(erase)
        (outcome,) = await settled(store, drafted("cv_1", agent_says("two")))

    assert outcome == NOT_FOUND


async def test_an_ended_session_makes_no_conversation(database_url: str) -> None:
    async with opened(database_url) as store:
        await store.write(lambda tx: tx.sessions.update("ws_1", "se_1", {"ended_at": NOW}))
        (outcome,) = await settled(
            store, drafted(OpenOrNew(row_of("cv_1")), says("one"), session_id="se_1")
        )

    assert outcome == NOT_FOUND


async def test_first_messages_of_a_session_land_in_one_conversation(database_url: str) -> None:
    async with opened(database_url) as store:
        one, two = await write_to(
            store,
            drafted(OpenOrNew(row_of("cv_1")), says("one"), session_id="se_1"),
            drafted(OpenOrNew(row_of("cv_2")), says("two"), session_id="se_1"),
        )

    assert (one.log.id, one.created) == ("cv_1", True)
    assert (two.log.id, two.created) == ("cv_1", False)
    assert two.grant == Grant(SESSION.id, "cv_1", 1)


async def test_a_message_goes_to_the_open_conversation_whose_last_event_is_newest(
    database_url: str,
) -> None:
    """PROTOCOL §5: open or snoozed; a resolved one is passed over."""
    clock = FixedClock()
    aim = drafted(OpenOrNew(row_of("cv_4")), says("where?"), session_id="se_1")

    async with opened(database_url, clock=clock) as store:
        for name in ("cv_1", "cv_2", "cv_3"):
            clock.now += 1000
            await write_to(store, drafted(row_of(name), says(name)))
        await write_to(store, drafted("cv_3", moves(Status.RESOLVED)))
        (to_newest,) = await write_to(store, aim)
        clock.now += 1000
        await write_to(store, drafted("cv_1", moves(Status.SNOOZED)))
        (to_snoozed,) = await write_to(store, aim)
        await write_to(store, *[drafted(n, moves(Status.RESOLVED)) for n in ("cv_1", "cv_2")])
        (to_new,) = await write_to(store, aim)

    assert to_newest.log.id == "cv_2"
    assert to_snoozed.log.id == "cv_1"
    assert (to_new.log.id, to_new.created) == ("cv_4", True)


async def test_a_rewrite_keeps_its_place_and_loses_its_attachments(database_url: str) -> None:
    def blanks(rows: Rows, now: int) -> Decision:
        assert rows.target_event is not None
        told = NewEvent(LogName.PUBLIC, "messageDeleted", Author(AuthorKind.VISITOR, "v_1"))
        return Decision((told,), rewrite=Rewrite(LogName.PUBLIC, 1, "", deleted=True))

    spoken = NewEvent(
        LogName.PUBLIC,
        "message",
        Author(AuthorKind.VISITOR, "v_1", name="Jané ☂"),
        "oops",
        MappingProxyType({"attachments": [{"id": "at_1"}], "customData": {"k": 1}}),
    )
    delete = Draft("ws_1", Existing("cv_1"), blanks, wants_event=(LogName.PUBLIC, 1))

    async with opened(database_url) as store:
        await write_to(store, drafted(row_of("cv_1"), decides(spoken)))
        (outcome,) = await write_to(store, delete)
        found = await store.read(lambda tx: tx.conversations.event("cv_1", LogName.PUBLIC, 1))

    assert found == outcome.rewritten
    assert found is not None
    assert (found.body, found.deleted, dict(found.data)) == ("", True, {"customData": {"k": 1}})
    assert outcome.answer is not None
    assert outcome.answer.seq == 2


async def test_an_event_comes_back_as_it_was_told(database_url: str) -> None:
    body = "z̴͖a 💬 \\ ' \" % \n" * 700

    async with opened(database_url) as store:
        (made,) = await write_to(store, drafted(row_of("cv_1"), says(body, "c-é")))
        found = await store.read(lambda tx: tx.conversations.event("cv_1", LogName.PUBLIC, 1))

    assert found == made.answer
    assert found is not None
    assert found.body == body


async def test_what_the_database_cannot_store_fails_alone(database_url: str) -> None:
    """A lone surrogate has no UTF-8: the driver refuses it, and the group is halved down to it."""
    async with opened(database_url) as store:
        await write_to(store, drafted(row_of("cv_1"), says("first")))
        bodies = [f"{n}" if n != 5 else "\ud800" for n in range(12)]
        outcomes = await settled(store, *[drafted("cv_1", says(body)) for body in bodies])
        found = await store.read(seqs)

    failed = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Failed)]
    assert failed == [5]
    assert found == list(range(1, 13))


async def test_a_unit_that_raises_undoes_itself_and_not_its_neighbours(database_url: str) -> None:
    def half_done(transaction: Transaction) -> None:
        transaction.set_meta("half", "done")
        raise ZeroDivisionError

    async with opened(database_url) as store:
        results = await asyncio.gather(
            store.write(lambda tx: tx.set_meta("before", "1")),
            store.write(half_done),
            store.write(lambda tx: tx.set_meta("after", "1")),
            return_exceptions=True,
        )
        found = await store.read(lambda tx: [tx.meta(k) for k in ("before", "half", "after")])

    assert [type(result) for result in results] == [type(None), ZeroDivisionError, type(None)]
    assert found == ["1", None, "1"]


async def test_outcomes_come_in_the_order_of_the_calls(database_url: str) -> None:
    told: list[str] = []

    async with opened(database_url) as store:
        await write_to(store, drafted(row_of("cv_1"), says("first")))
        for n in range(30):
            rule = refuses if n % 7 == 3 else says("\ud800" if n == 11 else "fine")
            store.append(drafted("cv_1", rule), lambda _, n=n: told.append(f"{n}"))  # type: ignore[misc]
        await store.flush()

    assert told == [f"{n}" for n in range(30)]


async def test_a_reader_sees_what_was_settled(database_url: str) -> None:
    async with opened(database_url) as store:
        found = []
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        for n in range(2, 8):
            await write_to(store, drafted("cv_1", says(f"{n}")))
            found.append(await store.read(lambda tx: tx.conversations.heads(["cv_1"])["cv_1"]))

    assert found == [(n, 0) for n in range(2, 8)]


async def test_beyond_twenty_thousand_waiting_drafts_the_next_one_fails(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    outcomes: list[Outcome] = []

    async with opened(database_url) as store:
        monkeypatch.setattr("server.store.writer._MOST_WAITING", 10)
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold(transaction: Transaction) -> None:
            loop.call_soon_threadsafe(begun.set)
            held.wait(20)

        async with asyncio.TaskGroup() as group:
            group.create_task(store.write(hold))
            await begun.wait()
            for _ in range(11):
                store.append(drafted("cv_nowhere", says("x")), outcomes.append)
            held.set()
        await store.flush()

    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Failed, *[Refused] * 10]
    assert isinstance(outcomes[0], Failed)
    assert isinstance(outcomes[0].error, StoreUnavailable)
