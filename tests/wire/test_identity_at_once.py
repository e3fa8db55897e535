"""Identity while something else is going on: other tabs, messages under way, sockets that are lost
(IDENTITY T27, T28, leak tests 18, 23, 24).
"""

import asyncio
from typing import Any

import pytest

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
    async with serve() as server, server.visitor() as jane, server.stranger() as tab:
        await jane.say()
        token = (await jane.request("identify", userToken=signed(server)))["sessionToken"]
        hello_read, hello_goes_on = held(server.node.gateway.identity, "touch")
        shown = {"key": server.acme.widget_key, **jane.device, "sessionToken": token}
        await tab.send("hello", shown)
        await hello_read.wait()
        await jane.request("resetUser")
        hello_goes_on.set()

        assert await tab.closed() == 4005
        assert not tab.seen


async def test_a_hello_that_the_first_message_overtakes_is_welcomed(serve: Running) -> None:
    """T13, W7: the session got its contact from another tab; it is still the same session."""
    async with serve() as server, server.visitor() as jane, server.stranger() as tab:
        hello_read, hello_goes_on = held(server.node.gateway.identity, "touch")
        contact_made, message_goes_on = held(server.node.gateway.identity, "open_contact")
        hello = await tab.send("hello", {"key": server.acme.widget_key, **jane.session})
        await hello_read.wait()
        message = await jane.send("message", {"clientMessageId": "c-1", "body": "Hello"})
        await contact_made.wait()
        hello_goes_on.set()

        assert (await tab.answer(hello))["type"] == "welcome"
        message_goes_on.set()
        said = (await jane.answer(message))["data"]["conversationId"]
        assert (await tab.expect("event"))["conversationId"] == said


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
        done, go_on = held(server.node.gateway.identities, "at_hello")
        async with server.stranger() as jane:
            hello = {"key": server.acme.widget_key, "userToken": signed(server), **planter.device}
            hello["sessionToken"] = planter.welcome["sessionToken"]
            asked = await jane.send("hello", hello)
            await done.wait()

            assert await planter.closed() == 4005
            go_on.set()
            assert (await jane.answer(asked))["data"]["state"] == "verified"


def held(owner: object, name: str) -> tuple[asyncio.Event, asyncio.Event]:
    """Hold the answer of a method back until the second event; the first tells that it is there."""
    do = getattr(owner, name)
    done, go_on = asyncio.Event(), asyncio.Event()

    async def slow(*asked: Any) -> Any:
        answer = await do(*asked)
        done.set()
        await go_on.wait()
        return answer

    setattr(owner, name, slow)
    return done, go_on
