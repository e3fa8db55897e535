"""Names and secrets.

An id says what it names by its prefix and proves nothing. A secret is 256 random bits behind a
prefix that says where it belongs; only its SHA-256 is stored, since a random secret needs no slow
hash.
"""

import hashlib
import hmac
import secrets
from uuid import uuid4

from uuid_utils import uuid7

__all__ = [
    "agent_id",
    "contact_id",
    "conversation_id",
    "event_id",
    "fresh_secret",
    "key_id",
    "matches",
    "merge_id",
    "request_id",
    "secret_hash",
    "session_id",
    "visitor_id",
    "workspace_id",
]


def conversation_id() -> str:
    return f"cv_{uuid7().hex}"


def event_id() -> str:
    return f"ev_{uuid7().hex}"


def session_id() -> str:
    return f"se_{uuid7().hex}"


def agent_id() -> str:
    return f"ag_{uuid7().hex}"


def workspace_id() -> str:
    return f"ws_{uuid7().hex}"


def key_id() -> str:
    return f"key_{uuid7().hex}"


def merge_id() -> str:
    return f"mg_{uuid7().hex}"


def request_id() -> str:
    return f"rq_{uuid7().hex}"


def contact_id() -> str:
    """Random through and through: a contact's id must not tell when somebody became known (IDENTITY
    §4.1).
    """
    return f"co_{uuid4().hex}"


def visitor_id(now_ms: int) -> str:
    """`v_<ms>_<random>`, the shape that a client may propose too (PROTOCOL §4)."""
    return f"v_{now_ms:013d}_{uuid4().hex}"


def fresh_secret(prefix: str) -> str:
    """A new secret, e.g. `vt_…` for `fresh_secret("vt")`."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def secret_hash(secret: str) -> str:
    """What is stored of a secret: SHA-256 in hex. Never raises, whatever a client sent as a
    secret.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches(secret: str, stored: str) -> bool:
    """Whether `secret` is the one whose hash is `stored`, in constant time."""
    return hmac.compare_digest(secret_hash(secret), stored)
