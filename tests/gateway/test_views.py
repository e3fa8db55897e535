"""The console's live lists: a snapshot, then deltas that make it what a fresh one would be."""

from typing import Any

import pytest

from server.gateway.views import InboxView
from server.store.port import InboxFilter, Page
from tests.gateway.conftest import OpenRoom
from tests.gateway.room import AgentPeer
from tests.gateway.rows import event, summary

ASKED = InboxFilter("ws_1", "ag_1")


def ids(items: Any) -> list[str]:
    return [item.conversation.id for item in items]


def test_a_view_shows_what_matches_and_drops_what_no_longer_does() -> None:
    view = InboxView("in_1", ASKED)
    view.load(Page((summary("a"), summary("b")), None))

    upsert, remove = view.change(
        [summary("a"), summary("c")], frozenset({"a", "c"}), ["a", "b", "c", "d"]
    )

    assert (ids(upsert), remove) == (["a", "c"], ["b"])
    assert view.loaded == {"a", "c"}


def test_below_the_window_nothing_is_added_and_what_is_held_is_kept_up_to_date() -> None:
    view = InboxView("in_1", ASKED)
    old, new = summary("old", last_event=event(1)), summary("new", last_event=event(9))
    held = summary("held", last_event=event(5))
    view.load(Page((held,), "more"))

    upsert, remove = view.change([old, new, held], frozenset({"old", "new", "held"}), ["old"])

    assert (ids(upsert), remove) == (["new", "held"], [])


async def converges(sam: AgentPeer, view: str) -> None:
    """Zulip's `verify_action`: the old snapshot and the deltas make a fresh snapshot."""
    shown = sam.of_type("ack")[0] if sam.of_type("ack") else {"items": []}
    held = {item["id"]: item for item in shown["items"]}
    for change in sam.of_type("inboxChange"):
        held.update({item["id"]: item for item in change["upsert"]})
        for gone in change["remove"]:
            held.pop(gone, None)
    fresh = await sam.ask("inbox", view=view)

    assert held == {item["id"]: item for item in fresh["items"]}


@pytest.mark.parametrize("view", ["all", "mine", "unassigned", "resolved", "snoozed"])
async def test_snapshot_and_changes_make_what_a_fresh_snapshot_shows(
    room: OpenRoom, view: str
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        first = (await jane.say("One"))["conversationId"]
        del sam.frames[:]
        await sam.ask("inbox", view=view)
        agent_id = sam.welcome["agent"]["id"]

        await jane.say("Two", newConversation=True)
        await sam.ask("assign", conversationId=first, agentId=agent_id)
        await sam.ask("labels", conversationId=first, add=["vip"])
        await sam.ask("read", conversationId=first, seq=1)
        third = (await jane.say("Three", newConversation=True))["conversationId"]
        await sam.ask("status", conversationId=third, status="resolved")
        await r.told()

        await converges(sam, view)


async def test_revisions_count_up_and_counts_come_when_they_are_due(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        shown = await sam.ask("inbox", view="all")

        r.clock.forward(1.0)
        await jane.say("One")
        await r.told()
        await jane.say("Two")
        await r.told()

        changes = sam.of_type("inboxChange")
        assert [c["rev"] for c in changes] == list(range(1, len(changes) + 1))
        assert {c["viewId"] for c in changes} == {shown["viewId"]}
        assert changes[0]["counts"]["all"] == 1
        assert "counts" not in changes[-1]


async def test_another_filter_is_another_view_and_the_next_page_is_not(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        for number in range(3):
            await jane.say(f"{number}", newConversation=True)

        first = await sam.ask("inbox", view="all", limit=2)
        second = await sam.ask("inbox", view="all", limit=2, cursor=first["nextCursor"])
        other = await sam.ask("inbox", view="mine")
        bad = await sam.refused("inbox", view="mine", cursor="nonsense")

        assert first["viewId"] == second["viewId"] != other["viewId"]
        assert (len(first["items"]), len(second["items"]), other["items"]) == (2, 1, [])
        assert bad == "invalid_input"


async def test_what_changes_while_a_snapshot_is_read_is_told_after_it(room: OpenRoom) -> None:
    """PROTOCOL §11: no `inboxChange` comes before it."""
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        await jane.ask("opened")
        await r.told()
        r.store.hold_reads()

        sam.send("inbox", "i", view="all")
        await r.store.reading.wait()
        await jane.say("One")
        r.store.release_reads()
        await sam.pushed("inboxChange")

        types = [frame["type"] for frame in sam.frames if frame["type"] in ("ack", "inboxChange")]
        assert types[:2] == ["ack", "inboxChange"]


async def test_a_list_that_cannot_be_read_now_is_told_later(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        await sam.ask("inbox", view="all")

        r.store.fail(at=1, times=5)
        await jane.ask("opened")
        r.store.fail(at=1, times=5)
        await jane.say("One")
        change = await sam.pushed("inboxChange")

        assert len(change["upsert"]) == 1


async def test_agents_are_called_when_it_concerns_them(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        me = sam.welcome["agent"]["id"]
        named = (await jane.say("One"))["conversationId"]
        await r.told()
        await sam.ask("assign", conversationId=named, agentId=me)
        await sam.ask("note", conversationId=named, clientMessageId="n", body="x", mentions=[me])

        await jane.say("Two")
        called = await sam.pushed("notification", kind="message")

        assert called["seq"] > 1
        # What one does oneself is no news to oneself.
        assert [n["kind"] for n in sam.of_type("notification")] == ["message"]
