"""Frames that wait for an answer: each id once, each answer once."""

from protocol.requests import Request, Requests


def test_ids_are_never_used_twice_even_after_a_lost_connection() -> None:
    requests = Requests()

    first = requests.ask(Request("page", 0), {})
    requests.lost()
    second = requests.ask(Request("page", 0), {})

    assert (first, second) == ("1", "2")


def test_frames_are_given_once_and_in_order() -> None:
    requests = Requests()
    requests.ask(Request("page", 0), {"url": "https://x.example"})
    requests.say("pong")

    assert requests.frames() == [
        {"type": "page", "id": "1", "data": {"url": "https://x.example"}},
        {"type": "pong"},
    ]
    assert requests.frames() == []


def test_an_answer_is_taken_once() -> None:
    requests = Requests()
    frame_id = requests.ask(Request("page", 0), {})

    assert requests.take(frame_id) == Request("page", 0)
    assert requests.take(frame_id) is None
    assert requests.take(None) is None


def test_a_lost_connection_tells_the_owner_what_stays_unanswered() -> None:
    requests = Requests()
    requests.ask(Request("hello", 0), {})
    requests.ask(Request("message", 0, client_message_id="c-1"), {})
    requests.ask(Request("history", 0, key=("cv_1", "public")), {})
    owners = requests.ask(Request("history", 0), {})

    assert requests.lost() == [owners]
    assert requests.frames() == []
    assert requests.lost() == []


def test_pages_can_be_dropped_alone() -> None:
    requests = Requests()
    page = requests.ask(Request("history", 0, key=("cv_1", "public")), {})
    other = requests.ask(Request("rate", 0), {})

    requests.drop_pages()

    assert requests.take(page) is None
    assert requests.take(other) is not None
