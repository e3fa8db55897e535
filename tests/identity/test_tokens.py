"""A `userToken` is taken for what it says, or refused with the words that help (HALO-27 to 34)."""

from typing import Any

import jwt
import pytest

from server.identity.model import Statement
from server.identity.tokens import LEEWAY_MS, ProofError, SigningSecret, verify_user_token

NOW = 1_800_000_000_000
SECONDS = NOW // 1000
CURRENT = SigningSecret("key_1", "ids_" + "a" * 43)
RETIRING = SigningSecret("key_0", "ids_" + "b" * 43)


def token(secret: SigningSecret = CURRENT, headers: Any = None, **claims: Any) -> str:
    content = {"user_id": "u1", "exp": SECONDS + 60, **claims}
    known = {name: value for name, value in content.items() if value is not ...}
    return jwt.encode(known, secret.secret, algorithm="HS256", headers=headers)


def verify(shown: str, now: int = NOW, first_used_at: int = NOW) -> Any:
    return verify_user_token(
        shown, [CURRENT, RETIRING], now, ref="hash", first_used_at=first_used_at
    )


def test_the_claims_are_profile_attributes_and_what_only_concerns_the_token() -> None:
    """HALO-28."""
    proof = verify(
        token(
            email="Jane@x.test", name="Jane", avatar="https://a.test/j.png", role="admin",
            plan="pro", iat=SECONDS, iss="site", external_id="ws_9", company_id="acme",
        )
    )  # fmt: skip

    assert proof.says == Statement(
        "u1", "Jane@x.test", "Jane", "https://a.test/j.png",
        metadata={"role": "admin", "plan": "pro", "company_id": "acme"},
    )  # fmt: skip
    assert (proof.external_id, proof.company_id) == ("ws_9", "acme")
    assert (proof.source, proof.ref) == ("key_1", "hash")
    assert proof.expires_at == (SECONDS + 60) * 1000 + LEEWAY_MS


def test_both_secrets_verify_while_they_are_rotated() -> None:
    """HALO-30."""
    assert verify(token(RETIRING)).source == "key_0"
    assert verify(token(RETIRING, headers={"kid": "key_0"})).source == "key_0"
    assert verify(token(headers={"kid": "unknown"})).source == "key_1"


def test_sub_is_taken_where_there_is_no_user_id_and_a_number_is_its_digits() -> None:
    """HALO-31, HALO-06."""
    assert verify(token(user_id=..., sub="u2")).says.user_id == "u2"
    assert verify(token(user_id=12345)).says.user_id == "12345"


@pytest.mark.parametrize(
    ("claims", "first_used_at", "ends"),
    [
        ({"exp": SECONDS + 60}, NOW, NOW + 90_000),
        ({"exp": ..., "iat": SECONDS - 60}, NOW, NOW + 86_340_000),
        ({"exp": ...}, NOW - 1_000, NOW + 86_399_000),
    ],
)
def test_a_proof_lives_to_its_end_a_day_from_its_making_or_a_day_from_its_first_use(
    claims: Any, first_used_at: int, ends: int
) -> None:
    """HALO-32."""
    shown = token(**claims)

    assert verify(shown, first_used_at=first_used_at).expires_at == ends
    assert verify(shown, ends - 1, first_used_at).says.user_id == "u1"
    with pytest.raises(ProofError) as refused:
        verify(shown, ends, first_used_at)
    assert refused.value.code == "identity_expired"


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ("nonsense", "no JSON Web Token"),
        (jwt.encode({"user_id": "u1"}, "", algorithm="none"), "HS256"),
        (jwt.encode({"user_id": "u1"}, "long" * 16, algorithm="HS512"), "HS256"),
        (token(SigningSecret("x", "ids_" + "c" * 43)), "signature"),
        (token()[:-4] + "AAAA", "signature"),
        (token(exp=NOW), "milliseconds"),
        (token(iat=NOW, exp=...), "milliseconds"),
        (token(nbf=SECONDS + 31), "not valid yet"),
        (token(exp="soon"), "number of seconds"),
        (token(exp=True), "number of seconds"),
        (token(user_id=...), "whose it is"),
        (token(user_id=""), "whose it is"),
        (token(user_id="u" * 256), "whose it is"),
        (token(user_id=True), "whose it is"),
        (token(note="x" * 9000), "8 KB"),
        ("wk_live_x", "widget key"),
        ("sk_live_x", "secret server key"),
        ("ids_x", "identity secret"),
        ("st_x", "session token"),
        ("vt_x", "visitor token"),
    ],
)
def test_what_is_no_proof_is_refused_in_words_that_help(shown: str, words: str) -> None:
    """HALO-32, HALO-33, OCX-11, leak test 6."""
    with pytest.raises(ProofError, match=words) as refused:
        verify(shown)

    assert refused.value.code == "identity_invalid"


def test_a_token_that_starts_within_the_leeway_is_taken() -> None:
    assert verify(token(nbf=SECONDS + 30)).says.user_id == "u1"


def test_a_broken_payload_under_the_right_signature_is_refused() -> None:
    shown = jwt.api_jws.encode(b"[1]", CURRENT.secret, algorithm="HS256")

    with pytest.raises(ProofError, match="signature"):
        verify(shown)
