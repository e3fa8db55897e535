"""Signing in and out, and the one-time link that makes the first owner."""

from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.bootstrap import issue_setup_link
from server.identity.model import AgentRow, Role
from server.ids import agent_id
from server.passwords import PASSWORD_MIN, TooBusy
from server.store.port import Transaction
from tests.api.node import PASSWORD, Template, TestNode, bearer, running_node

pytestmark = pytest.mark.adapter

LOGIN = "/api/v1/auth/login"
LOGOUT = "/api/v1/auth/logout"
SETUP = "/api/v1/setup"
LIST = "/api/v1/conversations"
SAM = {"email": "sam@acme.test", "password": PASSWORD}


def cookie(answer: httpx2.Response) -> "Morsel[str]":
    jar: SimpleCookie = SimpleCookie(answer.headers["set-cookie"])
    (morsel,) = jar.values()
    return morsel


async def test_the_right_password_gives_a_token_that_works(node: TestNode) -> None:
    """PROTOCOL §13."""
    answer = await node.ask("POST", LOGIN, json={"email": " SAM@acme.test ", "password": PASSWORD})

    assert answer.status_code == 200
    assert answer.json()["agent"] == {
        "id": node.ours.agent.id if node.ours.agent else None,
        "workspace_id": node.ours.workspace_id,
        "name": "Sam of Acme",
        "email": "sam@acme.test",
        "avatar_url": None,
        "role": "owner",
        "state": "offline",
    }
    assert answer.headers["cache-control"] == "no-store"
    assert (await node.ask("GET", LIST, bearer(answer.json()["token"]))).status_code == 200


async def test_on_plain_http_the_cookie_is_for_our_pages_alone(node: TestNode) -> None:
    """PROTOCOL §1."""
    answer = await node.ask("POST", LOGIN, json=SAM)

    morsel = cookie(answer)
    assert morsel.key == "parley_session"
    assert morsel.value == answer.json()["token"]
    assert morsel["httponly"]
    assert morsel["samesite"].lower() == "strict"
    assert morsel["path"] == "/"
    assert not morsel["secure"]
    assert not morsel["domain"]
    assert morsel["max-age"] == str(30 * 86_400)


@pytest.mark.parametrize("by", ["PUBLIC_URL", "the request"])
async def test_under_https_the_cookie_is_bound_to_its_host(
    template: Template, tmp_path: Path, by: str
) -> None:
    """PROTOCOL §1."""
    settings: dict[str, Any] = (
        {"public_url": "https://chat.acme.test"} if by == "PUBLIC_URL" else {}
    )
    url = LOGIN if by == "PUBLIC_URL" else f"https://parley.test{LOGIN}"
    async with running_node(template, tmp_path, **settings) as node:
        morsel = cookie(await node.ask("POST", url, json=SAM))

    assert morsel.key == "__Host-parley_session"
    assert morsel["secure"]
    assert morsel["path"] == "/"
    assert not morsel["domain"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "sam@acme.test", "password": "wrong"},
        {"email": "nobody@acme.test", "password": PASSWORD},
        {"email": "sam@acme.test", "password": ""},
        {"email": "", "password": PASSWORD},
        {"email": "sam@acme.test' --", "password": PASSWORD},
        {**SAM, "workspace": "ws_unknown"},
    ],
)
async def test_whatever_is_wrong_is_refused_in_the_same_words(
    node: TestNode, wrong: dict[str, str]
) -> None:
    answer = await node.ask("POST", LOGIN, json=wrong)

    assert answer.status_code == 401
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == ("unauthenticated", "E-mail or password is wrong.")
    assert "set-cookie" not in answer.headers


async def test_an_unknown_email_does_the_same_work_as_a_known_one(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bool] = []

    def counted(stored: str, password: str) -> bool:
        checked.append(stored.startswith("$argon2id$"))
        return False

    monkeypatch.setattr("server.passwords._verify", counted)
    await node.ask("POST", LOGIN, json=SAM)
    known = len(checked)
    await node.ask("POST", LOGIN, json={"email": "nobody@acme.test", "password": "x"})

    assert known == 1
    assert checked == [True, True]


async def test_a_disabled_agent_cannot_sign_in(node: TestNode) -> None:
    assert node.ours.agent is not None
    agent = node.ours.agent
    await node.store.write(
        lambda tx: tx.agents.update(agent.workspace_id, agent.id, {"disabled_at": 1})
    )

    assert (await node.ask("POST", LOGIN, json=SAM)).status_code == 401


async def test_an_email_of_two_workspaces_must_name_one(node: TestNode) -> None:
    assert node.theirs.agent is not None
    twin = AgentRow(
        node.theirs.workspace_id,
        agent_id(),
        "Sam",
        "sam@acme.test",
        Role.AGENT,
        node.theirs.agent.password_hash,
        1,
    )
    await node.store.write(lambda tx: tx.agents.insert(twin))

    either = await node.ask("POST", LOGIN, json=SAM)
    named = await node.ask("POST", LOGIN, json={**SAM, "workspace": twin.workspace_id})
    wrong = await node.ask("POST", LOGIN, json={**SAM, "password": "wrong"})

    assert either.status_code == 409
    told = {detail["message"] for detail in either.json()["error"]["details"]}
    assert told == {node.ours.workspace_id, node.theirs.workspace_id}
    assert named.json()["agent"]["id"] == twin.id
    assert wrong.status_code == 401


async def test_one_account_takes_five_attempts_a_minute(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROTOCOL §3, login."""
    monkeypatch.setattr("server.passwords._verify", lambda *_: False)
    answers = [await node.ask("POST", LOGIN, json=SAM) for _ in range(6)]
    other = await node.ask("POST", LOGIN, json={"email": "ann@acme.test", "password": "x"})
    node.clock.forward(60)
    later = await node.ask("POST", LOGIN, json=SAM)

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    refusal = answers[5]
    assert refusal.json()["error"]["code"] == "too_many_requests"
    assert 1 <= int(refusal.headers["retry-after"]) <= 12
    assert refusal.headers["x-ratelimit-limit"] == "5"
    assert refusal.headers["x-ratelimit-remaining"] == "0"
    assert other.status_code == later.status_code == 401


async def test_one_address_takes_twenty_attempts_a_minute(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROTOCOL §3, login."""
    monkeypatch.setattr("server.passwords._verify", lambda *_: False)

    answers = [
        await node.ask("POST", LOGIN, json={"email": f"a{place}@acme.test", "password": "x"})
        for place in range(21)
    ]

    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert answers[20].headers["x-ratelimit-limit"] == "20"


async def test_the_right_password_does_not_pass_a_full_bucket(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as fast:
        fast.setattr("server.passwords._verify", lambda *_: False)
        for _ in range(5):
            await node.ask("POST", LOGIN, json=SAM)

    assert (await node.ask("POST", LOGIN, json=SAM)).status_code == 429


async def test_when_too_many_sign_in_at_once_it_says_so(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> bool:
        raise TooBusy

    monkeypatch.setattr("server.passwords.Passwords.verify", busy)

    answer = await node.ask("POST", LOGIN, json=SAM)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert "retry-after" in answer.headers


@pytest.mark.parametrize("page", [{"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_strangers_page_signs_nobody_in(node: TestNode, page: dict[str, str]) -> None:
    """SECURITY, CSRF."""
    foreign = await node.ask("POST", LOGIN, page, json=SAM)
    own = await node.ask("POST", LOGIN, {"Origin": "http://parley.test"}, json=SAM)

    assert (foreign.status_code, own.status_code) == (403, 200)


async def test_a_session_lives_thirty_days(node: TestNode) -> None:
    token = (await node.ask("POST", LOGIN, json=SAM)).json()["token"]

    node.clock.forward(30 * 86_400 - 1)
    within = await node.ask("GET", LIST, bearer(token))
    node.clock.forward(2)
    after = await node.ask("GET", LIST, bearer(token))

    assert (within.status_code, after.status_code) == (200, 401)


async def test_signing_out_ends_that_token_alone_and_takes_the_cookie(node: TestNode) -> None:
    """SECURITY, "sessions survive logout"."""
    token = (await node.ask("POST", LOGIN, json=SAM)).json()["token"]

    out = await node.ask("POST", LOGOUT, bearer(token))

    assert (out.status_code, out.content) == (204, b"")
    assert (cookie(out).value, cookie(out)["max-age"]) == ("", "0")
    assert (await node.ask("GET", LIST, bearer(token))).status_code == 401
    assert (await node.ask("POST", LOGOUT, bearer(token))).status_code == 401
    assert (await node.ask("GET", LIST, node.owner)).status_code == 200


async def test_the_cookie_signs_out_from_our_own_page_only(node: TestNode) -> None:
    token = (await node.ask("POST", LOGIN, json=SAM)).json()["token"]
    held = {"Cookie": f"parley_session={token}"}

    foreign = await node.ask("POST", LOGOUT, {**held, "Origin": "http://evil.test"})
    own = await node.ask("POST", LOGOUT, {**held, "Origin": "http://parley.test"})

    assert (foreign.status_code, own.status_code) == (403, 204)


async def test_a_secret_key_has_nothing_to_sign_out(node: TestNode) -> None:
    assert (await node.ask("POST", LOGOUT, node.key)).status_code == 403
    assert (await node.ask("GET", LIST, node.key)).status_code == 200


# The first owner


def ownerless(tx: Transaction) -> str:
    for workspace in tx.workspaces.all():
        for agent in tx.agents.of_workspace(workspace.id):
            tx.agents.update(workspace.id, agent.id, {"disabled_at": 1})
    return issue_setup_link(tx, 1_800_000_000_000)


def first_owner(link: str, **more: Any) -> dict[str, Any]:
    return {
        "secret": link,
        "name": " Kim ",
        "email": "Kim@acme.test",
        "password": "long enough",
        **more,
    }


async def test_the_set_up_link_makes_one_owner_once(node: TestNode) -> None:
    secret = await node.store.write(ownerless)

    made = await node.ask("POST", SETUP, json=first_owner(secret, workspace="Kim & Co"))
    again = await node.ask("POST", SETUP, json=first_owner(secret, email="eve@acme.test"))

    assert made.status_code == 201
    agent = made.json()["agent"]
    assert (agent["name"], agent["email"], agent["role"]) == ("Kim", "kim@acme.test", "owner")
    assert cookie(made).value == made.json()["token"]
    assert (await node.ask("GET", LIST, bearer(made.json()["token"]))).status_code == 200
    assert (again.status_code, again.json()["error"]["code"]) == (403, "forbidden")
    login = {"email": "kim@acme.test", "password": "long enough"}
    assert (await node.ask("POST", LOGIN, json=login)).status_code == 200
    workspace = await node.store.read(lambda tx: tx.workspaces.get(agent["workspace_id"]))
    assert workspace is not None
    assert workspace.name == "Kim & Co"


async def test_a_set_up_secret_that_is_wrong_or_old_is_403(node: TestNode) -> None:
    secret = await node.store.write(ownerless)

    wrong = await node.ask("POST", SETUP, json=first_owner("su_wrong"))
    node.clock.forward(30 * 60 + 1)
    old = await node.ask("POST", SETUP, json=first_owner(secret))

    assert (wrong.status_code, old.status_code) == (403, 403)
    assert wrong.json()["error"]["message"] == old.json()["error"]["message"]


async def test_a_link_is_dead_once_there_is_an_owner(node: TestNode) -> None:
    secret = await node.store.write(lambda tx: issue_setup_link(tx, node.clock.ms))

    assert (await node.ask("POST", SETUP, json=first_owner(secret))).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"password": "x" * (PASSWORD_MIN - 1)}, "password"),
        ({"email": "no address"}, "email"),
        ({"name": "  "}, "name"),
        ({"workspace": ""}, "workspace"),
        ({"secret": None}, "secret"),
    ],
)
async def test_a_fault_in_the_form_is_told_and_does_not_use_the_link_up(
    node: TestNode, wrong: dict[str, Any], path: str
) -> None:
    secret = await node.store.write(ownerless)

    refused = await node.ask("POST", SETUP, json=first_owner(secret, **wrong))
    made = await node.ask("POST", SETUP, json=first_owner(secret))

    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["path"] == path
    assert made.status_code == 201


async def test_an_email_that_is_taken_does_not_use_the_link_up(node: TestNode) -> None:
    secret = await node.store.write(ownerless)
    workspace = (await node.store.read(lambda tx: tx.workspaces.all()))[0]
    taken = "sam@acme.test" if workspace.id == node.ours.workspace_id else "sam@other.test"

    refused = await node.ask("POST", SETUP, json=first_owner(secret, email=taken))
    made = await node.ask("POST", SETUP, json=first_owner(secret))

    assert (refused.status_code, made.status_code) == (409, 201)
