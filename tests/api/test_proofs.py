"""What is asked of whoever wants a proof from us; what it opens is in `tests/wire/test_identity.py`
(OCX-23, OCX-24, OCX-33)."""

from typing import Any

import pytest

from tests.api.node import TestNode

pytestmark = pytest.mark.adapter

GIVE = "/widget/authenticate-user"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@x.test", "user_id": "undefined"}, "user_id"),
        ({"email": "a@x.test", "expires_in": 59}, "expires_in"),
        ({"email": "a@x.test", "expires_in": 31 * 86_400}, "expires_in"),
        ({"email": "a@x.test", "customData": {"created_at": 1}}, "customData.created_at"),
    ],
)
async def test_what_is_wrong_is_named_and_gives_no_token(
    node: TestNode, body: Any, path: str
) -> None:
    answer = await node.ask("POST", GIVE, node.key, json=body)

    assert answer.status_code == 422
    assert [one["path"] for one in answer.json()["error"]["details"]] == [path]


async def test_a_contact_of_nobody_has_no_tokens(node: TestNode) -> None:
    for method, path in (
        ("GET", "/api/v1/contacts/co_none/tokens"),
        ("DELETE", "/api/v1/contacts/co_none/tokens/key_none"),
        ("POST", "/api/v1/contacts/co_none/revoke-tokens"),
        ("GET", f"/api/v1/contacts/{'x' * 65}/tokens"),
    ):
        answer = await node.ask(method, path, node.key)

        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), path


async def test_a_token_of_another_contact_is_not_there(node: TestNode) -> None:
    first = (await node.ask("POST", GIVE, node.key, json={"email": "a@x.test"})).json()
    other = (await node.ask("POST", GIVE, node.key, json={"email": "b@x.test"})).json()
    tokens = f"/api/v1/contacts/{other['contact']['id']}/tokens"
    (known,) = (await node.ask("GET", tokens, node.key)).json()["items"]

    path = f"/api/v1/contacts/{first['contact']['id']}/tokens/{known['id']}"
    answer = await node.ask("DELETE", path, node.key)

    assert answer.status_code == 404
