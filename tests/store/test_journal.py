"""The journal against a naive oracle that knows nothing of batches, groups or halving.

Drafts and units are collected and handed in together, so they are decided in batches, isolated in
savepoints and halved when one of them is poison. The oracle takes them one after another. Whatever
the mixture, both must come to the same outcomes and the same logs (I1 to I3).
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import update

from server.chat.model import Committed, Decide, Draft, Failed, LogName, OpenOrNew, Outcome, Refused
from server.identity.model import Grant
from server.store import tables
from server.store.connection import Connection
from server.store.engine import open_store
from server.store.journal import NOT_FOUND, append_drafts
from server.store.port import Transaction
from server.store.transaction import SqlTransaction
from tests.store.databases import sqlite_url
from tests.store.scenes import (
    NOW,
    SESSION,
    WORKSPACE,
    FixedClock,
    agent_says,
    drafted,
    fails,
    furnish,
    refuses,
    row_of,
    says,
)

NAMES = st.sampled_from(["cv_1", "cv_2", "cv_3"])
KEYS = st.sampled_from([None, "c-1", "c-2", "c-3"])
POISON = "\ud800"


@dataclass
class Oracle:
    """What the journal promises, in the plainest way."""

    bodies: dict[str, list[str]] = field(default_factory=dict)
    last_at: dict[str, int] = field(default_factory=dict)
    given_away: set[str] = field(default_factory=set)
    keys: dict[str, tuple[str, int]] = field(default_factory=dict)

    def visible(self, name: str) -> bool:
        return name in self.bodies and name not in self.given_away

    def take(self, draft: Draft, what: str, body: str, now: int) -> object:
        if draft.repeat_key and (first := self.keys.get(draft.repeat_key[1])):
            return ("repeat", *first) if self.visible(first[0]) else "not found"
        by_session = draft.session_id or draft.grant
        match draft.target:
            case OpenOrNew(row):
                seen = [name for name in self.bodies if self.visible(name)]
                name = max(seen, key=lambda one: (self.last_at[one], one), default=row.id)
                if name not in seen and name in self.bodies:
                    return "not found"
            case target:
                name = getattr(target, "conversation_id", None) or target.row.id  # type: ignore[union-attr]
                is_new = not hasattr(target, "conversation_id")
                if is_new == (name in self.bodies) or (
                    not is_new and by_session and not self.visible(name)
                ):
                    return "not found"
        if what == "refuses":
            return "refused"
        if what == "fails" or body == POISON:
            return "failed"
        self.bodies.setdefault(name, []).append(body)
        self.last_at[name] = now
        seq = len(self.bodies[name])
        if draft.repeat_key:
            self.keys[draft.repeat_key[1]] = (name, seq)
        return ("done", name, seq)


def _told(outcome: Outcome) -> object:
    match outcome:
        case Committed():
            assert outcome.answer is not None
            word = "repeat" if outcome.duplicate else "done"
            return (word, outcome.answer.conversation_id, outcome.answer.seq)
        case Failed():
            return "failed"
        case Refused():
            return "not found" if outcome == NOT_FOUND else "refused"


class JournalMachine(RuleBasedStateMachine):
    """Collects a mixture, then hands it in."""

    template: ClassVar[Path]

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        shutil.copy(self.template, f"{self.folder.name}/parley.db")
        self.runner = asyncio.Runner()
        self.clock = FixedClock()
        url = sqlite_url(Path(self.folder.name))
        self.store = open_store(url, clock=self.clock, loop=self.runner.get_loop())
        self.runner.run(self.store.write(furnish))
        self.oracle = Oracle()
        self.waiting: list[tuple[Draft, str, str] | Callable[[Connection], None]] = []

    @rule(
        name=NAMES,
        key=KEYS,
        into=st.sampled_from(["existing", "new", "open or new"]),
        by=st.sampled_from(["session", "grant", "stale grant", "agent"]),
        what=st.sampled_from(["says", "says", "says", "refuses", "fails", "poison"]),
    )
    def draft(self, name: str, key: str | None, into: str, by: str, what: str) -> None:
        body = POISON if what == "poison" else f"{len(self.waiting)}"
        by_agent = by == "agent" and into != "open or new"
        words = agent_says(body, key) if by_agent else says(body, key)
        rules: dict[str, Decide] = {"refuses": refuses, "fails": fails}
        aim = {"existing": name, "new": row_of(name), "open or new": OpenOrNew(row_of(name))}
        versions = {"grant": 1, "stale grant": 9}
        grant = Grant("se_1", name, versions[by]) if by in versions else None
        draft = drafted(
            aim[into],  # type: ignore[arg-type]
            rules.get(what, words),
            key=key,
            sender="ag_1" if by_agent else "v_1",
            grant=None if by_agent else grant,
            session_id=None if by_agent or grant else "se_1",
        )
        if not (by_agent and key):  # keys are per sender; the oracle knows one sender
            self.waiting.append((draft, what, body))

    @rule()
    def unit(self) -> None:
        self.waiting.append(lambda db: db.say("SELECT 1"))

    @rule()
    def failing_unit(self) -> None:
        def fail(db: Connection) -> None:
            db.change(update(tables.log).values(public_seq=99))
            raise ZeroDivisionError

        self.waiting.append(fail)

    @rule(name=NAMES)
    def give_away(self, name: str) -> None:
        def unit(db: Connection) -> None:
            conversation, log = tables.conversation, tables.log
            db.change(
                update(conversation).values(contact_id="co_2").where(conversation.c.id == name)
            )
            db.change(update(log).values(access_version=2).where(log.c.id == name))

        unit.__name__ = f"away {name}"
        self.waiting.append(unit)

    @rule()
    def hand_in(self) -> None:
        self.clock.now += 1
        outcomes: list[Outcome] = []
        expected: list[object] = []
        for one in self.waiting:
            if isinstance(one, tuple):
                self.store.append(one[0], outcomes.append)
                expected.append(self.oracle.take(*one, self.clock.now))
            else:
                self.store._writer.submit(one, lambda result: None)
                if one.__name__.startswith("away"):
                    name = one.__name__.removeprefix("away ")
                    if name in self.oracle.bodies:
                        self.oracle.given_away.add(name)
        self.waiting = []
        self.runner.run(self.store.flush())

        assert [_told(outcome) for outcome in outcomes] == expected

    def _logs(self, tx: Transaction) -> dict[str, list[tuple[int, str | None]]]:
        logs = {
            name: tx.conversations.events(name, LogName.PUBLIC, limit=9999)
            for name in self.oracle.bodies
        }
        return {name: [(event.seq, event.body) for event in log] for name, log in logs.items()}

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        try:
            self.hand_in()
            found = self.runner.run(self.store.read(self._logs))
        finally:
            self.runner.run(self.store.close())
            self.runner.close()
            self.folder.cleanup()
        assert found == {
            name: list(enumerate(bodies, 1)) for name, bodies in self.oracle.bodies.items()
        }


@pytest.mark.adapter
def test_any_mixture_comes_out_as_if_taken_one_by_one(sqlite_template: Path) -> None:
    """I1, I2, I3."""
    JournalMachine.template = sqlite_template

    run_state_machine_as_test(
        JournalMachine,
        settings=settings(
            max_examples=100,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_of_two_conversations_of_one_millisecond_the_same_is_the_newest_in_any_batch(
    db: Connection,
) -> None:
    """The one that is there already is compared by its last event, not by when it began."""
    names = iter(f"ev_{n}" for n in range(9))

    def take(*drafts: Draft) -> list[Outcome]:
        return append_drafts(
            db, drafts, NOW + 1, lambda: next(names), lock=False, is_stale=lambda one: True
        )[0]

    SqlTransaction(db).workspaces.insert(WORKSPACE)
    SqlTransaction(db).sessions.insert(SESSION, "hash")
    take(drafted(row_of("cv_2"), says("first"), session_id="se_1"))

    _, found = take(
        drafted(row_of("cv_1"), says("second"), session_id="se_1"),
        drafted(OpenOrNew(row_of("cv_3")), says("third"), session_id="se_1"),
    )

    assert _told(found) == ("done", "cv_2", 2)
