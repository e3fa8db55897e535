"""Identity while something else is going on: other tabs, messages under way, sockets that are lost
(IDENTITY T27, T28, leak tests 18, 23, 24).
"""

import asyncio
from typing import Any

import pytest

from server.identity.model import SessionRow
from tests.wire.harness import Running
from tests.wire.test_identity import ids, signed

pytestmark = pytest.mark.adapter


async def test_another_tab_of_the_device_sees_nothing_of_who_is_identified(serve: Running) -> None:
    """Leak tests 18, 24: both shared the anonymous chat until then."""
    async with serve() as server, server.visitor() as jane:
        said = await jane.say()
        async with server.visitor(**jane.device) as tab:
            assert ids(tab.welcome | {"items": tab.welcome["conversations"]}) == {
                said["conversationId"]
            }

            await jane.request("identify", email="jane@x.test")

            assert ids(await tab.expect("conversations")) == set()
            await jane.say("Mine", "c-2", conversationId=said["conversationId"])
            refused = await tab.refused("history", conversationId=said["conversationId"])
            assert refused["code"] == "not_found"
            assert not [one for one in await tab.settle() if one["type"] == "event"]
            told = await tab.request("identify", userId="u-2")
            assert told["linkedConversationIds"] == []


async def test_a_hello_that_a_sign_out_overtakes_is_not_welcomed(serve: Running) -> None:
    """T14: between its token and its lists the session ended in another tab."""
    async with serve() as server, server.visitor() as jane:
        await jane.say()
        token = (await jane.request("identify", userToken=signed(server)))["sessionToken"]
        found, go_on = asyncio.Event(), asyncio.Event()
        identity = server.node.gateway.identity
        touch = identity.touch

        async def slow(session: SessionRow) -> SessionRow:
            found.set()
            await go_on.wait()
            return await touch(session)

        identity.touch = slow  # type: ignore[method-assign]
        async with server.stranger() as tab:
            hello: dict[str, Any] = {"key": server.acme.widget_key, **jane.device}
            await tab.send("hello", {**hello, "sessionToken": token})
            await found.wait()
            await jane.request("resetUser")
            go_on.set()

            assert await tab.closed() == 4005
            assert not tab.seen


async def test_what_is_sent_without_waiting_is_done_in_order(serve: Running) -> None:
    """T27: before the identify under the old contact, and linked; twice is as once."""
    async with serve() as server, server.visitor() as jane:
        first = await jane.send("message", {"clientMessageId": "c-1", "body": "Hello"})
        asked = [await jane.send("identify", {"userId": "u-1"}) for _ in range(2)]
        other = await jane.send("identify", {"userId": "u-2"})
        said = (await jane.answer(first))["data"]["conversationId"]
        one, two = [(await jane.answer(each))["data"] for each in asked]
        last = (await jane.answer(other))["data"]

        assert one["linkedConversationIds"] == [said]
        assert one["identityVersion"] == two["identityVersion"]
        assert (last["userId"], last["linkedConversationIds"]) == ("u-2", [])


async def test_a_socket_that_is_lost_meanwhile_leaves_nothing_behind(serve: Running) -> None:
    async with serve() as server, server.visitor() as sam:
        async with server.visitor() as jane:
            await jane.say()
            await jane.send("identify", {"userToken": signed(server)})
            await jane.socket.close()
        await sam.settle()

        async with server.visitor(**jane.device, userToken=signed(server)) as again:
            assert again.welcome["state"] == "verified"
            assert len(again.welcome["conversations"]) == 1


async def test_who_planted_a_token_is_out_before_anything_proven_is_read(serve: Running) -> None:
    """Leak test 23, where the proof comes with the `hello`."""
    async with serve() as server, server.visitor() as planter:
        await planter.say()
        done, go_on = asyncio.Event(), asyncio.Event()
        identities = server.node.gateway.identities
        at_hello = identities.at_hello

        async def slow(*asked: Any) -> Any:
            answer = await at_hello(*asked)
            done.set()
            await go_on.wait()
            return answer

        identities.at_hello = slow  # type: ignore[method-assign, assignment]
        async with server.stranger() as jane:
            hello = {"key": server.acme.widget_key, "userToken": signed(server), **planter.device}
            hello["sessionToken"] = planter.welcome["sessionToken"]
            asked = await jane.send("hello", hello)
            await done.wait()

            assert await planter.closed() == 4005
            go_on.set()
            assert (await jane.answer(asked))["data"]["state"] == "verified"
