"""Who asks: keys, tokens and cookies, what each opens, and what a stranger's page may not send."""

from collections.abc import Mapping
from typing import Any

import pytest

from server.api.sockets import COOKIE, SECURE_COOKIE
from server.identity.model import Role
from server.ids import fresh_secret, secret_hash
from tests.api.node import PASSWORD, TestNode, bearer

pytestmark = pytest.mark.adapter

LIST = "/api/v1/conversations"
SETTINGS = "/api/v1/settings"
OUR_PAGE = {"Origin": "http://parley.test"}


def cookie_of(node: TestNode, name: str = COOKIE) -> dict[str, str]:
    return {"Cookie": f"{name}={node.ours.agent_token}"}


async def refused(
    node: TestNode, headers: Mapping[str, str], path: str = LIST, method: str = "GET"
) -> str:
    more: dict[str, Any] = {"json": {}} if method == "PATCH" else {}
    answer = await node.ask(method, path, headers, **more)
    error = answer.json()["error"]
    assert answer.status_code == error["status"]
    return f"{error['status']} {error['code']}"


async def test_a_secret_key_an_agents_token_and_a_cookie_open_the_same_door(
    node: TestNode,
) -> None:
    """HEL-29."""
    shown = [
        node.key,
        node.owner,
        {"X-API-Key": node.ours.secret_key},
        {"X-API-Key": node.ours.agent_token or ""},
        {"Authorization": f"bearer {node.ours.secret_key}"},
        cookie_of(node),
        cookie_of(node, SECURE_COOKIE),
    ]

    answers = [await node.ask("GET", LIST, headers) for headers in shown]

    assert [answer.status_code for answer in answers] == [200] * len(shown)


async def test_nothing_shown_or_something_unknown_is_401(node: TestNode) -> None:
    shown = [
        {},
        bearer("sk_live_unknown"),
        bearer("at_unknown"),
        bearer("wk_live_unknown"),
        bearer("vt_unknown"),
        bearer(""),
        {"Authorization": "Basic c2FtOnNhbQ=="},
        {"Authorization": node.ours.secret_key},
        {"X-API-Key": ""},
        {"X-API-Key": "' OR 1=1 --"},
        {"Cookie": f"{COOKIE}=at_unknown"},
        {"Cookie": "\x01;;==;"},
    ]

    answers = [await refused(node, headers) for headers in shown]

    assert answers == ["401 unauthenticated"] * len(shown)


async def test_a_401_says_how_to_authenticate(node: TestNode) -> None:
    answer = await node.ask("GET", LIST)

    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_widget_key_is_forbidden_where_staff_work(node: TestNode) -> None:
    """IDENTITY §6, test 20."""
    widget = node.ours.widget_key

    assert await refused(node, bearer(widget)) == "403 forbidden"
    assert await refused(node, {"X-API-Key": widget}) == "403 forbidden"


async def test_a_secret_key_is_no_widget_key(node: TestNode) -> None:
    path = "/api/customer/widget/settings"

    assert await refused(node, node.key, path) == "401 unauthenticated"
    assert await refused(node, {}, path) == "401 unauthenticated"


async def test_a_revoked_key_is_401_at_once(node: TestNode) -> None:
    """HEL-29."""
    assert (await node.ask("GET", LIST, node.key)).status_code == 200

    def revoke(tx: object) -> None:
        keys = tx.keys.of_workspace(node.ours.workspace_id)  # type: ignore[attr-defined]
        for key in keys:
            tx.keys.revoke(node.ours.workspace_id, key.id, node.clock.ms)  # type: ignore[attr-defined]

    await node.store.write(revoke)
    node.node.gateway.directory.forget(node.ours.workspace_id)

    assert await refused(node, node.key) == "401 unauthenticated"
    widget = {"X-API-Key": node.ours.widget_key}
    assert await refused(node, widget, "/api/customer/widget/settings") == "401 unauthenticated"


async def test_a_token_that_has_expired_or_whose_agent_is_disabled_is_401(node: TestNode) -> None:
    row, headers = await node.agent(Role.ADMIN, "ann@acme.test")
    short = fresh_secret("at")
    await node.store.write(
        lambda tx: tx.agents.insert_token(
            secret_hash(short), row, created_at=node.clock.ms, expires_at=node.clock.ms + 1_000
        )
    )
    assert (await node.ask("GET", LIST, bearer(short))).status_code == 200

    node.clock.forward(2)
    assert await refused(node, bearer(short)) == "401 unauthenticated"

    assert (await node.ask("GET", LIST, headers)).status_code == 200
    await node.store.write(
        lambda tx: tx.agents.update(row.workspace_id, row.id, {"disabled_at": node.clock.ms})
    )
    assert await refused(node, headers) == "401 unauthenticated"


async def test_a_credential_in_a_header_wins_and_the_cookie_is_not_looked_at(
    node: TestNode,
) -> None:
    """SECURITY, "bearer API ignores cookies"."""
    both = {**cookie_of(node), **bearer("sk_live_unknown")}

    assert await refused(node, both) == "401 unauthenticated"


@pytest.mark.parametrize(
    "page",
    [
        {"Origin": "http://parley.test"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://parley.test"},
    ],
)
async def test_our_own_pages_may_change_things_with_the_cookie(
    node: TestNode, page: dict[str, str]
) -> None:
    answer = await node.ask("PATCH", SETTINGS, {**cookie_of(node), **page}, json={"language": "de"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://parley.test.evil.test"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://parley.test"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_a_strangers_page_may_not(node: TestNode, page: dict[str, str]) -> None:
    """SECURITY, CSRF."""
    headers = {**cookie_of(node), **page}

    assert await refused(node, headers, SETTINGS, "PATCH") == "403 forbidden"
    # With a token in a header no page can have sent it unasked.
    assert (await node.ask("PATCH", SETTINGS, {**node.owner, **page}, json={})).status_code == 200


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("conversations:read", "GET", LIST),
        ("settings:read", "GET", SETTINGS),
        ("settings:write", "PATCH", SETTINGS),
    ],
)
async def test_a_key_does_what_its_scopes_say_and_no_more(
    node: TestNode, scope: str, method: str, path: str
) -> None:
    every = {"conversations:read", "conversations:write", "settings:read", "settings:write"}
    more: dict[str, Any] = {"json": {}} if method == "PATCH" else {}

    with_scope = await node.ask(method, path, await node.key_with(scope), **more)
    without = await refused(node, await node.key_with(*every - {scope}), path, method)
    with_none = await refused(node, await node.key_with(), path, method)

    assert with_scope.status_code == 200
    assert without == with_none == "403 forbidden"


async def test_the_role_agent_works_with_conversations_and_has_no_settings(
    node: TestNode,
) -> None:
    """PROTOCOL §11, roles."""
    _, headers = await node.agent(Role.AGENT, "ann@acme.test")

    assert (await node.ask("GET", LIST, headers)).status_code == 200
    assert await refused(node, headers, SETTINGS) == "403 forbidden"
    assert await refused(node, headers, SETTINGS, "PATCH") == "403 forbidden"


async def test_an_admin_has_settings(node: TestNode) -> None:
    _, headers = await node.agent(Role.ADMIN, "ann@acme.test")

    assert (await node.ask("PATCH", SETTINGS, headers, json={})).status_code == 200


async def test_a_password_is_no_token(node: TestNode) -> None:
    assert await refused(node, bearer(PASSWORD)) == "401 unauthenticated"
