"""Answers leave in the order of their frames, whenever they become ready (PROTOCOL §2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.gateway.answers import Answers


def test_an_answer_with_nothing_before_it_leaves_at_once() -> None:
    sent: list[bytes] = []

    Answers(sent.append).say(b"a")

    assert sent == [b"a"]


def test_an_answer_waits_for_those_before_it() -> None:
    sent: list[bytes] = []
    answers = Answers(sent.append)
    first, second = answers.place(), answers.place()

    answers.say(b"c")
    answers.fill(second, b"b")
    waiting = list(sent)
    answers.fill(first, b"a")

    assert waiting == []
    assert sent == [b"a", b"b", b"c"]


def test_what_follows_an_answer_happens_when_it_has_left_and_before_the_next() -> None:
    order: list[bytes] = []
    answers = Answers(order.append)
    first, second, third = answers.place(), answers.place(), answers.place()

    answers.fill(third, b"c")
    answers.fill(second, None, lambda: order.append(b"after b"))
    answers.fill(first, b"a", lambda: order.append(b"after a"))

    assert order == [b"a", b"after a", b"after b", b"c"]


def test_a_frame_is_answered_once() -> None:
    answers = Answers(lambda frame: None)
    place = answers.place()
    answers.place()
    answers.fill(place, b"a")

    with pytest.raises(AssertionError, match="once"):
        answers.fill(place, b"b")


@given(st.permutations(range(8)))
def test_whatever_the_order_of_readiness_the_order_of_answers_is_that_of_the_frames(
    order: list[int],
) -> None:
    sent: list[bytes] = []
    answers = Answers(sent.append)
    places = [answers.place() for _ in order]

    for number in order:
        answers.fill(places[number], b"%d" % number)

    assert sent == [b"%d" % number for number in range(8)]
