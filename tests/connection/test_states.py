"""The table of a connection's states."""

from itertools import product

import pytest

from server.connection.states import TRANSITIONS, Input, State, next_state


@pytest.mark.parametrize(("state", "happened"), list(product(State, Input)))
def test_an_input_leads_where_the_table_says_or_cannot_happen(
    state: State, happened: Input
) -> None:
    expected = TRANSITIONS[state].get(happened)

    if expected is None:
        with pytest.raises(AssertionError, match=f"{happened.name} cannot happen in {state.name}"):
            next_state(state, happened)
    else:
        assert next_state(state, happened) is expected


def test_every_state_can_be_reached_and_ends_in_lost() -> None:
    reached = {State.AWAITING_HELLO}
    for _ in State:
        reached |= {after for state in reached for after in TRANSITIONS[state].values()}

    assert reached == set(State)
    assert all(
        TRANSITIONS[state][Input.LOST] is State.LOST for state in State if state is not State.LOST
    )


def test_nothing_leaves_lost() -> None:
    assert set(TRANSITIONS[State.LOST].values()) == {State.LOST}
