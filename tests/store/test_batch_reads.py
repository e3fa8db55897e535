"""What a batch reads does not grow with the batch."""

import pytest
from sqlalchemy import update

from server.chat.model import Draft, LogName, OpenOrNew
from server.identity.model import Grant
from server.identity.visibility import Rules
from server.store import tables
from server.store.batch_reads import BatchReads, session_of
from server.store.connection import Connection
from server.store.transaction import SqlTransaction
from tests.store.scenes import NOW, SESSION, WORKSPACE, drafted, refuses, row_of


def statements(db: Connection, drafts: list[Draft]) -> int:
    before = db.statements
    BatchReads(db, drafts, NOW, lock=True)
    return db.statements - before


@pytest.mark.parametrize("session", ["se_1", None])
def test_many_drafts_are_read_in_as_few_statements_as_two(
    db: Connection, session: str | None
) -> None:
    few, many = (
        [drafted(f"cv_{n}", refuses, key=f"c-{n}", session_id=session) for n in range(size)]
        for size in (2, 200)
    )

    assert statements(db, few) == statements(db, many) == 2


def test_first_messages_are_read_together_too(db: Connection, tx: SqlTransaction) -> None:
    tx.sessions.insert(SESSION, "hash")
    few, many = (
        [
            drafted(OpenOrNew(row_of(f"cv_{n}")), refuses, key=f"c-{n}", session_id="se_1")
            for n in range(size)
        ]
        for size in (2, 200)
    )

    assert statements(db, few) == statements(db, many) == 5


def test_whose_right_a_draft_stands_on() -> None:
    grant = Grant("se_2", "cv_1", 1)

    found = [
        session_of(drafted("cv_1", refuses, session_id="se_1", grant=grant)),
        session_of(drafted("cv_1", refuses, grant=grant)),
        session_of(drafted("cv_1", refuses)),
    ]

    assert found == ["se_1", "se_2", None]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, Rules()),
        ({"unverified_history": "contact"}, Rules("optional", "contact")),
        ({"unverified_history": 1, "identity_mode": "enforce"}, Rules("enforce", "device")),
        ({"identity_mode": "off"}, Rules("off")),
        ({"identity_mode": "other"}, Rules()),
    ],
)
def test_a_workspaces_rules_of_trust_are_read_once(
    db: Connection, tx: SqlTransaction, settings: dict[str, object], expected: Rules
) -> None:
    tx.workspaces.insert(WORKSPACE)
    tx.workspaces.update_settings("ws_1", settings)
    reads = BatchReads(db, [], NOW, lock=False)

    found = reads.rules("ws_1")
    db.change(update(tables.workspace).values(settings='{"unverified_history": "other"}'))

    assert found == reads.rules("ws_1") == expected
    assert reads.event(("cv_1", LogName.PUBLIC, 1)) is None
