"""Who is there, live: identify, proofs, sign-out, expiry (IDENTITY §4.7, PROTOCOL §6)."""

from typing import Any

import httpx2
import jwt
import pytest

from tests.wire.harness import HandClock, Running, Server
from tests.wire.peers import Data

pytestmark = pytest.mark.adapter


def signed(server: Server, user_id: str = "u-1", *, lives: int = 3600, **claims: Any) -> str:
    now = server.node.gateway.clock.now_ms() // 1000
    content = {"user_id": user_id, "exp": now + lives, **claims}
    return jwt.encode(content, server.acme.identity_secret, algorithm="HS256")


def ids(listing: Data) -> set[str]:
    return {item["id"] for item in listing["items"]}


async def test_an_anonymous_chat_is_linked_to_who_is_identified(serve: Running) -> None:
    """T8, HEL-01, HEL-03, OCX-14."""
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        said = await jane.say()
        inbox = await sam.request("inbox", view="all")
        anonymous = inbox["items"][0]["contact"]["id"]

        told = await jane.request("identify", userId="u-1", email="Jane@x.test ", name="Jane")

        assert (told["state"], told["verified"]) == ("identified", False)
        assert told["linkedConversationIds"] == [said["conversationId"]]
        assert "contactId" not in told
        update = await jane.expect("identityUpdate")
        assert update["userMetadata"] == {"name": "Jane", "email": "Jane@x.test"}
        assert ids(await jane.expect("conversations")) == {said["conversationId"]}
        contact = (await sam.expect("contactUpdated"))["contact"]
        assert (contact["id"], contact["name"], contact["userId"]) == (anonymous, "Jane", "u-1")
        change = await sam.expect("inboxChange")
        assert change["upsert"][0]["contact"]["email"] == "Jane@x.test"


async def test_a_proof_shows_what_was_proven_on_another_device(serve: Running) -> None:
    """T9, HEL-27, OCX-04, ANSA-08."""
    async with serve() as server, server.visitor() as jane, server.visitor() as phone:
        said = await jane.say()
        told = await jane.request("identify", userToken=signed(server, name="Jane"))
        assert told["state"] == "verified"
        assert told["linkedConversationIds"] == [said["conversationId"]]
        assert told["sessionToken"] != jane.welcome["sessionToken"]

        told = await phone.request("identify", userToken=signed(server))

        assert told["contactId"]
        assert ids(await phone.expect("conversations")) == {said["conversationId"]}
        page = await phone.expect("history", conversationId=said["conversationId"])
        assert [event["seq"] for event in page["events"]] == [1]
        await jane.say("Again", "c-2", conversationId=said["conversationId"])
        await phone.event(seq=2)


async def test_a_claim_alone_shows_nothing_of_another_device(serve: Running) -> None:
    """OCX-05, leak test 1."""
    async with serve() as server, server.visitor() as jane, server.visitor() as stranger:
        await jane.say()
        await jane.request("identify", userToken=signed(server, email="jane@x.test"))

        told = await stranger.request("identify", userId="u-1", email="jane@x.test")

        assert told["linkedConversationIds"] == []
        update = await stranger.expect("identityUpdate")
        assert update["userMetadata"] == {"email": "jane@x.test"}
        assert ids(await stranger.expect("conversations")) == set()


async def test_signing_out_ends_the_session_and_keeps_the_device(serve: Running) -> None:
    """T14, T14a, ANSA-04, HEL-26, leak test 3."""
    async with serve() as server, server.visitor() as jane:
        assert await jane.request("resetUser") == {"noop": True}
        said = await jane.say()
        await jane.request("identify", userId="u-1")
        await jane.settle()

        told = await jane.request("resetUser")

        assert told["noop"] is False
        reset = await jane.expect("sessionReset")
        assert (reset["reason"], reset["sessionToken"]) == ("reset", told["sessionToken"])
        assert (await jane.expect("identityUpdate"))["state"] == "anonymous"
        assert ids(await jane.expect("conversations")) == set()
        refused = await jane.refused("history", conversationId=said["conversationId"])
        assert refused["code"] == "not_found"
        await jane.request("identify", userId="u-1")
        await jane.expect("identityUpdate")
        listing = await jane.expect("conversations")
        assert ids(listing) == {said["conversationId"]}


async def test_somebody_else_on_the_same_device_gets_nothing_of_the_first(serve: Running) -> None:
    """T10, leak test 4."""
    async with serve() as server, server.visitor() as jane:
        said = await jane.say()
        await jane.request("identify", userId="u-1")
        await jane.settle()

        told = await jane.request("identify", userId="u-2")

        assert told["linkedConversationIds"] == []
        assert (await jane.expect("sessionReset"))["reason"] == "identityChanged"
        assert (await jane.expect("identityUpdate"))["userId"] == "u-2"
        assert ids(await jane.expect("conversations")) == set()
        refused = await jane.refused("history", conversationId=said["conversationId"])
        assert refused["code"] == "not_found"


async def test_a_claim_over_a_proof_leaves_nothing_of_the_proven_person(serve: Running) -> None:
    """T10v, leak test 25."""
    async with serve() as server, server.visitor() as jane:
        await jane.say()
        await jane.request("identify", userToken=signed(server))
        await jane.settle()

        told = await jane.request("identify", userId="bob")

        assert told["state"] == "identified"
        assert (await jane.expect("sessionReset"))["reason"] == "identityChanged"
        assert ids(await jane.expect("conversations")) == set()


@pytest.mark.parametrize(
    ("secret", "claims", "code"),
    [
        ("other", {}, "identity_invalid"),
        (None, {"exp": 1}, "identity_expired"),
        (None, {"exp": 1_900_000_000_000}, "identity_invalid"),
        (None, {"nbf": 4_000_000_000}, "identity_invalid"),
        (None, {"user_id": "u-2"}, "identity_mismatch"),
    ],
)
async def test_a_bad_proof_changes_nothing(
    serve: Running, secret: str | None, claims: Data, code: str
) -> None:
    """T9e, HALO-31 to HALO-33, leak test 6."""
    async with serve() as server, server.visitor() as jane:
        key = server.acme.identity_secret if secret is None else server.other.identity_secret
        token = jwt.encode({"user_id": "u-1", "exp": 4_000_000_000, **claims}, key)

        refused = await jane.refused("identify", userId="u-1", userToken=token)

        assert refused["code"] == code
        assert (await jane.request("resetUser")) == {"noop": True}


async def test_where_proofs_are_insisted_on_a_name_is_not_enough(serve: Running) -> None:
    """T8e, HALO-27, leak test 7, OCX-14."""
    async with serve(acme={"identity_mode": "enforce"}) as server, server.visitor() as jane:
        refused = await jane.refused("identify", userId="u-1")

        assert refused["code"] == "identity_required"
        assert (await jane.expect("identityExpired"))["reason"] == "missing"
        await jane.say()
        assert (await jane.request("identify", email="lead@x.test"))["state"] == "identified"


async def test_a_lapsed_proof_shows_nothing_until_there_is_a_fresh_one(serve: Running) -> None:
    """T15 to T18, leak test 8."""
    clock = HandClock()
    async with (
        serve(clock=clock, heartbeat_interval=300, heartbeat_timeout=300) as server,
        server.visitor() as jane,
        server.agent() as sam,
    ):
        cv = (await jane.say())["conversationId"]
        await jane.request("identify", userToken=signed(server, lives=100))
        await jane.settle()
        clock.advance(50)
        await jane.expect("identityExpiring")

        clock.advance(81)
        assert (await jane.expect("identityExpired"))["reason"] == "expired"
        await sam.say(cv, "Anybody there?")
        assert (await jane.refused("conversations"))["code"] == "identity_expired"
        assert not jane.untaken("event")
        fresh = await jane.request("identify", userToken=signed(server))

        assert fresh["state"] == "verified"
        page = await jane.expect("history", conversationId=cv, reset=True)
        assert [event["seq"] for event in page["events"]] == [1, 2]


async def settings(server: Server, **changes: Any) -> None:
    async with httpx2.AsyncClient(base_url=server.origin) as client:
        headers = {"X-API-Key": server.acme.secret_key}
        answer = await client.patch("/api/v1/settings", json=changes, headers=headers)
        assert answer.status_code == 200, answer.text


async def test_a_mode_that_insists_locks_those_who_only_claimed_a_name(serve: Running) -> None:
    """T23, HALO-38."""
    async with serve() as server, server.visitor() as jane:
        cv = (await jane.say())["conversationId"]
        await jane.request("identify", userId="u-1")
        await jane.settle()

        await settings(server, identity_mode="enforce")

        assert (await jane.expect("identityExpired"))["reason"] == "missing"
        refused = await jane.refused("history", conversationId=cv)
        assert refused["code"] == "identity_expired"
        told = await jane.request("identify", userToken=signed(server))
        assert told["state"] == "verified"


async def test_a_mode_that_ignores_proofs_makes_a_proven_session_a_claim(serve: Running) -> None:
    """T24."""
    async with serve() as server, server.visitor() as jane:
        await jane.say()
        await jane.request("identify", userToken=signed(server))
        await jane.settle()

        await settings(server, identity_mode="off")

        update = await jane.expect("identityUpdate")
        assert (update["state"], update["verified"]) == ("identified", False)
        assert ids(await jane.expect("conversations")) == set()
