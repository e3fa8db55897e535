"""The client's states: the table is closed, and nothing leads out of the end."""

import pytest

from protocol.states import ATTACHED, CONNECTED, READY, TRANSITIONS, Input, State, backoff


def test_every_state_can_be_reached() -> None:
    reached, before = {State.OFFLINE}, set[State]()
    while reached != before:
        before = set(reached)
        reached |= {after for (state, _), after in TRANSITIONS.items() if state in before}

    assert reached == set(State)


def test_nothing_leads_out_of_the_end() -> None:
    assert all(state is not State.TERMINAL for state, _ in TRANSITIONS)


def test_every_state_but_the_end_can_be_stopped() -> None:
    stopped = {state for state, event in TRANSITIONS if event is Input.REFUSED}

    assert stopped == set(State) - {State.TERMINAL}


def test_every_attached_state_can_lose_its_connection() -> None:
    assert {state for state, event in TRANSITIONS if event is Input.LOST} == ATTACHED
    assert READY < CONNECTED < ATTACHED


@pytest.mark.parametrize(
    ("attempt", "most"), [(0, 0.5), (1, 1.0), (5, 16.0), (6, 20.0), (10_000, 20.0)]
)
def test_the_wait_is_random_up_to_a_limit_that_doubles_to_20_seconds(
    attempt: int, most: float
) -> None:
    assert backoff(attempt, lambda: 0.0) == 0.0
    assert backoff(attempt, lambda: 0.5) == most / 2
    assert backoff(attempt, lambda: 1.0) == most
