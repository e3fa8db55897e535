"""Who asks: the one way in for every route (SECURITY, "one authentication path").

A bearer token, an `X-API-Key` or the console's session cookie becomes a `Caller`, which says what
it may do. A credential in a header wins and the cookie is then not looked at; a cookie alone must
come from our own pages when it changes something (CSRF). An agent's token is looked up by the same
function as on the socket.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from protocol import limits
from protocol.errors import ErrorCode, Problem
from server import ids
from server.api.problems import ApiError
from server.api.sockets import same_origin, session_cookie
from server.chat.service import Staff
from server.gateway.context import Gateway
from server.identity.model import AgentRow, KeyRow, Role
from server.identity.service import agent_by_token

__all__ = ["Caller", "refuse_foreign_pages", "staff_caller", "widget_caller"]

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_EVERYTHING: Final = frozenset({"*"})
_OF_AGENT: Final = frozenset({"conversations:read", "conversations:write", "contacts:read"})
"""What the role `agent` may do; owners and admins may do everything (PROTOCOL §11)."""

_WHO: Final = {"WWW-Authenticate": "Bearer"}
_NOBODY: Final = Problem(ErrorCode.UNAUTHENTICATED, "Send a valid key or token, or sign in.")
_NO_WIDGET: Final = Problem(ErrorCode.UNAUTHENTICATED, "Send a valid widget key in `X-API-Key`.")
_WIDGET_KEY: Final = Problem(
    ErrorCode.FORBIDDEN, "A widget key is public and opens nothing here; use a secret key."
)
_FOREIGN: Final = Problem(ErrorCode.FORBIDDEN, "Pages of this origin may not do this.")


@dataclass(frozen=True, slots=True)
class Caller:
    """An agent, or a program with a key. `bucket` and `rate` are what its requests count in.

    Exactly one of `agent` and `key` is there; `token_hash` comes with the agent.
    """

    workspace_id: str
    scopes: frozenset[str]
    bucket: str
    rate: limits.Rate
    agent: AgentRow | None = None
    key: KeyRow | None = None
    token_hash: str | None = None

    @property
    def credential(self) -> str:
        """A name for what was shown, by which repeats are known: never the credential itself."""
        return f"token:{self.token_hash}" if self.key is None else f"key:{self.key.id}"

    def may(self, scope: str) -> bool:
        return "*" in self.scopes or scope in self.scopes

    def staff(self, named: AgentRow | None = None) -> Staff:
        """Whom this caller writes as; a key may speak for an agent."""
        if self.agent is not None:
            return Staff.of_agent(self.agent)
        assert self.key is not None, "a caller is an agent or has a key"
        return Staff.of_key(self.key, named)


async def staff_caller(request: Request, gateway: Gateway, public_url: str | None) -> Caller:
    """The agent or secret key that asks. Raises `ApiError`."""
    shown = _credential(request)
    if shown is None:
        cookie = session_cookie(request.headers)
        if cookie is None:
            raise ApiError(_NOBODY, _WHO)
        if request.method not in _SAFE and not _own_page(request, public_url):
            raise ApiError(_FOREIGN)
        return await _agent(gateway, cookie)
    if shown.startswith("sk_"):
        return await _secret_key(gateway, shown)
    if shown.startswith("at_"):
        return await _agent(gateway, shown)
    if await gateway.directory.by_widget_key(shown) is not None:
        raise ApiError(_WIDGET_KEY)
    raise ApiError(_NOBODY, _WHO)


async def widget_caller(request: Request, gateway: Gateway, peer: str) -> Caller:
    """The page that shows this widget key. Raises `ApiError`."""
    shown = _credential(request)
    workspace = None if shown is None else await gateway.directory.by_widget_key(shown)
    if workspace is None:
        raise ApiError(_NO_WIDGET, _WHO)
    key = next(key for key in workspace.keys if key.secret == shown)
    bucket = f"{workspace.id} {peer}"
    return Caller(workspace.id, frozenset(), bucket, limits.WIDGET_KEY, key=key)


def refuse_foreign_pages(request: Request, public_url: str | None) -> None:
    """Raise `ApiError` if a browser says that a page of another origin sent this.

    For what gives out a cookie: a stranger's page must not sign its visitor in as somebody else.
    """
    headers = request.headers
    if ("sec-fetch-site" in headers or "origin" in headers) and not _own_page(request, public_url):
        raise ApiError(_FOREIGN)


def _own_page(request: Request, public_url: str | None) -> bool:
    """Whether a page of our own sent this, as the browser tells and a page cannot forge."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return same_origin(request.headers, public_url)


def _credential(request: Request) -> str | None:
    """What a header shows; None if no header does. Raises `ApiError` for another scheme."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return request.headers.get("x-api-key")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiError(_NOBODY, _WHO)
    return token.strip()


async def _agent(gateway: Gateway, token: str) -> Caller:
    agent = await agent_by_token(gateway.store, gateway.clock, token)
    if agent is None:
        raise ApiError(_NOBODY, _WHO)
    scopes = _OF_AGENT if agent.role is Role.AGENT else _EVERYTHING
    return Caller(
        agent.workspace_id,
        scopes,
        agent.id,
        limits.AGENT_OTHER,
        agent=agent,
        token_hash=ids.secret_hash(token),
    )


async def _secret_key(gateway: Gateway, shown: str) -> Caller:
    key_hash = ids.secret_hash(shown)
    key = await gateway.store.read(lambda tx: tx.keys.secret(key_hash))
    if key is None or key.revoked_at is not None:
        raise ApiError(_NOBODY, _WHO)
    return Caller(key.workspace_id, frozenset(key.scopes), key.id, limits.SECRET_KEY, key=key)
