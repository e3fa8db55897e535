"""Everything that the API does, done with the log at its loudest: no secret is in it.

The records are looked at before redaction, which is the second net and not the first.
"""

import logging
from typing import Any

import pytest

from server.api.routes import OPERATIONS
from server.bootstrap import issue_setup_link
from tests.api.node import PASSWORD, TestNode, bearer

pytestmark = pytest.mark.adapter

BODY = {
    "email": "sam@acme.test",
    "password": PASSWORD,
    "name": "Kim",
    "body": "words that are nobody's business",
    "labels": ["a"],
}


def written(caplog: pytest.LogCaptureFixture) -> str:
    """All that any handler could write of what was logged."""
    formatter = logging.Formatter("%(message)s")
    # The test's own client logs the addresses that it asks for.
    ours = [record for record in caplog.records if not record.name.startswith("http")]
    return "\n".join(f"{formatter.format(record)} {record.__dict__}" for record in ours)


async def test_no_secret_is_logged_whatever_is_asked_and_however_it_fails(
    node: TestNode, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECURITY, "token in URL or log"."""
    one, _ = await node.write_in("words that are nobody's business")
    setup = await node.store.write(lambda tx: issue_setup_link(tx, node.clock.ms))
    login = {"email": BODY["email"], "password": PASSWORD}
    token = (await node.ask("POST", "/api/v1/auth/login", json=login)).json()["token"]
    shown: list[dict[str, str]] = [
        node.key,
        node.owner,
        bearer(token),
        bearer(node.ours.widget_key),
        {"Cookie": f"parley_session={token}", "Origin": "http://parley.test"},
        {},
    ]

    async def everything() -> None:
        for operation in OPERATIONS:
            path = operation.path.replace("{seq:int}", "1").replace("{conversation_id}", one)
            for headers in shown:
                more: dict[str, Any] = {}
                if operation.method != "GET":
                    more["json"] = {**BODY, "secret": setup}
                await node.ask(operation.method, f"{path}?token={token}", headers, **more)
                await node.ask("GET", f"/nowhere/{token}", headers)

    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    with caplog.at_level(logging.DEBUG):
        await everything()
        for name in ("inbox", "summaries", "get"):
            monkeypatch.setattr(f"server.store.conversations.ConversationQueries.{name}", fault)
        await everything()

    log = written(caplog)
    assert "ZeroDivisionError" in log
    assert "/api/v1/conversations/{conversation_id}" in log
    secrets = {
        "a secret key": node.ours.secret_key,
        "a widget key": node.ours.widget_key,
        "a token": token,
        "the owner's token": node.ours.agent_token,
        "a set-up secret": setup,
        "a password": PASSWORD,
        "a message": "nobody's business",
    }
    assert [name for name, secret in secrets.items() if secret and secret in log] == []
