"""Companies, credentials, tokens of one conversation, and what was done by whom (IDENTITY §4.1)."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Only adds, so that the version before can go on beside it."""
    _columns()
    _company()
    _contact_credential()
    _conversation_token()
    _identity_snapshot()
    _audit()


def _columns() -> None:
    empty = sa.text("'{}'")
    for table in ("session", "conversation"):
        op.add_column(
            table, sa.Column("collected", sa.Text(), nullable=False, server_default=empty)
        )
    op.add_column("api_key", sa.Column("retires_at", sa.BigInteger(), nullable=True))
    op.add_column("contact", sa.Column("role", sa.Text(), nullable=True))
    op.create_index("ix_contact_role", "contact", ["workspace_id", "role", "last_seen_at", "id"])
    op.create_index("ix_contact_signed_up", "contact", ["workspace_id", "signed_up_at"])
    op.create_index("ix_contact_merged", "contact", ["workspace_id", "merged_into_id"])
    op.add_column(
        "contact_merge", sa.Column("undo", sa.Text(), nullable=False, server_default=empty)
    )
    op.create_index("ix_contact_merge_absorbed", "contact_merge", ["workspace_id", "absorbed_id"])


def _company() -> None:
    op.create_table(
        "company",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("unverified_metadata", sa.Text(), nullable=False),
        sa.Column("signed_up_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_company"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_company_recent", "company", ["workspace_id", "updated_at", "id"])
    op.create_table(
        "contact_company",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("proven", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workspace_id", "contact_id", "company_id", name="pk_contact_company"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_contact_company_company", "contact_company", ["workspace_id", "company_id"])


def _contact_credential() -> None:
    op.create_table(
        "contact_credential",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("visitor_id", sa.Text(), nullable=True),
        sa.Column("proven", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "supplier", "kind", name="pk_contact_credential"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_contact_credential_contact",
        "contact_credential",
        ["workspace_id", "contact_id", "updated_at"],
    )


def _conversation_token() -> None:
    op.create_table(
        "conversation_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=True),
        sa.Column("proof_source", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_conversation_token"),
    )
    op.create_index("ix_conversation_token_conversation", "conversation_token", ["conversation_id"])
    op.create_index(
        "ix_conversation_token_contact", "conversation_token", ["workspace_id", "contact_id"]
    )


def _identity_snapshot() -> None:
    op.create_table(
        "identity_snapshot",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "version", name="pk_identity_snapshot"),
        sqlite_with_rowid=False,
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_recent", "audit", ["workspace_id", "at", "id"])
