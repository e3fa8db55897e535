"""Who may open a socket, and in which codec (PROTOCOL §1, §4, §11), refusals beside successes."""

import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from protocol.codec import JSON, MSGPACK
from tests.rawsocket import BINARY, TEXT, RawSocket, client_frame
from tests.wire.harness import Running
from tests.wire.peers import CODECS

pytestmark = pytest.mark.adapter

ONE_CODEC = pytest.mark.parametrize("speech", CODECS[:1], indirect=True, ids=["json"])
"""For what happens before a codec is spoken."""


@ONE_CODEC
@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([], None),
        (["parley.v1.json"], "parley.v1.json"),
        (["parley.v1.msgpack", "parley.v1.json"], "parley.v1.msgpack"),
        (["parley.v1.json", "parley.v1.msgpack"], "parley.v1.json"),
        (["parley.v9.json", "parley.v1.msgpack"], "parley.v1.msgpack"),
    ],
)
@pytest.mark.parametrize("path", ["/ws/widget", "/ws/console"])
async def test_the_first_known_subprotocol_in_the_clients_order_is_taken(
    serve: Running, path: str, offered: list[str], chosen: str | None
) -> None:
    ping: dict[str, Any] = {"type": "conversations", "id": "1"}
    async with (
        serve() as server,
        RawSocket.open(server.port, path, subprotocols=offered) as socket,
    ):
        binary = chosen == MSGPACK.subprotocol
        codec = MSGPACK if binary else JSON
        await socket.send_raw(client_frame(BINARY if binary else TEXT, codec.encode(ping)))
        kind, payload = await socket.recv()

        assert socket.handshake_headers.get("sec-websocket-protocol") == chosen
        assert kind == (BINARY if binary else TEXT)
        assert codec.decode(payload)["type"] == "error"  # type: ignore[index]


@ONE_CODEC
@pytest.mark.parametrize("path", ["/ws/widget", "/ws/console"])
async def test_only_unknown_subprotocols_are_refused_with_400(serve: Running, path: str) -> None:
    async with (
        serve() as server,
        RawSocket.open(server.port, path, subprotocols=["chat", "parley.v9.json"]) as socket,
    ):
        told = json.loads(socket.handshake_body)["error"]

        assert socket.handshake_status == 400
        assert (told["status"], told["code"]) == (400, "invalid_input")


ACME = {"allowed_origins": ["https://acme.test"]}
OTHER = {"allowed_origins": ["https://other.test"]}


@ONE_CODEC
async def test_an_origin_that_no_workspace_allows_is_refused_at_the_upgrade(
    serve: Running,
) -> None:
    async with serve(acme=ACME, other=OTHER) as server:
        with pytest.raises(InvalidStatus) as refused:
            async with server.stranger(origin="https://evil.test"):
                pass
        async with server.visitor(origin="https://acme.test") as jane:
            welcomed = jane.welcome
        async with server.visitor() as john:
            without = john.welcome

        assert refused.value.response.status_code == 403
        assert (welcomed["state"], without["state"]) == ("anonymous", "anonymous")


async def test_an_origin_of_another_workspace_is_forbidden_in_hello_and_closed_4503(
    serve: Running,
) -> None:
    async with (
        serve(acme=ACME, other=OTHER) as server,
        server.stranger(origin="https://other.test") as jane,
        server.stranger(origin="https://other.test") as john,
    ):
        told = await jane.refused("hello", key=server.acme.widget_key)
        code = await jane.closed()
        await john.hello({"key": server.other.widget_key})

        assert (told["code"], code) == ("forbidden", 4503)
        assert john.welcome["state"] == "anonymous"


async def test_an_empty_list_of_origins_allows_every_one(serve: Running) -> None:
    async with serve(other=OTHER) as server, server.visitor(origin="https://any.test") as jane:
        assert jane.welcome["state"] == "anonymous"


@pytest.mark.parametrize("wrong", ["wk_live_unknown", "", "secret"])
async def test_an_unknown_key_or_a_secret_in_its_place_is_closed_4501(
    serve: Running, wrong: str
) -> None:
    async with serve() as server, server.stranger() as jane:
        key = server.acme.secret_key if wrong == "secret" else wrong
        told = await jane.refused("hello", key=key)
        code = await jane.closed()

        assert (told["code"], code) == ("unauthenticated", 4501)


@pytest.mark.parametrize("token", [{}, {"agentToken": "at_unknown"}, {"agentToken": "secret"}])
async def test_an_agent_without_a_known_token_is_closed_4501(
    serve: Running, token: dict[str, str]
) -> None:
    async with serve() as server, server.console() as sam:
        if token.get("agentToken") == "secret":
            token = {"agentToken": server.acme.secret_key}
        told = await sam.refused("hello", **token)
        code = await sam.closed()

        assert (told["code"], code) == ("unauthenticated", 4501)


async def test_a_visitors_key_opens_no_console(serve: Running) -> None:
    async with serve() as server, server.console() as sam:
        told = await sam.refused("hello", agentToken=server.acme.widget_key)

        assert told["code"] == "unauthenticated"


async def test_the_cookie_opens_a_console_for_a_page_of_our_own_origin(serve: Running) -> None:
    async with serve() as server:
        login = server.acme.agents["Sam"]
        async with server.console(origin=server.origin, cookie=login.cookie) as sam:
            await sam.hello({})

            assert sam.agent_id == login.id


async def test_the_cookie_opens_a_console_for_a_page_of_the_public_url(serve: Running) -> None:
    async with serve(public_url="https://chat.acme.test") as server:
        login = server.acme.agents["Sam"]
        async with server.console(origin="https://chat.acme.test", cookie=login.cookie) as sam:
            await sam.hello({})

            assert sam.agent_id == login.id


@ONE_CODEC
@pytest.mark.parametrize("origin", [None, "https://evil.test", "https://acme.test", "null"])
async def test_the_cookie_with_a_foreign_or_missing_origin_is_refused_with_403(
    serve: Running, origin: str | None
) -> None:
    """IDENTITY §6.27. The list of the widget's origins does not apply to the console."""
    async with serve(acme=ACME, other=ACME) as server:
        login = server.acme.agents["Sam"]
        with pytest.raises(InvalidStatus) as refused:
            async with server.console(origin=origin, cookie=login.cookie):
                pass

        assert refused.value.response.status_code == 403


async def test_a_token_opens_a_console_from_any_origin(serve: Running) -> None:
    async with serve() as server, server.console(origin="https://tool.test") as sam:
        await sam.hello({"agentToken": server.acme.agents["Sam"].token})

        assert sam.agent_id == server.acme.agents["Sam"].id
