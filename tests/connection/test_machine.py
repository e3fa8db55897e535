"""The connection machine: order, limits and patience (PROTOCOL §2, §3, §4, §8)."""

from typing import Any

import pytest

from protocol import limits
from protocol.close import CloseCode
from protocol.errors import ErrorCode, Problem
from protocol.frames.frame import Frame
from protocol.frames.shared import Ping
from protocol.limits import Rate
from server.connection.buckets import Rates
from server.connection.commands import Abort, PauseReading, Perform, Pong, Refuse, SendPing, Shut
from server.connection.machine import Heartbeat, Machine
from server.connection.states import State

BEAT = Heartbeat(interval=25.0, timeout=10.0, hello=10.0)
BROKEN = Problem(ErrorCode.INVALID_INPUT, "not a frame")


def frame(kind: str, name: str | None = "1") -> Frame[Any]:
    return Frame(kind, name, Ping())


def fresh() -> Machine:
    return Machine(BEAT, now=0.0)


def live(rates: Rates | None = None) -> Machine:
    machine = fresh()
    machine.receive(frame("hello"), 10, 0.0)
    machine.welcomed(rates, 0.0)
    return machine


def test_the_first_hello_is_performed() -> None:
    machine = fresh()

    assert machine.receive(frame("hello"), 10, 0.0) == (Perform(frame("hello")),)
    assert machine.state is State.GREETING


def test_five_other_first_frames_are_refused_and_the_sixth_ends_the_connection() -> None:
    machine = fresh()

    refused = [machine.receive(frame("message"), 10, 1.0) for _ in range(5)]
    last = machine.receive(frame("message"), 10, 1.0)

    assert all(isinstance(one, Refuse) for (one,) in refused)
    assert {one.problem.code for (one,) in refused if isinstance(one, Refuse)} == {
        ErrorCode.HELLO_REQUIRED
    }
    assert last == (Shut(CloseCode.NO_HELLO),)


def test_a_hello_after_a_wrong_first_frame_still_counts() -> None:
    machine = fresh()
    machine.receive(frame("message"), 10, 1.0)

    assert machine.receive(frame("hello"), 10, 2.0) == (Perform(frame("hello")),)


def test_without_a_hello_in_time_the_connection_ends() -> None:
    machine = fresh()

    assert machine.tick(9.9) == ()
    assert machine.tick(10.0) == (Shut(CloseCode.NO_HELLO),)


def test_other_frames_do_not_move_the_deadline_of_hello() -> None:
    machine = fresh()
    machine.receive(frame("message"), 10, 9.0)

    assert machine.deadline == 10.0


def test_a_slow_database_is_not_held_against_a_client_that_said_hello() -> None:
    machine = fresh()
    machine.receive(frame("hello"), 10, 1.0)

    assert machine.tick(10.0) == ()
    assert machine.deadline == 20.0


def test_a_second_hello_is_a_conflict() -> None:
    (command,) = live().receive(frame("hello", "2"), 10, 1.0)

    assert isinstance(command, Refuse)
    assert (command.id, command.problem.code) == ("2", ErrorCode.CONFLICT)


def test_after_a_refused_hello_another_may_be_sent() -> None:
    machine = fresh()
    machine.receive(frame("hello"), 10, 0.0)
    machine.hello_refused()

    assert machine.next_held(0.0) is None
    assert machine.receive(frame("hello"), 10, 0.0) == (Perform(frame("hello")),)


def test_what_came_on_top_of_a_refused_hello_is_answered_too() -> None:
    machine = fresh()
    machine.receive(frame("hello"), 10, 0.0)
    machine.receive(frame("message", "m"), 10, 0.0)
    machine.receive(frame("hello", "h"), 10, 0.0)
    machine.hello_refused()

    refused = machine.next_held(0.0)

    assert refused is not None
    assert isinstance(refused[0], Refuse)
    assert (refused[0].id, refused[0].problem.code) == ("m", ErrorCode.HELLO_REQUIRED)
    assert machine.next_held(0.0) == (Perform(frame("hello", "h")),)


def test_frames_sent_right_after_hello_are_performed_after_welcome_in_order() -> None:
    machine = fresh()
    machine.receive(frame("hello"), 10, 0.0)
    for name in "abc":
        assert machine.receive(frame("message", name), 10, 0.0) == ()
    machine.welcomed(None, 0.0)

    released = [machine.next_held(0.0) for _ in range(4)]

    assert released == [(Perform(frame("message", name)),) for name in "abc"] + [None]


def test_sixteen_early_frames_are_held_and_one_more_is_too_many() -> None:
    machine = fresh()
    machine.receive(frame("hello"), 10, 0.0)

    held = [machine.receive(frame("message"), 10, 0.0) for _ in range(limits.BACKLOG_FRAMES)]

    assert held == [()] * 16
    assert machine.receive(frame("message"), 10, 0.0) == (Shut(CloseCode.FLOODING, 1_000),)


def test_early_frames_of_128_kib_are_held_and_a_byte_more_is_too_much() -> None:
    machine = fresh()
    machine.receive(frame("hello"), 10, 0.0)

    assert machine.receive(frame("message"), limits.BACKLOG_BYTES, 0.0) == ()
    assert machine.receive(frame("message"), 1, 0.0) == (Shut(CloseCode.FLOODING, 1_000),)


def test_while_a_read_runs_later_frames_wait_and_then_come_one_at_a_time() -> None:
    machine = live()
    machine.read_started()
    machine.receive(frame("history", "a"), 10, 0.0)
    machine.receive(frame("history", "b"), 10, 0.0)
    machine.read_finished(0.0)

    assert machine.next_held(0.0) == (Perform(frame("history", "a")),)
    machine.read_started()
    assert machine.next_held(0.0) is None
    machine.read_finished(0.0)
    assert machine.next_held(0.0) == (Perform(frame("history", "b")),)


def test_while_a_read_runs_too_many_frames_pause_the_socket_and_end_nothing() -> None:
    machine = live()
    machine.read_started()
    for _ in range(limits.BACKLOG_FRAMES):
        machine.receive(frame("history"), 10, 0.0)

    assert machine.receive(frame("history"), 10, 0.0) == (PauseReading(),)


def test_a_ping_is_answered_with_its_id() -> None:
    assert live().receive(frame("ping", "p"), 10, 0.0) == (Pong("p"),)


def test_beyond_its_rate_a_frame_is_refused_with_the_time_to_wait() -> None:
    machine = live(Rates({"": Rate(1, 10, 1)}))
    machine.receive(frame("read"), 10, 0.0)

    (command,) = machine.receive(frame("read", "2"), 10, 0.0)

    assert isinstance(command, Refuse)
    assert command.problem.code is ErrorCode.TOO_MANY_REQUESTS
    assert command.problem.retry_after_ms == 10_000


def test_typing_beyond_its_rate_is_dropped_without_a_word() -> None:
    machine = live(Rates({"typing": Rate(1, 10, 1), "": Rate(1, 10, 1)}))
    first = machine.receive(frame("typing"), 10, 0.0)

    assert first == (Perform(frame("typing")),)
    assert machine.receive(frame("typing"), 10, 0.0) == ()


def test_after_twenty_refusals_in_a_minute_the_connection_ends() -> None:
    machine = live(Rates({"": Rate(1, 600, 1)}))
    machine.receive(frame("read"), 10, 0.0)

    answers = [machine.receive(frame("read"), 10, float(n)) for n in range(20)]

    assert [len(answer) for answer in answers] == [1] * 19 + [2]
    last = answers[-1][1]
    assert isinstance(last, Shut)
    assert last.code is CloseCode.FLOODING
    assert last.retry_after_ms is not None


def test_refusals_older_than_a_minute_are_forgotten() -> None:
    machine = live(Rates({"": Rate(1, 6_000, 1)}))
    machine.receive(frame("read"), 10, 0.0)

    answers = [machine.receive(frame("read"), 10, n * 4.0) for n in range(60)]

    assert all(len(answer) == 1 for answer in answers)


def test_five_malformed_frames_in_a_minute_are_borne_and_the_sixth_is_not() -> None:
    machine = live()

    borne = [machine.malformed(BROKEN, 1.0) for _ in range(5)]

    assert borne == [(Refuse(None, BROKEN),)] * 5
    assert machine.malformed(BROKEN, 1.0) == (Shut(CloseCode.PROTOCOL_VIOLATION),)


def test_an_invalid_frame_is_refused_under_its_id_and_not_counted() -> None:
    machine = live()

    answers = [machine.invalid("7", BROKEN, 1.0) for _ in range(30)]

    assert answers == [(Refuse("7", BROKEN),)] * 30


def test_a_silent_peer_is_asked_and_then_dropped() -> None:
    machine = live()

    assert machine.tick(24.9) == ()
    assert machine.tick(25.0) == (SendPing(),)
    assert machine.deadline == 35.0
    assert machine.tick(34.9) == ()
    assert machine.tick(35.0) == (Abort(CloseCode.NO_HEARTBEAT),)


def test_any_frame_answers_a_heartbeat() -> None:
    machine = live()
    machine.tick(25.0)
    machine.malformed(BROKEN, 30.0)

    assert machine.deadline == 55.0
    assert machine.tick(55.0) == (SendPing(),)


def test_a_connection_pings_at_its_own_time() -> None:
    machine = Machine(BEAT, now=0.0, spread=0.2)
    machine.receive(frame("hello"), 10, 0.0)
    machine.welcomed(None, 0.0)

    assert machine.deadline == pytest.approx(30.0)


def test_while_a_read_runs_silence_says_nothing() -> None:
    machine = live()
    machine.read_started()

    assert machine.tick(25.0) == ()
    assert machine.deadline == 35.0


@pytest.mark.parametrize("end", ["closing", "lost"])
def test_after_the_end_nothing_that_arrives_has_an_effect(end: str) -> None:
    machine = live()
    machine.closing() if end == "closing" else machine.lost()

    assert machine.receive(frame("message"), 10, 1.0) == ()
    assert machine.malformed(BROKEN, 1.0) == ()
    assert machine.invalid("1", BROKEN, 1.0) == ()
    assert machine.tick(1_000.0) == ()


def test_a_read_that_finishes_after_the_end_changes_nothing() -> None:
    machine = live()
    machine.read_started()
    machine.receive(frame("message"), 10, 0.0)
    machine.lost()
    machine.read_finished(1.0)

    assert machine.state is State.LOST
    assert machine.next_held(1.0) is None
