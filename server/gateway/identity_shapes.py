"""An identity on its way in and out (PROTOCOL §5, §6, IDENTITY §4.5): a frame's members as a
statement, and a session as the wire shows it.

What leaves is only what the session itself may know, without sensitive keys; an id of ours only to
whoever has proven who they are.
"""

from collections.abc import Sequence
from typing import Any

from protocol.errors import Detail, ErrorCode, Problem
from protocol.frames.visitor import Identity
from server.clock import rfc3339
from server.gateway.refusals import GatewayError
from server.identity import claims
from server.identity.linker import Identified
from server.identity.model import SessionRow, Statement, Trust
from server.identity.visibility import (
    Rules,
    effective_identity,
    lapses_at,
    shown_identity,
    trust_at,
)

__all__ = ["identified_shape", "identity_shape", "refusal", "statement_of", "why_expired"]


def statement_of(data: Identity) -> Statement:
    """A frame's identity as a statement. Raises `GatewayError` for keys that are ours to set."""
    metadata = dict(data.user_metadata or {})
    reserved = claims.reserved_keys(metadata)
    if reserved:
        raise GatewayError(_reserved(reserved))

    def or_of(name: str, given: str | None) -> str | None:
        inner = metadata.get(name)
        return given or (inner if isinstance(inner, str) and inner else None)

    return Statement(
        data.user_id,
        data.email,
        or_of("name", data.name),
        or_of("avatarUrl", data.avatar_url),
        or_of("phone", data.phone),
        or_of("language", data.language),
        metadata,
    )


def _reserved(keys: Sequence[str]) -> Problem:
    details = tuple(Detail(f"userMetadata.{key}", "is reserved") for key in keys)
    return Problem(ErrorCode.INVALID_INPUT, "Some of these keys are reserved.", details)


def _named(row: SessionRow, trust: Trust) -> dict[str, Any]:
    if trust is Trust.VERIFIED and row.proof is not None:
        named = {"userId": row.proof.says.user_id, "contactId": row.contact_id}
        return {name: value for name, value in named.items() if value is not None}
    if trust is Trust.IDENTIFIED and row.said.user_id is not None:
        return {"userId": row.said.user_id}
    return {}


def identified_shape(done: Identified, rules: Rules, now: int) -> dict[str, Any]:
    """The ack of `identify`."""
    row = done.session
    trust = trust_at(row, now, rules.mode)
    shape = {
        **_state(row, trust),
        "linkedConversationIds": list(done.linked),
        "identityVersion": row.identity_version,
    }
    if done.session_token is not None:
        shape["sessionToken"] = done.session_token
    return shape


def identity_shape(row: SessionRow, rules: Rules, now: int) -> dict[str, Any]:
    """Who the session is taken for now: `identityUpdate`, but for what has just changed."""
    trust = trust_at(row, now, rules.mode)
    shown = shown_identity(effective_identity(row, now, rules))
    shape = {
        **_state(row, trust),
        "userMetadata": shown["userMetadata"],
        "externalId": row.external_id,
    }
    lapse = lapses_at(row)
    if trust is Trust.VERIFIED and lapse is not None:
        shape["expiresAt"] = rfc3339(lapse)
    return shape


def _state(row: SessionRow, trust: Trust) -> dict[str, Any]:
    return {
        "state": trust.value,
        "verified": trust is Trust.VERIFIED,
        "visitorId": row.visitor_id,
        **_named(row, trust),
    }


def why_expired(row: SessionRow, before: Trust) -> str:
    """The reason that `identityExpired` gives to a session that was `before`."""
    withdrawn = "expired" if row.revoked_at is None else "revoked"
    return "missing" if before is Trust.IDENTIFIED else withdrawn


def refusal(code: str, message: str) -> GatewayError:
    """What identity refused, as the wire says it."""
    return GatewayError(Problem(ErrorCode(code), message))
