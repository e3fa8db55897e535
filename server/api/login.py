"""Signing in and out, and the one-time set-up of the first owner (PROTOCOL §1, §3, §12).

A session is an agent's token, given in the answer and in a cookie that only our own pages can send
back. Whoever guesses passwords is slowed per account and per address, and learns nothing of which
accounts exist: an unknown one is refused with the same bytes after the same work.
"""

import math
from typing import Annotated, Final

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from protocol import limits
from protocol.errors import Detail, ErrorCode, Problem
from protocol.frames.values import Email, Line
from server import ids
from server.api.auth import refuse_foreign_pages
from server.api.inputs import Body, Nothing
from server.api.operation import Api, Call
from server.api.problems import ApiError, JsonResponse
from server.api.sockets import COOKIE, SECURE_COOKIE
from server.api.v1.shapes import agent_of
from server.bootstrap import owner_exists
from server.identity.model import AgentRow, Role
from server.passwords import PASSWORD_MIN
from server.store.port import Transaction

__all__ = ["Login", "Setup", "begin_session", "login", "logout", "set_session_cookie", "setup"]

_LIVES_SECONDS: Final = 30 * 86_400
_WORKSPACES_TRIED: Final = 5
_PASSWORD_MAX: Final = 1024
_NO_NUL: Final = r"\A[^\x00]*\z"

_Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_NUL),
]

_WRONG: Final = Problem(ErrorCode.UNAUTHENTICATED, "E-mail or password is wrong.")
_SEVERAL: Final = "This e-mail belongs to several workspaces; name one in `workspace`."
_AGENTS_ONLY: Final = Problem(ErrorCode.FORBIDDEN, "Only an agent's token can sign out.")
_LINK: Final = Problem(
    ErrorCode.FORBIDDEN, "This set-up link is wrong, used or too old; a restart prints a new one."
)
_TAKEN: Final = Problem(ErrorCode.CONFLICT, "An agent with this e-mail exists already.")


class Login(Body):
    """Who signs in. `workspace` is needed if the e-mail is known in several."""

    email: Annotated[str, Field(max_length=limits.EMAIL_CHARACTERS, pattern=_NO_NUL)]
    password: Annotated[str, Field(max_length=_PASSWORD_MAX)]
    workspace: Line | None = None


class Setup(Body):
    """The first owner, by the secret of the set-up link."""

    secret: Annotated[str, Field(max_length=200)]
    name: _Title
    email: Email
    password: Annotated[str, Field(min_length=PASSWORD_MIN, max_length=_PASSWORD_MAX)]
    workspace: _Title | None = None


async def login(call: Call[Login]) -> Response:
    """Trade an e-mail and a password for a token."""
    refuse_foreign_pages(call.request, call.api.public_url)
    asked = call.input
    email = asked.email.strip().lower()
    _take(call.api, "logins of address", call.peer, limits.LOGIN_ADDRESS)
    _take(call.api, "logins of account", ids.secret_hash(email), limits.LOGIN_ACCOUNT)
    known = await call.api.store.read(lambda tx: tx.agents.by_email(email))
    agents = [
        agent
        for agent in known
        if agent.disabled_at is None and asked.workspace in (None, agent.workspace_id)
    ][:_WORKSPACES_TRIED]
    if not agents:
        await call.api.passwords.verify(None, asked.password)
    right = [
        agent
        for agent in agents
        if await call.api.passwords.verify(agent.password_hash, asked.password)
    ]
    if not right:
        raise ApiError(_WRONG)
    if len(right) > 1:
        details = tuple(Detail("workspace", agent.workspace_id) for agent in right)
        raise ApiError(Problem(ErrorCode.CONFLICT, _SEVERAL, details))
    agent, token = right[0], ids.fresh_secret("at")
    now = call.api.gateway.clock.now_ms()
    await call.api.store.write(lambda tx: begin_session(tx, token, agent, now))
    return _signed_in(call.api, call.request, agent, token, 200)


async def logout(call: Call[Nothing]) -> Response:
    """End the token that asks, in the database and on every socket of this node."""
    who, gateway = call.caller, call.api.gateway
    if who.agent is None or who.token_hash is None:
        raise ApiError(_AGENTS_ONLY)
    token_hash, agent = who.token_hash, who.agent
    now = gateway.clock.now_ms()

    def unit(tx: Transaction) -> None:
        tx.agents.revoke_token(token_hash, now)
        tx.add_change(agent.workspace_id, "agent", agent.id)

    await gateway.store.write(unit)
    gateway.views.sign_out(agent.workspace_id, token_hash)
    response = Response(status_code=204)
    set_session_cookie(call.api, call.request, response, "", lives_seconds=0)
    return response


async def setup(call: Call[Setup]) -> Response:
    """Make the first owner."""
    refuse_foreign_pages(call.request, call.api.public_url)
    asked = call.input
    _take(call.api, "logins of address", call.peer, limits.LOGIN_ADDRESS)
    password_hash = await call.api.passwords.hash(asked.password)
    now, token = call.api.gateway.clock.now_ms(), ids.fresh_secret("at")

    def unit(tx: Transaction) -> AgentRow:
        workspace_id = tx.agents.take_setup(ids.secret_hash(asked.secret), now)
        if workspace_id is None or owner_exists(tx):
            raise ApiError(_LINK)
        email = asked.email.lower()
        if any(agent.workspace_id == workspace_id for agent in tx.agents.by_email(email)):
            raise ApiError(_TAKEN)
        agent = AgentRow(
            workspace_id, ids.agent_id(), asked.name, email, Role.OWNER, password_hash, now
        )
        tx.agents.insert(agent)
        tx.agents.drop_setups(workspace_id)
        if asked.workspace is not None:
            tx.workspaces.rename(workspace_id, asked.workspace)
        begin_session(tx, token, agent, now)
        tx.add_change(workspace_id, "agent", agent.id)
        return agent

    agent = await call.api.store.write(unit)
    call.api.gateway.directory.forget(agent.workspace_id)
    return _signed_in(call.api, call.request, agent, token, 201)


def begin_session(tx: Transaction, token: str, agent: AgentRow, now: int) -> None:
    """Make `token` a session of this agent's."""
    expires_at = now + _LIVES_SECONDS * 1000
    tx.agents.insert_token(ids.secret_hash(token), agent, created_at=now, expires_at=expires_at)


def _take(api: Api, kind: str, subject: str, rate: limits.Rate) -> None:
    """Count one attempt. Raises `ApiError` when there were too many."""
    wait = api.gateway.limits.take(kind, subject, rate)
    if wait > 0:
        told = {
            "X-RateLimit-Limit": str(rate.burst),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(math.ceil(wait)),
        }
        problem = Problem(
            ErrorCode.TOO_MANY_REQUESTS,
            "Too many attempts; wait a moment.",
            retry_after_ms=max(1, round(wait * 1000)),
        )
        raise ApiError(problem, told)


def _signed_in(api: Api, request: Request, agent: AgentRow, token: str, status: int) -> Response:
    state = api.gateway.agents.state(agent.workspace_id, agent.id)
    response = JsonResponse({"token": token, "agent": agent_of(agent, state)}, status)
    set_session_cookie(api, request, response, token)
    return response


def set_session_cookie(
    api: Api,
    request: Request,
    response: Response,
    token: str,
    *,
    lives_seconds: int = _LIVES_SECONDS,
) -> None:
    """Give the browser its session: a cookie that only our own pages send back."""
    secure = _is_secure(api, request)
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        token,
        max_age=lives_seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def _is_secure(api: Api, request: Request) -> bool:
    """Whether the browser came, or is meant to come, by https."""
    return request.url.scheme == "https" or (api.public_url or "").startswith("https:")
