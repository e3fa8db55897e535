"""REST and sockets of one node: what one of them does, the other one sees."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from server.store.migrate import migrate
from tests.store.databases import sqlite_url
from tests.wire.harness import Server, running_server
from tests.wire.peers import CODECS

pytestmark = pytest.mark.adapter


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    url = sqlite_url(tmp_path)
    migrate(url)
    async with running_server(url, CODECS[0]) as running:
        yield running


async def ask(server: Server, method: str, path: str, token: str, **more: object) -> int:
    async with httpx2.AsyncClient(base_url=server.origin, trust_env=False) as client:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]
        return answer.status_code


async def test_a_message_by_rest_reaches_the_visitor_and_the_console(server: Server) -> None:
    async with server.visitor() as visitor, server.agent() as agent:
        one = (await visitor.say("Hello?"))["conversationId"]
        await agent.open(one)
        path = f"/api/v1/conversations/{one}/messages"

        status = await ask(server, "POST", path, server.acme.secret_key, json={"body": "Hi"})

        assert status == 201
        for peer in (visitor, agent):
            event = await peer.event(seq=2)
            assert (event["body"], event["author"]["name"]) == ("Hi", "Server")


async def test_signing_out_closes_the_sockets_of_that_token_and_no_others(server: Server) -> None:
    """SECURITY, "sockets survive logout"."""
    sam, ann = server.acme.agents["Sam"], server.acme.agents["Ann"]
    async with (
        server.agent("Sam") as first,
        server.console(cookie=sam.cookie, origin=server.origin) as second,
    ):
        await second.hello({})
        async with server.agent("Ann") as other:
            status = await ask(server, "POST", "/api/v1/auth/logout", sam.token)

            assert status == 204
            assert await first.closed() == 4501
            assert await second.closed() == 4501
            assert await ask(server, "GET", "/api/v1/conversations", ann.token) == 200
            await other.settle()


async def test_a_changed_setting_reaches_an_open_widget_of_that_workspace(server: Server) -> None:
    """PROTOCOL §6, settingsUpdate."""
    async with (
        server.visitor() as ours,
        server.visitor(key=server.other.widget_key) as theirs,
    ):
        change = {"primary_color": "#112233", "edit_window_seconds": 60}

        await ask(server, "PATCH", "/api/v1/settings", server.acme.secret_key, json=change)

        assert await ours.expect("settingsUpdate") == {"colors": {"primary": "#112233"}}
        await theirs.settle()
        assert theirs.untaken("settingsUpdate") == []


async def test_a_body_without_a_length_is_counted_too(server: Server) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    headers = {
        "Authorization": f"Bearer {server.acme.secret_key}",
        "Content-Type": "application/json",
    }
    async with httpx2.AsyncClient(base_url=server.origin, trust_env=False) as client:
        answer = await client.patch("/api/v1/settings", headers=headers, content=endless())

        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "payload_too_large"


async def test_a_head_and_an_unknown_page_are_answered_by_the_real_server(server: Server) -> None:
    async with httpx2.AsyncClient(base_url=server.origin, trust_env=False) as client:
        head = await client.head("/healthz")
        missing = await client.get("/nope")

    assert (head.status_code, head.content) == (200, b"")
    assert missing.json()["error"]["requestId"] == missing.headers["x-request-id"]
    assert "server" not in missing.headers
