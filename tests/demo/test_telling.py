"""The stories get into a store once, at their own times, and leave what real people would leave."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.chat.model import Event, LogName
from server.clock import SystemClock
from server.demo import telling
from server.demo.stories import STORIES, Step, Story
from server.demo.telling import tell_stories, workspace_of
from server.settings import Settings
from server.store.engine import SqlStore, open_store
from server.store.port import InboxFilter, Summary

pytestmark = pytest.mark.adapter

DAY_MS = 24 * 3600 * 1000


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[SqlStore]:
    store = open_store(settings.database, clock=SystemClock())
    try:
        yield store
    finally:
        await store.close()


async def in_view(store: SqlStore, view: str, agent: str = "Sam") -> list[Summary]:
    workspace_id = await store.write(workspace_of)
    people = await store.read(lambda tx: tx.agents.of_workspace(workspace_id))
    agent_id = next(row.id for row in people if row.name == agent)
    asked = InboxFilter(workspace_id, agent_id, view)
    page = await store.read(lambda tx: tx.conversations.inbox(asked, cursor=None, limit=100))
    return list(page.items)


async def log_of(store: SqlStore, one: Summary, log: LogName) -> Sequence[Event]:
    conversation_id = one.conversation.id
    return await store.read(lambda tx: tx.conversations.events(conversation_id, log, limit=100))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


async def test_every_view_of_the_inbox_has_something_to_show(settings: Settings) -> None:
    await tell_stories(settings, "key")

    async with opened(settings) as store:
        views = ("mine", "unassigned", "all", "snoozed", "resolved")
        shown = {view: len(await in_view(store, view)) for view in views}

        assert shown == {"mine": 1, "unassigned": 2, "all": 4, "snoozed": 1, "resolved": 2}


async def test_what_was_said_has_its_own_time_and_order(settings: Settings) -> None:
    began = SystemClock().now_ms()
    await tell_stories(settings, "key")

    async with opened(settings) as store:
        everything = await in_view(store, "any")
        logs = [await log_of(store, one, LogName.PUBLIC) for one in everything]
        times = [[event.at for event in log] for log in logs]

        assert len(logs) == len(STORIES)
        assert all(one == sorted(one) for one in times)
        assert max(at for one in times for at in one) < began
        assert began - min(at for one in times for at in one) > 5 * DAY_MS
        assert [one.order for one in everything] == sorted(
            (one.order for one in everything), reverse=True
        )


async def test_a_second_start_tells_nothing_twice(settings: Settings) -> None:
    await tell_stories(settings, "key")
    await tell_stories(settings, "key")

    async with opened(settings) as store:
        assert len(await in_view(store, "any")) == len(STORIES)


async def test_a_first_start_that_was_cut_short_is_made_up_for(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as cut:
        cut.setattr(telling, "STORIES", STORIES[:2])
        await tell_stories(settings, "key")

    await tell_stories(settings, "key")

    async with opened(settings) as store:
        assert len(await in_view(store, "any")) == len(STORIES)


async def test_a_name_without_a_proof_is_only_a_claim(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Step(5, "visitor", "writes", "Hello")
    known = Story((step,), name="Hanna", email="hanna@example.test")
    monkeypatch.setattr(telling, "STORIES", (known, Story((step,), name="Priya"), Story((step,))))

    await tell_stories(settings, "key")

    async with opened(settings) as store:
        contacts = [one.contact for one in await in_view(store, "any")]
        told = {(one.kind, one.name, one.email, one.verified_at) for one in contacts if one}
        assert told == {
            ("lead", "Hanna", "hanna@example.test", None),
            ("anonymous", "Priya", None, None),
            ("anonymous", None, None, None),
        }


async def test_a_colleague_is_told_of_being_mentioned(settings: Settings) -> None:
    await tell_stories(settings, "key")

    async with opened(settings) as store:
        notes = [
            event
            for one in await in_view(store, "any")
            for event in await log_of(store, one, LogName.STAFF)
            if event.kind == "note"
        ]

        mentioned = [event for event in notes if event.data.get("mentions")]
        assert len(notes) == 2
        assert [event.author.name for event in mentioned] == ["Noor"]
