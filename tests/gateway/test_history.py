"""Pages of a log: their limits, what resumes and what begins anew, and what a client is told."""

from collections.abc import Sequence
from typing import Any, cast

from protocol import limits
from protocol.frames.shared import Cursor
from protocol.pushes import HistoryToStaff, HistoryToVisitor
from server.chat.model import Event, LogName
from server.gateway.history import empty_reset, history_payload, read_page, resume_page
from tests.gateway.rows import event


class FakeLists:
    """A log of `count` messages, read as the store reads one."""

    def __init__(self, count: int, body: str = "Hi", **members: Any) -> None:
        self.log = [event(seq, body=body, **members) for seq in range(1, count + 1)]

    def events(
        self,
        conversation_id: str,
        log: LogName,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[Event]:
        if after is not None:
            return self.log[after : after + limit]
        end = len(self.log) if before is None else before - 1
        return self.log[max(0, end - limit) : end]

    def event(self, conversation_id: str, log: LogName, seq: int) -> Event | None:
        return self.log[seq - 1] if 0 < seq <= len(self.log) else None

    def page(self, **asked: Any) -> Any:
        return read_page(cast("Any", self), "cv_1", LogName.PUBLIC, len(self.log), **asked)

    def resume(self, seq: int | None = None, event_id: str | None = None) -> Any:
        cursor = None
        if seq is not None:
            cursor = Cursor.model_validate(
                {
                    "conversationId": "cv_1",
                    "log": "public",
                    "seq": seq,
                    "eventId": event_id or f"ev_{seq}",
                }
            )
        return resume_page(cast("Any", self), "cv_1", LogName.PUBLIC, len(self.log), cursor)


def seqs(page: Any) -> list[int]:
    return [one.seq for one in page.events]


def test_the_newest_page_looks_back() -> None:
    page = FakeLists(120).page()

    assert (seqs(page)[0], seqs(page)[-1], page.has_more, page.complete) == (71, 120, True, True)


def test_a_page_after_a_seq_looks_forward_and_is_complete_at_the_head() -> None:
    lists = FakeLists(8)

    first, last = lists.page(after=2, limit=4), lists.page(after=6, limit=4)

    assert (seqs(first), first.has_more, first.complete) == ([3, 4, 5, 6], True, False)
    assert (seqs(last), last.has_more, last.complete) == ([7, 8], False, True)


def test_a_page_before_a_seq_ends_there() -> None:
    page = FakeLists(8).page(before=4, limit=2)

    assert (seqs(page), page.has_more, page.complete) == ([2, 3], True, False)


def test_nothing_after_the_head_is_complete_and_nothing_before_the_first_is_not() -> None:
    lists = FakeLists(3)

    after, before = lists.page(after=3), lists.page(before=1)

    assert (seqs(after), after.complete) == ([], True)
    assert (seqs(before), before.has_more, before.complete) == ([], False, False)


def test_a_page_ends_at_256_kib_from_the_side_that_was_asked() -> None:
    """PROTOCOL §3."""
    lists = FakeLists(60, body="x" * 10_000)

    forward, back = lists.page(after=0), lists.page()

    assert (seqs(forward)[0], len(seqs(forward)), forward.has_more) == (1, 25, True)
    assert (seqs(back)[-1], len(seqs(back)), back.has_more) == (60, 25, True)
    assert len(str(history_payload(back, "", staff=True))) < limits.HISTORY_PAGE_BYTES * 1.05


def test_a_page_has_at_least_one_event_however_large() -> None:
    page = FakeLists(3, data={"customData": {"a": "x" * limits.HISTORY_PAGE_BYTES}}).page(after=0)

    assert (seqs(page), page.has_more) == ([1], True)


def test_a_cursor_that_is_the_logs_goes_on_from_there() -> None:
    """PROTOCOL §4."""
    page = FakeLists(10).resume(7)

    assert (seqs(page), page.reset, page.complete) == ([8, 9, 10], False, True)


def test_a_cursor_at_the_head_gets_nothing_and_keeps_its_place() -> None:
    page = FakeLists(10).resume(10)
    payload = history_payload(page, "", staff=False)

    assert (seqs(page), page.reset, page.complete, page.last_seq) == ([], False, True, 10)
    assert payload["cursor"] == {"seq": 10, "eventId": "ev_10"}


def test_a_cursor_that_is_not_the_logs_begins_anew() -> None:
    lists = FakeLists(10)

    other, beyond, none = lists.resume(7, "ev_x"), lists.resume(11), lists.resume()

    assert [page.reset for page in (other, beyond, none)] == [True, True, True]
    assert seqs(beyond) == list(range(1, 11))


def test_a_cursor_500_behind_resumes_and_one_further_begins_anew() -> None:
    lists = FakeLists(600)

    near, far = lists.resume(100), lists.resume(99)

    assert (near.reset, seqs(near)[0], near.complete) == (False, 101, False)
    assert (far.reset, seqs(far)[-1], far.complete) == (True, 600, True)


def test_an_empty_log_begins_anew_and_is_complete() -> None:
    page = FakeLists(0).resume()
    payload = history_payload(page, "", staff=False)

    assert (page.reset, page.complete, page.last_seq) == (True, True, 0)
    assert payload["cursor"] is None


def test_a_payload_has_the_contracts_shape_and_knows_whose_each_event_is() -> None:
    page = FakeLists(2, sender="device:v_1", client_message_id="c").page()

    own = history_payload(page, "device:v_1", staff=False)
    staff = history_payload(page, "agent:ag_1", staff=True)

    HistoryToVisitor.model_validate(own)
    HistoryToStaff.model_validate(staff)
    assert own["events"][0]["author"]["own"]
    assert "clientMessageId" not in staff["events"][0]
    assert own["cursor"] == {"seq": 2, "eventId": "ev_2"}


def test_what_is_hidden_and_what_was_never_made_reset_in_the_same_bytes() -> None:
    payload = empty_reset("cv_1", "public")

    HistoryToVisitor.model_validate(payload)
    assert (payload["reset"], payload["complete"], payload["events"]) == (True, True, [])
