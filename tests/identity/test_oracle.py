"""The identity model beside an oracle that was written from IDENTITY alone (§3, §4.4, §4.6 to 4.8).

Hypothesis lets a few people, who share devices, user ids and addresses, do whatever they like. The
production unit runs on a real database; after every step each live session sees the same and is
the same as in `oracle`, each key belongs to the same person with the same proof, and nothing that
an earlier person of the device wrote has moved.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from server.chat.model import ConversationRow
from server.identity.identifying import end_device, identify
from server.identity.linker import Asked, Identified
from server.identity.model import ContactRow, Mode, Proof, SessionRow, Statement, Trust, VisitorRow
from server.identity.people import IdentityRefused
from server.identity.transitions import anonymous_contact
from server.identity.visibility import Rules, criteria, trust_at, visible
from server.store.backends import backend
from server.store.connection import Connection
from server.store.journal import append_drafts
from server.store.transaction import SqlTransaction
from tests.identity.oracle import GRACE, LEEWAY, Oracle, Refused
from tests.identity.people import NOW, WS
from tests.store.databases import sqlite_url
from tests.store.scenes import drafted, says

DEVICES = ("d1", "d2")
USERS, EMAILS, SCOPES = ("u1", "u2", "u3"), ("a@x", "b@x"), ("s1", "s2")
NOT_SAID = "not said"

users = st.sampled_from((None, *USERS))
emails = st.sampled_from((None, *EMAILS))
scopes = st.sampled_from((NOT_SAID, NOT_SAID, NOT_SAID, NOT_SAID, None, *SCOPES))
proven_scopes = st.sampled_from((None, None, None, *SCOPES))
which = st.integers(0, 11)


Moments: TypeAlias = dict[str, tuple[str | None, set[tuple[str, int, str | None]]]]


class Identity(RuleBasedStateMachine):
    """What people do, to both."""

    def __init__(self, db: Connection) -> None:
        super().__init__()
        self.db = db
        self.tx = SqlTransaction(db)
        db.say("BEGIN IMMEDIATE")
        self.now = NOW
        self.names = 0

    def teardown(self) -> None:
        self.db.say("ROLLBACK")

    @initialize(mode=st.sampled_from(("off", "optional", "optional", "enforce")))
    def begin(self, mode: Mode) -> None:
        self.decided = Rules(mode)
        self.oracle = Oracle(mode)
        # Both sides' sessions, under the oracle's name; the production id of each.
        self.ids: dict[str, str] = {}
        for device in DEVICES:
            self.tx.visitors.insert(VisitorRow(WS, f"v_{device}", "hash", NOW, NOW))
            self.opens(device)

    @rule(device=st.sampled_from(DEVICES))
    def opens(self, device: str) -> None:
        if sum(1 for one in self.live() if self.oracle.sessions[one]["device"] == device) >= 3:
            return
        self.now += 1
        name = self.fresh("session")
        row = SessionRow(
            WS, self.fresh("se_"), f"v_{device}", self.left_on(f"v_{device}"), Trust.ANONYMOUS,
            None, 1, self.now, self.now,
        )  # fmt: skip
        self.tx.sessions.insert(row, f"hash-{name}")
        self.ids[name] = row.id
        self.oracle.opens(name, device)

    @rule(at=which)
    def writes(self, at: int) -> None:
        name = self.pick(at)
        row, conversation = self.row(name), self.fresh("cv_")
        trust = trust_at(row, self.now, self.decided.mode)
        if trust is Trust.EXPIRED:
            return
        if row.contact_id is None:
            contact_id = self.left_on(row.visitor_id) or self.fresh("co_")
            if self.tx.contacts.get(WS, contact_id) is None:
                contact = ContactRow(WS, contact_id, "anonymous", self.now, self.now)
                self.tx.contacts.insert(contact)
            row = self.tx.sessions.update(WS, row.id, {"contact_id": contact_id})
        born = ConversationRow(
            conversation, WS, row.visitor_id, row.contact_id, row.id, row.external_id,
            trust is Trust.VERIFIED, None, self.now,
        )  # fmt: skip
        append_drafts(
            self.db, [drafted(born, says("Hello"))], self.now, lambda: self.fresh("ev_"),
            lock=False, is_stale=lambda one: True,
        )  # fmt: skip
        self.oracle.writes(name, conversation)

    @rule(at=which, user=users, email=emails, scope=scopes)
    def states(self, at: int, user: str | None, email: str | None, scope: str | None) -> None:
        self.identifies(self.pick(at), user, email, scope, None)

    @rule(at=which, key=st.tuples(users, emails), also=users, scope=scopes, bound=proven_scopes)
    def proves(
        self,
        at: int,
        key: tuple[str | None, str | None],
        also: str | None,
        scope: str | None,
        bound: str | None,
    ) -> None:
        user, email = key
        if self.decided.mode == "off" or not (user or email):
            return
        proof = {
            "says": {"user": user, "email": email},
            "scope": bound,
            "expires": self.now + 300_000,
        }
        self.identifies(self.pick(at), also, None, scope, proof)

    @rule(at=which)
    def resets(self, at: int) -> None:
        name, fresh = self.pick(at), self.fresh("session")
        self.now += 1
        row, before = self.row(name), self.moments()
        if self.oracle.resets(name, fresh):
            _, after, _ = end_device(self.tx, row, "reset", self.now)
            self.ids[fresh] = after.id
            self.is_told(before)
        assert {one: found[0] for one, found in before.items()} == self.holders()

    @rule(ms=st.sampled_from((1_000, LEEWAY, GRACE, 280_000)))
    def time_passes(self, ms: int) -> None:
        self.now += ms
        self.oracle.passes(self.now)

    # After every step.

    @invariant()
    def each_session_is_the_same_and_sees_the_same(self) -> None:
        rows = self.conversations()
        for name in self.live():
            row = self.row(name)
            trust = trust_at(row, self.now, self.decided.mode)
            asked = criteria(row, self.now, self.decided)
            listed = self.tx.conversations.visible_to(asked, cursor=None, limit=1_000)

            assert trust == self.oracle.sessions[name]["trust"], name
            assert row.external_id == self.oracle.sessions[name]["scope"], name
            assert self.seen_by(row, rows) == self.oracle.visible(name), name
            assert {one.conversation.id for one in listed.items} == self.oracle.visible(name)

    @invariant()
    def each_key_is_the_same_persons(self) -> None:
        theirs: list[tuple[str | None, str | None]] = []
        for kind, values in (("user", USERS), ("email", EMAILS)):
            for value in values:
                known = self.oracle.keys.get((kind, value))
                key = self.tx.contacts.by_key(WS, {"user": "user_id"}.get(kind, kind), value)

                assert (known is None) == (key is None), value
                if known is not None and key is not None:
                    assert known["proven"] == key.proven, value
                    theirs.append((known["contact"], key.contact_id))
        theirs.extend(
            (self.oracle.sessions[name]["contact"], self.row(name).contact_id)
            for name in self.live()
        )
        rows = self.conversations()
        for name, one in self.oracle.conversations.items():
            row = rows[name]

            assert (row.verified, row.external_id) == (one["verified"], one["scope"]), name
            theirs.append((one["contact"], row.contact_id))
        pairs = set(theirs)

        assert len(pairs) == len({one for one, _ in pairs}) == len({one for _, one in pairs})

    # How both are asked.

    def identifies(
        self,
        name: str,
        user: str | None,
        email: str | None,
        scope: str | None,
        proof: dict[str, Any] | None,
    ) -> None:
        self.now += 1
        fresh = self.fresh("session")
        said: dict[str, Any] = {"user": user, "email": email}
        if scope != NOT_SAID:
            said["scope"] = scope
        before, seen = self.moments(), self.seen_by(self.row(name))
        try:
            after = self.oracle.identify(name, fresh, said, proof)
        except Refused as error:
            with pytest.raises(IdentityRefused) as refused, self.undone():
                self.identify(name, said, proof)
            self.check_code(refused.value, error)
            return
        done = self.identify(name, said, proof)
        assert (done.session.id != self.ids[name]) == (after != name)
        self.ids[after] = done.session.id
        holders = self.holders()
        moved = {one for one, (contact, _) in before.items() if holders[one] != contact}
        may = {
            one
            for one, (contact, _) in before.items()
            if contact in done.absorbed or (not done.ended and one in seen | set(done.linked))
        }
        assert moved <= may
        self.is_told(before)

    def identify(self, name: str, said: dict[str, Any], proof: dict[str, Any] | None) -> Identified:
        shown = None
        if proof is not None:
            says = Statement(proof["says"]["user"], proof["says"]["email"])
            expires_at = proof["expires"] + LEEWAY
            shown = Proof(says, expires_at, "ref", "key_1", external_id=proof["scope"])
        asked = Asked(
            Statement(said["user"], said["email"]),
            shown,
            said.get("scope"),
            sets_scope="scope" in said,
        )
        return identify(self.tx, self.row(name), asked, self.decided, self.now)

    @staticmethod
    def check_code(refused: IdentityRefused, error: Refused) -> None:
        assert refused.code == str(error)

    @contextmanager
    def undone(self) -> Iterator[None]:
        self.db.say("SAVEPOINT refused")
        try:
            yield
        finally:
            self.db.say("ROLLBACK TO refused")

    def is_told(self, before: Moments) -> None:
        """Whoever lost sight of a conversation lost its grant too: its `access_version` is new."""
        rows, now = self.tx.conversations.logs(before), self.conversations()
        for conversation, (_, watchers) in before.items():
            for session_id, access, scope in list(watchers):
                row = self.tx.sessions.get(WS, session_id)
                assert row is not None
                if row.external_id == scope and conversation not in self.seen_by(row, now):
                    assert rows[conversation].access_version != access, (conversation, row)

    # What is there.

    def moments(self) -> Moments:
        """Of each conversation its contact, and who sees it with which grant."""
        logs = self.tx.conversations.logs(self.oracle.conversations)
        rows = self.conversations()
        sessions = [(row, self.seen_by(row, rows)) for row in map(self.row, self.live())]
        return {
            one: (
                found.contact_id,
                {
                    (row.id, logs[one].access_version, row.external_id)
                    for row, seen in sessions
                    if one in seen
                },
            )
            for one, found in rows.items()
        }

    def holders(self) -> dict[str, str | None]:
        return {one: row.contact_id for one, row in self.conversations().items()}

    def seen_by(
        self, row: SessionRow, rows: Mapping[str, ConversationRow] | None = None
    ) -> set[str]:
        found = self.conversations() if rows is None else rows
        return {one for one, it in found.items() if visible(row, it, self.now, self.decided)}

    def conversations(self) -> dict[str, ConversationRow]:
        found = {one: self.tx.conversations.get(WS, one) for one in self.oracle.conversations}
        return {one: row for one, row in found.items() if row is not None}

    def row(self, name: str) -> SessionRow:
        row = self.tx.sessions.get(WS, self.ids[name])
        assert row is not None
        return row

    def left_on(self, visitor_id: str) -> str | None:
        return anonymous_contact(self.tx.sessions.of_visitor(WS, visitor_id))

    def live(self) -> list[str]:
        return [name for name, one in self.oracle.sessions.items() if not one["ended"]]

    def pick(self, at: int) -> str:
        names = self.live()
        return names[at % len(names)]

    def fresh(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"


def run(template: Path, **how: Any) -> None:
    with closing(backend(sqlite_url(template.parent)).connect_writer()) as db:
        run_state_machine_as_test(
            lambda: Identity(db),  # type: ignore[arg-type]
            settings=settings(derandomize=True, deadline=None, **how),
        )


def test_people_are_who_the_document_says(identity_template: Path) -> None:
    """§3, §4.4, §4.6 to §4.8; leak tests 3, 4, 10 to 12, 17, 21 to 26. To make a failure smaller
    takes longer than a test may: the long form does.
    """
    phases = (Phase.generate,)
    run(identity_template, max_examples=100, stateful_step_count=25, phases=phases)


@pytest.mark.proof
def test_people_are_who_the_document_says_for_long(identity_template: Path) -> None:
    """The same, far longer."""
    run(identity_template, max_examples=400, stateful_step_count=40)
