"""`Idempotency-Key`: a POST that comes again is answered as the first time, and done once."""

import asyncio

import pytest

from server.store.port import StoreUnavailable
from tests.api.node import TestNode

pytestmark = pytest.mark.adapter

DAY = 24 * 60 * 60


async def events(node: TestNode, conversation_id: str) -> list[str]:
    answer = await node.ask("GET", f"/api/v1/conversations/{conversation_id}/events", node.key)
    return [event["body"] for event in answer.json()["items"]]


def named(headers: dict[str, str], key: str) -> dict[str, str]:
    return {**headers, "Idempotency-Key": key}


async def test_a_repeat_is_answered_with_the_same_bytes_and_written_once(node: TestNode) -> None:
    """PROTOCOL §13."""
    one, _ = await node.write_in()
    path, headers = f"/api/v1/conversations/{one}/messages", named(node.key, "k-1")

    first = await node.ask("POST", path, headers, json={"body": "Hi"})
    again = await node.ask("POST", path, headers, json={"body": "Hi"})

    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert await events(node, one) == ["Hello?", "Hi"]


async def test_without_a_key_a_repeat_is_another_message(node: TestNode) -> None:
    one, _ = await node.write_in()
    for _ in range(2):
        await node.ask(
            "POST", f"/api/v1/conversations/{one}/messages", node.key, json={"body": "Hi"}
        )

    assert await events(node, one) == ["Hello?", "Hi", "Hi"]


async def test_another_body_under_the_same_key_is_a_conflict(node: TestNode) -> None:
    one, _ = await node.write_in()
    path, headers = f"/api/v1/conversations/{one}/messages", named(node.key, "k-1")
    await node.ask("POST", path, headers, json={"body": "Hi"})

    answer = await node.ask("POST", path, headers, json={"body": "Bye"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert await events(node, one) == ["Hello?", "Hi"]


async def test_the_key_holds_for_its_credential_and_path_alone(node: TestNode) -> None:
    """IDENTITY §6, test 28."""
    one, _ = await node.write_in()
    two, _ = await node.write_in("Anybody?")
    body = {"body": "Hi"}

    for headers, path in (
        (node.key, f"/api/v1/conversations/{one}/messages"),
        (node.owner, f"/api/v1/conversations/{one}/messages"),
        (node.key, f"/api/v1/conversations/{two}/messages"),
        (node.key, f"/api/v1/conversations/{one}/notes"),
    ):
        answer = await node.ask("POST", path, named(headers, "k-1"), json=body)
        assert answer.status_code == 201

    assert await events(node, one) == ["Hello?", "Hi", "Hi"]
    assert await events(node, two) == ["Anybody?", "Hi"]


async def test_repeats_at_the_same_moment_are_one_message(node: TestNode) -> None:
    one, _ = await node.write_in()
    path, headers = f"/api/v1/conversations/{one}/messages", named(node.key, "k-1")

    answers = await asyncio.gather(
        *(node.ask("POST", path, headers, json={"body": "Hi"}) for _ in range(5))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["event"]["id"] for answer in answers}) == 1
    assert await events(node, one) == ["Hello?", "Hi"]


async def test_a_crash_before_the_answer_is_kept_doubles_nothing(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await node.write_in()
    path, headers = f"/api/v1/conversations/{one}/messages", named(node.key, "k-1")

    def unavailable(*_: object) -> None:
        raise StoreUnavailable("the disk is gone")

    with monkeypatch.context() as fault:
        fault.setattr("server.store.transaction.SqlTransaction.keep_answer", unavailable)
        cut = await node.ask("POST", path, headers, json={"body": "Hi"})
    again = await node.ask("POST", path, headers, json={"body": "Hi"})

    assert cut.status_code == 503
    assert again.status_code == 201
    assert await events(node, one) == ["Hello?", "Hi"]


async def test_a_crash_does_not_let_another_body_pass_for_a_repeat(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = await node.write_in()
    path, headers = f"/api/v1/conversations/{one}/notes", named(node.key, "k-1")

    def unavailable(*_: object) -> None:
        raise StoreUnavailable("the disk is gone")

    with monkeypatch.context() as fault:
        fault.setattr("server.store.transaction.SqlTransaction.keep_answer", unavailable)
        await node.ask("POST", path, headers, json={"body": "Hi"})
    again = await node.ask("POST", path, headers, json={"body": "Bye"})

    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")


async def test_an_answer_is_kept_for_a_day_and_no_longer(node: TestNode) -> None:
    one, _ = await node.write_in()
    path, headers = f"/api/v1/conversations/{one}/messages", named(node.key, "k-1")
    await node.ask("POST", path, headers, json={"body": "Hi", "client_message_id": "c-1"})

    node.clock.forward(DAY - 1)
    within = await node.ask("POST", path, headers, json={"body": "Bye", "client_message_id": "c-2"})
    node.clock.forward(2)
    after = await node.ask("POST", path, headers, json={"body": "Bye", "client_message_id": "c-3"})

    assert within.status_code == 409
    assert after.status_code == 201
    assert await events(node, one) == ["Hello?", "Hi", "Bye"]


async def test_a_refusal_is_not_kept(node: TestNode) -> None:
    one, _ = await node.write_in()
    path, headers = f"/api/v1/conversations/{one}/messages", named(node.key, "k-1")
    refused = await node.ask("POST", path, headers, json={"body": ""})

    answer = await node.ask("POST", path, headers, json={"body": "Hi"})

    assert refused.status_code == 422
    assert answer.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_a_key_that_is_none_is_refused(node: TestNode, key: str) -> None:
    one, _ = await node.write_in()
    path = f"/api/v1/conversations/{one}/messages"

    answer = await node.ask("POST", path, named(node.key, key), json={"body": "Hi"})

    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["path"] == "Idempotency-Key"


async def test_an_answer_with_a_credential_is_never_kept(node: TestNode) -> None:
    body = {"email": "sam@acme.test", "password": "correct horse battery"}
    headers = {"Idempotency-Key": "k-1"}

    first = await node.ask("POST", "/api/v1/auth/login", headers, json=body)
    second = await node.ask("POST", "/api/v1/auth/login", headers, json=body)

    assert first.json()["token"] != second.json()["token"]
