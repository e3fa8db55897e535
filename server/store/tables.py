"""The tables, as SQLAlchemy Core sees them.

Column types are plain (text, integers, bytes): what a driver returns for a row needs no further
processing, so statements may run on the driver itself (`connection.py`). Times are milliseconds
UTC, booleans 0 or 1, JSON is text.

A conversation is two rows. `log` is narrow and hot: an ordinary message reads and writes nothing
else. `conversation` is wide and cold: whose it is, how staff filed it, and the columns that lists
are ordered and searched by, which `summaries.py` brings up to date a little later. `stale` names
the conversations where it still has to, so that a start after a crash need not search for them.

Every index that a list is read through is here, in the list's order. `migrations/` must come to the
same schema; a test compares them.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from server.store.columns import (
    flag_column,
    metadata,
    number_column,
    number_or_null_column,
    text_column,
    text_or_null_column,
)
from server.store.contact_tables import (
    company,
    contact,
    contact_company,
    contact_credential,
    contact_identifier,
    contact_merge,
    contact_token,
    conversation_token,
    device_claim,
    proof_use,
)
from server.store.identity_tables import (
    agent,
    agent_token,
    api_key,
    audit,
    identity_snapshot,
    session,
    session_token,
    setup_token,
    visitor,
    workspace,
)

__all__ = [
    "agent",
    "agent_token",
    "api_key",
    "audit",
    "change",
    "company",
    "contact",
    "contact_company",
    "contact_credential",
    "contact_identifier",
    "contact_merge",
    "contact_token",
    "conversation",
    "conversation_token",
    "device_claim",
    "event",
    "idempotency",
    "identity_snapshot",
    "log",
    "mark",
    "meta",
    "metadata",
    "proof_use",
    "session",
    "session_token",
    "setup_token",
    "stale",
    "visitor",
    "workspace",
]

# What is deleted is in no list.
_NOT_DELETED: Final = text("deleted_at IS NULL")
_LIVE: Final[dict[str, Any]] = {
    "sqlite_where": _NOT_DELETED,
    "postgresql_where": _NOT_DELETED,
}
_SNOOZED: Final = text("snoozed_until IS NOT NULL")


log: Final = Table(
    "log",
    metadata,
    text_column("id", key=True),
    text_column("workspace_id"),
    number_column("public_seq", default=0),
    number_column("staff_seq", default=0),
    text_column("status"),
    number_column("last_reply_seq", default=0),
    number_column("access_version", default=1),
    sqlite_with_rowid=False,
)

conversation: Final = Table(
    "conversation",
    metadata,
    text_column("id", key=True),
    text_column("workspace_id"),
    text_or_null_column("visitor_id"),
    text_or_null_column("contact_id"),
    text_or_null_column("session_id"),
    text_or_null_column("external_id"),
    flag_column("verified"),
    number_or_null_column("deleted_at"),
    number_column("created_at"),
    text_or_null_column("assignee_id"),
    text_or_null_column("team_id"),
    text_or_null_column("priority"),
    Column("labels", Text, nullable=False, server_default=text("'[]'")),
    number_or_null_column("snoozed_until"),
    flag_column("waiting_for_human"),
    Column("greeting", Text, nullable=False, server_default=text("'[]'")),
    # A copy of log.status, for the lists' indexes; written in the same transaction.
    text_column("status"),
    # The summary (summaries.py): how far of each log it covers, and what lists need of it.
    number_column("summary_public_seq", default=0),
    number_column("summary_staff_seq", default=0),
    number_column("last_event_at"),
    number_column("last_message_seq", default=0),
    Column("preview", Text, nullable=False, server_default=text("''")),
    number_column("revision", default=0),
    number_column("updated_at"),
    Column("collected", Text, nullable=False, server_default=text("'{}'")),
    Index("ix_conversation_inbox", "workspace_id", "status", "last_event_at", "id", **_LIVE),
    Index(
        "ix_conversation_assignee",
        "workspace_id",
        "assignee_id",
        "status",
        "last_event_at",
        "id",
        **_LIVE,
    ),
    # What is to be woken when its time has come.
    Index(
        "ix_conversation_snoozed", "snoozed_until", sqlite_where=_SNOOZED, postgresql_where=_SNOOZED
    ),
    # The counts above the inbox are read from here alone.
    Index("ix_conversation_counts", "workspace_id", "status", "assignee_id", "deleted_at", **_LIVE),
    Index("ix_conversation_contact", "workspace_id", "contact_id", "last_event_at", "id", **_LIVE),
)

# On SQLite a table with a rowid: new rows go to its end, whichever conversation they are of, and
# only the small keys are scattered. Without one, a group of 200 messages in as many conversations
# wrote 690 pages instead of 340, and a message cost a quarter more CPU.
event: Final = Table(
    "event",
    metadata,
    text_column("conversation_id", key=True),
    Column("log", SmallInteger, primary_key=True, nullable=False, autoincrement=False),
    number_column("seq", key=True),
    text_column("workspace_id"),
    text_column("id"),
    number_column("at"),
    text_column("kind"),
    text_column("author_kind"),
    text_column("author"),
    text_or_null_column("sender"),
    text_or_null_column("client_message_id"),
    text_or_null_column("body"),
    text_or_null_column("data"),
    number_or_null_column("edited_at"),
    flag_column("deleted"),
    Index(
        "uq_event_repeat",
        "workspace_id",
        "sender",
        "client_message_id",
        unique=True,
        sqlite_where=text("client_message_id IS NOT NULL"),
        postgresql_where=text("client_message_id IS NOT NULL"),
    ),
)

mark: Final = Table(
    "mark",
    metadata,
    text_column("conversation_id", key=True),
    text_column("reader", key=True),
    number_column("read_seq", default=0),
    number_column("delivered_seq", default=0),
    sqlite_with_rowid=False,
)

stale: Final = Table(
    "stale",
    metadata,
    text_column("conversation_id", key=True),
    sqlite_with_rowid=False,
)

change: Final = Table(
    "change",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    text_column("workspace_id"),
    text_column("kind"),
    text_column("ref"),
    sqlite_autoincrement=True,
)

idempotency: Final = Table(
    "idempotency",
    metadata,
    text_column("scope", key=True),
    text_column("key", key=True),
    text_column("body_hash"),
    Column("status", SmallInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    number_column("expires_at"),
    Index("ix_idempotency_expiry", "expires_at"),
)

meta: Final = Table(
    "meta",
    metadata,
    text_column("key", key=True),
    text_column("value"),
)
