"""The client, one rule at a time. `test_client_converges.py` has them all at once, with faults."""

from typing import Any

import pytest

from protocol.client import Client, Role
from protocol.happenings import (
    Answered,
    Applied,
    Failed,
    Happening,
    Pushed,
    Refused,
    Reset,
    Settled,
    StateChanged,
    Unanswered,
)
from protocol.states import State

CV = "cv_1"
KEY = (CV, "public")


def event(seq: int, conversation_id: str = CV, log: str = "public", **members: Any) -> Any:
    return {
        "conversationId": conversation_id,
        "log": log,
        "seq": seq,
        "id": f"ev_{seq}",
        "kind": "message",
        **members,
    }


def page(*seqs: int, reset: bool = False, complete: bool = True, log: str = "public") -> Any:
    return {
        "conversationId": CV,
        "log": log,
        "events": [event(seq, log=log) for seq in seqs],
        "hasMore": False,
        "complete": complete,
        "reset": reset,
        "cursor": None,
    }


class Session:
    """A client and the server's lines, said by the test."""

    def __init__(self, role: Role = Role.VISITOR, random: float = 0.0) -> None:
        self.client = Client(role, {"key": "wk_1"}, random=lambda: random)
        self.now = 0.0

    def state(self) -> State:
        return self.client.state

    def dial(self) -> dict[str, Any]:
        self.client.tick(self.now)
        self.client.connected(self.now)
        (hello,) = self.client.frames_to_send()
        return hello

    def welcome(self, hello: dict[str, Any], **members: Any) -> None:
        heartbeat = {"intervalMs": 25_000, "timeoutMs": 10_000}
        self.hear("welcome", {"heartbeat": heartbeat, **members}, id=hello["id"])

    def live(self) -> "Session":
        self.welcome(self.dial())
        assert self.client.state is State.LIVE
        self.client.happenings()
        return self

    def holding(self, *seqs: int) -> "Session":
        self.hear("history", page(*seqs, reset=True))
        self.client.happenings()
        return self

    def hear(self, frame_type: str, data: Any = None, **members: Any) -> None:
        frame = {"type": frame_type, **members}
        self.client.receive(frame if data is None else frame | {"data": data}, self.now)

    def refuse(self, frame_id: str | None, code: str, **members: Any) -> None:
        named = {} if frame_id is None else {"id": frame_id}
        self.hear("error", error={"code": code, "message": "No.", **members}, **named)

    def sent(self) -> list[dict[str, Any]]:
        return self.client.frames_to_send()

    def happened(self) -> list[Happening]:
        return self.client.happenings()

    def say(self, name: str = "c-1", conversation_id: str | None = CV) -> None:
        self.client.send_message(name, "Hi", self.now, conversation_id=conversation_id)


# Coming and going


def test_a_client_connects_greets_and_is_live() -> None:
    session = Session()
    session.client.tick(0.0)
    assert session.happened() == [StateChanged(State.CONNECTING)]

    session.client.connected(0.0)
    (hello,) = session.sent()
    session.welcome(hello)

    assert hello == {"type": "hello", "id": "1", "data": {"key": "wk_1", "cursors": []}}
    states = [what.state for what in session.happened() if isinstance(what, StateChanged)]
    assert states == [State.GREETING, State.CATCHING_UP, State.LIVE]


def test_a_connection_is_opened_only_when_it_is_time() -> None:
    with pytest.raises(RuntimeError, match="OPENED cannot happen to a client that is OFFLINE"):
        Session().client.connected(0.0)


def test_a_lost_client_comes_back_after_a_random_wait_that_grows() -> None:
    session = Session(random=1.0)
    waits = []
    for _ in range(8):
        session.client.tick(session.now)
        session.client.disconnected(1006, session.now)
        deadline = session.client.next_deadline()
        assert deadline is not None
        waits.append(deadline - session.now)
        session.now = deadline

    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]


def test_a_welcome_makes_the_next_wait_short_again() -> None:
    session = Session(random=1.0)
    session.client.tick(0.0)
    session.client.disconnected(1006, 0.0)
    session.now = 1.0
    session.live()

    session.client.disconnected(1006, 1.0)

    assert session.client.next_deadline() == 1.5


def test_a_client_does_not_come_back_before_its_time() -> None:
    session = Session(random=1.0)
    session.client.tick(0.0)
    session.client.disconnected(1006, 0.0)

    session.client.tick(0.49)
    assert session.state() is State.OFFLINE
    session.client.tick(0.5)

    assert session.state() is State.CONNECTING


@pytest.mark.parametrize("code", [1000, 1003, 1009, 4500, 4501, 4503])
def test_a_terminal_code_ends_it(code: int) -> None:
    session = Session().live()

    session.client.disconnected(code, 0.0)
    session.client.tick(1e9)

    assert session.state() is State.TERMINAL
    assert session.client.next_deadline() is None


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012, 1013, 4001, 4002, 4003, 4004, 4005])
def test_any_other_code_does_not(code: int) -> None:
    session = Session().live()

    session.client.disconnected(code, 0.0)

    assert session.state() is State.OFFLINE


def test_goodbye_says_when_to_come_back() -> None:
    session = Session().live()
    session.hear("bye", {"reason": "restart", "retryAfterMs": 3_000})

    session.client.disconnected(1012, 0.0)

    assert session.client.next_deadline() == 3.0
    assert Pushed("bye", {"reason": "restart", "retryAfterMs": 3_000}) in session.happened()


def test_a_refused_hello_says_when_to_come_back() -> None:
    session = Session()
    hello = session.dial()
    session.refuse(hello["id"], "too_many_requests", retryAfterMs=7_000)

    session.client.disconnected(4004, 0.0)

    assert session.client.next_deadline() == 7.0
    assert Refused(hello["id"], "too_many_requests") in session.happened()


def test_an_end_that_is_told_twice_counts_once() -> None:
    session = Session().live()

    session.client.disconnected(1006, 0.0)
    session.client.disconnected(4500, 0.0)

    assert session.state() is State.OFFLINE


def test_a_client_can_be_stopped_at_any_time() -> None:
    offline, live = Session(), Session().live()

    for session in (offline, live):
        session.client.stop()
        session.client.stop()

        assert session.state() is State.TERMINAL


# The heartbeat


def test_silence_beyond_the_heartbeat_is_a_dead_connection() -> None:
    session = Session().live()
    assert session.client.next_deadline() == 40.0

    session.client.tick(39.9)
    assert session.state() is State.LIVE
    session.client.tick(40.0)

    assert session.state() is State.OFFLINE


def test_any_frame_is_a_sign_of_life_and_a_ping_is_answered() -> None:
    session = Session().live()
    session.now = 30.0

    session.hear("ping", {"heads": {}})

    assert session.sent() == [{"type": "pong"}]
    assert session.client.next_deadline() == 70.0


def test_the_servers_heartbeat_is_the_one_that_counts() -> None:
    session = Session()

    session.welcome(session.dial(), heartbeat={"intervalMs": 10_000, "timeoutMs": 1_000})
    session.hear("pong")

    assert session.client.next_deadline() == 13.0


def test_a_client_that_wakes_up_offline_connects_at_once() -> None:
    session = Session(random=1.0)
    session.client.tick(0.0)
    session.client.disconnected(1006, 0.0)

    session.client.wake(0.1)

    assert session.state() is State.CONNECTING
    session.client.wake(0.1)
    assert session.sent() == []


def test_a_client_that_wakes_up_connected_asks_and_waits_no_longer_than_the_timeout() -> None:
    session = Session().live()

    session.client.wake(5.0)

    assert session.sent() == [{"type": "ping"}]
    assert session.client.next_deadline() == 15.0


def test_frames_after_the_end_are_ignored() -> None:
    session = Session().live()
    session.client.disconnected(1006, 0.0)
    session.happened()

    session.hear("event", event(1))

    assert session.happened() == []


# Logs


def test_the_next_event_is_applied_and_a_repeat_is_not() -> None:
    session = Session().live().holding(1, 2)

    session.hear("event", event(3))
    session.hear("event", event(3))
    session.hear("event", event(2))

    assert session.happened() == [Applied(event(3))]
    assert session.sent() == []


def test_a_missing_event_is_asked_for_once() -> None:
    session = Session().live().holding(1, 2)

    session.hear("event", event(5))
    session.hear("event", event(6))

    (asked,) = session.sent()
    assert asked["type"] == "history"
    assert asked["data"] == {"conversationId": CV, "limit": 200, "afterSeq": 2}
    assert session.state() is State.CATCHING_UP


def test_an_answer_is_applied_and_what_came_meanwhile_is_asked_for() -> None:
    session = Session().live().holding(1, 2)
    session.hear("event", event(5))
    session.hear("event", event(6))
    (asked,) = session.sent()
    session.happened()

    session.hear("ack", page(3, 4, 5), id=asked["id"])
    (again,) = session.sent()
    session.hear("ack", page(6), id=again["id"])

    assert again["data"]["afterSeq"] == 5
    applied = [what.event["seq"] for what in session.happened() if isinstance(what, Applied)]
    assert applied == [3, 4, 5, 6]
    assert session.state() is State.LIVE


def test_an_answer_that_brings_nothing_is_not_asked_for_again() -> None:
    session = Session().live().holding(1, 2)
    session.hear("event", event(5))
    (asked,) = session.sent()

    session.hear("ack", page(), id=asked["id"])

    assert session.sent() == []
    assert session.state() is State.LIVE


def test_of_an_unknown_log_the_newest_page_is_asked_for_and_taken_whole() -> None:
    session = Session().live()
    session.hear("event", event(9))
    (asked,) = session.sent()
    session.happened()

    session.hear("ack", page(8, 9), id=asked["id"])

    assert asked["data"] == {"conversationId": CV, "limit": 200}
    assert Reset(*KEY, (event(8), event(9))) in session.happened()
    assert session.sent() == []


def test_a_head_beyond_what_is_held_is_asked_for() -> None:
    session = Session().live().holding(1, 2)

    session.hear("ping", {"heads": {CV: 2, "cv_2": 0}})
    assert session.sent() == [{"type": "pong"}]
    session.hear("ping", {"heads": {CV: 4}})

    (_, asked) = session.sent()
    assert asked["data"]["afterSeq"] == 2


def test_a_head_below_what_is_held_means_another_history() -> None:
    session = Session().live().holding(1, 2, 3)

    session.hear("ping", {"heads": {CV: 2}})
    (_, asked) = session.sent()
    session.happened()
    session.hear("ack", page(1, 2), id=asked["id"])

    assert "afterSeq" not in asked["data"]
    assert Reset(*KEY, (event(1), event(2))) in session.happened()


def test_a_log_that_is_gone_is_dropped() -> None:
    session = Session().live().holding(1)
    session.hear("event", event(3))
    (asked,) = session.sent()
    session.happened()

    session.refuse(asked["id"], "not_found")

    assert Reset(*KEY, ()) in session.happened()
    assert session.client.replica.held() == []
    assert session.state() is State.LIVE


def test_a_log_that_cannot_be_read_now_is_kept() -> None:
    session = Session().live().holding(1)
    session.hear("event", event(3))
    (asked,) = session.sent()

    session.refuse(asked["id"], "unavailable")

    assert session.client.replica.held() == [KEY]


def test_a_client_resumes_where_it_was_and_is_live_when_all_is_there() -> None:
    session = Session().live().holding(1, 2)
    session.client.disconnected(1006, 0.0)

    hello = session.dial()
    session.welcome(hello)
    assert session.state() is State.CATCHING_UP
    session.hear("history", page(3, complete=False))
    assert session.state() is State.CATCHING_UP
    session.hear("history", page(4))

    assert hello["data"]["cursors"] == [
        {"conversationId": CV, "log": "public", "seq": 2, "eventId": "ev_2"}
    ]
    assert session.state() is State.LIVE


def test_what_was_asked_of_a_lost_connection_can_be_asked_of_the_next_one() -> None:
    session = Session().live().holding(1)
    session.hear("event", event(3))
    (first,) = session.sent()
    session.client.disconnected(1006, 0.0)
    session.welcome(session.dial())
    session.hear("history", page())

    session.hear("event", event(4))

    (again,) = session.sent()
    assert again["data"] == first["data"]


def test_a_reset_replaces_what_was_held() -> None:
    session = Session().live().holding(1, 2)

    session.hear("history", page(7, 8, reset=True))

    assert session.happened() == [Reset(*KEY, (event(7), event(8)))]


def test_a_conversation_that_is_not_listed_any_more_is_dropped() -> None:
    session = Session().live().holding(1)
    session.hear("event", event(1, "cv_2"))
    session.happened()

    session.hear("conversations", {"items": [{"id": "cv_2"}], "nextCursor": None})

    assert session.happened()[0] == Reset(*KEY, ())
    assert session.client.replica.held() == [("cv_2", "public")]


def test_what_the_client_has_no_part_in_is_handed_on() -> None:
    session = Session().live()

    session.hear("typing", {"conversationId": CV, "isTyping": True})

    assert session.happened() == [Pushed("typing", {"conversationId": CV, "isTyping": True})]


# Messages


def test_a_message_is_sent_and_its_ack_settles_it() -> None:
    session = Session().live()

    session.client.send_message("c-1", "Hi", 0.0, newConversation=True)
    (frame,) = session.sent()
    session.hear("ack", {"conversationId": CV, "seq": 1}, id=frame["id"])

    assert frame["data"] == {"clientMessageId": "c-1", "body": "Hi", "newConversation": True}
    assert session.happened() == [Settled("c-1", CV, 1)]
    assert len(session.client.outbox) == 0


def test_a_messages_echo_settles_it_and_the_ack_then_changes_nothing() -> None:
    session = Session().live()
    session.say()
    (frame,) = session.sent()

    session.hear("event", event(1, clientMessageId="c-1"))
    session.hear("ack", {"conversationId": CV, "seq": 1}, id=frame["id"])

    settled = [what for what in session.happened() if isinstance(what, Settled)]
    assert settled == [Settled("c-1", CV, 1)]


def test_an_echo_in_a_page_that_replaces_settles_too() -> None:
    session = Session().live()
    session.say()
    replaced = page(reset=True) | {"events": [event(4, clientMessageId="c-1")]}

    session.hear("history", replaced)

    assert Settled("c-1", CV, 4) in session.happened()


def test_one_message_per_conversation_is_on_its_way() -> None:
    session = Session().live()
    session.say("c-1")
    session.say("c-2")
    session.say("c-3", "cv_2")
    first, other = session.sent()

    session.hear("ack", {"conversationId": CV, "seq": 1}, id=first["id"])
    (second,) = session.sent()

    names = [frame["data"]["clientMessageId"] for frame in (first, other, second)]
    assert names == ["c-1", "c-3", "c-2"]


def test_a_message_written_offline_goes_out_after_the_welcome() -> None:
    session = Session()
    session.say()
    assert session.sent() == []

    hello = session.dial()
    session.welcome(hello)

    (frame,) = session.sent()
    assert frame["data"] == {"clientMessageId": "c-1", "body": "Hi", "conversationId": CV}


def test_a_message_without_an_ack_is_sent_again_under_the_same_id() -> None:
    session = Session().live()
    session.say()
    (first,) = session.sent()
    session.client.disconnected(1006, 0.0)

    session.welcome(session.dial())
    (again,) = session.sent()

    assert again["data"] == first["data"]
    assert again["id"] != first["id"]


@pytest.mark.parametrize("code", ["not_found", "invalid_input", "conflict", "payload_too_large"])
def test_a_message_that_is_refused_for_good_has_failed(code: str) -> None:
    session = Session().live()
    session.say()
    (frame,) = session.sent()

    session.refuse(frame["id"], code)

    assert session.happened() == [Failed("c-1", code)]
    assert session.sent() == []


@pytest.mark.parametrize("code", ["too_many_requests", "unavailable", "internal_error"])
def test_a_message_that_is_refused_for_now_is_sent_later(code: str) -> None:
    session = Session(random=1.0).live()
    session.say()
    (frame,) = session.sent()

    session.refuse(frame["id"], code, retryAfterMs=2_000)
    assert session.client.next_deadline() == 2.0
    session.client.tick(1.9)
    assert session.sent() == []
    session.client.tick(2.0)

    (again,) = session.sent()
    assert again["data"] == frame["data"]
    assert session.happened() == []


def test_the_refusal_of_a_message_that_is_settled_already_means_nothing() -> None:
    session = Session().live()
    session.say()
    (frame,) = session.sent()
    session.hear("event", event(1, clientMessageId="c-1"))
    session.happened()

    session.refuse(frame["id"], "not_found")

    assert session.happened() == []


# Identity


@pytest.mark.parametrize("reason", ["reset", "identityChanged", "revoked", "deleted"])
def test_when_somebody_else_is_there_nothing_of_before_stays(reason: str) -> None:
    """IDENTITY §6.29."""
    session = Session().live().holding(1)
    session.say()
    session.hear("event", event(3))
    (_, asked) = session.sent()
    session.happened()

    session.hear("sessionReset", {"reason": reason, "visitorId": "v_1", "sessionToken": "st_2"})
    session.hear("ack", page(2, 3), id=asked["id"])

    happened = session.happened()
    assert session.state() is State.LIVE
    assert Failed("c-1", None) in happened
    assert Reset(*KEY, ()) in happened
    assert session.client.replica.held() == []
    session.client.disconnected(1006, 0.0)
    assert session.dial()["data"] == {
        "key": "wk_1",
        "visitorId": "v_1",
        "sessionToken": "st_2",
        "cursors": [],
    }


def test_a_rotated_token_is_dropped_and_nothing_else() -> None:
    session = Session()
    session.welcome(session.dial(), visitorId="v_1", visitorToken="vt_1", sessionToken="st_1")
    session.holding(1)
    session.say()

    session.hear("sessionReset", {"reason": "rotated", "visitorId": "v_1"})
    session.client.disconnected(4005, 0.0)

    hello = session.dial()
    assert "sessionToken" not in hello["data"]
    assert hello["data"]["visitorToken"] == "vt_1"
    assert len(hello["data"]["cursors"]) == 1
    assert len(session.client.outbox) == 1


def test_a_replaced_visitor_starts_from_nothing() -> None:
    session = Session().live().holding(1)
    session.client.disconnected(1006, 0.0)
    session.say()

    session.welcome(session.dial(), visitorReplaced=True, visitorId="v_2")

    assert session.client.replica.held() == []
    assert len(session.client.outbox) == 0
    assert session.state() is State.LIVE


def test_a_reset_that_did_nothing_removes_nothing() -> None:
    session = Session().live().holding(1)
    frame_id = session.client.request("resetUser", {})

    session.hear("ack", {"noop": True}, id=frame_id)

    assert session.client.epoch == 0
    assert session.client.replica.held() == [KEY]
    assert session.happened() == [Answered(frame_id, {"noop": True})]


def test_a_reset_that_did_something_begins_a_new_epoch_once() -> None:
    session = Session().live().holding(1)
    frame_id = session.client.request("resetUser", {})
    session.hear("sessionReset", {"reason": "reset", "visitorId": "v_1", "sessionToken": "st_2"})
    assert session.client.epoch == 1

    session.hear("ack", {"noop": False, "sessionToken": "st_2"}, id=frame_id)
    assert session.client.epoch == 1

    frame_id = session.client.request("resetUser", {})
    session.hear("ack", {"noop": False, "sessionToken": "st_3"}, id=frame_id)
    assert session.client.epoch == 2


# Requests


def test_the_newest_page_of_a_log_is_fetched_unless_something_of_it_is_held() -> None:
    session = Session().live().holding(1)

    session.client.fetch(CV)
    session.client.fetch("cv_2")
    session.client.fetch("cv_2")

    (asked,) = session.sent()
    assert asked["data"] == {"conversationId": "cv_2", "limit": 200}
    assert session.state() is State.CATCHING_UP


def test_a_page_needs_a_connection() -> None:
    with pytest.raises(RuntimeError, match="OFFLINE"):
        Session().client.fetch(CV)


def test_a_request_is_answered_refused_or_neither() -> None:
    session = Session().live()
    first, second, third = (session.client.request("page", {}) for _ in range(3))

    session.hear("ack", {}, id=first)
    session.refuse(second, "invalid_input")
    session.refuse(None, "invalid_input")
    session.client.disconnected(1006, 0.0)

    assert session.happened() == [
        Answered(first, {}),
        Refused(second, "invalid_input"),
        Refused(None, "invalid_input"),
        Unanswered(third),
        StateChanged(State.OFFLINE),
    ]


def test_a_request_needs_a_connection() -> None:
    with pytest.raises(RuntimeError, match="OFFLINE"):
        Session().client.request("page", {})


# Agents


def test_a_note_waits_for_its_turn_like_a_message() -> None:
    session = Session(Role.AGENT).live()
    session.say()
    session.client.send_message("c-2", "Hm", 0.0, conversation_id=CV, frame_type="note")
    (message,) = session.sent()

    session.hear("ack", {"log": "public", "seq": 1}, id=message["id"])

    (note,) = session.sent()
    assert (note["type"], note["data"]["clientMessageId"]) == ("note", "c-2")


def test_an_agent_compares_both_logs_and_asks_for_each() -> None:
    session = Session(Role.AGENT).live()

    session.hear("ping", {"heads": {CV: {"public": 1, "staff": 1}}, "views": {}})

    _, *asked = session.sent()
    assert [frame["data"]["log"] for frame in asked] == ["public", "staff"]


def test_an_agents_ack_leaves_the_conversation_out() -> None:
    session = Session(Role.AGENT).live()
    session.say()
    (frame,) = session.sent()

    session.hear("ack", {"log": "public", "seq": 4}, id=frame["id"])

    assert session.happened() == [Settled("c-1", CV, 4)]


def test_what_an_agent_opens_is_held_and_what_it_closes_is_not() -> None:
    session = Session(Role.AGENT).live()
    frame_id = session.client.request("open", {"conversationId": CV})
    opened = {"history": {"public": page(4, 5), "staff": page(1, log="staff")}}

    session.hear("ack", opened, id=frame_id)
    assert session.client.replica.held() == [(CV, "public"), (CV, "staff")]
    again = session.client.request("open", {"conversationId": CV})
    session.hear("ack", {"history": {"public": page(4, 5, 6)}}, id=again)
    assert Applied(event(6)) in session.happened()
    session.client.request("close", {"conversationId": CV})

    assert session.client.replica.held() == []


def test_an_agent_keeps_no_visitors_tokens() -> None:
    session = Session(Role.AGENT)
    session.welcome(session.dial(), visitorToken="vt_1")
    session.client.disconnected(1006, 0.0)

    assert session.dial()["data"] == {"key": "wk_1", "cursors": []}
