"""Who is there, with what proof: keys of contacts, what devices stated, merges (IDENTITY §4.1)."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Only adds, so that the version before can go on beside it."""
    _session()
    _contact()
    _contact_identifier()
    _device_claim()
    _contact_merge()
    _contact_token()
    _proof_use()


def _session() -> None:
    empty = sa.text("'{}'")
    op.add_column("session", sa.Column("said", sa.Text(), nullable=False, server_default=empty))
    op.add_column("session", sa.Column("proof", sa.Text(), nullable=True))
    op.add_column("session", sa.Column("context", sa.Text(), nullable=False, server_default=empty))
    op.add_column("session", sa.Column("company_id", sa.Text(), nullable=True))
    op.add_column(
        "session",
        sa.Column("identity_version", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("session", sa.Column("revoked_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_session_contact", "session", ["workspace_id", "contact_id"])


def _contact() -> None:
    op.add_column("contact", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("contact", sa.Column("signed_up_at", sa.BigInteger(), nullable=True))
    op.add_column("contact", sa.Column("merged_into_id", sa.Text(), nullable=True))


def _contact_identifier() -> None:
    op.create_table(
        "contact_identifier",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("proven", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "kind", "value", name="pk_contact_identifier"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_contact_identifier_contact", "contact_identifier", ["workspace_id", "contact_id"]
    )


def _device_claim() -> None:
    op.create_table(
        "device_claim",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("visitor_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "visitor_id", "contact_id", name="pk_device_claim"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_device_claim_contact", "device_claim", ["workspace_id", "contact_id"])


def _contact_merge() -> None:
    op.create_table(
        "contact_merge",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("survivor_id", sa.Text(), nullable=False),
        sa.Column("absorbed_id", sa.Text(), nullable=False),
        sa.Column("moved", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_contact_merge"),
    )
    op.create_index("ix_contact_merge_survivor", "contact_merge", ["workspace_id", "survivor_id"])


def _contact_token() -> None:
    op.create_table(
        "contact_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_contact_token"),
    )
    op.create_index(
        "ix_contact_token_contact",
        "contact_token",
        ["workspace_id", "contact_id", "created_at", "id"],
    )


def _proof_use() -> None:
    op.create_table(
        "proof_use",
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "ref", name="pk_proof_use"),
        sqlite_with_rowid=False,
    )
