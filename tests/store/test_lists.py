"""Cursors and criteria of lists; the lists themselves are in the conformance tests."""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.identity.model import SessionRow, Trust
from server.identity.visibility import Rules, UnverifiedHistory, criteria, visible
from server.store import lists
from server.store.connection import Connection
from server.store.journal import append_drafts
from server.store.port import BadCursor, InboxFilter, Page
from tests.store.scenes import NOW, SESSION, drafted, row_of, says


@settings(max_examples=25)
@given(st.text(max_size=40) | st.binary(max_size=30).map(lambda b: base64.b64encode(b).decode()))
def test_a_cursor_of_somebody_elses_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursor):
        lists._place(cursor)


@pytest.mark.parametrize(
    "content",
    [
        b"[1]",
        b'["cv",1]',
        b"{}",
        b"[1,2,3]",
        b'[1.5,"cv"]',
        b'[-1,"cv"]',
        b'[9223372036854775808,"cv"]',
        b'[1,"\\u0000"]',
    ],
)
def test_a_cursor_of_another_shape_is_refused(content: bytes) -> None:
    with pytest.raises(BadCursor):
        lists._place(base64.urlsafe_b64encode(content).decode())


def test_a_session_that_sees_nothing_gets_an_empty_page(db: Connection) -> None:
    before = db.statements

    page = lists.visible_to(db, (), cursor=None, limit=5)

    assert page == Page((), None)
    assert db.statements == before


@pytest.mark.parametrize("trust", Trust)
@pytest.mark.parametrize("scope", [None, "tenant"])
@pytest.mark.parametrize("history", get_args(UnverifiedHistory))
def test_a_list_shows_what_a_look_at_each_would_allow(
    db: Connection, trust: Trust, scope: str | None, history: UnverifiedHistory
) -> None:
    """IDENTITY §4.4: the list is the rule."""
    rows = [
        replace(
            row_of(f"cv_{n}_{m}_{k}_{j}", visitor_id=f"v_{n}", contact_id=f"co_{m}"),
            verified=bool(k),
            external_id=["tenant", "other", None][j],
        )
        for n in (1, 2)
        for m in (1, 2)
        for k in (0, 1)
        for j in (0, 1, 2)
    ]
    drafts = [drafted(row, says("x")) for row in rows]
    append_drafts(db, drafts, NOW, iter_ids(), lock=False, is_stale=lambda one: True)
    session: SessionRow = replace(SESSION, trust=trust, external_id=scope)

    rules = Rules(unverified_history=history)

    page = lists.visible_to(db, criteria(session, NOW, rules), cursor=None, limit=99)

    allowed = {row.id for row in rows if visible(session, row, NOW, rules)}
    assert {one.conversation.id for one in page.items} == allowed


def iter_ids() -> Callable[[], str]:
    numbers = iter(range(1000))
    return lambda: f"ev_{next(numbers)}"


def test_unread_is_capped(db: Connection) -> None:
    drafts = [drafted(row_of("cv_1"), says("x")), *[drafted("cv_1", says("x"))] * 1100]
    append_drafts(db, drafts, NOW, iter_ids(), lock=False, is_stale=lambda one: True)

    page = lists.inbox(db, InboxFilter("ws_1", "ag_1"), cursor=None, limit=1)

    assert page.items[0].unread == 1000
