"""Names and secrets."""

import re

import pytest

from server import ids


@pytest.mark.parametrize(
    ("make", "prefix"),
    [
        (ids.conversation_id, "cv_"),
        (ids.event_id, "ev_"),
        (ids.session_id, "se_"),
        (ids.agent_id, "ag_"),
        (ids.workspace_id, "ws_"),
        (ids.key_id, "key_"),
        (ids.contact_id, "co_"),
    ],
)
def test_an_id_says_what_it_names_and_is_never_given_twice(make: object, prefix: str) -> None:
    made = {make() for _ in range(1_000)}  # type: ignore[operator]

    assert len(made) == 1_000
    assert all(one.startswith(prefix) and len(one) <= 64 for one in made)


def test_a_visitors_id_has_the_shape_that_a_client_may_propose() -> None:
    assert re.fullmatch(r"v_\d{13}_[a-z0-9]{22,40}", ids.visitor_id(5))


def test_a_secret_matches_its_own_hash_only() -> None:
    secret, other = ids.fresh_secret("vt"), ids.fresh_secret("vt")

    assert secret.startswith("vt_")
    assert len(secret) > 40
    assert ids.matches(secret, ids.secret_hash(secret))
    assert not ids.matches(other, ids.secret_hash(secret))


def test_a_secret_that_is_not_text_is_wrong_and_no_error() -> None:
    assert not ids.matches("\ud800", ids.secret_hash("x"))
