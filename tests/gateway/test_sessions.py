"""The live sessions of a node: found by what they are, kept for a moment, gone without a trace."""

from typing import Any, cast

from server.gateway.sessions import GONE_AFTER_SECONDS, LiveSession, Sessions
from tests.gateway.rows import session


class Counted:
    """Sessions, and who was told to have changed."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        self.all = Sessions(lambda live: self.changed.append(live.row.id))

    def join(self, session_id: str = "se_1", socket: str = "tab 1", **members: Any) -> LiveSession:
        return self.all.join(session(session_id, **members), cast("Any", socket), since=1)

    def leave(self, live: LiveSession, socket: str = "tab 1", now: float = 0.0) -> None:
        self.all.leave(live, cast("Any", socket), now)

    @property
    def is_empty(self) -> bool:
        sessions = self.all
        return not any(
            (sessions._by_id, sessions._by_visitor, sessions._by_contact, sessions._watchers)
        )


def test_two_tabs_of_a_session_share_it() -> None:
    counted = Counted()

    one, two = counted.join(), counted.join(socket="tab 2")

    assert one is two
    assert cast("Any", one.sockets) == ["tab 1", "tab 2"]
    assert (len(counted.all), counted.changed) == (1, ["se_1", "se_1"])


def test_a_session_is_found_by_id_device_contact_and_workspace() -> None:
    counted = Counted()
    live = counted.join(contact_id="co_1")
    counted.join("se_2", visitor_id="v_2")

    assert counted.all.get("se_1") is live
    assert counted.all.get("se_9") is None
    assert list(counted.all.of_visitor("ws_1", "v_1")) == [live]
    assert list(counted.all.of_contact("co_1")) == [live]
    assert len(list(counted.all.of_workspace("ws_1"))) == 2
    assert list(counted.all.of_workspace("ws_2")) == []


def test_a_session_stays_for_15_seconds_after_its_last_socket() -> None:
    """IDENTITY T26."""
    counted = Counted()
    live = counted.join(contact_id="co_1")
    counted.all.watch(live, "cv_1")
    counted.leave(live, now=100.0)

    counted.all.sweep(100.0 + GONE_AFTER_SECONDS - 0.1)
    kept = counted.all.get("se_1")
    online = counted.all.is_online("co_1")
    counted.all.sweep(100.0 + GONE_AFTER_SECONDS)

    assert kept is live
    assert not online
    assert counted.is_empty
    assert counted.changed == ["se_1", "se_1"]


def test_a_page_change_is_no_departure() -> None:
    counted = Counted()
    live = counted.join(contact_id="co_1")
    counted.leave(live, now=100.0)
    counted.join(contact_id="co_1")

    counted.all.sweep(1_000.0)

    assert counted.all.get("se_1") is live
    assert counted.all.is_online("co_1")


def test_a_session_that_left_twice_is_let_go_of_once() -> None:
    counted = Counted()
    live = counted.join()
    counted.leave(live, now=1.0)
    counted.join()
    counted.leave(live, now=2.0)

    counted.all.sweep(100.0)

    assert counted.is_empty
    assert counted.changed == ["se_1", "se_1", "se_1"]


def test_with_one_tab_left_nobody_leaves() -> None:
    counted = Counted()
    live = counted.join()
    counted.join(socket="tab 2")

    counted.leave(live, now=0.0)
    counted.all.sweep(1_000.0)

    assert cast("Any", live.sockets) == ["tab 2"]


def test_a_newer_copy_of_the_row_is_taken_and_an_older_one_is_not() -> None:
    counted = Counted()
    live = counted.join(version=5)

    counted.all.renew(live, session(version=4, contact_id="co_old"))
    older = live.row.version
    counted.join(socket="tab 2", version=6, contact_id="co_1")

    assert older == 5
    assert live.row.contact_id == "co_1"
    assert list(counted.all.of_contact("co_old")) == []
    assert list(counted.all.of_contact("co_1")) == [live]


def test_a_session_whose_contact_changes_moves_in_the_index() -> None:
    counted = Counted()
    live = counted.join(contact_id="co_1")

    counted.all.renew(live, session(version=2, contact_id="co_2"))
    counted.all.renew(live, session(version=3, contact_id=None))

    assert list(counted.all.of_contact("co_1")) == []
    assert list(counted.all.of_contact("co_2")) == []
    assert counted.changed == ["se_1"] * 3


def test_watching_twice_is_watching_once_and_two_sessions_watch_side_by_side() -> None:
    counted = Counted()
    one, two = counted.join(), counted.join("se_2")
    for live in (one, one, two):
        counted.all.watch(live, "cv_1")

    counted.leave(one, now=0.0)
    counted.all.sweep(100.0)

    assert list(counted.all.watching("cv_1")) == [two]
    assert list(counted.all.watching("cv_2")) == []


def test_what_comes_late_for_a_session_that_is_gone_leaves_no_trace() -> None:
    """A read that outlived its session must not be remembered for ever."""
    counted = Counted()
    live = counted.join()
    counted.leave(live, now=0.0)
    counted.all.sweep(100.0)

    counted.all.watch(live, "cv_1")
    counted.all.renew(live, session(version=2, contact_id="co_1"))

    assert counted.is_empty
