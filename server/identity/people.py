"""Contacts as they are found and written: steps 4, 6 and 7 of IDENTITY §4.8, whoever asks.

A session's identify comes here, and so does a server with a secret key, which has no session. The
contact is found by the collision matrix (`linking`), what was said goes to its layer (`claims`),
and the keys to whom they belong (`keyring`). What is written is decided by those pure modules; here
it is read, put together and written, under the locks of the unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from server import ids
from server.chat.model import ConversationRow
from server.identity import claims
from server.identity.keyring import Keyring
from server.identity.linking import EmailKey, Found, Link, Target, resolve
from server.identity.model import ContactRow, IdentifierRow, MergeRow, Statement, Subject
from server.store.port import Transaction

__all__ = ["IdentityRefused", "Linked", "People", "move_conversations"]

_TOUCH_MS: Final = 60_000
_LOOKS: Final = 3
"""How often the keys are looked up again if their contacts changed while they were being locked."""


class IdentityRefused(Exception):
    """It was not done. `code` is the contract's; the words are for the site's developer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Linked:
    """The contact that was meant. `moved` are conversations of contacts that it `absorbed`."""

    contact: ContactRow
    moved: tuple[str, ...] = ()
    absorbed: tuple[str, ...] = ()
    duplicate_of: str | None = None


class People:
    """The contacts of a workspace, in one unit."""

    def __init__(self, tx: Transaction, workspace_id: str, now: int) -> None:
        self._tx = tx
        self._workspace_id = workspace_id
        self._now = now

    def link(
        self,
        said: Statement,
        *,
        proof: Statement | None,
        current_id: str | None,
        actor: str,
        enforce: bool = False,
    ) -> Linked:
        """Find or make the contact, and write down what was said of it.

        `proof` is what was proven; `said` then only came beside it. `current_id` is the contact of
        the session that asks, if there is one; its anonymous one is promoted or absorbed.
        """
        subject = claims.subject_of(proof or said)
        found = self._find(subject, current_id)
        link = resolve(found, proven=proof is not None, enforce=enforce)
        contacts, workspace_id = self._tx.contacts, self._workspace_id
        before = None if current_id is None else contacts.get(workspace_id, current_id)
        target = self._target(found, link, before, proof)
        moved, absorbed = self._absorb(found, link, target, actor)
        if before is not None and before.id != target.id and before.kind == "anonymous":
            contacts.update(workspace_id, before.id, {"merged_into_id": target.id})
            self._tx.add_change(workspace_id, "contact", before.id)
            absorbed = (*absorbed, before.id)
        contact = self._profile(target, link, said, proof)
        keyring = Keyring(self._tx, contact, proven=proof is not None, now=self._now)
        keyring.take(subject, found, link)
        other = found.of_email if link.duplicate else None
        return Linked(contact, moved, absorbed, None if other is None else other.id)

    def _find(self, subject: Subject, current_id: str | None) -> Found:
        contacts, workspace_id = self._tx.contacts, self._workspace_id
        keys = self._keys(subject)
        for _ in range(_LOOKS):
            wanted = [key.contact_id for key in keys if key is not None]
            contacts.lock(workspace_id, [*wanted, *filter(None, [current_id])])
            # Another node may have merged them while this one waited for the lock.
            seen, keys = keys, self._keys(subject)
            if keys == seen:
                break
        of_user, of_email = keys
        return Found(
            subject.user_id is not None,
            subject.email is not None,
            None if of_user is None else contacts.get(workspace_id, of_user.contact_id),
            None if of_email is None else contacts.get(workspace_id, of_email.contact_id),
            of_email is not None and of_email.proven,
        )

    def _keys(self, subject: Subject) -> tuple[IdentifierRow | None, IdentifierRow | None]:
        contacts, workspace_id = self._tx.contacts, self._workspace_id
        user_id, email = subject.user_id, subject.email
        return (
            None if user_id is None else contacts.by_key(workspace_id, "user_id", user_id),
            None if email is None else contacts.by_key(workspace_id, "email", email),
        )

    def _target(
        self, found: Found, link: Link, before: ContactRow | None, proof: Statement | None
    ) -> ContactRow:
        match link.target:
            case Target.OF_USER:
                target = found.of_user
            case Target.OF_EMAIL:
                target = found.of_email
            case Target.CURRENT if before is not None and before.kind == "anonymous":
                target = before
            case Target.NEW if proof is None and not found.user_given and _is_lead(before):
                target = before  # the new contact of the first time (leak test 19)
            case _:
                target = None
        if target is None:
            target = ContactRow(self._workspace_id, ids.contact_id(), "lead", self._now, self._now)
            self._tx.contacts.insert(target)
        return target

    def _absorb(
        self, found: Found, link: Link, target: ContactRow, actor: str
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Merge the e-mail's contact into the target, with all that is its."""
        other, tx = found.of_email, self._tx
        if not link.absorbs or other is None:
            return (), ()
        rows = list(tx.conversations.of_contact(other.workspace_id, other.id))
        changed = [replace(row, contact_id=target.id) for row in rows]
        move_conversations(tx, rows, changed)
        for key in tx.contacts.keys_of(other.workspace_id, other.id):
            tx.contacts.put_key(replace(key, contact_id=target.id))
        for session in tx.sessions.of_contact(other.workspace_id, other.id):
            tx.sessions.update(session.workspace_id, session.id, {"contact_id": target.id})
        tx.contacts.update(other.workspace_id, other.id, {"merged_into_id": target.id})
        tx.contacts.note_merge(
            MergeRow(
                other.workspace_id,
                ids.merge_id(),
                target.id,
                other.id,
                tuple(row.id for row in rows),
                actor,
                self._now,
            )
        )
        tx.add_change(other.workspace_id, "contact", other.id)
        return tuple(row.id for row in rows), (other.id,)

    def _profile(
        self, target: ContactRow, link: Link, said: Statement, proof: Statement | None
    ) -> ContactRow:
        changes: dict[str, Any] = {}
        if proof is not None:
            changes = claims.proven_changes(target, proof, said, self._now)
        elif link.writes:
            takes = link.email is EmailKey.TAKE
            changes = claims.stated_changes(target, said, takes_email=takes)
        user_id = (proof or said).user_id
        if user_id is not None and target.user_id is None and link.writes:
            changes["user_id"] = user_id
        kind = "user" if (target.user_id or changes.get("user_id")) else "lead"
        if kind != target.kind:
            changes["kind"] = kind
        if self._now - target.last_seen_at >= _TOUCH_MS:
            changes["last_seen_at"] = self._now
        if changes:
            self._tx.contacts.update(target.workspace_id, target.id, changes)
            self._tx.add_change(target.workspace_id, "contact", target.id)
        return replace(target, **changes)


def _is_lead(contact: ContactRow | None) -> bool:
    return contact is not None and contact.kind == "lead"


def move_conversations(
    tx: Transaction, rows: Sequence[ConversationRow], changed: Sequence[ConversationRow]
) -> None:
    """Write down whose conversations these are now, as far as that differs."""
    different = [new for old, new in zip(rows, changed, strict=True) if old != new]
    tx.conversations.lock(row.id for row in different)
    tx.conversations.repoint(different)
    for row in different:
        tx.add_change(row.workspace_id, "conversation", row.id)
