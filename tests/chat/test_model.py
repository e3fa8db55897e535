"""The records of a conversation: values, and what they have when nothing is said."""

from dataclasses import FrozenInstanceError

import pytest

from server.chat.model import NOTHING, Author, AuthorKind, Decision, LogName, NewEvent


def test_a_record_cannot_be_changed_in_place() -> None:
    author = Author(AuthorKind.SYSTEM)

    with pytest.raises(FrozenInstanceError):
        author.name = "somebody"  # type: ignore[misc]


def test_what_an_event_adds_is_nothing_and_cannot_become_something() -> None:
    event = NewEvent(LogName.PUBLIC, "message", Author(AuthorKind.SYSTEM))

    assert event.data == {}
    with pytest.raises(TypeError):
        event.data["body"] = "x"  # type: ignore[index]
    assert Decision().changes is NOTHING
