"""What is said of a person adds up, and never replaces what was proven (IDENTITY §3, §4.6)."""

from dataclasses import replace
from typing import Any

import pytest

from server.identity.claims import (
    combined,
    is_same,
    is_sensitive,
    is_upgrade,
    merged,
    normal_email,
    proven_changes,
    reserved_keys,
    stated_changes,
    subject_of,
    without_sensitive,
)
from server.identity.model import ContactRow, Statement, Subject

NOW = 1_000
BLANK = ContactRow("ws_1", "co_1", "lead", 0, 0)
PROVEN = replace(BLANK, name="Jane", email="jane@x.test", verified_at=1, metadata={"plan": "pro"})


def test_an_address_is_the_same_in_any_case_and_spacing() -> None:
    """HEL-05."""
    assert normal_email(" Jane@X.Test ") == "jane@x.test"
    assert subject_of(Statement(email="Jane@X.test")) == Subject(None, "jane@x.test")


@pytest.mark.parametrize(
    ("current", "new", "same", "upgrade"),
    [
        (Subject("u1"), Subject("u1"), True, False),
        (Subject("u1"), Subject("u2"), False, False),
        (Subject("u1", "a@x"), Subject("u1", "b@x"), True, False),
        (Subject(None, "a@x"), Subject(None, "a@x"), True, False),
        (Subject(None, "a@x"), Subject(None, "b@x"), False, False),
        (Subject(None, "a@x"), Subject("u1"), False, True),
        (Subject(None, "a@x"), Subject("u1", "a@x"), False, True),
        (Subject(None, "a@x"), Subject("u1", "b@x"), False, False),
        (Subject("u1"), Subject(None, "a@x"), False, False),
        (Subject("u1"), Subject(), True, False),
    ],
)
def test_two_subjects_are_one_person_or_not(
    current: Subject, new: Subject, same: bool, upgrade: bool
) -> None:
    """§4.6."""
    assert (is_same(current, new), is_upgrade(current, new)) == (same, upgrade)


def test_metadata_is_merged_shallowly_and_null_deletes() -> None:
    """HALO-09, ANSA-36."""
    old = {"a": 1, "b": {"deep": 1}, "c": 3}

    assert merged(old, {"b": {"other": 2}, "c": None, "d": [1]}) == {
        "a": 1, "b": {"other": 2}, "d": [1],
    }  # fmt: skip


def test_the_later_statement_wins_and_what_it_leaves_out_stays() -> None:
    both = combined(
        Statement("u1", "a@x", "Jane", metadata={"plan": "free", "seats": 1}),
        Statement(name="Jane S.", metadata={"plan": "pro"}),
    )

    assert both == Statement("u1", "a@x", "Jane S.", metadata={"plan": "pro", "seats": 1})


def test_keys_that_are_ours_are_named_in_the_order_given() -> None:
    """HALO-24."""
    given = {"plan": 1, "created_at": 2, "id": 3, "createdAt": 4}

    assert reserved_keys(given) == ["created_at", "id"]


@pytest.mark.parametrize(
    "key",
    [
        "authToken", "apiKey", "API-Key", "api_key", "access_token", "refreshToken", "secret",
        "Password", "credentials", "private_note", "Authorization", "author", "tokensUsed",
    ],
)  # fmt: skip
def test_a_key_that_contains_one_of_the_words_is_sensitive(key: str) -> None:
    """ANSA-33, its false hits included."""
    assert is_sensitive(key)


@pytest.mark.parametrize("key", ["name", "email", "plan", "keyboard", "tok en s"[:5]])
def test_other_keys_are_not(key: str) -> None:
    assert not is_sensitive(key)


def test_sensitive_keys_are_left_out_on_every_level() -> None:
    """ANSA-34."""
    value: Any = {
        "name": "Jane", "authToken": "t", "api": {"apiKey": 1, "url": "u"},
        "list": [{"secret": 1, "ok": 2}, "text"], "author": "Ann",
    }  # fmt: skip

    assert without_sensitive(value, frozenset({"author"})) == {
        "name": "Jane", "api": {"url": "u"}, "list": [{"ok": 2}, "text"], "author": "Ann",
    }  # fmt: skip


def test_what_is_first_stated_of_somebody_unproven_is_simply_the_value() -> None:
    """§3 row 13, HEL-05, OCX-07."""
    said = Statement(name="Jane", email="a@x", phone="1", metadata={"plan": "pro"})

    assert stated_changes(BLANK, said, takes_email=True) == {
        "name": "Jane", "email": "a@x", "phone": "1", "unverified_metadata": {"plan": "pro"},
    }  # fmt: skip


def test_an_address_that_is_anothers_key_is_only_something_stated() -> None:
    changes = stated_changes(BLANK, Statement(email="a@x"), takes_email=False)

    assert changes == {"unverified_metadata": {"email": "a@x"}}


def test_what_was_proven_is_not_changed_by_what_is_stated() -> None:
    """Leak test 12."""
    said = Statement(name="Mallory", email="jane@x.test", metadata={"plan": "free"})

    assert stated_changes(PROVEN, said, takes_email=True) == {
        "unverified_metadata": {"name": "Mallory", "plan": "free"}
    }


def test_saying_the_same_again_changes_nothing() -> None:
    """HALO-18."""
    said = Statement(name="Jane", metadata={"plan": "pro"})
    known = replace(BLANK, name="Jane", unverified_metadata={"plan": "pro"})

    assert stated_changes(known, said, takes_email=True) == {}
    assert proven_changes(PROVEN, Statement(name="Jane"), Statement(), NOW) == {}


def test_the_first_proof_sends_what_was_only_stated_to_the_lower_layer() -> None:
    """§4.8 step 7, leak test 21."""
    squatted = replace(
        BLANK, name="Mallory", email="me@evil.test", unverified_metadata={"plan": "free"}
    )
    proof = Statement("victim", name="Vera", metadata={"plan": "pro"})

    assert proven_changes(squatted, proof, Statement(), NOW) == {
        "verified_at": NOW,
        "name": "Vera",
        "email": None,
        "metadata": {"plan": "pro"},
        "unverified_metadata": {"plan": "free", "name": "Mallory", "email": "me@evil.test"},
    }


def test_a_later_proof_adds_and_what_came_beside_it_stays_below() -> None:
    proof = Statement("u1", phone="2", metadata={"seats": 5})
    beside = Statement(name="J.", phone="2", metadata={"theme": "dark"})

    assert proven_changes(PROVEN, proof, beside, NOW) == {
        "phone": "2",
        "metadata": {"plan": "pro", "seats": 5},
        "unverified_metadata": {"name": "J.", "theme": "dark"},
    }
