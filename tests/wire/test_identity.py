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


async def asked(
    server: Server, method: str, path: str, body: Data | None = None, *, key: str | None = None
) -> Any:
    """What the API answers to a key: the workspace's secret one unless another is given."""
    async with httpx2.AsyncClient(base_url=server.origin) as client:
        headers = {"X-API-Key": key or server.acme.secret_key}
        answer = await client.request(method, path, json=body, headers=headers)
        return answer.json() if answer.content else answer.status_code


async def settings(server: Server, **changes: Any) -> None:
    assert "error" not in await asked(server, "PATCH", "/api/v1/settings", changes)


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


async def test_the_pre_chat_form_makes_a_lead_and_its_words_reach_staff(serve: Running) -> None:
    """T7, OCX-14, OCX-20."""
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        told = await jane.request(
            "preChat", name="Jane", email="jane@x.test", extra={"Order number": "LC-1"}
        )

        contact = (await sam.expect("contactUpdated"))["contact"]
        assert (told["state"], contact["kind"], contact["email"]) == (
            "identified", "lead", "jane@x.test",
        )  # fmt: skip
        assert contact["unverifiedMetadata"] == {"Order number": "LC-1"}


async def test_who_reads_the_whole_history_by_a_claim_reads_it_only_while_the_owner_says_so(
    serve: Running,
) -> None:
    """§3 row 5."""
    async with serve() as server, server.visitor() as jane, server.visitor() as phone:
        cv = (await jane.say())["conversationId"]
        await jane.request("identify", userId="u-1")
        await settings(server, unverified_history="contact")
        await phone.request("identify", userId="u-1")
        assert ids(await phone.expect("conversations")) == {cv}

        await settings(server, unverified_history="device")

        assert ids(await phone.expect("conversations", reason="settings")) == set()
        await jane.say("Again", "c-2", conversationId=cv)
        assert (await phone.refused("history", conversationId=cv))["code"] == "not_found"
        assert not phone.untaken("event")


async def test_a_proof_without_times_lives_a_day_from_when_it_was_first_shown(
    serve: Running,
) -> None:
    """HALO-32."""
    clock = HandClock()
    async with serve(clock=clock, heartbeat_interval=300, heartbeat_timeout=300) as server:
        token = jwt.encode({"user_id": "u-1"}, server.acme.identity_secret)
        async with server.visitor(userToken=token) as jane:
            assert jane.welcome["state"] == "verified"
        clock.advance(86_000)
        async with server.visitor(userToken=token) as jane:
            assert jane.welcome["state"] == "verified"
        clock.advance(401)
        async with server.visitor(userToken=token) as jane:
            assert jane.welcome["state"] == "anonymous"
            assert (await jane.expect("identityExpired"))["reason"] == "expired"


# Contact tokens


async def vouched(server: Server, **who: Any) -> Data:
    told: Data = await asked(server, "POST", "/widget/authenticate-user", who)
    assert "error" not in told, told
    return told


async def test_who_the_customers_server_vouches_for_is_proven_on_every_device(
    serve: Running,
) -> None:
    """OCX-04, OCX-10, OCX-23, OCX-25."""
    async with serve() as server, server.visitor() as jane:
        token = await vouched(server, email="jane@x.test", name="Jane", customData={"plan": "pro"})
        cv = (await jane.say())["conversationId"]

        told = await jane.request("identify", userToken=token["token"])
        async with server.visitor(userToken=token["token"]) as phone:
            welcome = phone.welcome

        assert (told["state"], told["contactId"]) == ("verified", token["contact"]["id"])
        assert welcome["state"] == "verified"
        assert [item["id"] for item in welcome["conversations"]] == [cv]


async def test_a_withdrawn_token_locks_every_session_that_stands_on_it(serve: Running) -> None:
    """T16, OCX-25, OCX-33."""
    async with serve() as server, server.visitor() as jane, server.visitor() as john:
        token = await vouched(server, email="jane@x.test")
        other = await vouched(server, email="jane@x.test")
        contact = f"/api/v1/contacts/{token['contact']['id']}"
        await jane.request("identify", userToken=token["token"])
        await john.request("identify", userToken=other["token"])
        await jane.settle()

        listed = (await asked(server, "GET", f"{contact}/tokens"))["items"]
        first = listed[-1]["id"]
        assert await asked(server, "DELETE", f"{contact}/tokens/{first}") == 204

        assert (await jane.expect("identityExpired"))["reason"] == "revoked"
        assert (await jane.refused("conversations"))["code"] == "identity_expired"
        refused = await jane.refused("identify", userToken=token["token"])
        assert refused["code"] == "identity_invalid"
        assert token["token"] not in str(listed)
        assert (await john.request("conversations"))["items"] == []
        assert await asked(server, "POST", f"{contact}/revoke-tokens") == {"sessions": 1}
        assert (await john.expect("identityExpired"))["reason"] == "revoked"


async def test_a_contact_token_goes_with_its_contact_and_ends_with_its_time(
    serve: Running,
) -> None:
    """OCX-25."""
    clock = HandClock()
    async with serve(clock=clock, heartbeat_interval=300, heartbeat_timeout=300) as server:
        token = await vouched(server, email="jane@x.test", expires_in=60)
        async with server.visitor() as jane:
            user = await jane.request("identify", userToken=signed(server, "u-1"))
        async with server.visitor() as jane:
            merged = await jane.request(
                "identify", userToken=signed(server, "u-1", email="jane@x.test")
            )
            assert merged["contactId"] == user["contactId"]
        async with server.visitor(userToken=token["token"]) as jane:
            again = await jane.request("identify", userToken=token["token"])
            assert again["contactId"] == user["contactId"]
        clock.advance(61)
        async with server.visitor(userToken=token["token"]) as jane:
            assert (await jane.expect("identityExpired"))["reason"] == "expired"


async def test_a_token_can_be_inspected_by_whoever_may_give_one_out(serve: Running) -> None:
    """OCX-24, OCX-33, leak test 20."""
    async with serve() as server:
        token = await vouched(server, email="jane@x.test", expires_in=60)
        inspect = "/widget/inspect-token"

        good = await asked(server, "POST", inspect, {"token": token["token"]})
        bad = await asked(server, "POST", inspect, {"token": "ct_unknown"})
        foreign = await asked(
            server, "POST", inspect, {"token": token["token"]}, key=server.other.secret_key
        )
        public = await asked(
            server, "POST", "/widget/authenticate-user", {"email": "a@x.test"},
            key=server.acme.widget_key,
        )  # fmt: skip

        assert (good["valid"], good["contact"]) == (True, token["contact"])
        assert bad == foreign == {"valid": False, "contact": None, "expires_at": None}
        assert public["error"]["code"] == "forbidden"


async def test_a_squatter_gets_nothing_of_the_person_whose_name_they_took(serve: Running) -> None:
    """Leak test 22."""
    async with serve() as server, server.visitor() as jane, server.visitor() as mallory:
        await jane.say()
        await jane.request("identify", userToken=signed(server, "victim"))
        await mallory.request("identify", userId="victim", email="me@evil.test")

        token = await vouched(server, email="me@evil.test")
        told = await mallory.request("identify", userToken=token["token"])

        assert told["state"] == "verified"
        await mallory.settle()
        assert (await mallory.request("conversations"))["items"] == []
