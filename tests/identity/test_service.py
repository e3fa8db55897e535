"""Use cases of identity on a real store: who is recognised, who begins anew, who gets a contact."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from server import ids
from server.identity.service import Browser, IdentityService, agent_by_token
from server.identity.transitions import Device, Shown
from server.store.engine import SqlStore
from tests.store.databases import sqlite_url
from tests.store.scenes import AGENT, FixedClock, opened

BROWSER = Browser("en", "Europe/Madrid", "Firefox")
PROPOSED = "v_1800000000000_" + "a" * 22


class Scene:
    def __init__(self, store: SqlStore, clock: FixedClock) -> None:
        self.store = store
        self.clock = clock
        self.service = IdentityService(store, clock, str)


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    clock = FixedClock()
    async with opened(sqlite_url(folder), clock=FixedClock()) as store:
        yield Scene(store, clock)


async def test_a_device_with_its_tokens_joins_its_session_without_a_write(tmp_path: Path) -> None:
    """PROTOCOL §4, Device and Session."""
    async with scene(tmp_path) as s:
        begun = await s.service.start("ws_1", Shown(), BROWSER)
        session = begun.session
        shown = Shown(session.visitor_id, begun.visitor_token, begun.session_token)

        found = await s.service.recognise("ws_1", shown)
        again = await s.service.start("ws_1", shown, BROWSER)

        assert found == again
        assert again.session == session
        assert not again.visitor_replaced


async def test_what_becomes_of_a_device_depends_on_what_it_shows(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        begun = await s.service.start("ws_1", Shown(), BROWSER)
        visitor_id, token = begun.session.visitor_id, begun.visitor_token

        found = [
            await s.service.recognise("ws_1", shown)
            for shown in (
                Shown(),
                Shown(PROPOSED),
                Shown(visitor_id),
                Shown(visitor_id, "vt_wrong"),
                Shown(visitor_id, token),
                Shown(visitor_id, token, "st_wrong"),
            )
        ]

        assert found == [
            Device.FRESH,
            Device.ADOPTED,
            Device.REPLACED,
            Device.REPLACED,
            Device.ATTACHED,
            Device.ATTACHED,
        ]


async def test_a_proposed_id_is_adopted_and_a_stolen_one_replaced(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        adopted = await s.service.start("ws_1", Shown(PROPOSED), BROWSER)
        stolen = await s.service.start("ws_1", Shown(PROPOSED), BROWSER)

        assert (adopted.session.visitor_id, adopted.visitor_replaced) == (PROPOSED, False)
        assert stolen.session.visitor_id != PROPOSED
        assert stolen.visitor_replaced


async def test_another_devices_session_token_is_ignored(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        one = await s.service.start("ws_1", Shown(), BROWSER)
        two = await s.service.start("ws_1", Shown(), BROWSER)

        mixed = await s.service.start(
            "ws_1", Shown(one.session.visitor_id, one.visitor_token, two.session_token), BROWSER
        )

        assert mixed.session.visitor_id == one.session.visitor_id
        assert mixed.session.id not in (one.session.id, two.session.id)


async def test_two_sessions_of_one_device_share_one_contact_and_it_is_made_once(
    tmp_path: Path,
) -> None:
    """IDENTITY T3, T6."""
    async with scene(tmp_path) as s:
        one = await s.service.start("ws_1", Shown(), BROWSER)
        device = Shown(one.session.visitor_id, one.visitor_token)
        two = await s.service.start("ws_1", device, BROWSER)

        first = await s.service.open_contact(one.session)
        repeated = await s.service.open_contact(one.session)
        second = await s.service.open_contact(two.session)
        third = await s.service.start("ws_1", device, BROWSER)

        assert first.contact_id is not None
        assert repeated == first
        assert second.contact_id == third.session.contact_id == first.contact_id
        assert first.version == one.session.version + 1


async def test_a_session_that_ended_or_is_unknown_gets_no_contact(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        begun = (await s.service.start("ws_1", Shown(), BROWSER)).session
        ended = await s.store.write(
            lambda tx: tx.sessions.update("ws_1", begun.id, {"ended_at": s.clock.now})
        )

        after = await s.service.open_contact(begun)

        assert after == ended
        assert after.contact_id is None


async def test_a_session_is_touched_once_a_minute(tmp_path: Path) -> None:
    """IDENTITY §4.10."""
    async with scene(tmp_path) as s:
        begun = (await s.service.start("ws_1", Shown(), BROWSER)).session

        s.clock.now += 59_999
        early = await s.service.touch(begun)
        s.clock.now += 1
        late = await s.service.touch(begun)
        stored = await s.store.read(lambda tx: tx.sessions.get("ws_1", begun.id))

        assert early is begun
        assert late.last_seen_at == s.clock.now
        assert stored == late


async def test_an_agent_is_who_the_token_says_until_it_expires(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.store.write(
            lambda tx: tx.agents.insert_token(
                ids.secret_hash("at_1"),
                AGENT,
                created_at=s.clock.now,
                expires_at=s.clock.now + 1_000,
            )
        )

        known = await agent_by_token(s.store, s.clock, "at_1")
        unknown = await agent_by_token(s.store, s.clock, "at_2")
        s.clock.now += 1_000
        expired = await agent_by_token(s.store, s.clock, "at_1")

        assert (known, unknown, expired) == (AGENT, None, None)
