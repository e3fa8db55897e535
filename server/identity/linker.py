"""Links the one who is there to their contact: a session's side of IDENTITY §4.8.

The contact is found and written by `people`; this device's conversations go along, and the session
is changed last. A session that was proven now has a new token, and the old one is dead at once.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from server import ids
from server.chat.model import ConversationRow
from server.identity import claims
from server.identity.model import ContactRow, Proof, SessionRow, Statement, Trust
from server.identity.people import IdentityRefused, People, move_conversations
from server.identity.visibility import Rules, visible
from server.store.port import Transaction

__all__ = ["Asked", "Identified", "Linker"]

_WORDS: Final = ("user_id", "email", "name", "avatar_url", "phone", "language")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an identify asks for. `sets_scope`: `external_id` was given, be it None.

    `same_only`: it must be about whoever is there (`identityUpdate`). `leads`: the workspace takes
    e-mails without proof where it insists on proofs otherwise.
    """

    says: Statement
    proof: Proof | None = None
    external_id: str | None = None
    sets_scope: bool = False
    same_only: bool = False
    leads: bool = True


@dataclass(frozen=True, slots=True)
class Identified:
    """What came of it.

    `session` is another one than `before` if somebody else was meant; `ended` are then the device's
    sessions that are over, and `refusal` is why the new one was not identified after all.
    `session_token` is new, or None if the old one goes on. `linked` are this device's conversations
    that are the contact's now; `parted` are its other anonymous sessions, which shared them so far.
    """

    before: SessionRow
    session: SessionRow
    contact: ContactRow | None = None
    ended: tuple[SessionRow, ...] = ()
    session_token: str | None = None
    linked: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    absorbed: tuple[str, ...] = ()
    duplicate_of: str | None = None
    refusal: IdentityRefused | None = None
    parted: tuple[SessionRow, ...] = ()


class Linker:
    """The one who is there is linked to a contact."""

    def __init__(
        self, tx: Transaction, session: SessionRow, asked: Asked, rules: Rules, now: int
    ) -> None:
        self._tx = tx
        self._session = session
        self._asked = asked
        self._rules = rules
        self._now = now
        self._proof = asked.proof
        # While it is proven, what a session states is not its own word for later (§4.5).
        stands = self._proof is not None or session.trust is Trust.VERIFIED
        self._is_proven = stands
        said = claims.combined(session.said, asked.says)
        self._said = session.said if stands else said
        self._key_of = self._proof.says if self._proof is not None else said
        self._scope = self._new_scope()

    def run(self) -> Identified:
        if claims.subject_of(self._key_of).is_nobody or self._is_refinement():
            return self._refine()
        self._check_mismatch()
        session, proof = self._session, self._proof
        before = self._contact()
        people = People(self._tx, session.workspace_id, self._now)
        known = people.link(
            self._said if proof is None else self._asked.says,
            proof=None if proof is None else proof.says,
            current_id=session.contact_id,
            actor=f"session:{session.id}",
            enforce=self._rules.mode == "enforce",
        )
        parted = self._part()
        linked = self._repoint(before, known.contact)
        self._note_word(known.contact)
        row, token = self._change_session(known.contact)
        return Identified(
            session,
            row,
            known.contact,
            parted=parted,
            session_token=token,
            linked=tuple(dict.fromkeys([*(one.id for one in linked), *known.moved])),
            changed=self._changed(row),
            absorbed=known.absorbed,
            duplicate_of=known.duplicate_of,
        )

    # Who is meant

    def _is_refinement(self) -> bool:
        """Whether a proven session only adds to what it states (T12)."""
        return self._proof is None and self._session.trust is Trust.VERIFIED

    def _check_mismatch(self) -> None:
        """What a page states beside a proof must not contradict it."""
        if self._proof is None:
            return
        stated, proven = self._asked.says.user_id, self._proof.says.user_id
        if stated is not None and proven is not None and stated != proven:
            raise IdentityRefused(
                "identity_mismatch", "The token is not that of the `userId` that was given."
            )

    def _new_scope(self) -> str | None:
        proof = self._proof or (self._session.proof if self._is_standing() else None)
        if proof is not None and proof.external_id is not None:
            if self._asked.sets_scope and self._asked.external_id != proof.external_id:
                raise IdentityRefused("identity_mismatch", "The token is for another `externalId`.")
            return proof.external_id
        return self._asked.external_id if self._asked.sets_scope else self._session.external_id

    def _is_standing(self) -> bool:
        return self._session.trust is Trust.VERIFIED

    # What goes along

    def _repoint(self, before: ContactRow | None, target: ContactRow) -> list[ConversationRow]:
        """This device's conversations that the session could see, whichever contact holds them."""
        session, tx = self._session, self._tx
        if session.contact_id is None:
            return []
        rows = [
            row
            for row in tx.conversations.of_device(
                session.workspace_id, session.visitor_id, session.contact_id
            )
            if not row.verified and self._could_see(row)
        ]
        promotes = self._proof is not None and self._promotes(before, target)
        changed = [
            replace(
                row,
                contact_id=target.id,
                verified=promotes,
                external_id=row.external_id or self._scope,
            )
            for row in rows
        ]
        move_conversations(tx, rows, changed)
        if session.contact_id != target.id:
            # What was proven before stays where it is: the session leaves it behind.
            others = tx.conversations.of_contact(session.workspace_id, session.contact_id)
            left = {row.id for row in others if self._could_see(row)}
            tx.conversations.lock(left)
            tx.conversations.revise_access(left)
        return changed

    def _contact(self) -> ContactRow | None:
        session = self._session
        if session.contact_id is None:
            return None
        return self._tx.contacts.get(session.workspace_id, session.contact_id)

    @staticmethod
    def _promotes(before: ContactRow | None, target: ContactRow) -> bool:
        """Whether a proof makes these conversations verified: not those of another user, whom an
        address that was only stated had led to (§4.4).
        """
        return before is not None and (before.id == target.id or before.user_id is None)

    def _part(self) -> tuple[SessionRow, ...]:
        """The device's other anonymous sessions lose the contact that was everybody's.

        It is somebody's now, whether it was promoted or absorbed: in a second tab neither the one
        nor the other may be told from what is still there, nor may whoever is identified there
        next take the conversations along (IDENTITY §0 decision 6, leak tests 18 and 24).
        """
        session, tx = self._session, self._tx
        if session.trust is not Trust.ANONYMOUS or session.contact_id is None:
            return ()
        parted = tuple(
            tx.sessions.update(session.workspace_id, one.id, {"contact_id": None})
            for one in tx.sessions.of_contact(session.workspace_id, session.contact_id)
            if one.id != session.id and one.trust is Trust.ANONYMOUS
        )
        if parted:
            shared = tx.conversations.of_device(
                session.workspace_id, session.visitor_id, session.contact_id
            )
            tx.conversations.lock(row.id for row in shared)
            tx.conversations.revise_access(row.id for row in shared)
        return parted

    def _could_see(self, row: ConversationRow) -> bool:
        """In any scope: a scope that is only now chosen takes the chat before it along."""
        return visible(replace(self._session, external_id=None), row, self._now, self._rules)

    # What is written down

    def _note_word(self, contact: ContactRow) -> None:
        """This device's word about the contact, for its next proven session."""
        session, tx = self._session, self._tx
        word = tx.contacts.claim(session.workspace_id, session.visitor_id, contact.id)
        combined = claims.combined(word or Statement(), self._asked.says)
        if combined != (word or Statement()):
            tx.contacts.put_claim(
                session.workspace_id, session.visitor_id, contact.id, combined, self._now
            )

    # What the session becomes

    def _change_session(self, contact: ContactRow) -> tuple[SessionRow, str | None]:
        session, proof, tx = self._session, self._proof, self._tx
        changes: dict[str, Any] = {
            "contact_id": contact.id,
            "trust": Trust.VERIFIED if self._is_proven else Trust.IDENTIFIED,
            "external_id": self._scope,
            "said": self._said,
        }
        if proof is not None:
            changes |= {
                "proof": proof,
                "identity_expires_at": proof.expires_at,
                "revoked_at": None,
                "company_id": proof.company_id or session.company_id,
            }
        different = {
            name: value for name, value in changes.items() if getattr(session, name) != value
        }
        if not different:
            return session, None
        different["identity_version"] = session.identity_version + 1
        row = tx.sessions.update(session.workspace_id, session.id, different)
        if proof is None or session.trust is Trust.VERIFIED:
            return row, None
        # Whoever held the token before the proof holds nothing after it (session fixation).
        token = ids.fresh_secret("st")
        tx.sessions.drop_tokens(session.workspace_id, session.id)
        tx.sessions.add_token(session.workspace_id, session.id, ids.secret_hash(token), self._now)
        return row, token

    def _refine(self) -> Identified:
        """More about whoever is there, who stays who they are (T11, T12, ANSA-03)."""
        session, tx, says = self._session, self._tx, self._asked.says
        contact = self._contact()
        if contact is not None:
            changes = claims.stated_changes(contact, says, takes_email=False)
            if changes:
                tx.contacts.update(contact.workspace_id, contact.id, changes)
                tx.add_change(contact.workspace_id, "contact", contact.id)
                contact = replace(contact, **changes)
            self._note_word(contact)
        wanted: dict[str, Any] = {"said": self._said, "external_id": self._scope}
        different = {
            name: value for name, value in wanted.items() if getattr(session, name) != value
        }
        row = session
        if different:
            different["identity_version"] = session.identity_version + 1
            row = tx.sessions.update(session.workspace_id, session.id, different)
        return Identified(session, row, contact, changed=self._changed(row))

    def _changed(self, row: SessionRow) -> tuple[str, ...]:
        """Which members of the identity differ from what this very session had before."""
        before, after = self._session, row
        names = [name for name in _WORDS if _word(before, name) != _word(after, name)]
        old, new = _words(before), _words(after)
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        if before.external_id != after.external_id:
            names.append("external_id")
        return (*map(_camel, names), *(f"userMetadata.{key}" for key in keys))


def _word(session: SessionRow, name: str) -> Any:
    proven = None if session.proof is None else getattr(session.proof.says, name)
    return proven if proven is not None else getattr(session.said, name)


def _words(session: SessionRow) -> dict[str, Any]:
    proven = {} if session.proof is None else session.proof.says.metadata
    return {**session.said.metadata, **proven}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
