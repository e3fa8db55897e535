"""What one node tells the others of a commit."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.codec import MSGPACK
from server.chat.model import (
    Author,
    AuthorKind,
    Committed,
    ConversationRow,
    Event,
    LogName,
    LogRow,
    Status,
)
from server.gateway.notices import notice_of, read_notice
from server.identity.model import Trust

AUTHOR = Author(AuthorKind.VISITOR, "v_1", None, None, "co_1", Trust.ANONYMOUS)
EVENT = Event(
    "ws_1",
    "cv_1",
    LogName.PUBLIC,
    7,
    "ev_7",
    1_795_168_800_007,
    "message",
    AUTHOR,
    "device:v_1",
    "c-1",
    "Grüße 👋",
    {"customData": {"a": [1, None, True]}},
)
LOG = LogRow("cv_1", "ws_1", 7, 2, Status.OPEN, 3, 1)
ROW = ConversationRow(
    "cv_1", "ws_1", "v_1", "co_1", "se_1", None, False, None, 5, labels=("a",), greeting=("Hi",)
)


@pytest.mark.parametrize(
    "outcome",
    [
        Committed(None, (EVENT,), LOG),
        Committed(None, (EVENT, replace(EVENT, seq=8, log=LogName.STAFF)), LOG),
        Committed(None, (EVENT,), LOG, created=True, conversation=ROW),
        Committed(None, (), LOG, rewritten=replace(EVENT, deleted=True, edited_at=9)),
        Committed(None, (), LOG, rewritten=EVENT, blanked=(replace(EVENT, seq=8),)),
        Committed(None, (replace(EVENT, author=Author(AuthorKind.SYSTEM)),), LOG),
    ],
)
def test_what_is_told_is_what_was_committed(outcome: Committed) -> None:
    assert read_notice(notice_of(outcome)) == outcome


def test_a_conversation_that_was_only_read_is_not_told() -> None:
    outcome = Committed(None, (EVENT,), LOG, conversation=ROW)

    assert read_notice(notice_of(outcome)) == replace(outcome, conversation=None)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        MSGPACK.encode({}),
        MSGPACK.encode([]),
        MSGPACK.encode([2, [], [], None, [], None]),
        MSGPACK.encode([1, [], [], None, [], None]),
        MSGPACK.encode([1, ["cv_1", "ws_1", 7, 2, "asleep", 3, 1], [], None, [], None]),
        MSGPACK.encode([1, None, None, None, None, None]),
    ],
)
def test_a_notice_of_another_version_or_none_at_all_is_no_notice(payload: bytes) -> None:
    assert read_notice(payload) is None


@given(st.binary(max_size=200))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_whatever_comes_over_the_bus_breaks_nothing(payload: bytes) -> None:
    assert read_notice(payload) is None
