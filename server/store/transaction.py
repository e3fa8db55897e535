"""What a unit is handed: every aggregate's queries over one connection.

It also stands between a unit and lists that are out of date: `catch_up` runs before the first list
of a transaction is read. On the writer it brings the summaries up to date there and then; on a
reader, which cannot, it raises `BehindError`, and the store does it and asks again.
"""

from collections.abc import Callable, Sequence

from server.store import changes
from server.store.agents import AgentQueries
from server.store.connection import Connection
from server.store.contacts import ContactQueries
from server.store.conversations import ConversationQueries
from server.store.keys import KeyQueries
from server.store.port import Change
from server.store.sessions import SessionQueries
from server.store.visitors import VisitorQueries
from server.store.workspaces import WorkspaceQueries

__all__ = ["BehindError", "SqlTransaction"]


class BehindError(Exception):
    """A list was asked for whose order is older than the logs."""


def _nothing() -> None:
    return None


class SqlTransaction:
    """`port.Transaction`. Belongs to one unit."""

    def __init__(self, db: Connection, catch_up: Callable[[], None] = _nothing) -> None:
        self._db = db
        self.workspaces = WorkspaceQueries(db)
        self.keys = KeyQueries(db)
        self.agents = AgentQueries(db)
        self.visitors = VisitorQueries(db)
        self.sessions = SessionQueries(db)
        self.contacts = ContactQueries(db)
        self.conversations = ConversationQueries(db, catch_up)

    def changes_after(self, change_id: int, limit: int) -> Sequence[Change]:
        return changes.changes_after(self._db, change_id, limit)

    def last_change(self) -> int:
        return changes.last_change(self._db)

    def forget_changes(self, until_id: int) -> None:
        changes.forget_changes(self._db, until_id)

    def add_change(self, workspace_id: str, kind: str, ref: str) -> None:
        changes.add_change(self._db, workspace_id, kind, ref)

    def meta(self, key: str) -> str | None:
        return changes.meta(self._db, key)

    def set_meta(self, key: str, value: str) -> None:
        changes.set_meta(self._db, key, value)

    def answered(self, scope: str, key: str) -> tuple[str, int, bytes] | None:
        return changes.answered(self._db, scope, key)

    def forget_answers(self, until: int) -> None:
        changes.forget_answers(self._db, until)

    def keep_answer(
        self, scope: str, key: str, answer: tuple[str, int, bytes], expires_at: int
    ) -> None:
        changes.keep_answer(self._db, scope, key, answer, expires_at)
