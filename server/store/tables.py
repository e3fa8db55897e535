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

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
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

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


# What is deleted is in no list.
_NOT_DELETED: Final = text("deleted_at IS NULL")
_SNOOZED: Final = text("snoozed_until IS NOT NULL")


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _text_or_null(name: str) -> Column[str | None]:
    return Column(name, Text, nullable=True)


def _number(name: str, *, key: bool = False, default: int | None = None) -> Column[int]:
    standard = None if default is None else text(str(default))
    return Column(
        name,
        BigInteger,
        primary_key=key,
        nullable=False,
        autoincrement=False,
        server_default=standard,
    )


def _number_or_null(name: str) -> Column[int | None]:
    return Column(name, BigInteger, nullable=True)


def _flag(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default=text("0"))


workspace: Final = Table(
    "workspace",
    metadata,
    _text("id", key=True),
    _text("name"),
    _text("settings"),
    _number("created_at"),
    _number("version", default=1),
)

api_key: Final = Table(
    "api_key",
    metadata,
    _text("id", key=True),
    _text("workspace_id"),
    _text("kind"),
    _text("name"),
    _text("secret"),
    _text("scopes"),
    _number("created_at"),
    _number_or_null("revoked_at"),
    Index("uq_api_key_secret", "kind", "secret", unique=True),
    Index("ix_api_key_workspace", "workspace_id", "created_at", "id"),
)

agent: Final = Table(
    "agent",
    metadata,
    _text("id", key=True),
    _text("workspace_id"),
    _text("name"),
    _text("email"),
    _text("role"),
    _text("password_hash"),
    _number("created_at"),
    _text_or_null("avatar_url"),
    _number_or_null("disabled_at"),
    Index("uq_agent_email", "email", "workspace_id", unique=True),
    Index("ix_agent_workspace", "workspace_id", "created_at", "id"),
)

agent_token: Final = Table(
    "agent_token",
    metadata,
    _text("token_hash", key=True),
    _text("workspace_id"),
    Column("agent_id", Text, ForeignKey("agent.id", ondelete="CASCADE"), nullable=False),
    _number("created_at"),
    _number_or_null("expires_at"),
    _number_or_null("revoked_at"),
    Index("ix_agent_token_agent", "agent_id"),
)

setup_token: Final = Table(
    "setup_token",
    metadata,
    _text("token_hash", key=True),
    _text("workspace_id"),
    _number("expires_at"),
    Index("ix_setup_token_workspace", "workspace_id"),
)

visitor: Final = Table(
    "visitor",
    metadata,
    _text("workspace_id", key=True),
    _text("id", key=True),
    _text("token_hash"),
    _number("first_seen_at"),
    _number("last_seen_at"),
    _text_or_null("language"),
    _text_or_null("timezone"),
    _text_or_null("user_agent"),
    sqlite_with_rowid=False,
)

session: Final = Table(
    "session",
    metadata,
    _text("id", key=True),
    _text("workspace_id"),
    _text("visitor_id"),
    _text_or_null("contact_id"),
    _text("trust"),
    _text_or_null("external_id"),
    _number("version"),
    _number("started_at"),
    _number("last_seen_at"),
    _number_or_null("ended_at"),
    _text_or_null("end_reason"),
    _number_or_null("identity_expires_at"),
    Column("said", Text, nullable=False, server_default=text("'{}'")),
    _text_or_null("proof"),
    Column("context", Text, nullable=False, server_default=text("'{}'")),
    _text_or_null("company_id"),
    _number("identity_version", default=0),
    _number_or_null("revoked_at"),
    Index("ix_session_visitor", "workspace_id", "visitor_id", "started_at", "id"),
    Index("ix_session_contact", "workspace_id", "contact_id"),
    sqlite_with_rowid=False,
)

session_token: Final = Table(
    "session_token",
    metadata,
    _text("token_hash", key=True),
    _text("workspace_id"),
    Column("session_id", Text, ForeignKey("session.id", ondelete="CASCADE"), nullable=False),
    _number("created_at"),
    Index("ix_session_token_session", "session_id"),
    sqlite_with_rowid=False,
)

contact: Final = Table(
    "contact",
    metadata,
    _text("id", key=True),
    _text("workspace_id"),
    _text("kind"),
    _number("created_at"),
    _number("last_seen_at"),
    _text_or_null("name"),
    _text_or_null("email"),
    _text_or_null("phone"),
    _text_or_null("avatar_url"),
    _text_or_null("user_id"),
    _number_or_null("verified_at"),
    _text("metadata"),
    _text("unverified_metadata"),
    _text_or_null("language"),
    _number_or_null("signed_up_at"),
    _text_or_null("merged_into_id"),
    Index("ix_contact_recent", "workspace_id", "last_seen_at", "id"),
)

# What makes concurrent identifies safe: one contact per key, whoever comes first.
contact_identifier: Final = Table(
    "contact_identifier",
    metadata,
    _text("workspace_id", key=True),
    _text("kind", key=True),
    _text("value", key=True),
    _text("contact_id"),
    _flag("proven"),
    _number("created_at"),
    _number_or_null("proven_at"),
    Index("ix_contact_identifier_contact", "workspace_id", "contact_id"),
    sqlite_with_rowid=False,
)

device_claim: Final = Table(
    "device_claim",
    metadata,
    _text("workspace_id", key=True),
    _text("visitor_id", key=True),
    _text("contact_id", key=True),
    _text("said"),
    _number("updated_at"),
    Index("ix_device_claim_contact", "workspace_id", "contact_id"),
    sqlite_with_rowid=False,
)

contact_merge: Final = Table(
    "contact_merge",
    metadata,
    _text("id", key=True),
    _text("workspace_id"),
    _text("survivor_id"),
    _text("absorbed_id"),
    _text("moved"),
    _text("actor"),
    _number("at"),
    _number_or_null("undone_at"),
    Index("ix_contact_merge_survivor", "workspace_id", "survivor_id"),
)

# When a proof without a time of its own was first shown (HALO-32).
proof_use: Final = Table(
    "proof_use",
    metadata,
    _text("workspace_id", key=True),
    _text("ref", key=True),
    _number("first_used_at"),
    sqlite_with_rowid=False,
)

log: Final = Table(
    "log",
    metadata,
    _text("id", key=True),
    _text("workspace_id"),
    _number("public_seq", default=0),
    _number("staff_seq", default=0),
    _text("status"),
    _number("last_reply_seq", default=0),
    _number("access_version", default=1),
    sqlite_with_rowid=False,
)

conversation: Final = Table(
    "conversation",
    metadata,
    _text("id", key=True),
    _text("workspace_id"),
    _text_or_null("visitor_id"),
    _text_or_null("contact_id"),
    _text_or_null("session_id"),
    _text_or_null("external_id"),
    _flag("verified"),
    _number_or_null("deleted_at"),
    _number("created_at"),
    _text_or_null("assignee_id"),
    _text_or_null("team_id"),
    _text_or_null("priority"),
    Column("labels", Text, nullable=False, server_default=text("'[]'")),
    _number_or_null("snoozed_until"),
    _flag("waiting_for_human"),
    Column("greeting", Text, nullable=False, server_default=text("'[]'")),
    # A copy of log.status, for the lists' indexes; written in the same transaction.
    _text("status"),
    # The summary (summaries.py): how far of each log it covers, and what lists need of it.
    _number("summary_public_seq", default=0),
    _number("summary_staff_seq", default=0),
    _number("last_event_at"),
    _number("last_message_seq", default=0),
    Column("preview", Text, nullable=False, server_default=text("''")),
    _number("revision", default=0),
    _number("updated_at"),
    Index(
        "ix_conversation_inbox",
        "workspace_id",
        "status",
        "last_event_at",
        "id",
        sqlite_where=_NOT_DELETED,
        postgresql_where=_NOT_DELETED,
    ),
    Index(
        "ix_conversation_assignee",
        "workspace_id",
        "assignee_id",
        "status",
        "last_event_at",
        "id",
        sqlite_where=_NOT_DELETED,
        postgresql_where=_NOT_DELETED,
    ),
    # What is to be woken when its time has come.
    Index(
        "ix_conversation_snoozed",
        "snoozed_until",
        sqlite_where=_SNOOZED,
        postgresql_where=_SNOOZED,
    ),
    # The counts above the inbox are read from here alone.
    Index(
        "ix_conversation_counts",
        "workspace_id",
        "status",
        "assignee_id",
        "deleted_at",
        sqlite_where=_NOT_DELETED,
        postgresql_where=_NOT_DELETED,
    ),
    Index(
        "ix_conversation_contact",
        "workspace_id",
        "contact_id",
        "last_event_at",
        "id",
        sqlite_where=_NOT_DELETED,
        postgresql_where=_NOT_DELETED,
    ),
)

# On SQLite a table with a rowid: new rows go to its end, whichever conversation they are of, and
# only the small keys are scattered. Without one, a group of 200 messages in as many conversations
# wrote 690 pages instead of 340, and a message cost a quarter more CPU.
event: Final = Table(
    "event",
    metadata,
    _text("conversation_id", key=True),
    Column("log", SmallInteger, primary_key=True, nullable=False, autoincrement=False),
    _number("seq", key=True),
    _text("workspace_id"),
    _text("id"),
    _number("at"),
    _text("kind"),
    _text("author_kind"),
    _text("author"),
    _text_or_null("sender"),
    _text_or_null("client_message_id"),
    _text_or_null("body"),
    _text_or_null("data"),
    _number_or_null("edited_at"),
    _flag("deleted"),
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
    _text("conversation_id", key=True),
    _text("reader", key=True),
    _number("read_seq", default=0),
    _number("delivered_seq", default=0),
    sqlite_with_rowid=False,
)

stale: Final = Table(
    "stale",
    metadata,
    _text("conversation_id", key=True),
    sqlite_with_rowid=False,
)

change: Final = Table(
    "change",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    _text("workspace_id"),
    _text("kind"),
    _text("ref"),
    sqlite_autoincrement=True,
)

idempotency: Final = Table(
    "idempotency",
    metadata,
    _text("scope", key=True),
    _text("key", key=True),
    _text("body_hash"),
    Column("status", SmallInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    _number("expires_at"),
    Index("ix_idempotency_expiry", "expires_at"),
)

meta: Final = Table(
    "meta",
    metadata,
    _text("key", key=True),
    _text("value"),
)
