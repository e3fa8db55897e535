"""What the sockets of a device see when who is there changes (IDENTITY §4.7, PROTOCOL §6)."""

from typing import Any

import jwt

from server.bootstrap import issue_identity_secret
from server.vault import Vault
from tests.gateway.conftest import OpenRoom
from tests.gateway.room import NOW, Room, VisitorPeer

KEY = "0123456789abcdef" * 4


async def secret_of(r: Room) -> str:
    """The workspace's identity secret, which is made."""
    workspace_id = r.ours.workspace_id
    secret = await r.store.write(
        lambda tx: issue_identity_secret(tx, Vault(KEY), workspace_id, NOW)
    )
    r.gateway.directory.forget(workspace_id)
    return secret


def signed(secret: str, user_id: str = "u1", lives: int = 600, **claims: Any) -> str:
    content = {"user_id": user_id, "exp": NOW // 1000 + lives, **claims}
    return jwt.encode(content, secret, algorithm="HS256")


async def second_tab(r: Room, jane: VisitorPeer) -> VisitorPeer:
    return await r.jane(**jane.tokens)


async def test_a_proof_in_one_tab_sends_the_others_away_to_come_back_with_the_new_token(
    room: OpenRoom,
) -> None:
    """PROTOCOL §6 Rotation, leak test 23."""
    async with room(secret_key=KEY) as r:
        secret, jane = await secret_of(r), await r.jane()
        tab = await second_tab(r, jane)

        told = await jane.ask("identify", userToken=signed(secret))
        await tab.over()

        assert tab.of_type("sessionReset")[0]["reason"] == "rotated"
        assert "sessionToken" not in tab.of_type("sessionReset")[0]
        assert tab.closed == 4005
        assert told["sessionToken"] != jane.tokens["sessionToken"]
        fixated = await r.jane(**jane.tokens)
        assert fixated.welcome["state"] == "anonymous"
        back = await r.jane(**{**jane.tokens, "sessionToken": told["sessionToken"]})
        assert back.welcome["state"] == "verified"


async def test_signing_out_in_one_tab_empties_the_others(room: OpenRoom) -> None:
    """T14, leak test 10."""
    async with room() as r:
        jane = await r.jane()
        named = (await jane.say("Hello"))["conversationId"]
        await jane.ask("identify", userId="u1")
        tab = await second_tab(r, jane)

        told = await jane.ask("resetUser")
        update = await tab.pushed("identityUpdate", state="anonymous")

        assert update["reason"] == "reset"
        assert tab.of_type("sessionReset")[0]["sessionToken"] == told["sessionToken"]
        assert tab.of_type("conversations")[-1]["items"] == []
        assert await tab.refused("history", conversationId=named) == "not_found"


async def test_identifying_in_one_tab_updates_the_others(room: OpenRoom) -> None:
    """Leak test 10."""
    async with room() as r:
        jane = await r.jane()
        tab = await second_tab(r, jane)

        await jane.ask("identify", userId="u1", userMetadata={"plan": "pro"})
        update = await tab.pushed("identityUpdate")

        assert (update["userId"], update["userMetadata"]) == ("u1", {"plan": "pro"})
        assert update["changed"] == ["userId", "userMetadata.plan"]


async def test_the_same_again_is_acked_and_tells_nobody(room: OpenRoom) -> None:
    """HALO-18."""
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        await jane.ask("identify", userId="u1")
        await r.rest()
        before, staff = len(jane.of_type("identityUpdate")), len(sam.of_type("contactUpdated"))

        told = await jane.ask("identify", userId="u1")
        await r.rest()

        assert told["identityVersion"] == 1
        assert len(jane.of_type("identityUpdate")) == before
        assert len(sam.of_type("contactUpdated")) == staff


async def test_a_tab_with_the_devices_token_alone_stays_anonymous(room: OpenRoom) -> None:
    """Leak test 24."""
    async with room(secret_key=KEY) as r:
        secret, jane = await secret_of(r), await r.jane()
        await jane.say("Hello")
        await jane.ask("identify", userToken=signed(secret))

        device = {name: jane.tokens[name] for name in ("visitorId", "visitorToken")}
        other = await r.jane(**device)

        assert (other.welcome["state"], other.welcome["conversations"]) == ("anonymous", [])


async def test_an_identity_in_hello_is_taken_or_said_to_be_refused(room: OpenRoom) -> None:
    """T5, T5b, HALO-34."""
    async with room(secret_key=KEY) as r:
        secret = await secret_of(r)

        proven = await r.jane(userToken=signed(secret, name="Jane"))
        claimed = await r.jane(identity={"userId": "u2", "name": "John"})
        refused = await r.jane(userToken=signed("x" * 43))
        late = await r.jane(userToken=signed(secret, lives=-600))

        assert (proven.welcome["state"], proven.welcome["verified"]) == ("verified", True)
        assert proven.welcome["identity"]["userMetadata"] == {"name": "Jane"}
        assert claimed.welcome["identity"]["userId"] == "u2"
        assert refused.welcome["state"] == late.welcome["state"] == "anonymous"
        assert refused.of_type("identityExpired")[0]["reason"] == "rejected"
        assert late.of_type("identityExpired")[0]["reason"] == "expired"


async def test_a_hello_as_somebody_else_ends_what_was_there(room: OpenRoom) -> None:
    """T10 in `hello`, leak test 25."""
    async with room() as r:
        jane = await r.jane()
        await jane.say("Hello")
        await jane.ask("identify", userId="u1")

        other = await r.jane(**jane.tokens, identity={"userId": "u2"})
        reset = await jane.pushed("sessionReset")

        assert reset["reason"] == "identityChanged"
        assert other.welcome["identity"]["userId"] == "u2"
        assert other.welcome["conversations"] == []


async def test_a_lapsed_proof_locks_for_a_minute_and_then_leaves_a_claim(room: OpenRoom) -> None:
    """T15, T16, T18."""
    async with room(secret_key=KEY, heartbeat_interval=300, heartbeat_timeout=300) as r:
        secret, jane = await secret_of(r), await r.jane()
        named = (await jane.say("Hello"))["conversationId"]
        await jane.ask("identify", userToken=signed(secret, lives=100))
        live = next(iter(r.gateway.sessions.of_workspace(r.ours.workspace_id)))
        look = r.gateway.identities.moment

        r.clock.forward(50)
        look(live)
        look(live)
        r.clock.forward(80)
        look(live)
        look(live)
        await r.rest()

        assert len(jane.of_type("identityExpiring")) == 1
        (expired,) = jane.of_type("identityExpired")
        assert expired == {"reason": "expired", "mode": "optional", "graceSeconds": 60}
        assert await jane.refused("history", conversationId=named) == "identity_expired"
        r.clock.forward(60)
        look(live)
        update = await jane.pushed("identityUpdate", state="identified")
        assert update["verified"] is False
        assert jane.of_type("conversations")[-1]["items"] == []
        assert await jane.refused("history", conversationId=named) == "not_found"


async def test_where_proofs_are_insisted_on_a_lapsed_one_stays_locked(room: OpenRoom) -> None:
    """T18 in enforce."""
    async with room(secret_key=KEY, heartbeat_interval=300, heartbeat_timeout=300) as r:
        workspace_id = r.ours.workspace_id
        settings = {"identity_mode": "enforce"}
        await r.store.write(lambda tx: tx.workspaces.update_settings(workspace_id, settings))
        secret, jane = await secret_of(r), await r.jane()
        await jane.ask("identify", userToken=signed(secret, lives=100))

        r.clock.forward(250)

        assert await jane.refused("conversations") == "identity_expired"


async def test_a_list_that_cannot_be_read_ends_the_sockets_that_wait_for_it(
    room: OpenRoom,
) -> None:
    async with room(secret_key=KEY, heartbeat_interval=300, heartbeat_timeout=300) as r:
        secret, jane = await secret_of(r), await r.jane()
        await jane.ask("identify", userToken=signed(secret, lives=100))
        live = next(iter(r.gateway.sessions.of_workspace(r.ours.workspace_id)))
        r.clock.forward(200)

        r.store.fail(at=0, times=9)
        r.gateway.identities.reconsider(live)
        await jane.over()

        assert jane.closed == 1011


async def test_forgetting_the_device_gives_it_a_new_token(room: OpenRoom) -> None:
    """T14 with `forgetDevice`, ANSA-49."""
    async with room() as r:
        jane = await r.jane()

        told = await jane.ask("resetUser", forgetDevice=True)

        assert told["noop"] is False
        assert told["visitorToken"] != jane.tokens["visitorToken"]
        stale = await r.jane(**jane.tokens)
        assert stale.welcome["visitorReplaced"] is True
