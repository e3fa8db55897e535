"""Proofs that we give out ourselves: contact tokens, for customers without a JWT library (OCX-23).

A customer's server says with its secret key who somebody is, and hands the token it is given to
that person's page. What it said is proven data. A token is opaque and only its hash is kept; it is
withdrawn alone, or with all of the contact's proofs, and every open session that stands on it is
locked at once (IDENTITY T16).
"""

from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, JsonValue
from starlette.responses import Response

from protocol.errors import Detail, ErrorCode, Problem
from protocol.frames.values import Email, FreeForm, Id, Name, Proof, UserId, WebUrl
from server import ids
from server.api.inputs import Body, Nothing
from server.api.operation import Call
from server.api.problems import ApiError, JsonResponse
from server.clock import rfc3339
from server.gateway.refusals import NOT_FOUND, GatewayError
from server.identity import claims
from server.identity.model import ContactRow, ContactTokenRow, Statement
from server.store.port import Transaction

__all__ = [
    "AuthenticateUser",
    "InspectToken",
    "authenticate_user",
    "inspect_token",
    "list_tokens",
    "revoke_token",
    "revoke_tokens",
]

_DAY: Final = 86_400
_MOST_DAYS: Final = 30


class AuthenticateUser(Body):
    """Who it is. `expires_in` is seconds: a day unless said otherwise, a month at most."""

    email: Email
    user_id: UserId | None = None
    name: Name | None = None
    avatar_url: WebUrl | None = None
    phone: Name | None = None
    language: Name | None = None
    external_id: UserId | None = None
    custom_data: Annotated[FreeForm | None, Field(alias="customData")] = None
    expires_in: Annotated[int, Field(ge=60, le=_MOST_DAYS * _DAY)] = _DAY


class InspectToken(Body):
    """A contact token."""

    token: Proof


class ContactId(BaseModel):
    """A contact, by its id alone."""

    id: str


class Authenticated(BaseModel):
    """A contact token, in clear for this once."""

    token: str
    contact: ContactId
    expires_at: str


class Inspected(BaseModel):
    """Whether a token proves something now, and whom."""

    valid: bool
    contact: ContactId | None
    expires_at: str | None


class ContactToken(BaseModel):
    """A token as it may be shown: never itself."""

    id: str
    created_at: str
    expires_at: str
    last_used_at: str | None
    revoked_at: str | None
    external_id: str | None


class ContactTokenList(BaseModel):
    """A contact's tokens, newest first."""

    items: list[ContactToken]


class Revoked(BaseModel):
    """How many sessions were locked."""

    sessions: int


async def authenticate_user(call: Call[AuthenticateUser]) -> Response:
    """Write down who somebody is, as proven, and give out a token for their page."""
    asked, gateway = call.input, call.api.gateway
    metadata: dict[str, JsonValue] = dict(asked.custom_data or {})
    reserved = claims.reserved_keys(metadata)
    if reserved:
        details = tuple(Detail(f"customData.{key}", "is reserved") for key in reserved)
        message = "Some of these keys are reserved."
        raise ApiError(Problem(ErrorCode.INVALID_INPUT, message, details))
    says = Statement(
        asked.user_id,
        asked.email,
        asked.name,
        asked.avatar_url,
        asked.phone,
        asked.language,
        metadata,
    )
    now = gateway.clock.now_ms()
    expires_at = now + asked.expires_in * 1000
    token = ids.fresh_secret("ct")
    contact = await gateway.identity.authenticate(
        call.caller.workspace_id,
        says,
        ids.secret_hash(token),
        actor=call.caller.credential,
        expires_at=expires_at,
        external_id=asked.external_id,
    )
    gateway.identities.contact_changed(contact)
    answer = {
        "token": token,
        "contact": {"id": contact.id},
        "expires_at": rfc3339(expires_at),
    }
    return JsonResponse(answer, 201)


async def inspect_token(call: Call[InspectToken]) -> Response:
    """Say whether a token is good, and for whom."""
    hashed, now = ids.secret_hash(call.input.token), call.api.gateway.clock.now_ms()
    workspace_id = call.caller.workspace_id
    row = await call.api.store.read(lambda tx: tx.contacts.token(workspace_id, hashed))
    if row is None:
        return JsonResponse({"valid": False, "contact": None, "expires_at": None})
    valid = row.revoked_at is None and now < row.expires_at
    answer = {
        "valid": valid,
        "contact": {"id": row.contact_id},
        "expires_at": rfc3339(row.expires_at),
    }
    return JsonResponse(answer)


async def list_tokens(call: Call[Nothing]) -> Response:
    """A contact's tokens, without themselves."""
    workspace_id, contact_id = call.caller.workspace_id, _path(call, "contact_id")

    def query(tx: Transaction) -> list[ContactTokenRow]:
        _contact(tx, workspace_id, contact_id)
        return list(tx.contacts.tokens_of(workspace_id, contact_id))

    rows = await call.api.store.read(query)
    return JsonResponse({"items": [_token_of(row) for row in rows]})


async def revoke_token(call: Call[Nothing]) -> Response:
    """Withdraw one token; the sessions that stand on it are locked."""
    workspace_id, token_id = call.caller.workspace_id, _path(call, "token_id")
    contact_id = _path(call, "contact_id")
    now = call.api.gateway.clock.now_ms()

    def unit(tx: Transaction) -> None:
        _contact(tx, workspace_id, contact_id)
        known = {row.id: row for row in tx.contacts.tokens_of(workspace_id, contact_id)}
        if token_id not in known:
            raise GatewayError(NOT_FOUND)
        if known[token_id].revoked_at is None:
            tx.contacts.change_token(workspace_id, token_id, {"revoked_at": now})

    await call.api.store.write(unit)
    await call.api.gateway.identities.withdraw(workspace_id, contact_id, source=token_id)
    return Response(status_code=204)


async def revoke_tokens(call: Call[Nothing]) -> Response:
    """Withdraw every proof of a contact: its tokens, and whatever its sessions stand on."""
    workspace_id, contact_id = call.caller.workspace_id, _path(call, "contact_id")
    now = call.api.gateway.clock.now_ms()

    def unit(tx: Transaction) -> None:
        _contact(tx, workspace_id, contact_id)
        for row in tx.contacts.tokens_of(workspace_id, contact_id):
            if row.revoked_at is None:
                tx.contacts.change_token(workspace_id, row.id, {"revoked_at": now})

    await call.api.store.write(unit)
    locked = await call.api.gateway.identities.withdraw(workspace_id, contact_id, source=None)
    return JsonResponse({"sessions": locked})


def _contact(tx: Transaction, workspace_id: str, contact_id: str) -> ContactRow:
    contact = tx.contacts.get(workspace_id, contact_id)
    if contact is None:
        raise GatewayError(NOT_FOUND)
    return contact


def _path(call: Call[Any], name: str) -> Id:
    named: str = call.request.path_params[name]
    if not named.isascii() or len(named) > 64:
        raise GatewayError(NOT_FOUND)
    return named


def _token_of(row: ContactTokenRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "created_at": rfc3339(row.created_at),
        "expires_at": rfc3339(row.expires_at),
        "last_used_at": None if row.last_used_at is None else rfc3339(row.last_used_at),
        "revoked_at": None if row.revoked_at is None else rfc3339(row.revoked_at),
        "external_id": row.external_id,
    }
