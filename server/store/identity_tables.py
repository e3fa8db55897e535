"""The tables about who comes in: workspaces and their keys, agents, devices, sessions (IDENTITY
§4.1). Contacts have tables of their own (`contact_tables.py`); `tables.py` has the rest, says how
they are written, and gives out all of them.
"""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, Table, Text, text

from server.store.columns import (
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
    "audit",
    "identity_snapshot",
    "session",
    "session_token",
    "setup_token",
    "visitor",
    "workspace",
]

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
    number_or_null_column("retires_at"),
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
    Column("collected", Text, nullable=False, server_default=text("'{}'")),
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

# Who a session was taken for at each of its identity versions (HALO-11), without secrets.
identity_snapshot: Final = Table(
    "identity_snapshot",
    metadata,
    text_column("session_id", key=True),
    number_column("version", key=True),
    text_column("workspace_id"),
    text_column("identity"),
    number_column("at"),
    sqlite_with_rowid=False,
)

# What was done by whom, without the contents it was done to.
audit: Final = Table(
    "audit",
    metadata,
    text_column("id", key=True),
    text_column("workspace_id"),
    number_column("at"),
    text_column("actor"),
    text_column("action"),
    text_column("target"),
    text_column("details"),
    Index("ix_audit_recent", "workspace_id", "at", "id"),
)
