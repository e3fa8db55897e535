"""A slow, literal reading of IDENTITY: who is there, with what proof, and who sees what.

Written from the document alone and kept ignorant of `server/identity`: plain dicts, one `if` for
each cell of the matrix of §3. `test_oracle.py` drives the real thing beside it. Names of contacts
are the oracle's own; comparisons are up to renaming.
"""

from typing import Any

__all__ = ["GRACE", "LEEWAY", "Oracle", "Refused"]

LEEWAY, GRACE = 30_000, 60_000


class Refused(Exception):
    """What the caller is told instead of an ack; nothing was written."""


class Oracle:
    """A workspace in plain dicts."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.contacts: dict[str, dict[str, Any]] = {}
        self.keys: dict[tuple[str, str], dict[str, Any]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.conversations: dict[str, dict[str, Any]] = {}

    # What people do.

    def opens(self, name: str, device: str) -> None:
        """T3: a new anonymous session, with the device's last anonymous contact if one is left."""
        self.sessions[name] = {
            "device": device,
            "contact": self._anonymous_contact(device),
            "trust": "anonymous",
            "subject": {"user": None, "email": None},
            "scope": None,
            "bound": None,
            "expires": None,
            "ended": False,
        }

    def writes(self, name: str, conversation: str) -> None:
        """T6: the first message makes the anonymous contact, and the conversation."""
        session = self.sessions[name]
        if session["contact"] is None:
            session["contact"] = self._anonymous_contact(session["device"]) or self._contact()
        self.conversations[conversation] = {
            "device": session["device"],
            "contact": session["contact"],
            "scope": session["scope"],
            "verified": session["trust"] == "verified",
        }

    def resets(self, name: str, fresh: str) -> bool:
        """T14: every session of the device ends; an anonymous one does nothing (T14a)."""
        session = self.sessions[name]
        if session["trust"] == "anonymous":
            return False
        self._end_device(session["device"])
        self.opens(fresh, session["device"])
        return True

    def passes(self, now: int) -> None:
        """T16, T18: proofs lapse, and after the grace only `enforce` stays locked."""
        for session in self._live():
            if session["trust"] == "verified" and now >= session["expires"] + LEEWAY:
                session["trust"] = "expired"
            is_over = session["trust"] == "expired" and now >= session["expires"] + LEEWAY + GRACE
            if is_over and self.mode != "enforce":
                session["trust"] = "identified"

    def identify(
        self,
        name: str,
        fresh: str,
        said: dict[str, Any],
        proof: dict[str, Any] | None,
    ) -> str:
        """§4.8; the name of the session that came of it (`fresh` after a change of subject)."""
        session = self.sessions[name]
        if proof:
            self._agrees(said, proof)
        new = dict(proof["says"]) if proof else {"user": said["user"], "email": said["email"]}
        needs = self.mode == "enforce" and new["user"] is not None and not proof
        name, is_refused = self._turns(name, fresh, new, proof=bool(proof), needs=needs)
        if is_refused:
            return name
        session = self.sessions[name]
        if not proof:  # a statement adds to the earlier ones (§0.9)
            new = {key: new[key] or session["subject"][key] for key in new}
        self._scope(session, said, proof)
        was, before = session["trust"], session["contact"]
        # T11, T12. Of a session whose proof has lapsed §4.7 says nothing: it goes on like T12.
        if not (new["user"] or new["email"]) or (session["expires"] and not proof):
            return name
        # In any scope: else a chat would be left behind with a contact that is gone.
        seen = [
            one
            for one in self.visible(name, any_scope=True)
            if self.conversations[one]["device"] == session["device"]
            and not self.conversations[one]["verified"]
        ]
        lead = before is not None and not self._keys_of(before, "user")
        if proof:
            target = self._proven(session, new["user"], new["email"])
        else:
            target = self._unproven(session, new["user"], new["email"])
        promotes = proof and (was == "anonymous" or before == target or lead)
        self._repoint(seen, target, session["scope"], verified=bool(promotes))
        if was == "anonymous":
            self._part(before)
        session["contact"] = target
        session["trust"] = "verified" if proof else "identified"
        session["subject"] = new
        if proof:
            session["expires"] = proof["expires"]
        return name

    def _turns(
        self, name: str, fresh: str, new: dict[str, Any], *, proof: bool, needs: bool
    ) -> tuple[str, bool]:
        """T10, T10v, T8e: the session in which it goes on, and whether it ends there."""
        session = self.sessions[name]
        is_standing = session["trust"] in ("verified", "expired")
        if self._different(session, new):
            if needs and not is_standing:
                raise Refused("identity_required")
            self._end_device(session["device"])
            self.opens(fresh, session["device"])
            return fresh, needs
        if needs and session["trust"] != "verified":
            raise Refused("identity_required")
        if session["trust"] == "expired" and not proof:
            raise Refused("identity_expired")
        return name, False

    def _repoint(self, names: list[str], target: str, scope: str | None, *, verified: bool) -> None:
        for one in names:
            row = self.conversations[one]
            row["contact"] = target
            row["scope"] = row["scope"] or scope
            row["verified"] = verified

    def _part(self, contact: str | None) -> None:
        """A second tab without the session stays anonymous; what they shared is somebody's now."""
        for one in self._live():
            if one["trust"] == "anonymous" and one["contact"] == contact:
                one["contact"] = None

    # What may be seen.

    def visible(self, name: str, *, any_scope: bool = False) -> set[str]:
        """§4.4, for `unverifiedHistory: device`."""
        session = dict(self.sessions[name])
        if any_scope:
            session["scope"] = None
        return {one for one in self.conversations if self._sees(session, one)}

    def _sees(self, session: dict[str, Any], name: str) -> bool:
        row = self.conversations[name]
        if session["scope"] is not None and row["scope"] != session["scope"]:
            return False
        same = bool(row["contact"] == session["contact"])
        here = bool(row["device"] == session["device"])
        if session["trust"] == "anonymous":
            return here and same and not row["verified"]
        if session["trust"] == "identified":
            return here and same and not row["verified"]
        if session["trust"] == "verified":
            return same and (row["verified"] or here)
        return False

    # §4.6.

    def _different(self, session: dict[str, Any], new: dict[str, Any]) -> bool:
        if session["trust"] == "anonymous" or not (new["user"] or new["email"]):
            return False
        subject: dict[str, str | None] = session["subject"]
        user, email = subject["user"], subject["email"]
        if user and new["user"] and user == new["user"]:
            return False
        if not user and not new["user"] and email == new["email"]:
            return False
        agrees = not new["email"] or not email or email == new["email"]
        return bool(user or not new["user"] or not agrees)

    # Refusals of a proof, and the scope.

    def _agrees(self, said: dict[str, Any], proof: dict[str, Any]) -> None:
        proven = proof["says"]["user"]
        if said["user"] and proven and said["user"] != proven:
            raise Refused("identity_mismatch")
        if proof["scope"] and "scope" in said and said["scope"] != proof["scope"]:
            raise Refused("identity_mismatch")

    def _scope(
        self, session: dict[str, Any], said: dict[str, Any], proof: dict[str, Any] | None
    ) -> None:
        if proof:
            session["bound"] = proof["scope"]
        if session["bound"] and proof:
            session["scope"] = session["bound"]
        elif "scope" in said:
            if session["bound"] and said["scope"] != session["bound"]:
                raise Refused("identity_mismatch")
            session["scope"] = said["scope"]

    # §3, the collision matrix.

    def _unproven(self, session: dict[str, Any], user: str | None, email: str | None) -> str:
        of_user, of_email = self._holder("user", user), self._holder("email", email)
        if of_user:  # only Cu; Cu = Ce; Cu ≠ Ce
            has_one = self._keys_of(of_user, "email")
            if email and not of_email and not has_one and not self._is_proven(of_user):
                self._register(of_user, "email", email, proven=False)
            return of_user
        if of_email and user:
            if self._keys_of(of_email, "user"):  # another userId
                return self._new(user)
            if not self._is_proven(of_email):
                self._register(of_email, "user", user, proven=False)
            return of_email
        if of_email:
            if self.mode == "enforce" and self._keys_of(of_email, "user"):
                own: str | None = session["contact"]
                if session["trust"] == "identified" and own and not self._keys_of(own, "user"):
                    return own  # the new contact of the first time (leak test 19)
                return self._contact()
            return of_email
        return self._promoted(session, user, email)

    def _proven(self, session: dict[str, Any], user: str | None, email: str | None) -> str:
        of_user, of_email = self._holder("user", user), self._holder("email", email)
        named = of_email is not None and self._keys_of(of_email, "user")
        if of_user is None and of_email is None:
            target = self._promoted(session, user, None)
        elif of_email is None or of_user == of_email:
            assert of_user is not None
            target = of_user
        elif user is None:
            is_free = not named and not self._is_proven(of_email)
            is_its = self.keys["email", str(email)]["proven"] or is_free
            target = of_email if is_its else self._contact()
        elif of_user is None:
            target = self._new(user) if named else of_email
        else:
            target = of_user
            if not named:
                self._merge(of_email, of_user)
        self._prove(target, user, email)
        return target

    def _prove(self, target: str, user: str | None, email: str | None) -> None:
        """The keys that a proof proves, and what it takes from squatters (§4.8 step 7)."""
        for value in self._keys_of(target, "email"):
            if value != email and not self.keys["email", value]["proven"]:
                del self.keys["email", value]
        self.contacts[target]["proven"] = True
        if user:
            self._register(target, "user", user, proven=True)
        if email:
            key = self.keys.get(("email", email))
            if key is None or key["contact"] == target or not key["proven"]:
                self._register(target, "email", email, proven=True)

    def _promoted(self, session: dict[str, Any], user: str | None, email: str | None) -> str:
        """Nothing found: an anonymous contact becomes that person, else there is a new one."""
        target: str | None = session["contact"]
        if target is None or session["trust"] != "anonymous":
            target = self._contact()
        if user:
            self._register(target, "user", user, proven=False)
        if email:
            self._register(target, "email", email, proven=False)
        return target

    def _merge(self, absorbed: str, survivor: str) -> None:
        every = (*self.keys.values(), *self.conversations.values(), *self.sessions.values())
        for row in every:
            if row["contact"] == absorbed:
                row["contact"] = survivor

    # Rows.

    def _live(self) -> list[dict[str, Any]]:
        return [one for one in self.sessions.values() if not one["ended"]]

    def _end_device(self, device: str) -> None:
        for one in self._live():
            if one["device"] == device:
                one["ended"] = True

    def _anonymous_contact(self, device: str) -> str | None:
        """The device's newest anonymous contact, unless that session was reset (T3)."""
        for one in reversed(list(self.sessions.values())):
            if one["device"] == device and one["trust"] == "anonymous":
                if one["ended"]:
                    return None
                if one["contact"]:
                    return str(one["contact"])
        return None

    def _contact(self) -> str:
        name = f"contact {len(self.contacts) + 1}"
        self.contacts[name] = {"proven": False}
        return name

    def _new(self, user: str) -> str:
        name = self._contact()
        self._register(name, "user", user, proven=False)
        return name

    def _register(self, contact: str, kind: str, value: str, *, proven: bool) -> None:
        key = self.keys.get((kind, value))
        kept = key is not None and key["contact"] == contact and key["proven"]
        self.keys[kind, value] = {"contact": contact, "proven": bool(proven or kept)}

    def _holder(self, kind: str, value: str | None) -> str | None:
        key = self.keys.get((kind, value)) if value else None
        return str(key["contact"]) if key else None

    def _keys_of(self, contact: str, kind: str) -> list[str]:
        return [v for (k, v), one in self.keys.items() if k == kind and one["contact"] == contact]

    def _is_proven(self, contact: str) -> bool:
        return bool(self.contacts[contact]["proven"])
