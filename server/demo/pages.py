"""The demo's addresses: the two halves side by side, the shop's page, and the way to sign in.

The shop is a page of its own under the strictest policy a site can have, so that the widget is seen
working there and not beside it. The console is the product's own, served once more with the one
header that lets our own pages, and nobody else's, show it in a frame.

Whoever opens `/demo` is nobody. The printed link has a secret in its fragment, which is never sent
by the browser itself and is in no log; the page's script trades it, once, for the cookie of the
demo's agent. What is stored of it is a hash.
"""

import html
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from protocol.errors import ErrorCode, Problem
from server import ids
from server.api.auth import refuse_foreign_pages
from server.api.inputs import Body, Nothing
from server.api.login import begin_session, set_session_cookie
from server.api.operation import Access, Api, Call, Operation, Resource
from server.api.problems import ApiError, JsonResponse
from server.api.rim import page_headers
from server.api.sockets import session_cookie
from server.api.static import console_pages, folder_of, static_folder
from server.demo.stories import AGENTS
from server.identity.model import AgentRow
from server.identity.service import agent_by_token
from server.store.port import Transaction

__all__ = ["demo_pages", "issue_link"]

_LINK: Final = "demo.link"
"""Under this name the store keeps the link's hash and until when it is good."""
_LINK_MS: Final = 30 * 60 * 1000
_KEY: Final = "WIDGET_KEY"
"""Stands in the demo's pages where the workspace's key belongs."""
_WRONG: Final = Problem(
    ErrorCode.FORBIDDEN, "This link was used or is too old; a restart of the demo prints a new one."
)


class Link(Body):
    """The secret of the printed link."""

    secret: Annotated[str, Field(max_length=200)]


class SignedInAs(BaseModel):
    """Who the browser's cookie says it is; nobody without one."""

    agent: str | None


def issue_link(tx: Transaction, now: int) -> str:
    """A secret that lets one browser in as the demo's agent, once, within 30 minutes. It replaces
    the one before.
    """
    secret = ids.fresh_secret("dm")
    tx.set_meta(_LINK, f"{ids.secret_hash(secret)} {now + _LINK_MS}")
    return secret


def demo_pages(api: Api, workspace_id: str, widget_key: str) -> Sequence[BaseRoute]:
    """The routes. They come before the node's own, for one of these is served another way here."""

    async def trade(call: Call[Link]) -> Response:
        return await _trade(call, workspace_id)

    session = "/demo/session"
    operations = (
        Operation(
            "GET", session, _who, "Who is signed in", Access.EVERYONE, answer=SignedInAs,
        ),
        Operation(
            "POST", session, trade, "Sign in by the printed link", Access.EVERYONE,
            input=Link, answer=SignedInAs, gives_credential=True,
        ),
    )  # fmt: skip
    return [
        Route("/", lambda request: RedirectResponse("/demo")),
        _page("/demo", "demo.html", widget_key, page_headers(frames="'self'")),
        _page("/demo/shop", "shop.html", widget_key, page_headers(framed_by="'self'")),
        Route(session, Resource(api, operations)),
        folder_of("/demo", static_folder() / "demo"),
        *console_pages(page_headers(framed_by="'self'")),
    ]


def _page(path: str, name: str, widget_key: str, headers: dict[str, str]) -> Route:
    async def page(request: Request) -> Response:
        text = (static_folder() / "demo" / name).read_text()
        text = text.replace(_KEY, html.escape(widget_key))
        return HTMLResponse(text, headers={**headers, "Cache-Control": "no-cache"})

    return Route(path, page)


async def _who(call: Call[Nothing]) -> Response:
    cookie, gateway = session_cookie(call.request.headers), call.api.gateway
    agent = None if cookie is None else await agent_by_token(gateway.store, gateway.clock, cookie)
    return _told(agent)


async def _trade(call: Call[Link], workspace_id: str) -> Response:
    refuse_foreign_pages(call.request, call.api.public_url)
    shown, token = ids.secret_hash(call.input.secret), ids.fresh_secret("at")
    now = call.api.gateway.clock.now_ms()

    def unit(tx: Transaction) -> AgentRow:
        kept, _, until = (tx.meta(_LINK) or "").partition(" ")
        if kept != shown or now >= int(until):
            raise ApiError(_WRONG)
        tx.set_meta(_LINK, "")
        agents = tx.agents.of_workspace(workspace_id)
        agent = next(row for row in agents if row.name == AGENTS[0])
        begin_session(tx, token, agent, now)
        return agent

    agent = await call.api.store.write(unit)
    response = _told(agent)
    set_session_cookie(call.api, call.request, response, token)
    return response


def _told(agent: AgentRow | None) -> JsonResponse:
    return JsonResponse(SignedInAs(agent=agent and agent.name).model_dump())
