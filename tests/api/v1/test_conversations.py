"""Conversations over REST: what is read, what is written, and that it goes the one way."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from protocol.durable import EventToStaff
from server.api.v1.shapes import Conversation
from server.chat.model import Committed
from server.identity.model import Role
from tests.api.node import TestNode, bearer

pytestmark = pytest.mark.adapter

EVENT: TypeAdapter[Any] = TypeAdapter(EventToStaff)
LIST = "/api/v1/conversations"


async def listed(node: TestNode, query: str = "") -> list[str]:
    answer = await node.ask("GET", f"{LIST}?{query}", node.key)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def log_of(node: TestNode, one: str, log: str = "public") -> list[dict[str, Any]]:
    answer = await node.ask("GET", f"{LIST}/{one}/events?log={log}&limit=200", node.key)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_list_has_every_status_newest_first_in_snake_case(node: TestNode) -> None:
    """PROTOCOL §13."""
    old, _ = await node.write_in("First")
    node.clock.forward(1)
    new, _ = await node.write_in("Second")
    await node.ask("PATCH", f"{LIST}/{old}", node.key, json={"status": "resolved"})

    answer = (await node.ask("GET", LIST, node.key)).json()

    assert {item["id"] for item in answer["items"]} == {old, new}
    assert answer["next_cursor"] is None
    for item in answer["items"]:
        Conversation.model_validate(item, strict=True)
    newest = next(item for item in answer["items"] if item["id"] == new)
    assert newest["last_message"]["preview"] == "Second"
    assert newest["last_message"]["author"]["kind"] == "visitor"


async def test_each_filter_narrows_the_list(node: TestNode) -> None:
    one, outcome = await node.write_in("apples")
    two, _ = await node.write_in("pears")
    assert outcome.conversation is not None
    assert node.ours.agent is not None
    agent = node.ours.agent.id
    await node.ask("PATCH", f"{LIST}/{two}", node.key, json={"assignee_id": agent})
    await node.ask("PATCH", f"{LIST}/{one}", node.key, json={"status": "resolved"})

    assert await listed(node, "status=open") == [two]
    assert await listed(node, "status=resolved") == [one]
    assert await listed(node, "status=snoozed") == []
    assert await listed(node, f"contact_id={outcome.conversation.contact_id}") == [one]
    assert await listed(node, f"assignee={agent}") == [two]
    assert await listed(node, "assignee=none") == [one]
    assert await listed(node, f"assignee={agent}&status=resolved") == []
    assert await listed(node, "q=APPLE") == [one]
    assert await listed(node, "q=%25") == []


async def test_a_list_is_paged_by_its_cursor_without_a_gap_or_a_repeat(node: TestNode) -> None:
    made = []
    for place in range(5):
        made.append((await node.write_in(f"No. {place}"))[0])
        node.clock.forward(1)

    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        answer = (await node.ask("GET", f"{LIST}?limit=2{cursor}", node.key)).json()
        seen += [item["id"] for item in answer["items"]]
        cursor = f"&cursor={answer['next_cursor']}"

    assert seen == made[::-1]
    assert answer["next_cursor"] is None


async def test_a_message_of_a_key_is_an_agents_with_the_keys_name(node: TestNode) -> None:
    """PROTOCOL §13."""
    one, _ = await node.write_in()

    answer = await node.ask("POST", f"{LIST}/{one}/messages", node.key, json={"body": "  Hi  "})

    assert answer.status_code == 201
    event = answer.json()["event"]
    EVENT.validate_python(event, strict=True)
    assert (event["seq"], event["kind"], event["body"]) == (2, "message", "Hi")
    assert (event["author"]["kind"], event["author"]["name"]) == ("agent", "Server")
    assert (await log_of(node, one))[1]["id"] == event["id"]


async def test_a_key_may_speak_for_an_agent_of_its_workspace_only(node: TestNode) -> None:
    one, _ = await node.write_in()
    path = f"{LIST}/{one}/messages"
    assert node.ours.agent is not None
    assert node.theirs.agent is not None
    gone, _ = await node.agent(Role.AGENT, "gone@acme.test")
    await node.store.write(
        lambda tx: tx.agents.update(gone.workspace_id, gone.id, {"disabled_at": 1})
    )

    async def speak(author_id: str) -> tuple[int, Any]:
        answer = await node.ask("POST", path, node.key, json={"body": "Hi", "author_id": author_id})
        body = answer.json()
        body.get("error", {}).pop("requestId", None)
        return answer.status_code, body

    status, body = await speak(node.ours.agent.id)
    foreign, unknown, disabled = [
        await speak(author) for author in (node.theirs.agent.id, "ag_unknown", gone.id)
    ]

    assert status == 201
    assert body["event"]["author"]["id"] == node.ours.agent.id
    assert foreign == unknown == disabled
    assert unknown[0] == 404


async def test_an_agent_writes_in_their_own_name_only(node: TestNode) -> None:
    one, _ = await node.write_in()
    assert node.ours.agent is not None
    _, ann = await node.agent(Role.AGENT, "ann@acme.test")
    body = {"body": "Hi", "author_id": node.ours.agent.id}

    own = await node.ask("POST", f"{LIST}/{one}/messages", node.owner, json=body)
    other = await node.ask("POST", f"{LIST}/{one}/messages", ann, json=body)

    assert own.status_code == 201
    assert own.json()["event"]["author"]["name"] == "Sam of Acme"
    assert other.status_code == 403


async def test_the_same_client_message_id_is_the_same_message(node: TestNode) -> None:
    """PROTOCOL §5, clientMessageId."""
    one, _ = await node.write_in()
    path = f"{LIST}/{one}/messages"

    first = await node.ask("POST", path, node.key, json={"body": "Hi", "client_message_id": "m"})
    again = await node.ask("POST", path, node.key, json={"body": "Ho", "client_message_id": "m"})

    assert first.json()["event"] == again.json()["event"]
    assert first.json()["event"]["clientMessageId"] == "m"
    assert len(await log_of(node, one)) == 2


async def test_a_message_needs_words_and_no_strangers_file(node: TestNode) -> None:
    """IDENTITY §6, test 28."""
    one, _ = await node.write_in()
    path = f"{LIST}/{one}/messages"

    empty = await node.ask("POST", path, node.key, json={"body": "  "})
    file = await node.ask("POST", path, node.key, json={"attachments": [{"id": "at_1"}]})
    long = await node.ask("POST", path, node.key, json={"body": "x" * 10_001})

    assert [answer.status_code for answer in (empty, file, long)] == [422, 404, 422]
    assert len(await log_of(node, one)) == 1


async def test_a_note_is_in_the_staff_log_alone(node: TestNode) -> None:
    one, _ = await node.write_in()

    answer = await node.ask("POST", f"{LIST}/{one}/notes", node.key, json={"body": "Psst"})

    assert answer.status_code == 201
    EVENT.validate_python(answer.json()["event"] | {"attachments": []}, strict=True)
    assert [event["body"] for event in await log_of(node, one, "staff")] == ["Psst"]
    assert [event["body"] for event in await log_of(node, one)] == ["Hello?"]


async def test_a_log_is_paged_both_ways(node: TestNode) -> None:
    one, _ = await node.write_in("1")
    for body in ("2", "3", "4", "5"):
        await node.ask("POST", f"{LIST}/{one}/messages", node.key, json={"body": body})

    async def page(query: str) -> tuple[list[int], str | None]:
        answer = await node.ask("GET", f"{LIST}/{one}/events?{query}", node.key)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return [event["seq"] for event in body["items"]], body["next_cursor"]

    assert await page("limit=2") == ([4, 5], "4")
    assert await page("limit=2&before=4") == ([2, 3], "2")
    assert await page("limit=2&before=2") == ([1], None)
    assert await page("limit=2&after=0") == ([1, 2], "2")
    assert await page("limit=2&after=4") == ([5], None)
    assert await page("after=5") == ([], None)
    assert await page("log=staff") == ([], None)


@pytest.mark.parametrize(
    "query", ["after=1&before=2", "after=-1", "before=x", "limit=201", "log=secret"]
)
async def test_a_page_that_cannot_be_is_refused(node: TestNode, query: str) -> None:
    one, _ = await node.write_in()

    answer = await node.ask("GET", f"{LIST}/{one}/events?{query}", node.key)

    assert answer.status_code == 422


async def test_a_message_is_edited_and_deleted_in_place(node: TestNode) -> None:
    """PROTOCOL §5, edit and delete."""
    one, _ = await node.write_in()
    await node.ask("POST", f"{LIST}/{one}/messages", node.key, json={"body": "Helo"})
    path = f"{LIST}/{one}/messages/2"

    edited = await node.ask("PATCH", path, node.key, json={"body": "Hello"})
    deleted = await node.ask("DELETE", path, node.key)
    again = await node.ask("DELETE", path, node.key)

    assert edited.status_code == deleted.status_code == 200
    assert (edited.json()["event"]["seq"], edited.json()["event"]["body"]) == (2, "Hello")
    assert "editedAt" in edited.json()["event"]
    assert (deleted.json()["event"]["deleted"], deleted.json()["event"]["body"]) == (True, "")
    assert again.status_code == 409
    kinds = [event["kind"] for event in await log_of(node, one)]
    assert kinds == ["message", "message", "messageEdited", "messageDeleted"]


async def test_only_their_author_edits_words_and_only_admins_delete_others(
    node: TestNode,
) -> None:
    """SECURITY, "edit or delete without owning the message"."""
    one, _ = await node.write_in()
    _, ann = await node.agent(Role.AGENT, "ann@acme.test")
    await node.ask("POST", f"{LIST}/{one}/messages", node.owner, json={"body": "Sam's"})
    path = f"{LIST}/{one}/messages/2"

    edits = [
        await node.ask("PATCH", path, headers, json={"body": "x"}) for headers in (ann, node.key)
    ]
    by_ann = await node.ask("DELETE", path, ann)
    by_owner = await node.ask("DELETE", f"{LIST}/{one}/messages/1", node.owner)
    missing = await node.ask("DELETE", f"{LIST}/{one}/messages/99", node.owner)

    assert [answer.status_code for answer in edits] == [403, 403]
    assert by_ann.status_code == 403
    assert by_owner.status_code == 200
    assert missing.status_code == 404


async def test_a_conversation_is_filed_in_one_request(node: TestNode) -> None:
    one, _ = await node.write_in()
    assert node.ours.agent is not None
    wanted = {
        "status": "snoozed",
        "snoozed_until": "2027-02-01T00:00:00.000Z",
        "assignee_id": node.ours.agent.id,
        "priority": "urgent",
        "labels": ["vip", "billing"],
    }

    answer = await node.ask("PATCH", f"{LIST}/{one}", node.key, json=wanted)

    assert answer.status_code == 200
    got = answer.json()["conversation"]
    assert {name: got[name] for name in wanted} == wanted
    assert (await node.ask("GET", f"{LIST}/{one}", node.key)).json()["conversation"] == got


async def test_what_is_as_asked_already_is_not_written_again(node: TestNode) -> None:
    one, _ = await node.write_in()
    assert node.ours.agent is not None
    wanted = {
        "status": "resolved",
        "assignee_id": node.ours.agent.id,
        "priority": "low",
        "labels": ["a"],
    }
    await node.ask("PATCH", f"{LIST}/{one}", node.key, json=wanted)
    before = len(await log_of(node, one)), len(await log_of(node, one, "staff"))

    answer = await node.ask("PATCH", f"{LIST}/{one}", node.key, json=wanted)
    nothing = await node.ask("PATCH", f"{LIST}/{one}", node.key, json={})

    assert answer.status_code == nothing.status_code == 200
    assert (len(await log_of(node, one)), len(await log_of(node, one, "staff"))) == before


async def test_null_takes_a_conversation_from_whoever_has_it_and_absence_does_not(
    node: TestNode,
) -> None:
    one, _ = await node.write_in()
    assert node.ours.agent is not None
    path = f"{LIST}/{one}"
    await node.ask("PATCH", path, node.key, json={"assignee_id": node.ours.agent.id})

    kept = await node.ask("PATCH", path, node.key, json={"labels": ["a"]})
    taken = await node.ask("PATCH", path, node.key, json={"assignee_id": None, "labels": []})

    assert kept.json()["conversation"]["assignee_id"] == node.ours.agent.id
    assert taken.json()["conversation"]["assignee_id"] is None
    assert taken.json()["conversation"]["labels"] == []


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"status": "closed"}, 422),
        ({"priority": "huge"}, 422),
        ({"labels": ["a"] * 51}, 422),
        ({"labels": "a"}, 422),
        ({"status": "open", "snoozed_until": "2027-02-01T00:00:00.000Z"}, 422),
        ({"status": "snoozed", "snoozed_until": "tomorrow"}, 422),
        ({"status": "snoozed", "snoozed_until": "2001-01-01T00:00:00.000Z"}, 422),
        ({"status": "resolved", "assignee_id": "ag_unknown"}, 404),
    ],
)
async def test_a_change_that_cannot_be_changes_nothing(
    node: TestNode, wanted: dict[str, Any], status: int
) -> None:
    one, _ = await node.write_in()

    answer = await node.ask("PATCH", f"{LIST}/{one}", node.key, json=wanted)

    assert answer.status_code == status
    assert len(await log_of(node, one)) == 1
    assert await log_of(node, one, "staff") == []


async def test_whoever_follows_is_told_like_of_any_message(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Committed] = []
    announcer = node.node.gateway.announcer
    monkeypatch.setattr(announcer, "committed", told.append)
    one, _ = await node.write_in()

    await node.ask("POST", f"{LIST}/{one}/messages", node.key, json={"body": "Hi"})
    await node.ask("DELETE", f"{LIST}/{one}/messages/2", node.key)

    assert [outcome.events[0].kind for outcome in told] == ["message", "message", "messageDeleted"]


async def test_lists_of_another_workspace_are_not_mixed_in(node: TestNode) -> None:
    ours, _ = await node.write_in()
    theirs, outcome = await node.write_in("secret", node.theirs)
    assert outcome.conversation is not None

    assert await listed(node) == [ours]
    assert await listed(node, f"contact_id={outcome.conversation.contact_id}") == []
    assert await listed(node, f"q={theirs}") == []
    answer = await node.ask("GET", LIST, bearer(node.theirs.secret_key))
    assert [item["id"] for item in answer.json()["items"]] == [theirs]
