"""What a client tells its owner is a closed set of frozen records."""

from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from protocol import happenings
from protocol.happenings import Happening, StateChanged
from protocol.states import State


def test_every_record_is_a_happening() -> None:
    assert {record.__name__ for record in get_args(Happening)} == set(happenings.__all__) - {
        "Happening"
    }


def test_records_are_frozen() -> None:
    happening = StateChanged(State.LIVE)

    with pytest.raises(FrozenInstanceError):
        happening.state = State.OFFLINE  # type: ignore[misc]
