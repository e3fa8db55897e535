"""The console's live lists (PROTOCOL §11): whatever happens, a snapshot with the pushed changes
applied is the snapshot that somebody gets who asks afterwards."""

import random
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.wire.harness import Running, Server
from tests.wire.peers import Agent, Data, Visitor

pytestmark = pytest.mark.adapter

VIEWS = ("mine", "unassigned", "all", "snoozed", "resolved")


class Held:
    """A list as a client holds it."""

    def __init__(self, snapshot: Data, key: str = "id") -> None:
        self.key = key
        self.items = {item[key]: item for item in snapshot["items"]}
        self.counts = snapshot.get("counts")
        self.rev = snapshot["rev"]

    def apply(self, change: Data) -> None:
        for item in change["upsert"]:
            self.items[item[self.key]] = item
        for gone in change["remove"]:
            self.items.pop(gone, None)
        self.counts = change.get("counts") or self.counts
        self.rev = change["rev"]

    def equals(self, snapshot: Data) -> bool:
        """Whether this is what `snapshot` says."""
        items = {item[self.key]: item for item in snapshot["items"]}
        return self.items == items and self.counts == snapshot.get("counts")


async def test_a_view_lists_what_belongs_in_it_and_counts_them_all(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        made = [
            (await jane.say(str(n), f"c-{n}", newConversation=True))["conversationId"]
            for n in range(5)
        ]
        await sam.request("assign", conversationId=made[1], agentId=sam.agent_id)
        await sam.request(
            "status", conversationId=made[2], status="snoozed", until="2099-01-01T00:00:00.000Z"
        )
        await sam.request("status", conversationId=made[3], status="resolved")
        shown = {view: await sam.request("inbox", view=view) for view in VIEWS}
        ids = {view: {item["id"] for item in told["items"]} for view, told in shown.items()}

        assert ids == {
            "mine": {made[1]},
            "unassigned": {made[0], made[4]},
            "all": {made[0], made[1], made[4]},
            "snoozed": {made[2]},
            "resolved": {made[3]},
        }
        assert shown["all"]["counts"] == {
            "mine": 1, "unassigned": 2, "all": 3, "snoozed": 1, "resolved": 1,
        }  # fmt: skip


async def test_a_view_is_paged_newest_first(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        made = [
            (await jane.say(str(n), f"c-{n}", newConversation=True))["conversationId"]
            for n in range(5)
        ]
        first = await sam.request("inbox", view="all", limit=3)
        second = await sam.request("inbox", view="all", limit=3, cursor=first["nextCursor"])
        told = await sam.refused("inbox", view="all", limit=101)

        ids = [item["id"] for page in (first, second) for item in page["items"]]
        assert ids == made[::-1]
        assert second["nextCursor"] is None
        assert told["code"] == "invalid_input"


async def test_a_new_view_replaces_the_old_one(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        old = await sam.request("inbox", view="all")
        new = await sam.request("inbox", view="unassigned")
        await jane.say()
        change = await sam.expect("inboxChange")

        assert old["viewId"] != new["viewId"]
        assert (change["viewId"], change["rev"]) == (new["viewId"], new["rev"] + 1)


async def test_no_inbox_change_comes_before_a_view_is_asked_for(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent() as sam,
        server.agent("Ann") as ann,
    ):
        await ann.request("inbox", view="all")
        await jane.say()
        await ann.expect("inboxChange")
        await sam.settle()

        assert not [frame for frame in sam.seen if frame["type"] == "inboxChange"]


async def _act(server: Server, dice: random.Random, jane: Visitor, sam: Agent, n: int) -> None:
    """One random thing that may change a list."""
    made = [item["id"] for item in (await jane.request("conversations"))["items"]]
    cv = dice.choice(made)
    agent = dice.choice(list(server.acme.agents.values())).id
    actions: list[tuple[Any, str, Data]] = [
        (jane, "message", {"clientMessageId": f"r-{n}", "body": str(n), "newConversation": True}),
        (jane, "message", {"clientMessageId": f"r-{n}", "body": str(n), "conversationId": cv}),
        (jane, "endConversation", {"conversationId": cv}),
        (jane, "read", {"conversationId": cv, "seq": dice.randint(1, 9)}),
        (sam, "message", {"clientMessageId": f"r-{n}", "body": str(n), "conversationId": cv}),
        (sam, "assign", {"conversationId": cv, "agentId": dice.choice([agent, None])}),
        (sam, "status", {"conversationId": cv, "status": dice.choice(["open", "resolved"])}),
        (sam, "status", {"conversationId": cv, "status": "snoozed"}),
        (sam, "labels", {"conversationId": cv, "add": [dice.choice("abc")]}),
        (sam, "labels", {"conversationId": cv, "remove": [dice.choice("abc")]}),
        (sam, "priority", {"conversationId": cv, "priority": dice.choice(["low", "urgent"])}),
        (sam, "read", {"conversationId": cv, "seq": dice.randint(1, 9)}),
        (sam, "note", {"clientMessageId": f"n-{n}", "body": "x", "conversationId": cv}),
    ]
    peer, kind, data = dice.choice(actions)
    await peer.answer(await peer.send(kind, data))


async def test_a_view_with_its_changes_applied_is_the_view_asked_for_anew(
    serve: Running,
) -> None:
    """STYLE 26, for every view at once, each over a connection of its own."""
    dice = random.Random("views")
    async with (
        serve(rate_limits="off") as server,
        server.visitor() as jane,
        server.agent() as sam,
        AsyncExitStack() as stack,
    ):
        for n in range(6):
            await jane.say(str(n), f"c-{n}", newConversation=True)
        anns = {view: await stack.enter_async_context(server.agent("Ann")) for view in VIEWS}
        held = {view: Held(await _snapshot(anns[view], view)) for view in VIEWS}
        before = {view: dict(held[view].items) for view in VIEWS}
        for n in range(80):
            await _act(server, dice, jane, sam, n)
        ann = await stack.enter_async_context(server.agent("Ann"))
        for view in VIEWS:
            fresh = await _snapshot(ann, view)
            while not held[view].equals(fresh):
                held[view].apply(await anns[view].expect("inboxChange"))

        assert all(held[view].items != before[view] for view in VIEWS)


async def _snapshot(agent: Agent, view: str) -> Data:
    return await agent.request("inbox", view=view, limit=100)


async def test_filters_narrow_a_view(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        made = [
            (await jane.say(f"word{n}", f"c-{n}", newConversation=True))["conversationId"]
            for n in range(3)
        ]
        await sam.request("labels", conversationId=made[1], add=["vip"])
        labelled = await sam.request("inbox", view="all", labels=["vip"])
        await sam.request("labels", conversationId=made[2], add=["vip"])
        change = await sam.expect("inboxChange")

        assert [item["id"] for item in labelled["items"]] == [made[1]]
        assert made[2] in {item["id"] for item in change["upsert"]} <= set(made[1:])


async def test_the_board_shows_who_is_there_and_where(serve: Running) -> None:
    home = {"url": "https://acme.test/", "title": "Home"}
    async with serve() as server, server.agent() as sam, server.visitor(page=home) as jane:
        board = Held(await sam.request("visitors", follow=True), "visitorId")
        async with server.visitor() as john:
            board.apply(await sam.expect("visitorChange"))
            both = set(board.items)
        await jane.request("page", url="https://acme.test/pricing")
        while board.items[jane.visitor_id]["page"]["url"] != "https://acme.test/pricing":
            board.apply(await sam.expect("visitorChange"))
        fresh = await sam.request("visitors", follow=True)

        assert both == {jane.visitor_id, john.visitor_id}
        assert fresh["total"] == len(fresh["items"])
        line = next(item for item in fresh["items"] if item["visitorId"] == jane.visitor_id)
        assert (line["online"], line["state"]) == (True, "anonymous")
        assert line == board.items[jane.visitor_id]


async def test_a_board_that_is_not_followed_any_more_is_silent(serve: Running) -> None:
    async with serve() as server, server.agent() as sam, server.agent("Ann") as ann:
        await sam.request("visitors", follow=True)
        await ann.request("visitors", follow=True)
        await sam.request("visitors", follow=False)
        async with server.visitor():
            await ann.expect("visitorChange")
        await sam.settle()

        assert not [frame for frame in sam.seen if frame["type"] == "visitorChange"]


async def test_lists_show_nothing_of_another_workspace(serve: Running) -> None:
    async with (
        serve() as server,
        server.visitor() as jane,
        server.agent(of=server.other) as stranger,
    ):
        await jane.say()
        inbox = await stranger.request("inbox", view="all")
        board = await stranger.request("visitors", follow=True)

        assert (inbox["items"], inbox["counts"]["all"]) == ([], 0)
        assert (board["items"], board["total"]) == ([], 0)
