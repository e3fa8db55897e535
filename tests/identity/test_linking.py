"""The collision matrix of IDENTITY §3, each cell beside its neighbours (leak test 11)."""

from dataclasses import replace

import pytest

from server.identity.linking import Case, EmailKey, Found, Link, Target, case_of, resolve
from server.identity.model import ContactRow

USER = ContactRow("ws_1", "co_user", "user", 0, 0, user_id="u1")
LEAD = ContactRow("ws_1", "co_lead", "lead", 0, 0, email="a@x")
OTHER = ContactRow("ws_1", "co_other", "user", 0, 0, email="a@x", user_id="u2")
PROVEN = {"verified_at": 1}
TAKE, MOVE, NONE = EmailKey.TAKE, EmailKey.MOVE, EmailKey.NONE


def found(
    user: ContactRow | None = None,
    email: ContactRow | None = None,
    *,
    user_given: bool = True,
    email_given: bool = True,
    email_is_proven: bool = False,
) -> Found:
    return Found(user_given, email_given, user, email, email_is_proven)


CELLS = [
    # case, found, unverified, verified
    (Case.NOTHING, found(), Link(Target.CURRENT, TAKE), Link(Target.CURRENT, TAKE)),
    (
        Case.NOTHING,
        found(email_given=False),
        Link(Target.CURRENT),
        Link(Target.CURRENT),
    ),
    (Case.ONLY_USER, found(USER), Link(Target.OF_USER, TAKE), Link(Target.OF_USER, TAKE)),
    (
        Case.ONLY_USER,
        found(replace(USER, email="b@x")),
        Link(Target.OF_USER),
        Link(Target.OF_USER, TAKE),
    ),
    (
        Case.ONLY_USER,
        found(replace(USER, **PROVEN)),  # type: ignore[arg-type]
        Link(Target.OF_USER),
        Link(Target.OF_USER, TAKE),
    ),
    (Case.ONLY_USER, found(USER, USER), Link(Target.OF_USER, TAKE), Link(Target.OF_USER, TAKE)),
    (
        Case.ONLY_EMAIL_FREE,
        found(email=LEAD),
        Link(Target.OF_EMAIL, TAKE),
        Link(Target.OF_EMAIL, TAKE),
    ),
    (
        Case.ONLY_EMAIL_FREE,
        found(email=replace(LEAD, **PROVEN), email_is_proven=True),  # type: ignore[arg-type]
        Link(Target.OF_EMAIL, writes=False),
        Link(Target.OF_EMAIL, TAKE),
    ),
    (
        Case.ONLY_EMAIL_OTHER,
        found(email=OTHER),
        Link(Target.NEW, duplicate=True),
        Link(Target.NEW, MOVE, duplicate=True),
    ),
    (
        Case.ONLY_EMAIL_OTHER,
        found(email=OTHER, email_is_proven=True),
        Link(Target.NEW, duplicate=True),
        Link(Target.NEW, NONE, duplicate=True),
    ),
    (
        Case.BOTH,
        found(USER, LEAD),
        Link(Target.OF_USER, duplicate=True),
        Link(Target.OF_USER, MOVE, absorbs=True),
    ),
    (
        Case.BOTH,
        found(USER, OTHER),
        Link(Target.OF_USER, duplicate=True),
        Link(Target.OF_USER, MOVE, duplicate=True),
    ),
    (
        Case.BOTH,
        found(USER, OTHER, email_is_proven=True),
        Link(Target.OF_USER, duplicate=True),
        Link(Target.OF_USER, NONE, duplicate=True),
    ),
    (
        Case.EMAIL_ALONE,
        found(email=LEAD, user_given=False),
        Link(Target.OF_EMAIL, TAKE),
        Link(Target.OF_EMAIL, TAKE),
    ),
    (
        Case.EMAIL_ALONE,
        found(email=OTHER, user_given=False),
        Link(Target.OF_EMAIL, TAKE),
        Link(Target.NEW, MOVE, duplicate=True),
    ),
    (
        Case.EMAIL_ALONE,
        found(email=OTHER, email_is_proven=True, user_given=False),
        Link(Target.OF_EMAIL, TAKE),
        Link(Target.OF_EMAIL, TAKE),
    ),
]


@pytest.mark.parametrize(("case", "keys", "stated", "proven"), CELLS)
def test_a_cell_of_the_matrix(case: Case, keys: Found, stated: Link, proven: Link) -> None:
    """§3."""
    assert case_of(keys) is case
    assert resolve(keys, proven=False, enforce=False) == stated
    assert resolve(keys, proven=True, enforce=False) == proven


def test_where_proofs_are_insisted_on_an_address_opens_no_named_contact() -> None:
    """§3, the row `enforce`: the same as for an address that nobody has."""
    named, lead = found(email=OTHER, user_given=False), found(email=LEAD, user_given=False)

    assert resolve(named, proven=False, enforce=True) == Link(Target.NEW, duplicate=True)
    assert resolve(lead, proven=False, enforce=True) == Link(Target.OF_EMAIL, TAKE)
