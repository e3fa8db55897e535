"""What one batch did to an event again and again is written as it ended."""

from server.chat.model import Decision, Draft, Existing, LogName, Rewrite, Rows
from server.store.connection import Connection
from server.store.events import event_at
from server.store.journal import append_drafts
from server.store.summaries import stale_ones
from tests.store.scenes import NOW, committed, drafted, row_of, says


def edits(body: str) -> Draft:
    def decide(rows: Rows, now: int) -> Decision:
        assert rows.target_event is not None
        text = f"{rows.target_event.body}, {body}"
        return Decision(rewrite=Rewrite(LogName.PUBLIC, 1, text, deleted=False))

    return Draft("ws_1", Existing("cv_1"), decide, wants_event=(LogName.PUBLIC, 1))


def test_an_event_may_be_made_and_rewritten_twice_in_one_batch(db: Connection) -> None:
    drafts = [drafted(row_of("cv_1"), says("a")), edits("b"), edits("c")]

    outcomes, touched = append_drafts(
        db, drafts, NOW, lambda: "ev_1", lock=False, is_stale=lambda one: False
    )

    found = event_at(db, "cv_1", LogName.PUBLIC, 1)
    assert found == committed(outcomes[-1]).rewritten
    assert found is not None
    assert (found.body, found.edited_at) == ("a, b, c", NOW)
    assert touched == {"cv_1"}
    assert stale_ones(db) == ["cv_1"]


def test_the_newest_of_a_kind_is_found_among_what_the_batch_has_made(db: Connection) -> None:
    seen: list[int] = []

    def looks(rows: Rows, now: int) -> Decision:
        assert rows.target_event is not None
        seen.append(rows.target_event.seq)
        return Decision(existing=rows.target_event)

    look = Draft("ws_1", Existing("cv_1"), looks, last_event_of="message")
    drafts = [drafted(row_of("cv_1"), says("a")), look, drafted("cv_1", says("b")), look]
    ids = iter(["ev_1", "ev_2"])

    outcomes, _ = append_drafts(
        db, drafts, NOW, lambda: next(ids), lock=False, is_stale=lambda one: True
    )

    assert seen == [1, 2]
    assert committed(outcomes[-1]).events == ()
    assert committed(outcomes[-1]).answer == committed(outcomes[-2]).answer
