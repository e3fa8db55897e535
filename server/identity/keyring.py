"""The keys by which a contact is found again: who holds them, and what a proof does to them.

A key has one contact. A proof takes its own keys, also from whoever held them without proof, and
releases what somebody only stated about the proven contact before (IDENTITY §3, §4.8 step 7): else
a stranger who guessed a user id first would go on receiving the real person's mail.
"""

from server.identity import claims
from server.identity.linking import EmailKey, Found, Link
from server.identity.model import ContactRow, IdentifierRow, Subject
from server.store.port import Transaction

__all__ = ["Keyring"]


class Keyring:
    """One contact's keys, in the unit of one identify."""

    def __init__(self, tx: Transaction, contact: ContactRow, *, proven: bool, now: int) -> None:
        self._tx = tx
        self._contact = contact
        self._proven = proven
        self._now = now

    def take(self, subject: Subject, found: Found, link: Link) -> None:
        """Give the contact the keys of `subject`, as far as `link` says that they are its own."""
        contact = self._contact
        if subject.user_id is not None and contact.user_id == subject.user_id:
            self._put("user_id", subject.user_id)
        if self._proven:
            self._release(subject.email)
        if subject.email is None:
            return
        if link.email is EmailKey.MOVE and found.of_email is not None and not link.absorbs:
            self._take_from(found.of_email)
        if link.email is not EmailKey.NONE:
            self._put("email", subject.email)

    def _put(self, kind: str, value: str) -> None:
        contact, contacts = self._contact, self._tx.contacts
        known = contacts.by_key(contact.workspace_id, kind, value)
        is_own = known is not None and known.contact_id == contact.id
        if known is not None and is_own and (known.proven or not self._proven):
            return
        created_at = self._now if known is None else known.created_at
        proven_at = self._now if self._proven else None
        contacts.put_key(
            IdentifierRow(
                contact.workspace_id, kind, value, contact.id, self._proven, created_at, proven_at
            )
        )

    def _take_from(self, holder: ContactRow) -> None:
        """The e-mail was never proven to be this contact's: it is only what somebody stated."""
        if holder.email is None:
            return
        lower = claims.merged(holder.unverified_metadata, {"email": holder.email})
        changes = {"email": None, "unverified_metadata": lower}
        self._tx.contacts.update(holder.workspace_id, holder.id, changes)
        self._tx.add_change(holder.workspace_id, "contact", holder.id)

    def _release(self, email: str | None) -> None:
        """Also where the proof carries no e-mail: what was only stated opens nothing (test 21)."""
        workspace_id = self._contact.workspace_id
        for key in self._tx.contacts.keys_of(workspace_id, self._contact.id):
            if key.kind == "email" and not key.proven and key.value != email:
                self._tx.contacts.drop_key(workspace_id, "email", key.value)
