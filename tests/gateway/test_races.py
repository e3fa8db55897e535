"""What happens between an `await` and what was read before it: nothing may be lost or kept."""

import asyncio
from typing import Any

import pytest

from protocol.close import CloseCode
from server.chat.model import Author, AuthorKind, Committed
from server.chat.service import Staff, committed
from server.gateway.connection import Reply
from server.gateway.following import Following
from server.gateway.history import LogPage
from server.identity.model import AgentRow, Role
from server.ids import secret_hash
from tests.gateway.conftest import OpenRoom
from tests.gateway.room import NOW, Room


def staff_of(r: Room) -> Staff:
    author = Author(AuthorKind.AGENT, "ag_1", "Sam")
    return Staff(r.ours.workspace_id, author, "agent:ag_1", may_delete_any=True)


async def test_settings_that_change_while_they_are_read_are_not_kept(room: OpenRoom) -> None:
    async with room() as r:
        await r.jane()  # whatever is read at the start has been
        directory, workspace_id = r.gateway.directory, r.ours.workspace_id
        directory.forget(workspace_id)

        r.store.hold_reads()
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(directory.get(workspace_id))
            await r.store.reading.wait()
            await r.store.write(
                lambda tx: tx.workspaces.update_settings(workspace_id, {"greeting": ["Moved"]})
            )
            directory.forget(workspace_id)
            r.store.release_reads()
        fresh = await directory.get(workspace_id)

        assert reading.result().settings.greeting == ["Hello!"]
        assert fresh.settings.greeting == ["Moved"]


async def test_a_workspace_that_changes_while_all_are_read_stays_known(room: OpenRoom) -> None:
    """A valid key must not be refused for ever: 4501 is terminal."""
    async with room() as r:
        await r.jane()  # whatever is read at the start has been
        directory = r.gateway.directory
        directory.forget(r.ours.workspace_id)
        directory.forget(r.theirs.workspace_id)
        ours = await directory.get(r.ours.workspace_id)

        r.store.hold_reads()
        async with asyncio.TaskGroup() as group:
            group.create_task(directory.all())
            await r.store.reading.wait()  # which there are
            r.store.release_reads()
            r.store.hold_reads()
            await r.store.reading.wait()  # the other one
            directory.forget(ours.id)
            r.store.release_reads()
        found = await directory.by_widget_key(r.ours.widget_key)

        assert found is not None
        assert {one.id for one in await directory.all()} == {ours.id, r.theirs.workspace_id}


async def test_nothing_live_comes_before_all_that_a_hello_is_answered_with(
    room: OpenRoom,
) -> None:
    """PROTOCOL §4: "then, in this order, before anything live"."""
    async with room() as r:
        jane, chat, staff = await r.jane(), r.gateway.chat, staff_of(r)
        short = await jane.say("Short", newConversation=True)
        long = await jane.say("Long", newConversation=True)
        for _ in range(60):
            await committed(
                lambda settle: chat.reply_nowait(staff, long["conversationId"], "Hi", settle)
            )
        jane.lose()
        cursors = [
            {"log": "public", **{name: one[name] for name in ("conversationId", "seq", "eventId")}}
            for one in (short, long)
        ]

        back = r.visitor()
        back.be_slow()
        back.send("hello", "h", key=r.ours.widget_key, cursors=cursors, **jane.tokens)
        await back.pushed("history", conversationId=long["conversationId"])
        await committed(
            lambda settle: chat.reply_nowait(staff, short["conversationId"], "Now", settle)
        )
        back.be_quick()
        event = await back.pushed("event")

        types = [frame["type"] for frame in back.frames]
        assert (event["seq"], event["body"]) == (2, "Now")
        assert types[: types.index("event")].count("history") == 3


async def test_a_token_that_dies_while_it_is_looked_up_lets_nobody_in(room: OpenRoom) -> None:
    """SECURITY: no socket survives its logout."""
    async with room() as r:
        await r.jane()  # whatever is read at the start has been
        sam, token_hash = r.agent(), secret_hash(r.ours.agent_token or "")

        r.store.hold_reads()
        sam.send("hello", "h", agentToken=r.ours.agent_token)
        await r.store.reading.wait()
        await r.store.write(lambda tx: tx.agents.revoke_token(token_hash, NOW))
        r.gateway.views.sign_out(r.ours.workspace_id, token_hash)
        r.store.release_reads()
        await sam.over()

        assert sam.closed == CloseCode.UNKNOWN_KEY
        assert sam.of_type("welcome") == []


async def test_a_page_of_the_inbox_that_is_refused_leaves_the_live_list_live(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        snapshot = await sam.ask("inbox", view="all")

        refused = [
            await sam.refused("inbox", view="all", cursor="nonsense"),
            await sam.refused("inbox", view="mine", cursor="nonsense"),
        ]
        await jane.say("Hello")
        change = await sam.pushed("inboxChange")

        assert refused == ["invalid_input"] * 2
        assert (change["viewId"], change["rev"]) == (snapshot["viewId"], snapshot["rev"] + 1)


async def test_a_page_of_the_board_that_is_refused_leaves_the_board_live(room: OpenRoom) -> None:
    async with room() as r:
        sam = await r.sam()
        snapshot = await sam.ask("visitors", follow=True)

        refused = await sam.refused("visitors", follow=True, cursor="nonsense")
        await r.jane()
        change = await sam.pushed("visitorChange")

        assert refused == "invalid_input"
        assert (change["viewId"], change["rev"]) == (snapshot["viewId"], snapshot["rev"] + 1)


async def test_who_wrote_is_answered_even_if_telling_the_others_fails(
    room: OpenRoom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """PROTOCOL §2: exactly one answer; a place left open would block those after it."""
    async with room() as r:
        jane = await r.jane()
        named = (await jane.say("Hello"))["conversationId"]

        def fail(outcome: Committed) -> None:
            raise RuntimeError("told nobody")

        monkeypatch.setattr(r.gateway.announcer, "committed", fail)
        again = await jane.say("More", conversationId=named)

        assert again["seq"] == 2
        assert "told nobody" in caplog.text


async def test_an_answer_that_cannot_be_written_is_an_internal_error_and_the_node_lives(
    room: OpenRoom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with room() as r:
        jane = await r.jane()

        async def unwritable(data: Any) -> Reply:
            return Reply({"items": object()})

        side = type(jane.connection.side)
        monkeypatch.setattr(side, "_conversations", lambda self, data: unwritable(data))
        refused = await jane.refused("conversations")

        assert refused == "internal_error"
        assert r.gateway._tasks is not None
        assert "frame failed" in caplog.text


async def test_an_agent_whose_log_ends_before_its_head_is_sent_back_and_not_paged_for_ever(
    room: OpenRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with room() as r:
        jane = await r.jane()
        first = await jane.say("Hello")
        named = first["conversationId"]
        chat, staff = r.gateway.chat, staff_of(r)
        for _ in range(60):
            await committed(lambda settle: chat.reply_nowait(staff, named, "Hi", settle))

        async def rewound(store: object, page: LogPage) -> LogPage:
            return LogPage(page.conversation_id, page.log, (), page.head, False, page.last_seq)

        monkeypatch.setattr("server.gateway.desk.next_page", rewound)
        sam = r.agent()
        cursor = {"conversationId": named, "log": "public", "seq": 1, "eventId": first["eventId"]}
        sam.send("hello", "h", agentToken=r.ours.agent_token, cursors=[cursor])
        await sam.over()

        assert sam.closed == CloseCode.SERVER_FAULT


async def test_a_task_that_fails_ends_nothing_but_itself(
    room: OpenRoom, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails() -> None:
        raise RuntimeError("a fault of ours")

    async with room() as r:
        r.gateway.start(fails())
        await r.rest()
        jane = await r.jane()

        assert (await jane.say("still here"))["seq"] == 1
    assert "a connection's task failed" in caplog.text


async def test_a_settlement_that_fails_sends_the_client_away_to_come_back(
    room: OpenRoom, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its answer is lost, and with it the order of all that follow: 1011, reconnect."""
    async with room() as r:
        jane = await r.jane()
        await jane.say("first")

        def fails(outcome: Committed) -> None:
            raise RuntimeError("a fault of ours")

        monkeypatch.setattr(Following, "wrote", lambda following, outcome: fails(outcome))
        jane.send("message", "2", clientMessageId="c-2", body="second")
        await jane.over()

        assert jane.closed == CloseCode.SERVER_FAULT
    assert "settling failed" in caplog.text


async def test_an_agent_who_came_after_the_console_was_opened_can_be_assigned(
    room: OpenRoom,
) -> None:
    async with room() as r:
        jane, sam = await r.jane(), await r.sam()
        cv = (await jane.say("hello"))["conversationId"]
        workspace_id = r.ours.workspace_id
        late = AgentRow(workspace_id, "ag_late", "Late", "late@acme.test", Role.AGENT, "", NOW)
        await r.store.write(lambda tx: tx.agents.insert(late))
        r.gateway.directory.forget(workspace_id)

        answer = await sam.ask("assign", conversationId=cv, agentId="ag_late")

        assert answer["log"] == "staff"
