"""What proves who somebody is: a token that the customer's own server signed (IDENTITY §4.2).

One decoder per kind, one algorithm, no choice taken from the token itself. A `userToken` is a JWT
signed with the workspace's identity secret (HS256 and nothing else); while secrets are rotated, two
may verify. What went wrong is told in words that say what to mend, and never what would have been
right. A contact token is opaque: it is a row of ours, and `service` looks it up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jwt

from server.identity.model import Proof, Statement

__all__ = ["DAY_MS", "LEEWAY_MS", "ProofError", "SigningSecret", "verify_user_token"]

LEEWAY_MS: Final = 30_000
"""How much the customer's clock may differ from ours."""

_LONGEST: Final = 8_192
DAY_MS: Final = 86_400_000
_FAR: Final = 10**11
"""Seconds of a year that nobody will see: a time beyond it is one in milliseconds."""
_REGISTERED: Final = frozenset(
    {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "user_id", "external_id"}
)
_PROFILE: Final = {
    "email": "email",
    "name": "name",
    "phone": "phone",
    "language": "language",
    "avatar": "avatar_url",
    "avatar_url": "avatar_url",
    "avatarUrl": "avatar_url",
    "image": "avatar_url",
}
_KINDS: Final = {
    "wk_": "This is a widget key, which proves nothing.",
    "sk_": "This is a secret server key: it must never be in a browser. Revoke it.",
    "ids_": "This is the identity secret: it must never be in a browser. Rotate it.",
    "st_": "This is a session token, which proves nothing.",
    "vt_": "This is a visitor token, which proves nothing.",
}


class ProofError(Exception):
    """A proof was not taken. `code` is the contract's: `identity_invalid`, `identity_expired` or
    `identity_mismatch`; the text is for the site's developer.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class SigningSecret:
    """One identity secret of the workspace, opened."""

    id: str
    secret: str


def verify_user_token(
    token: str, secrets: Sequence[SigningSecret], now: int, *, ref: str, first_used_at: int
) -> Proof:
    """The proof in `token`. Raises `ProofError`.

    `ref` is the token's hash; `first_used_at` (ms) is when it was first shown, which is what a
    token without any time of its own lives from (HALO-32).
    """
    _refuse_other_kinds(token)
    header = _header(token)
    claims, source = _claims(token, header, secrets)
    expires_at = _expiry(claims, first_used_at)
    if now >= expires_at:
        raise ProofError("identity_expired", "The token has expired; hand in a fresh one.")
    if _seconds(claims, "nbf", 0) * 1000 > now + LEEWAY_MS:
        raise ProofError("identity_invalid", "The token is not valid yet (`nbf`).")
    return Proof(
        _statement(claims),
        expires_at,
        ref,
        source,
        external_id=_text(claims, "external_id"),
        company_id=_text(claims, "company_id"),
    )


def _refuse_other_kinds(token: str) -> None:
    for prefix, words in _KINDS.items():
        if token.startswith(prefix):
            raise ProofError("identity_invalid", words)
    if len(token) > _LONGEST:
        raise ProofError("identity_invalid", "The token is longer than 8 KB.")


def _header(token: str) -> Mapping[str, Any]:
    try:
        header: Mapping[str, Any] = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise ProofError("identity_invalid", "The token is no JSON Web Token.") from None
    if header.get("alg") != "HS256":
        raise ProofError("identity_invalid", "The token must be signed with HS256.")
    return header


def _claims(
    token: str, header: Mapping[str, Any], secrets: Sequence[SigningSecret]
) -> tuple[Mapping[str, Any], str]:
    """The claims, under whichever secret signed them; `kid` says which one to try first."""
    named = header.get("kid")
    for secret in sorted(secrets, key=lambda one: one.id != named):
        try:
            # The times are ours to judge: they may be absent, and come in milliseconds.
            claims = jwt.decode(
                token,
                secret.secret,
                algorithms=["HS256"],
                options={
                    "verify_exp": False, "verify_nbf": False, "verify_iat": False,
                    "verify_aud": False, "verify_iss": False, "verify_sub": False,
                    "verify_jti": False,
                },
            )  # fmt: skip
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError:
            break
        return claims, secret.id
    raise ProofError("identity_invalid", "The token's signature is wrong.")


def _expiry(claims: Mapping[str, Any], first_used_at: int) -> int:
    if "exp" in claims:
        return _seconds(claims, "exp", 0) * 1000 + LEEWAY_MS
    if "iat" in claims:
        return _seconds(claims, "iat", 0) * 1000 + DAY_MS
    return first_used_at + DAY_MS


def _seconds(claims: Mapping[str, Any], name: str, default: int) -> int:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProofError("identity_invalid", f"`{name}` must be a number of seconds.")
    if abs(value) >= _FAR:
        raise ProofError(
            "identity_invalid", f"`{name}` is in milliseconds; a JWT's times are in seconds."
        )
    return int(value)


def _statement(claims: Mapping[str, Any]) -> Statement:
    user_id = claims.get("user_id", claims.get("sub"))
    if isinstance(user_id, int) and not isinstance(user_id, bool):
        user_id = str(user_id)
    if not isinstance(user_id, str) or not 0 < len(user_id) <= 255:
        raise ProofError("identity_invalid", "The token must say whose it is: `user_id` or `sub`.")
    profile = {
        field: value
        for name, field in _PROFILE.items()
        if isinstance(value := claims.get(name), str) and value
    }
    metadata = {
        name: value
        for name, value in claims.items()
        if name not in _REGISTERED and name not in _PROFILE
    }
    return Statement(user_id=user_id, metadata=metadata, **profile)


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None
