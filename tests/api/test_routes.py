"""Walks over the whole URL table: strangers, hostile bodies, missing scopes, on every route."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from server.api.inputs import Nothing
from server.api.operation import Access, Operation
from server.api.routes import OPERATIONS
from server.identity.model import Role
from tests.api.node import TestNode, bearer

pytestmark = pytest.mark.adapter

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/v1/conversations/{conversation_id}/messages"): {"body": "Hi"},
    ("POST", "/api/v1/conversations/{conversation_id}/notes"): {"body": "Psst"},
    ("PATCH", "/api/v1/conversations/{conversation_id}/messages/{seq:int}"): {"body": "Hi!"},
    ("PATCH", "/api/v1/conversations/{conversation_id}"): {"status": "resolved", "labels": ["a"]},
    ("PATCH", "/api/v1/settings"): {"language": "de"},
    ("POST", "/widget/authenticate-user"): {"email": "jane@acme.test"},
    ("POST", "/widget/inspect-token"): {"token": "ct_unknown"},
}
"""A body that each operation takes; those for everyone are not staff's."""

STAFF = [one for one in OPERATIONS if one.access is Access.STAFF]
WITH_BODY = [one for one in OPERATIONS if one.method != "GET" and one.input is not Nothing]
OF_ONE = [one for one in STAFF if "{conversation_id}" in one.path]


def name_of(operation: Operation[BaseModel]) -> str:
    return f"{operation.method} {operation.path}"


def path_of(operation: Operation[BaseModel], conversation_id: str = "cv_x", seq: int = 1) -> str:
    path = operation.path.replace("{conversation_id}", conversation_id)
    return path.replace("{seq:int}", str(seq))


async def of_a_contact(node: TestNode, path: str) -> str:
    """`path` with a contact that is there, and a token of theirs."""
    if "{contact_id}" not in path:
        return path
    who = {"email": "jane@acme.test"}
    vouched = await node.ask("POST", "/widget/authenticate-user", node.key, json=who)
    path = path.replace("{contact_id}", vouched.json()["contact"]["id"])
    tokens = path.partition("/tokens")[0].removesuffix("/revoke-tokens") + "/tokens"
    listed = await node.ask("GET", tokens, node.key)
    return path.replace("{token_id}", listed.json()["items"][0]["id"])


async def call(
    node: TestNode, operation: Operation[BaseModel], headers: dict[str, str], path: str
) -> httpx2.Response:
    body = BODIES.get((operation.method, operation.path))
    more: dict[str, Any] = {} if body is None else {"json": body}
    return await node.ask(operation.method, path, headers, **more)


def told(answer: httpx2.Response) -> tuple[int, dict[str, Any]]:
    """All of a refusal but its request's id."""
    error = answer.json()["error"]
    error.pop("requestId")
    return answer.status_code, error


def test_operations_of_one_path_stand_together_and_no_two_are_the_same() -> None:
    names = [name_of(one) for one in OPERATIONS]
    paths = [one.path for one in OPERATIONS]

    assert len(set(names)) == len(names)
    runs = [path for place, path in enumerate(paths) if place == 0 or paths[place - 1] != path]
    assert len(set(runs)) == len(runs)


def test_every_operation_of_staff_needs_a_scope_or_is_about_its_own_token() -> None:
    without = {name_of(one) for one in STAFF if one.scope is None}

    assert without == {"POST /api/v1/auth/logout"}


@pytest.mark.parametrize("operation", OF_ONE, ids=name_of)
@pytest.mark.parametrize("by", ["key", "owner"])
async def test_a_conversation_of_another_workspace_is_not_there(
    node: TestNode, operation: Operation[BaseModel], by: str
) -> None:
    """SECURITY, "key of one tenant used with an id of another"; IDENTITY §6, test 5."""
    ours, _ = await node.write_in()
    foreign, _ = await node.write_in("A secret", node.theirs)
    headers = node.key if by == "key" else node.owner

    of_theirs = await call(node, operation, headers, path_of(operation, foreign))
    of_nobody = await call(node, operation, headers, path_of(operation, f"cv_{'0' * 32}"))
    of_ours = await call(node, operation, headers, path_of(operation, ours))

    assert told(of_theirs) == told(of_nobody)
    assert of_theirs.status_code == 404
    assert of_ours.status_code in (200, 201, 403)  # one's own; editing a visitor's words is 403
    theirs = bearer(node.theirs.secret_key)
    log = await node.ask("GET", f"/api/v1/conversations/{foreign}/events", theirs)
    assert [event["kind"] for event in log.json()["items"]] == ["message"]


@pytest.mark.parametrize("operation", STAFF, ids=name_of)
async def test_no_route_of_staff_opens_to_nobody_a_widget_or_a_key_without_its_scope(
    node: TestNode, operation: Operation[BaseModel]
) -> None:
    path = path_of(operation)

    nobody = await call(node, operation, {}, path)
    widget = await call(node, operation, bearer(node.ours.widget_key), path)
    narrow = await call(node, operation, await node.key_with("reports:read"), path)

    assert nobody.status_code == 401
    assert widget.status_code == 403
    assert narrow.status_code == 403


@pytest.mark.parametrize("operation", [one for one in STAFF if one.scope], ids=name_of)
async def test_a_key_with_just_the_scope_may(
    node: TestNode, operation: Operation[BaseModel]
) -> None:
    one, _ = await node.write_in()
    narrow = await node.key_with(operation.scope or "")
    await node.ask("POST", f"/api/v1/conversations/{one}/messages", narrow, json={"body": "mine"})

    path = await of_a_contact(node, path_of(operation, one, seq=2))

    answer = await call(node, operation, narrow, path)

    assert answer.status_code in (200, 201, 204)


HOSTILE: list[Any] = [
    b"",
    b"null",
    b"[]",
    b'{"body":null,"email":null,"secret":null,"language":null,"status":null}',
    b'{"body":{},"email":[],"secret":1,"language":7,"status":{"$ne":1}}',
    b'{"body":"\\u0000","email":"\\u0000","secret":"\\u0000","language":"\\u0000"}',
    b'{"body":"\\ud800"}',
    b'{"body":"' + b"x" * 1_000_000 + b'"}',
    b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
    b'{"body":1e400}',
    b"\xff\xfe\x00",
    b'{"body":"a","body":["b"],"labels":[1],"mentions":"x","attachments":[{}],"seq":-1}',
    b'{"__proto__":{},"constructor":1,"body":" "}',
]


@pytest.mark.parametrize("operation", WITH_BODY, ids=name_of)
async def test_no_body_breaks_a_route(node: TestNode, operation: Operation[BaseModel]) -> None:
    """SECURITY, resource exhaustion."""
    one, _ = await node.write_in()
    headers = {**node.owner, "Content-Type": "application/json"}

    answers = [
        await node.ask(operation.method, path_of(operation, one), headers, content=body)
        for body in HOSTILE
    ]

    for body, answer in zip(HOSTILE, answers, strict=True):
        assert answer.status_code in (200, 401, 403, 404, 422), body[:80]
        if answer.status_code != 200:
            assert answer.json()["error"]["status"] == answer.status_code


def odd_paths() -> Iterator[str]:
    for odd in ("%00", "%F0%9F%92%A9", "..%2F..", "a" * 5_000, "cv_1%27--", "%ED%A0%80", "+", "*"):
        yield f"/api/v1/conversations/{odd}"
        yield f"/api/v1/conversations/{odd}/events"
    for seq in (0, 10**17, 10**40):
        yield f"/api/v1/conversations/cv_x/messages/{seq}"


async def test_no_path_breaks_a_route(node: TestNode) -> None:
    for path in odd_paths():
        for method in ("GET", "PATCH", "DELETE"):
            answer = await node.ask(method, path, node.key)
            assert answer.status_code in (404, 405, 415), path


def cursor(place: list[object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


async def test_no_query_breaks_a_list(node: TestNode) -> None:
    for query in (
        "cursor=x",
        "cursor=" + "A" * 600,
        "cursor=WzEsMl0=",
        "cursor=bnVsbA==",
        "cursor=" + cursor([2**63, "cv_1"]),
        "cursor=" + cursor([-1, "cv_1"]),
        "cursor=" + cursor([1, "\0"]),
        "cursor=" + cursor([True, 1]),
        "q=%00",
        "contact_id=%00",
        "limit=99999999999999999999",
        "status=any",
        "assignee=",
        "status=open&status=resolved",
    ):
        answer = await node.ask("GET", f"/api/v1/conversations?{query}", node.key)
        assert answer.status_code == 422, query
        assert answer.json()["error"]["code"] == "invalid_input"


async def test_what_agents_may_do_is_a_part_of_what_owners_may(node: TestNode) -> None:
    _, ann = await node.agent(Role.AGENT, "ann@acme.test")
    one, _ = await node.write_in()
    for operation in STAFF:
        if operation.scope is None:
            continue
        by_ann = await call(node, operation, ann, await of_a_contact(node, path_of(operation, one)))
        is_of_admins = operation.scope.startswith(("settings", "widget", "contacts:write"))
        assert by_ann.status_code in ((403,) if is_of_admins else (200, 201, 403))
