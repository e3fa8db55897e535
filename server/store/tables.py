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
    ForeignKey,
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

__all__ = [
    "agent",
    "agent_token",
    "api_key",
    "change",
    "contact",
    "contact_identifier",
    "contact_merge",
    "conversation",
    "device_claim",
    "event",
    "idempotency",
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


workspace: Final = Table(
    "workspace",
    metadata,
    text_column("id", key=True),
    text_column("name"),
    text_column("settings"),
    number_column("created_at"),
    number_column("version", default=1),
)

api_key: Final = Table(
    "api_key",
    metadata,
    text_column("id", key=True),
    text_column("workspace_id"),
    text_column("kind"),
    text_column("name"),
    text_column("secret"),
    text_column("scopes"),
    number_column("created_at"),
    number_or_null_column("revoked_at"),
    Index("uq_api_key_secret", "kind", "secret", unique=True),
    Index("ix_api_key_workspace", "workspace_id", "created_at", "id"),
)

agent: Final = Table(
    "agent",
    metadata,
    text_column("id", key=True),
    text_column("workspace_id"),
    text_column("name"),
    text_column("email"),
    text_column("role"),
    text_column("password_hash"),
    number_column("created_at"),
    text_or_null_column("avatar_url"),
    number_or_null_column("disabled_at"),
    Index("uq_agent_email", "email", "workspace_id", unique=True),
    Index("ix_agent_workspace", "workspace_id", "created_at", "id"),
)

agent_token: Final = Table(
    "agent_token",
    metadata,
    text_column("token_hash", key=True),
    text_column("workspace_id"),
    Column("agent_id", Text, ForeignKey("agent.id", ondelete="CASCADE"), nullable=False),
    number_column("created_at"),
    number_or_null_column("expires_at"),
    number_or_null_column("revoked_at"),
    Index("ix_agent_token_agent", "agent_id"),
)

setup_token: Final = Table(
    "setup_token",
    metadata,
    text_column("token_hash", key=True),
    text_column("workspace_id"),
    number_column("expires_at"),
    Index("ix_setup_token_workspace", "workspace_id"),
)

visitor: Final = Table(
    "visitor",
    metadata,
    text_column("workspace_id", key=True),
    text_column("id", key=True),
    text_column("token_hash"),
    number_column("first_seen_at"),
    number_column("last_seen_at"),
    text_or_null_column("language"),
    text_or_null_column("timezone"),
    text_or_null_column("user_agent"),
    sqlite_with_rowid=False,
)

session: Final = Table(
    "session",
    metadata,
    text_column("id", key=True),
    text_column("workspace_id"),
    text_column("visitor_id"),
    text_or_null_column("contact_id"),
    text_column("trust"),
    text_or_null_column("external_id"),
    number_column("version"),
    number_column("started_at"),
    number_column("last_seen_at"),
    number_or_null_column("ended_at"),
    text_or_null_column("end_reason"),
    number_or_null_column("identity_expires_at"),
    Column("said", Text, nullable=False, server_default=text("'{}'")),
    text_or_null_column("proof"),
    Column("context", Text, nullable=False, server_default=text("'{}'")),
    text_or_null_column("company_id"),
    number_column("identity_version", default=0),
    number_or_null_column("revoked_at"),
    Index("ix_session_visitor", "workspace_id", "visitor_id", "started_at", "id"),
    Index("ix_session_contact", "workspace_id", "contact_id"),
    sqlite_with_rowid=False,
)

session_token: Final = Table(
    "session_token",
    metadata,
    text_column("token_hash", key=True),
    text_column("workspace_id"),
    Column("session_id", Text, ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
    number_column("created_at"),
    Index("ix_session_token_session", "session_id"),
    sqlite_with_rowid=False,
)

contact: Final = Table(
    "contact",
    metadata,
    text_column("id", key=True),
    text_column("workspace_id"),
    text_column("kind"),
    number_column("created_at"),
    number_column("last_seen_at"),
    text_or_null_column("name"),
    text_or_null_column("email"),
    text_or_null_column("phone"),
    text_or_null_column("avatar_url"),
    text_or_null_column("user_id"),
    number_or_null_column("verified_at"),
    text_column("metadata"),
    text_column("unverified_metadata"),
    text_or_null_column("language"),
    number_or_null_column("signed_up_at"),
    text_or_null_column("merged_into_id"),
    Index("ix_contact_recent", "workspace_id", "last_seen_at", "id"),
)

# What makes concurrent identifies safe: one contact per key, whoever comes first.
contact_identifier: Final = Table(
    "contact_identifier",
    metadata,
    text_column("workspace_id", key=True),
    text_column("kind", key=True),
    text_column("value", key=True),
    text_column("contact_id"),
    flag_column("proven"),
    number_column("created_at"),
    number_or_null_column("proven_at"),
    Index("ix_contact_identifier_contact", "workspace_id", "contact_id"),
    sqlite_with_rowid=False,
)

device_claim: Final = Table(
    "device_claim",
    metadata,
    text_column("workspace_id", key=True),
    text_column("visitor_id", key=True),
    text_column("contact_id", key=True),
    text_column("said"),
    number_column("updated_at"),
    Index("ix_device_claim_contact", "workspace_id", "contact_id"),
    sqlite_with_rowid=False,
)

contact_merge: Final = Table(
    "contact_merge",
    metadata,
    text_column("id", key=True),
    text_column("workspace_id"),
    text_column("survivor_id"),
    text_column("absorbed_id"),
    text_column("moved"),
    text_column("actor"),
    number_column("at"),
    number_or_null_column("undone_at"),
    Index("ix_contact_merge_survivor", "workspace_id", "survivor_id"),
)

# When a proof without a time of its own was first shown (HALO-32).
proof_use: Final = Table(
    "proof_use",
    metadata,
    text_column("workspace_id", key=True),
    text_column("ref", key=True),
    number_column("first_used_at"),
    sqlite_with_rowid=False,
)

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
