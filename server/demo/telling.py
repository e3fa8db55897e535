"""Puts the demo's workspace and its stories into a store, once.

What was said is said through the services and the journal, like anything else: only the clock that
they are given stands in the past. So nothing in the database is of a kind that a real visitor and a
real agent could not have left there, with one exception that is written out where it is made: who
the visitors are, which a site's pages tell by `identify` once that is there.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

from server import bootstrap, ids
from server.chat.model import Settle, Status
from server.chat.service import ChatService, Staff, VisitorWrites, committed
from server.clock import SystemClock
from server.demo.stories import AGENTS, GREETING, SHOP, STORIES, Step, Story
from server.identity.model import AgentRow, Role, SessionRow, Trust
from server.identity.service import Browser, IdentityService
from server.identity.transitions import Shown
from server.settings import Settings
from server.store.engine import SqlStore, open_store
from server.store.port import Transaction

__all__ = ["tell_stories", "workspace_of"]

_HEARD: Final = "demo.stories"
"""How many stories were told. A first start that was killed goes on with the next one."""
_WORKSPACE: Final = f"{SHOP} (demo)"
_COLOUR: Final = "#2f5d4e"
_MINUTE: Final = 60_000


class _Past:
    """A clock that stands where a story is."""

    def __init__(self, now: int) -> None:
        self._clock = SystemClock()
        self.now = self.at = now

    def go(self, minutes_ago: float) -> None:
        """Stand then; never before where it stood within one story."""
        self.at = self.now - round(minutes_ago * _MINUTE)

    def now_ms(self) -> int:
        return self.at

    def monotonic(self) -> float:
        return self._clock.monotonic()


def workspace_of(tx: Transaction) -> str:
    """The demo's workspace, made with its agents if it is not there."""
    known = next((row.id for row in tx.workspaces.all() if row.name == _WORKSPACE), None)
    return known or _make_workspace(tx, SystemClock().now_ms())


def _make_workspace(tx: Transaction, now: int) -> str:
    settings = {"greeting": [GREETING], "primary_color": _COLOUR}
    made = bootstrap.create_workspace(tx, name=_WORKSPACE, now=now, settings=settings)
    for name in AGENTS:
        email = f"{name.lower()}@linden.example"
        # Without a password nobody can sign in as them; the demo's link lets one in as Sam.
        tx.agents.insert(
            AgentRow(made.workspace_id, ids.agent_id(), name, email, Role.AGENT, "", now)
        )
    return made.workspace_id


async def tell_stories(settings: Settings, fingerprint: str) -> None:
    """Tell what was not told yet. Raises what `open_store` raises."""
    past = _Past(SystemClock().now_ms())
    store = open_store(settings.database, clock=past)
    try:
        await store.ensure_fingerprint(fingerprint)
        workspace_id = await store.write(workspace_of)
        told = await store.read(lambda tx: int(tx.meta(_HEARD) or 0))
        for number, story in enumerate(STORIES[told:], told + 1):
            await _Telling(store, past, workspace_id, story).tell()
            await store.write(partial(_note, number=number))
    finally:
        await store.close()


def _note(tx: Transaction, number: int) -> None:
    tx.set_meta(_HEARD, str(number))


class _Telling:
    """One story on its way into the store."""

    def __init__(self, store: SqlStore, past: _Past, workspace_id: str, story: Story) -> None:
        self._store = store
        self._past = past
        self._workspace_id = workspace_id
        self._story = story
        self._chat = ChatService(store, past, lambda outcome: None)
        self._conversation_id = ""

    async def tell(self) -> None:
        self._past.go(self._story.steps[0].ago)
        agents = await self._store.read(
            lambda tx: {row.name: row for row in tx.agents.of_workspace(self._workspace_id)}
        )
        session = await self._arrive()
        for number, step in enumerate(self._story.steps):
            self._past.go(step.ago)
            await self._take(step, number, session, agents)

    async def _arrive(self) -> SessionRow:
        """The visitor opens the chat."""
        identity = IdentityService(self._store, self._past, str)
        started = await identity.start(self._workspace_id, Shown(None, None, None), Browser())
        session = await identity.open_contact(started.session)
        return session if self._story.name is None else await self._name(session)

    async def _name(self, session: SessionRow) -> SessionRow:
        """The exception: what `identify` without a proof would do."""
        story, contact_id = self._story, session.contact_id
        assert contact_id is not None, "an opened chat has a contact"
        kind = "lead" if story.email else "anonymous"
        known = {"kind": kind, "name": story.name, "email": story.email}

        def unit(tx: Transaction) -> SessionRow:
            tx.contacts.update(session.workspace_id, contact_id, known)
            trust = {"trust": Trust.IDENTIFIED}
            return tx.sessions.update(session.workspace_id, session.id, trust)

        return await self._store.write(unit)

    async def _take(
        self, step: Step, number: int, session: SessionRow, agents: Mapping[str, AgentRow]
    ) -> None:
        if step.who == "visitor":
            words = VisitorWrites(
                f"story-{number}",
                step.text,
                conversation_id=self._conversation_id or None,
                greeting=(GREETING,),
            )
            outcome = await committed(
                lambda settle: self._chat.post_nowait(session, words, None, settle)
            )
            self._conversation_id = outcome.log.id
            return
        agent = agents[step.who]
        last = await committed(lambda settle: self._act(step, agent, agents, settle))
        # Who acts has read what was there.
        await self._store.write(
            lambda tx: tx.conversations.mark_read(last.log.id, agent.id, last.log.public_seq)
        )

    def _act(
        self, step: Step, agent: AgentRow, agents: Mapping[str, AgentRow], settle: Settle
    ) -> None:
        chat, staff, where = self._chat, Staff.of_agent(agent), self._conversation_id
        match step.does:
            case "writes":
                chat.reply_nowait(staff, where, step.text, settle)
            case "notes":
                mentions = tuple(row.id for name, row in agents.items() if f"@{name}" in step.text)
                chat.note_nowait(staff, where, step.text, settle, mentions=mentions)
            case "assigns":
                chat.assign_nowait(staff, where, agents[step.text], None, settle)
            case "labels":
                chat.labels_nowait(staff, where, tuple(step.text.split()), (), settle)
            case "sets priority":
                chat.priority_nowait(staff, where, step.text, settle)
            case "snoozes":
                until = self._past.now + round(float(step.text) * 60) * _MINUTE
                chat.status_nowait(staff, where, Status.SNOOZED, until, settle)
            case "resolves":
                chat.status_nowait(staff, where, Status.RESOLVED, None, settle)
