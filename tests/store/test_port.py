"""What the port's records say of themselves."""

from server.chat.model import LogRow, Status
from server.store.port import Marks, Summary
from tests.store.scenes import NOW, row_of


def test_a_conversation_without_events_is_ordered_by_its_birth() -> None:
    log = LogRow("cv_1", "ws_1", 0, 0, Status.OPEN, 0, 1)

    summary = Summary(row_of("cv_1"), log, 0, None, None, 0, Marks(), NOW)

    assert summary.order == NOW
