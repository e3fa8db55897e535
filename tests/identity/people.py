"""A small cast for the tests of identity: devices, what they say, and what is proven."""

from dataclasses import dataclass, field
from typing import Any

from server.chat.model import ConversationRow
from server.identity.identifying import identify
from server.identity.linker import Asked, Identified
from server.identity.model import ContactRow, Proof, SessionRow, Statement, Trust, VisitorRow
from server.identity.visibility import Rules
from server.store.journal import append_drafts
from server.store.transaction import SqlTransaction
from tests.store.scenes import drafted, says

__all__ = ["NOW", "WS", "Device", "asks", "by_key", "proof"]

NOW = 1_800_000_000_000
WS = "ws_1"


def proof(user_id: str | None = "u1", *, lives: int = 1_000_000, **says: Any) -> Proof:
    """What a `userToken` proves."""
    members = {name: says.pop(name) for name in ("external_id", "company_id") if name in says}
    return Proof(Statement(user_id, **says), NOW + lives, f"ref-{user_id}", "key_1", **members)


def asks(user_id: str | None = None, *, proof: Proof | None = None, **members: Any) -> Asked:
    """An identify; what is no member of `Asked` is said."""
    own = {
        name: members.pop(name)
        for name in ("external_id", "sets_scope", "same_only", "leads")
        if name in members
    }
    return Asked(Statement(user_id, **members), proof, **own)


def by_key(tx: SqlTransaction, kind: str, value: str) -> ContactRow | None:
    """The contact that holds a key."""
    key = tx.contacts.by_key(WS, kind, value)
    return None if key is None else tx.contacts.get(WS, key.contact_id)


@dataclass
class Device:
    """A browser with its session."""

    tx: SqlTransaction
    name: str = "1"
    rules: Rules = field(default_factory=Rules)
    now: int = NOW

    def __post_init__(self) -> None:
        self.visitor_id = f"v_{self.name}"
        self.tx.visitors.insert(VisitorRow(WS, self.visitor_id, "hash", NOW, NOW))
        self.session = SessionRow(
            WS, f"se_{self.name}", self.visitor_id, None, Trust.ANONYMOUS, None, 1, NOW, NOW
        )
        self.tx.sessions.insert(self.session, f"hash-{self.name}")

    def identify(self, asked: Asked) -> Identified:
        """Do it, and go on as whoever came of it."""
        done = identify(self.tx, self.session, asked, self.rules, self.now)
        self.session = done.session
        return done

    def writes(self, name: str) -> str:
        """An anonymous contact if there is none, and a conversation of its own."""
        if self.session.contact_id is None:
            contact = ContactRow(WS, f"co_{self.name}", "anonymous", NOW, NOW)
            self.tx.contacts.insert(contact)
            self.session = self.tx.sessions.update(WS, self.session.id, {"contact_id": contact.id})
        draft = drafted(self.born(name), says("Hello"))
        fresh = iter((f"ev_{name}",))
        append_drafts(
            self.tx._db, [draft], NOW, lambda: next(fresh), lock=False, is_stale=lambda one: True
        )
        return name

    def born(self, name: str) -> ConversationRow:
        session = self.session
        return ConversationRow(
            name, WS, session.visitor_id, session.contact_id, session.id, session.external_id,
            session.trust is Trust.VERIFIED, None, NOW,
        )  # fmt: skip

    def row(self, name: str) -> ConversationRow:
        found = self.tx.conversations.get(WS, name)
        assert found is not None
        return found

    def access(self, name: str) -> int:
        """The conversation's `access_version`."""
        return self.tx.conversations.logs([name])[name].access_version
