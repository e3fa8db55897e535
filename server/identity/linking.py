"""Which contact an identify means: the collision matrix of IDENTITY §3, as a table.

`Found` is what the two keys led to; `resolve` turns it into a `Link`, which says which contact the
session goes to, what becomes of the keys, and what staff are told. Everything that reads or writes
is elsewhere (`service`), so each cell of the matrix is a test without a database.

The principle behind the cells: a user id outweighs an e-mail; a proof outweighs a statement; and
nobody's conversations ever move because of something that was only said about an e-mail.
"""

from dataclasses import dataclass
from enum import Enum, auto

from server.identity.model import ContactRow

__all__ = ["Case", "EmailKey", "Found", "Link", "Target", "case_of", "resolve"]


class Case(Enum):
    """A row of the matrix."""

    NOTHING = auto()
    ONLY_USER = auto()
    ONLY_EMAIL_FREE = auto()
    """The e-mail's contact has no user id yet."""
    ONLY_EMAIL_OTHER = auto()
    """The e-mail's contact is another user."""
    BOTH = auto()
    """Two contacts."""
    EMAIL_ALONE = auto()
    """No user id was given, and the e-mail is known."""


class Target(Enum):
    """Which contact the session is linked to."""

    CURRENT = auto()
    """The session's own, promoted in place; a new one if it has none."""
    OF_USER = auto()
    OF_EMAIL = auto()
    NEW = auto()


class EmailKey(Enum):
    """What becomes of the e-mail as a key."""

    NONE = auto()
    """It is no key of the target: its value goes to the unverified layer."""
    TAKE = auto()
    """It is free, or the target's already."""
    MOVE = auto()
    """From whoever held it without proof."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the keys of one identify led to. `user_given`: it named a user id.

    `email_given` says that there is an e-mail to be a key (of a proof: in the proof).
    `email_is_proven`: the key was proven for the contact that holds it.
    """

    user_given: bool
    email_given: bool
    of_user: ContactRow | None = None
    of_email: ContactRow | None = None
    email_is_proven: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """What an identify does. `absorbs`: the e-mail's contact is merged into the target.

    `writes`: the statement may change the target's profile. `duplicate`: the two contacts may be
    one person, and staff should look.
    """

    target: Target
    email: EmailKey = EmailKey.NONE
    absorbs: bool = False
    writes: bool = True
    duplicate: bool = False


def case_of(found: Found) -> Case:
    """The matrix's row."""
    of_user, of_email = found.of_user, found.of_email
    if of_user is not None:
        differs = of_email is not None and of_email.id != of_user.id
        return Case.BOTH if differs else Case.ONLY_USER
    if of_email is None:
        return Case.NOTHING
    if not found.user_given:
        return Case.EMAIL_ALONE
    return Case.ONLY_EMAIL_FREE if of_email.user_id is None else Case.ONLY_EMAIL_OTHER


def resolve(found: Found, *, proven: bool, enforce: bool) -> Link:
    """The matrix's cell. `proven`: the subject was proven; `enforce`: the workspace's mode."""
    return _proven(found) if proven else _stated(found, enforce=enforce)


def _stated(found: Found, *, enforce: bool) -> Link:
    of_email = found.of_email
    take = EmailKey.TAKE if found.email_given else EmailKey.NONE
    match case_of(found):
        case Case.NOTHING:
            return Link(Target.CURRENT, take)
        case Case.ONLY_USER:
            assert found.of_user is not None
            untouched = found.of_user.verified_at is None and found.of_user.email is None
            own = of_email is not None
            return Link(Target.OF_USER, take if untouched or own else EmailKey.NONE)
        case Case.ONLY_EMAIL_FREE:
            assert of_email is not None
            if of_email.verified_at is None:
                return Link(Target.OF_EMAIL, EmailKey.TAKE)
            return Link(Target.OF_EMAIL, writes=False)
        case Case.ONLY_EMAIL_OTHER:
            return Link(Target.NEW, duplicate=True)
        case Case.BOTH:
            return Link(Target.OF_USER, duplicate=True)
        case Case.EMAIL_ALONE:
            assert of_email is not None
            if enforce and of_email.user_id is not None:
                return Link(Target.NEW, duplicate=True)
            return Link(Target.OF_EMAIL, EmailKey.TAKE)


def _proven(found: Found) -> Link:
    of_email = found.of_email
    take = EmailKey.TAKE if found.email_given else EmailKey.NONE
    free = of_email is not None and of_email.user_id is None
    match case_of(found):
        case Case.NOTHING:
            return Link(Target.CURRENT, take)
        case Case.ONLY_USER:
            return Link(Target.OF_USER, take)
        case Case.ONLY_EMAIL_FREE:
            return Link(Target.OF_EMAIL, EmailKey.TAKE)
        case Case.BOTH if free:
            # The proof carries the e-mail, or there would be no second contact.
            return Link(Target.OF_USER, EmailKey.MOVE, absorbs=True)
        case Case.ONLY_EMAIL_OTHER:
            return Link(Target.NEW, _unless_proven(found), duplicate=True)
        case Case.BOTH:
            return Link(Target.OF_USER, _unless_proven(found), duplicate=True)
        case Case.EMAIL_ALONE:
            assert of_email is not None
            if found.email_is_proven or (free and of_email.verified_at is None):
                return Link(Target.OF_EMAIL, EmailKey.TAKE)
            return Link(Target.NEW, EmailKey.MOVE, duplicate=True)


def _unless_proven(found: Found) -> EmailKey:
    return EmailKey.NONE if found.email_is_proven else EmailKey.MOVE
