"""What both sockets send in the same form, checked on both."""

from typing import Any

import pytest

from protocol.frames.agent import AGENT
from protocol.frames.frame import Registry
from protocol.frames.visitor import VISITOR
from tests.protocol.frames.checks import accepted, refused_at

EITHER = pytest.mark.parametrize("registry", [VISITOR, AGENT], ids=["visitor", "agent"])


def cursor(number: int, log: str = "public") -> dict[str, Any]:
    return {"conversationId": f"cv_{number}", "log": log, "seq": 4, "eventId": "ev_4"}


def hello(cursors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"key": "wk_live_1", "cursors": cursors}


@EITHER
def test_a_cursor_says_what_is_held_of_one_log(registry: Registry) -> None:
    data = accepted(registry, "hello", hello([cursor(1)]))

    (held,) = data.cursors
    assert (held.conversation_id, held.log, held.seq, held.event_id) == (
        "cv_1",
        "public",
        4,
        "ev_4",
    )


@EITHER
def test_there_is_one_cursor_per_conversation_and_log(registry: Registry) -> None:
    both_logs = hello([cursor(1), cursor(1, "staff"), cursor(2)])
    repeated = hello([cursor(1), cursor(2), cursor(1)])

    assert len(accepted(registry, "hello", both_logs).cursors) == 3
    assert refused_at(registry, "hello", repeated) == ["cursors"]


@pytest.mark.parametrize(("registry", "most"), [(VISITOR, 20), (AGENT, 100)])
def test_the_number_of_cursors_ends_at_the_limit(registry: Registry, most: int) -> None:
    cursors = [cursor(number) for number in range(most + 1)]

    assert len(accepted(registry, "hello", hello(cursors[:-1])).cursors) == most
    assert refused_at(registry, "hello", hello(cursors)) == ["cursors"]


@EITHER
def test_thousands_of_bad_cursors_are_one_fault(registry: Registry) -> None:
    assert len(refused_at(registry, "hello", hello([{}] * 5_000))) <= 10


@EITHER
@pytest.mark.parametrize(
    "change",
    [
        {"seq": -1},
        {"seq": 1.0},
        {"seq": True},
        {"seq": "4"},
        {"log": "both"},
        {"conversationId": ""},
        {"conversationId": "x" * 65},
        {"eventId": None},
    ],
)
def test_a_cursor_of_any_other_form_is_refused(registry: Registry, change: dict[str, Any]) -> None:
    (path,) = refused_at(registry, "hello", hello([cursor(1) | change]))

    assert path == f"cursors.0.{next(iter(change))}"


@EITHER
@pytest.mark.parametrize("cursors", [None, {}, "x", 1])
def test_cursors_are_a_list(registry: Registry, cursors: object) -> None:
    assert refused_at(registry, "hello", {"key": "wk_1", "cursors": cursors}) == ["cursors"]


@EITHER
def test_a_message_has_ten_attachments_at_most(registry: Registry) -> None:
    def message(count: int) -> dict[str, Any]:
        attachments = [{"id": f"at_{number}"} for number in range(count)]
        return {
            "conversationId": "cv_1",
            "clientMessageId": "c-1",
            "body": "",
            "attachments": attachments,
        }

    data = accepted(registry, "message", message(10))
    assert [attachment.id for attachment in data.attachments][:2] == ["at_0", "at_1"]
    assert refused_at(registry, "message", message(11)) == ["attachments"]


@EITHER
def test_an_edit_has_a_body(registry: Registry) -> None:
    edit = {"conversationId": "cv_1", "seq": 4, "body": " new \n"}

    assert accepted(registry, "editMessage", edit).body == "new"
    assert refused_at(registry, "editMessage", edit | {"body": " \n"}) == ["body"]


@EITHER
@pytest.mark.parametrize("frame_type", ["deleteMessage", "read"])
def test_a_mark_or_a_deletion_names_an_event(registry: Registry, frame_type: str) -> None:
    data = accepted(registry, frame_type, {"conversationId": "cv_1", "seq": 4})

    assert (data.conversation_id, data.seq) == ("cv_1", 4)
    assert refused_at(registry, frame_type, {"conversationId": "cv_1"}) == ["seq"]


@EITHER
@pytest.mark.parametrize("members", [{}, {"beforeSeq": 9}, {"afterSeq": 0}, {"limit": 200}])
def test_a_page_of_history_lies_on_one_side_of_a_seq(
    registry: Registry, members: dict[str, Any]
) -> None:
    asked = {"conversationId": "cv_1", "log": "public", **members}

    data = accepted(registry, "history", asked)

    assert (data.before_seq, data.after_seq, data.limit) == tuple(
        members.get(name) for name in ("beforeSeq", "afterSeq", "limit")
    )


@EITHER
@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"beforeSeq": 9, "afterSeq": 3}, "afterSeq"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"afterSeq": -1}, "afterSeq"),
    ],
)
def test_any_other_page_is_refused(registry: Registry, members: dict[str, Any], path: str) -> None:
    asked = {"conversationId": "cv_1", "log": "public", **members}

    assert refused_at(registry, "history", asked) == [path]


@EITHER
@pytest.mark.parametrize("frame_type", ["ping", "pong"])
def test_the_heartbeat_carries_nothing(registry: Registry, frame_type: str) -> None:
    assert accepted(registry, frame_type, {"anything": 1}).model_dump() == {}
