"""What is said about a person, and how it adds up (IDENTITY §3 rows 1, 6 and 13, §4.5, §4.6).

A *statement* is one `identify`, normalised; it proves nothing by itself. A contact has two layers:
what was proven, and what a browser stated. A statement never replaces what was proven, and the
first proof sends everything that was only stated back to the lower layer, so that nobody who
guessed an id first can put words into the real person's profile. Pure: records in, changes out.
"""

from collections.abc import Mapping
from typing import Any, Final

from server.identity.model import ContactRow, Statement, Subject

__all__ = [
    "RESERVED",
    "combined",
    "is_same",
    "is_sensitive",
    "is_upgrade",
    "merged",
    "normal_email",
    "proven_changes",
    "reserved_keys",
    "stated_changes",
    "subject_of",
    "without_sensitive",
]

_FIELDS: Final = {
    "name": "name",
    "email": "email",
    "phone": "phone",
    "avatar_url": "avatarUrl",
    "language": "language",
}
"""A contact's own columns, and what each is called in metadata."""

RESERVED: Final = frozenset(
    {
        "id", "external_id", "org_id", "company_id", "created_at", "updated_at", "first_seen",
        "last_seen", "last_contacted_at",
    }
)  # fmt: skip
"""Keys that are ours to set (HALO-24)."""

_SENSITIVE: Final = ("token", "secret", "password", "apikey", "auth", "credential", "private")
"""What a key contains that is nobody's to read (ANSA-33). The longer patterns of the document all
contain one of these once `_`, `-`, `.` and blanks are dropped."""
_DROPPED: Final = str.maketrans("", "", "_-. ")


def subject_of(said: Statement) -> Subject:
    """Whom a statement speaks of."""
    return Subject(said.user_id, None if said.email is None else normal_email(said.email))


def combined(earlier: Statement, later: Statement) -> Statement:
    """Both statements, where the later one wins."""
    return Statement(
        later.user_id or earlier.user_id,
        later.email or earlier.email,
        later.name or earlier.name,
        later.avatar_url or earlier.avatar_url,
        later.phone or earlier.phone,
        later.language or earlier.language,
        merged(earlier.metadata, later.metadata),
    )


def normal_email(email: str) -> str:
    """An address as a key: trimmed, in lower case (HEL-05)."""
    return email.strip().lower()


def is_same(current: Subject, new: Subject) -> bool:
    """Whether both are one person (IDENTITY §4.6). Who names nobody speaks of who is there."""
    if new.is_nobody:
        return True
    if current.user_id is not None and new.user_id is not None:
        return current.user_id == new.user_id
    return current.user_id is None and new.user_id is None and current.email == new.email


def is_upgrade(current: Subject, new: Subject) -> bool:
    """Whether somebody known by an e-mail alone now has a user id as well."""
    agrees = current.email is None or new.email is None or current.email == new.email
    return current.user_id is None and new.user_id is not None and agrees


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Shallow and additive; the later value wins, and None deletes (HALO-09)."""
    both = {**old, **new}
    return {key: value for key, value in both.items() if value is not None}


def reserved_keys(metadata: Mapping[str, Any]) -> list[str]:
    """The keys that a caller may not set, in the order given."""
    return [key for key in metadata if key in RESERVED]


def is_sensitive(key: str) -> bool:
    """Whether what a key holds must not be shown to anybody (ANSA-33)."""
    plain = key.lower().translate(_DROPPED)
    return any(pattern in plain for pattern in _SENSITIVE)


def without_sensitive(value: Any, allowed: frozenset[str] = frozenset()) -> Any:
    """`value` without what sensitive keys hold, on every level (ANSA-34). `allowed` names keys that
    the owner has declared harmless.
    """
    match value:
        case Mapping():
            return {
                key: without_sensitive(inner, allowed)
                for key, inner in value.items()
                if key in allowed or not is_sensitive(key)
            }
        case list() | tuple():
            return [without_sensitive(inner, allowed) for inner in value]
        case _:
            return value


def stated_changes(contact: ContactRow, said: Statement, *, takes_email: bool) -> dict[str, Any]:
    """What an unproven statement changes of `contact`; only what really differs.

    On a contact of which nothing is proven, a stated field is simply its value; its e-mail only if
    the key is its own (`takes_email`). Whatever cannot be the value goes to the lower layer.
    """
    fields = _stated_fields(said)
    changes: dict[str, Any] = {}
    lower: dict[str, Any] = dict(said.metadata)
    for column, value in fields.items():
        is_free = contact.verified_at is None and (column != "email" or takes_email)
        if is_free:
            changes[column] = value
        elif getattr(contact, column) != value:
            lower[_FIELDS[column]] = value
    changes["unverified_metadata"] = merged(contact.unverified_metadata, lower)
    return _differing(contact, changes)


def proven_changes(
    contact: ContactRow, proven: Statement, said: Statement, now: int
) -> dict[str, Any]:
    """What a proof changes of `contact`: `proven` is its content, `said` came beside it unproven.

    The first proof of a contact demotes every field that was only stated.
    """
    changes: dict[str, Any] = {}
    lower: dict[str, Any] = {}
    fields = _stated_fields(proven)
    if contact.verified_at is None:
        changes["verified_at"] = now
        for column, name in _FIELDS.items():
            stated = getattr(contact, column)
            if stated is not None and stated != fields.get(column):
                lower[name] = stated
            changes[column] = fields.get(column)
    else:
        changes.update(fields)
    for column, value in _stated_fields(said).items():
        if changes.get(column, getattr(contact, column)) != value:
            lower[_FIELDS[column]] = value
    changes["metadata"] = merged(contact.metadata, proven.metadata)
    changes["unverified_metadata"] = merged(contact.unverified_metadata, {**lower, **said.metadata})
    return _differing(contact, changes)


def _stated_fields(said: Statement) -> dict[str, Any]:
    found = {column: getattr(said, column) for column in _FIELDS}
    return {column: value for column, value in found.items() if value is not None}


def _differing(contact: ContactRow, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if getattr(contact, name) != value}
