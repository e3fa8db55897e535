"""What an agent has open: both logs, from the page that answered, until it is closed."""

from typing import Any

import pytest

from protocol import limits
from tests.gateway.conftest import OpenRoom


async def test_open_answers_with_both_logs_and_follows_them(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]

        opened = await sam.ask("open", conversationId=named)
        again = await sam.ask("open", conversationId=named)
        await jane.say("More")
        await sam.ask("note", conversationId=named, clientMessageId="n", body="For us")
        await r.rest()

        assert [e["body"] for e in opened["history"]["public"]["events"]] == ["Hello"]
        assert opened["contact"]["online"]
        assert again["history"] == opened["history"]
        assert [(e["log"], e["seq"]) for e in sam.of_type("event")] == [("public", 2), ("staff", 1)]
        assert jane.bodies() == ["Hello", "More"]


async def test_after_close_nothing_of_it_comes(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("open", conversationId=named)

        await sam.ask("close", conversationId=named)
        await sam.ask("close", conversationId=named)
        await jane.say("More")
        await jane.ask("typing", conversationId=named, isTyping=True)
        await r.rest()

        assert sam.of_type("event") == sam.of_type("typing") == []


async def test_only_so_many_are_open_and_an_open_one_can_be_opened_again(
    room: OpenRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OPEN_CONVERSATIONS", 3)
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        posted = [
            (await jane.say(f"{n}", newConversation=True))["conversationId"]
            for n in range(limits.OPEN_CONVERSATIONS + 1)
        ]
        for named in posted[:-1]:
            await sam.ask("open", conversationId=named)

        code = await sam.refused("open", conversationId=posted[-1])
        again = await sam.ask("open", conversationId=posted[0])

        assert code == "conflict"
        assert again["conversation"]["id"] == posted[0]


async def test_cursors_reopen_and_what_is_gone_is_reset(room: OpenRoom) -> None:
    """PROTOCOL §11."""
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        posted = await jane.say("Hello")
        cursor = {name: posted[name] for name in ("conversationId", "log", "seq", "eventId")}
        sam.lose()
        await jane.say("More")

        back = await r.sam(cursors=[cursor, {**cursor, "conversationId": "cv_none"}])
        await jane.say("Live")
        await r.rest()

        pages = [(p["log"], [e["seq"] for e in p["events"]], p["reset"]) for p in
                 back.of_type("history")]  # fmt: skip
        assert pages == [("public", [2], False), ("staff", [], True), ("public", [], True)]
        assert back.bodies() == ["Live"]


async def test_colleagues_see_who_looks_and_who_types_a_note(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam, tab = await r.jane(), await r.sam(), await r.sam()
        at: dict[str, Any] = {"conversationId": (await jane.say("Hello"))["conversationId"]}
        await sam.ask("open", **at)
        await tab.ask("open", **at)

        await sam.ask("typing", **at, isTyping=True, note=True)
        await sam.ask("typing", **at, isTyping=True)
        await sam.ask("close", **at)
        await r.rest()

        busy = [[(v["typing"], v["note"]) for v in news["agents"]] for news in
                tab.of_type("viewing")]  # fmt: skip
        assert busy == [[(True, True)], [(True, False)], [(False, False)]]
        assert len(jane.of_type("typing")) == 1


async def test_a_page_of_either_log_is_answered(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("note", conversationId=named, clientMessageId="n", body="For us")

        public = await sam.ask("history", conversationId=named, log="public", limit=1)
        staff = await sam.ask("history", conversationId=named, log="staff", afterSeq=1)
        none = await sam.refused("history", conversationId="cv_none", log="staff")

        assert [e["body"] for e in public["events"]] == ["Hello"]
        assert (staff["events"], staff["complete"]) == ([], True)
        assert none == "not_found"


async def test_a_slow_console_is_fed_from_the_log_when_it_takes_more(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        await sam.ask("open", conversationId=named)
        sam.be_slow()

        for number in range(5):
            await jane.say(f"{number}")
        held = sam.bodies()
        sam.be_quick()
        await sam.pushed("event", seq=6)

        assert held == []
        assert sam.bodies() == ["0", "1", "2", "3", "4"]


async def test_an_agent_lost_while_opening_leaves_nothing(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        named = (await jane.say("Hello"))["conversationId"]
        jane.lose()
        r.store.hold_reads()

        sam.send("open", "o", conversationId=named)
        sam.lose()
        r.store.release_reads()
        await r.rest()

        assert r.is_empty()
