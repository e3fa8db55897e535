"""Rows to records and back.

A driver's tuple has the columns in the order of the tables here, so each function and its column
list stand side by side. JSON appears here and nowhere else in the store.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, Final

import orjson

from server.chat.model import (
    NOTHING,
    Author,
    AuthorKind,
    ConversationRow,
    Event,
    LogName,
    LogRow,
    Status,
)
from server.identity.model import (
    AgentRow,
    ContactRow,
    KeyRow,
    Proof,
    Role,
    SessionRow,
    Statement,
    Trust,
    VisitorRow,
    WorkspaceRow,
)
from server.store import tables
from server.store.connection import Row

__all__ = [
    "CONVERSATION_COLUMNS",
    "EVENT_COLUMNS",
    "LOG_COLUMNS",
    "agent",
    "changed_columns",
    "contact",
    "contact_values",
    "conversation",
    "conversation_values",
    "event",
    "event_values",
    "json_text",
    "key",
    "log",
    "log_number",
    "proof_text",
    "said_text",
    "session",
    "statement",
    "visitor",
    "workspace",
]

_NUMBERS: Final = {LogName.PUBLIC: 0, LogName.STAFF: 1}
_LOGS: Final = (LogName.PUBLIC, LogName.STAFF)
_STATUSES: Final = {str(status): status for status in Status}
_TRUSTS: Final = {str(trust): trust for trust in Trust}
_SAID_NOTHING: Final = Statement()

LOG_COLUMNS: Final = tuple(tables.log.c)
EVENT_COLUMNS: Final = tuple(tables.event.c)
CONVERSATION_COLUMNS: Final = tuple(
    tables.conversation.c[member.name] for member in fields(ConversationRow)
)


def log_number(name: LogName) -> int:
    """How a log is called in the `event` table."""
    return _NUMBERS[name]


def json_text(value: Any) -> str:
    """JSON as it is stored: text."""
    return orjson.dumps(dict(value) if isinstance(value, Mapping) else value).decode()


def log(row: Row) -> LogRow:
    """From `LOG_COLUMNS`."""
    return LogRow(row[0], row[1], row[2], row[3], _STATUSES[row[4]], row[5], row[6])


def conversation(row: Row) -> ConversationRow:
    """From `CONVERSATION_COLUMNS`."""
    return ConversationRow(
        id=row[0],
        workspace_id=row[1],
        visitor_id=row[2],
        contact_id=row[3],
        session_id=row[4],
        external_id=row[5],
        verified=bool(row[6]),
        deleted_at=row[7],
        created_at=row[8],
        assignee_id=row[9],
        team_id=row[10],
        priority=row[11],
        labels=tuple(orjson.loads(row[12])),
        snoozed_until=row[13],
        waiting_for_human=bool(row[14]),
        greeting=tuple(orjson.loads(row[15])),
        collected=NOTHING if row[16] == "{}" else orjson.loads(row[16]),
    )


def conversation_values(row: ConversationRow) -> Row:
    """In `CONVERSATION_COLUMNS`' order."""
    return (
        row.id,
        row.workspace_id,
        row.visitor_id,
        row.contact_id,
        row.session_id,
        row.external_id,
        int(row.verified),
        row.deleted_at,
        row.created_at,
        row.assignee_id,
        row.team_id,
        row.priority,
        json_text(row.labels),
        row.snoozed_until,
        int(row.waiting_for_human),
        json_text(row.greeting),
        json_text(row.collected),
    )


@lru_cache(maxsize=4096)
def _author_values(author: Author) -> tuple[str, str]:
    members = {
        "id": author.id,
        "name": author.name,
        "avatarUrl": author.avatar_url,
        "contactId": author.contact_id,
        "trust": author.trust,
    }
    known = {name: value for name, value in members.items() if value is not None}
    return author.kind.value, orjson.dumps(known).decode()


@lru_cache(maxsize=4096)
def _author(kind: str, text: str) -> Author:
    members = orjson.loads(text)
    trust = members.get("trust")
    return Author(
        AuthorKind(kind),
        members.get("id"),
        members.get("name"),
        members.get("avatarUrl"),
        members.get("contactId"),
        None if trust is None else _TRUSTS[trust],
    )


def event(row: Row) -> Event:
    """From `EVENT_COLUMNS`."""
    return Event(
        workspace_id=row[3],
        conversation_id=row[0],
        log=_LOGS[row[1]],
        seq=row[2],
        id=row[4],
        at=row[5],
        kind=row[6],
        author=_author(row[7], row[8]),
        sender=row[9],
        client_message_id=row[10],
        body=row[11],
        data=NOTHING if row[12] is None else orjson.loads(row[12]),
        edited_at=row[13],
        deleted=bool(row[14]),
    )


def event_values(event: Event) -> Row:
    """In `EVENT_COLUMNS`' order."""
    return (
        event.conversation_id,
        _NUMBERS[event.log],
        event.seq,
        event.workspace_id,
        event.id,
        event.at,
        event.kind,
        *_author_values(event.author),
        event.sender,
        event.client_message_id,
        event.body,
        json_text(event.data) if event.data else None,
        event.edited_at,
        int(event.deleted),
    )


def workspace(row: Row) -> WorkspaceRow:
    return WorkspaceRow(row[0], row[1], orjson.loads(row[2]), row[3], row[4])


def key(row: Row) -> KeyRow:
    identifier, workspace_id, kind, name, secret, scopes, created_at, *ends = row
    return KeyRow(
        workspace_id,
        identifier,
        kind,
        name,
        secret,
        tuple(orjson.loads(scopes)),
        created_at,
        *ends,
    )


def agent(row: Row) -> AgentRow:
    identifier, workspace_id, name, email, role, password_hash, created_at, avatar, disabled = row
    return AgentRow(
        workspace_id,
        identifier,
        name,
        email,
        Role(role),
        password_hash,
        created_at,
        avatar,
        disabled,
    )


def visitor(row: Row) -> VisitorRow:
    return VisitorRow(*row)


def session(row: Row) -> SessionRow:
    said, proof, context = row[12:15]
    return SessionRow(
        id=row[0],
        workspace_id=row[1],
        visitor_id=row[2],
        contact_id=row[3],
        trust=_TRUSTS[row[4]],
        external_id=row[5],
        version=row[6],
        started_at=row[7],
        last_seen_at=row[8],
        ended_at=row[9],
        end_reason=row[10],
        identity_expires_at=row[11],
        said=_SAID_NOTHING if said == "{}" else Statement(**orjson.loads(said)),
        proof=None if proof is None else _proof(proof),
        context=NOTHING if context == "{}" else orjson.loads(context),
        company_id=row[15],
        identity_version=row[16],
        revoked_at=row[17],
        collected=NOTHING if row[18] == "{}" else orjson.loads(row[18]),
    )


def said_text(said: Statement) -> str:
    """A statement as it is stored: only what was said."""
    return orjson.dumps(_said(said)).decode()


def statement(text: str) -> Statement:
    return Statement(**orjson.loads(text))


def proof_text(proof: Proof | None) -> str | None:
    if proof is None:
        return None
    members = {field.name: getattr(proof, field.name) for field in fields(proof)}
    return orjson.dumps({**members, "says": _said(proof.says)}).decode()


def _said(said: Statement) -> dict[str, Any]:
    members = {field.name: getattr(said, field.name) for field in fields(said)}
    known = {name: value for name, value in members.items() if value not in (None, {})}
    return {**known, "metadata": dict(said.metadata)} if said.metadata else known


def _proof(text: str) -> Proof:
    members = orjson.loads(text)
    return Proof(**{**members, "says": Statement(**members["says"])})


def contact(row: Row) -> ContactRow:
    return ContactRow(
        id=row[0],
        workspace_id=row[1],
        kind=row[2],
        created_at=row[3],
        last_seen_at=row[4],
        name=row[5],
        email=row[6],
        phone=row[7],
        avatar_url=row[8],
        user_id=row[9],
        verified_at=row[10],
        metadata=orjson.loads(row[11]),
        unverified_metadata=orjson.loads(row[12]),
        language=row[13],
        signed_up_at=row[14],
        merged_into_id=row[15],
        role=row[16],
    )


def contact_values(row: ContactRow) -> Row:
    return (
        row.id,
        row.workspace_id,
        row.kind,
        row.created_at,
        row.last_seen_at,
        row.name,
        row.email,
        row.phone,
        row.avatar_url,
        row.user_id,
        row.verified_at,
        json_text(row.metadata),
        json_text(row.unverified_metadata),
        row.language,
        row.signed_up_at,
        row.merged_into_id,
        row.role,
    )


def changed_columns(changes: Mapping[str, Any]) -> dict[str, Any]:
    """New values of a record's members, as the columns of the same names take them."""
    return {name: _plain(value) for name, value in changes.items()}


def _plain(value: Any) -> Any:
    match value:
        case bool():
            return int(value)
        case None | int():
            return value
        case str():
            return str(value)  # of a StrEnum its value
        case Statement():
            return said_text(value)
        case Proof():
            return proof_text(value)
        case _:
            return json_text(value)
