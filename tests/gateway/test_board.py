"""The live visitor board: who is here now, told in deltas of the view that was asked for."""

from tests.gateway.conftest import OpenRoom


async def test_a_board_shows_who_is_here_and_tells_who_comes_and_goes(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(page={"url": "https://acme.test/"}), await r.sam()
        shown = await sam.ask("visitors", follow=True)

        other = await r.jane()
        came = await sam.pushed("visitorChange", rev=1)
        other.lose()
        r.clock.forward(16.0)
        r.gateway.sessions.sweep(r.clock.monotonic())
        left = await sam.pushed("visitorChange", rev=2)

        assert [line["visitorId"] for line in shown["items"]] == [jane.welcome["visitorId"]]
        assert shown["items"][0]["page"]["url"] == "https://acme.test/"
        assert [line["visitorId"] for line in came["upsert"]] == [other.welcome["visitorId"]]
        assert (left["remove"], left["total"]) == ([other.welcome["visitorId"]], 1)


async def test_a_contact_is_shown_as_soon_as_there_is_one(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        shown = await sam.ask("visitors", follow=True)

        await jane.ask("opened")
        change = await sam.pushed("visitorChange")

        assert "contact" not in shown["items"][0]
        assert change["upsert"][0]["contact"]["kind"] == "anonymous"


async def test_a_filtered_board_shows_its_state_only(room: OpenRoom) -> None:
    async with room() as r:
        _, sam = await r.jane(), await r.sam()

        anonymous = await sam.ask("visitors", follow=True, filter={"state": "anonymous"})
        verified = await sam.ask("visitors", follow=True, filter={"state": "verified"})
        any_state = await sam.ask("visitors", follow=True, filter={"state": 7})

        assert [b["total"] for b in (anonymous, verified, any_state)] == [1, 0, 1]
        assert len({b["viewId"] for b in (anonymous, verified, any_state)}) == 3


async def test_a_board_that_is_followed_no_more_is_told_nothing(room: OpenRoom) -> None:
    async with room() as r:
        sam, tab = await r.sam(), await r.sam()
        await sam.ask("visitors", follow=True)
        await tab.ask("visitors", follow=True)

        await sam.ask("visitors", follow=False)
        await r.jane()
        await tab.pushed("visitorChange")

        assert sam.of_type("visitorChange") == []


async def test_a_board_has_pages_and_its_cursors_are_its_own(room: OpenRoom) -> None:
    async with room(rate_limits="off") as r:
        sam = await r.sam()
        for _ in range(101):
            r.clock.forward(0.001)
            visitor = r.visitor()
            visitor.send("hello", key=r.ours.widget_key)
            await r.rest()

        first = await sam.ask("visitors", follow=True)
        second = await sam.ask("visitors", follow=True, cursor=first["nextCursor"])
        bad = await sam.refused("visitors", follow=True, cursor="nonsense")

        lines = [line["visitorId"] for line in first["items"] + second["items"]]
        assert (len(first["items"]), len(set(lines)), second["nextCursor"]) == (100, 101, None)
        assert first["viewId"] == second["viewId"]
        assert bad == "invalid_input"


async def test_a_board_that_cannot_be_read_now_is_told_later(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        await jane.ask("opened")
        await sam.ask("visitors", follow=True)

        r.store.fail(at=0, times=3)
        await jane.ask("page", url="https://acme.test/b")
        change = await sam.pushed("visitorChange")

        assert change["upsert"][0]["page"]["url"] == "https://acme.test/b"


async def test_a_board_that_is_replaced_while_it_is_read_is_told_of_no_more(room: OpenRoom) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        await jane.ask("opened")
        old = await sam.ask("visitors", follow=True)
        r.store.hold_reads()

        await jane.ask("page", url="https://acme.test/b")
        await r.store.reading.wait()
        sam.send("visitors", "v", follow=True)
        r.store.release_reads()
        await r.rest()

        views = {change["viewId"] for change in sam.of_type("visitorChange")}
        assert old["viewId"] not in views
