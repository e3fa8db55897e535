"""The store's contract, over both databases."""

import pytest

from server.chat.model import Failed, LogName, OpenOrNew, Refused
from server.store.port import Transaction
from tests.store.scenes import (
    SESSION,
    agent_says,
    committed,
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
    """I2."""
    first = drafted(row_of("cv_1"), says("one", "c-1"), key="c-1", session_id="se_1")
    again = drafted(row_of("cv_2"), says("other", "c-1"), key="c-1", session_id="se_1")

    async with opened(database_url) as store:
        if together:
            one, two = await write_to(store, first, again)
        else:
            one, two = await write_to(store, first) + await write_to(store, again)
        found = await store.read(seqs)

    assert two.duplicate
    assert two.answer == one.answer
    assert two.events == ()
    assert found == [1]


async def test_a_draft_for_an_unknown_conversation_is_refused(database_url: str) -> None:
    async with opened(database_url) as store:
        (outcome,) = await settled(store, drafted("cv_nowhere", says("one")))

    assert isinstance(outcome, Refused)
    assert outcome.refusal.code == "not_found"


async def test_two_first_messages_of_a_session_land_in_one_conversation(database_url: str) -> None:
    async with opened(database_url) as store:
        one, two = await write_to(
            store,
            drafted(OpenOrNew(row_of("cv_1")), says("one"), session_id=SESSION.id),
            drafted(OpenOrNew(row_of("cv_2")), says("two"), session_id=SESSION.id),
        )

    assert (one.log.id, one.created) == ("cv_1", True)
    assert (two.log.id, two.created) == ("cv_1", False)
    assert two.grant is not None
    assert two.grant.is_current(two.log.access_version, 0)
