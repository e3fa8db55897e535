"""The tables about the people who are talked to: contacts, their keys and tokens, their companies
(IDENTITY §4.1). `tables.py` gives out all of them.
"""

from typing import Final

from sqlalchemy import Column, Index, Table, Text, text

from server.store.columns import (
    flag_column,
    metadata,
    number_column,
    number_or_null_column,
    text_column,
    text_or_null_column,
)

__all__ = [
    "company",
    "contact",
    "contact_company",
    "contact_credential",
    "contact_identifier",
    "contact_merge",
    "contact_token",
    "conversation_token",
    "device_claim",
    "proof_use",
]

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
    text_or_null_column("role"),
    Index("ix_contact_recent", "workspace_id", "last_seen_at", "id"),
    Index("ix_contact_role", "workspace_id", "role", "last_seen_at", "id"),
    Index("ix_contact_signed_up", "workspace_id", "signed_up_at"),
    Index("ix_contact_merged", "workspace_id", "merged_into_id"),
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
    # What has to be put back if it is undone.
    Column("undo", Text, nullable=False, server_default=text("'{}'")),
    Index("ix_contact_merge_survivor", "workspace_id", "survivor_id"),
    Index("ix_contact_merge_absorbed", "workspace_id", "absorbed_id"),
)

contact_token: Final = Table(
    "contact_token",
    metadata,
    text_column("token_hash", key=True),
    text_column("workspace_id"),
    text_column("id"),
    text_column("contact_id"),
    number_column("created_at"),
    number_column("expires_at"),
    text_or_null_column("external_id"),
    number_or_null_column("last_used_at"),
    number_or_null_column("revoked_at"),
    Index("ix_contact_token_contact", "workspace_id", "contact_id", "created_at", "id"),
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

company: Final = Table(
    "company",
    metadata,
    text_column("workspace_id", key=True),
    text_column("id", key=True),
    text_or_null_column("name"),
    text_column("metadata"),
    text_column("unverified_metadata"),
    number_or_null_column("signed_up_at"),
    number_column("created_at"),
    number_column("updated_at"),
    Index("ix_company_recent", "workspace_id", "updated_at", "id"),
    sqlite_with_rowid=False,
)

contact_company: Final = Table(
    "contact_company",
    metadata,
    text_column("workspace_id", key=True),
    text_column("contact_id", key=True),
    text_column("company_id", key=True),
    flag_column("proven"),
    number_column("linked_at"),
    Index("ix_contact_company_company", "workspace_id", "company_id"),
    sqlite_with_rowid=False,
)

# Bearer tokens and secret-like metadata: sealed, and bound to the session that supplied them.
contact_credential: Final = Table(
    "contact_credential",
    metadata,
    text_column("workspace_id", key=True),
    text_column("supplier", key=True),
    text_column("kind", key=True),
    text_or_null_column("contact_id"),
    text_or_null_column("visitor_id"),
    flag_column("proven"),
    text_column("sealed"),
    number_or_null_column("expires_at"),
    number_column("updated_at"),
    Index("ix_contact_credential_contact", "workspace_id", "contact_id", "updated_at"),
    sqlite_with_rowid=False,
)

# The capability to read and append one conversation (HEL-37).
conversation_token: Final = Table(
    "conversation_token",
    metadata,
    text_column("token_hash", key=True),
    text_column("workspace_id"),
    text_column("conversation_id"),
    text_or_null_column("contact_id"),
    text_or_null_column("proof_source"),
    number_column("created_at"),
    number_or_null_column("revoked_at"),
    Index("ix_conversation_token_conversation", "conversation_id"),
    Index("ix_conversation_token_contact", "workspace_id", "contact_id"),
)
