"""Rows of one small conversation, for the tests that need no store."""

from typing import Any

from server.chat.model import Author, AuthorKind, ConversationRow, Event, LogName, LogRow, Status
from server.identity.model import AgentRow, ContactRow, Role, SessionRow, Trust
from server.store.port import Marks, Summary

__all__ = ["AGENT", "CONTACT", "SAM", "VISITOR", "event", "log_row", "row", "session", "summary"]

AT = 1_800_000_000_000
VISITOR = Author(AuthorKind.VISITOR, "v_1", "Jane", contact_id="co_1", trust=Trust.ANONYMOUS)
AGENT = Author(AuthorKind.AGENT, "ag_1", "Sam", "https://acme.test/sam.png")
SAM = AgentRow("ws_1", "ag_1", "Sam", "sam@acme.test", Role.OWNER, "argon", AT)
CONTACT = ContactRow("ws_1", "co_1", "anonymous", AT, AT, name="Jane", verified_at=AT)


def event(seq: int = 1, **members: Any) -> Event:
    plain: dict[str, Any] = {
        "kind": "message",
        "author": VISITOR,
        "body": "Hello",
        "log": LogName.PUBLIC,
    }
    members = plain | members
    return Event("ws_1", "cv_1", seq=seq, id=f"ev_{seq}", at=AT + seq, **members)


def row(conversation_id: str = "cv_1", **members: Any) -> ConversationRow:
    plain: dict[str, Any] = {"visitor_id": "v_1", "contact_id": "co_1", "session_id": "se_1"}
    members = plain | members
    return ConversationRow(
        conversation_id,
        "ws_1",
        external_id=None,
        verified=False,
        deleted_at=None,
        created_at=AT,
        **members,
    )


def log_row(conversation_id: str = "cv_1", **members: Any) -> LogRow:
    plain: dict[str, Any] = {
        "public_seq": 1,
        "staff_seq": 0,
        "status": Status.OPEN,
        "last_reply_seq": 0,
        "access_version": 1,
    }
    members = plain | members
    return LogRow(conversation_id, "ws_1", **members)


def summary(conversation_id: str = "cv_1", **members: Any) -> Summary:
    last = event()
    plain: dict[str, Any] = {
        "conversation": row(conversation_id),
        "log": log_row(conversation_id),
        "last_event": last,
        "last_message": last,
    }
    members = plain | members
    return Summary(version=3, unread=1, marks=Marks(1, 2, 3), updated_at=AT, **members)


def session(session_id: str = "se_1", **members: Any) -> SessionRow:
    plain: dict[str, Any] = {"visitor_id": "v_1", "contact_id": None, "trust": Trust.ANONYMOUS}
    members = plain | members
    members.setdefault("version", 1)
    return SessionRow(
        "ws_1", session_id, external_id=None, started_at=AT, last_seen_at=AT, **members
    )
