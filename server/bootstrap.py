"""The first start: a workspace, its keys, its owner, or the one-time link that lets somebody become
it.

Everything secret is made here, is shown once, and is never in the code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from server import ids
from server.identity.model import AgentRow, KeyRow, Role, WorkspaceRow
from server.passwords import hash_password
from server.store.port import Transaction
from server.vault import Vault

__all__ = [
    "ALL_SCOPES",
    "SCOPES",
    "Created",
    "create_workspace",
    "issue_identity_secret",
    "issue_setup_link",
    "owner_exists",
]

ALL_SCOPES: Final = ("*",)
SCOPES: Final = (
    *ALL_SCOPES,
    "contacts:read",
    "contacts:write",
    "conversations:read",
    "conversations:write",
    "settings:read",
    "settings:write",
    "widget:write",
)
"""What a secret key can be given (IDENTITY §5.2, PROTOCOL §13)."""
_SETUP_MS: Final = 30 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Created:
    """A new workspace, with its secrets in clear."""

    workspace_id: str
    widget_key: str
    secret_key: str
    agent: AgentRow | None
    agent_token: str | None


def create_workspace(
    tx: Transaction,
    *,
    name: str,
    now: int,
    agent_email: str | None = None,
    agent_name: str | None = None,
    agent_password: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Created:
    """A workspace with a widget key, a secret key with every scope, and perhaps its owner."""
    workspace_id = ids.workspace_id()
    tx.workspaces.insert(WorkspaceRow(workspace_id, name, settings or {}, now))
    widget_key, secret_key = ids.fresh_secret("wk_live"), ids.fresh_secret("sk_live")
    tx.keys.insert(KeyRow(workspace_id, ids.key_id(), "widget", "Widget", widget_key, (), now))
    tx.keys.insert(
        KeyRow(
            workspace_id,
            ids.key_id(),
            "secret",
            "Server",
            ids.secret_hash(secret_key),
            ALL_SCOPES,
            now,
        )
    )
    if agent_email is None or agent_password is None:
        return Created(workspace_id, widget_key, secret_key, None, None)
    email = agent_email.strip().lower()
    agent = AgentRow(
        workspace_id,
        ids.agent_id(),
        agent_name or email.partition("@")[0].title(),
        email,
        Role.OWNER,
        hash_password(agent_password),
        now,
    )
    tx.agents.insert(agent)
    token = ids.fresh_secret("at")
    tx.agents.insert_token(ids.secret_hash(token), agent, created_at=now, expires_at=None)
    return Created(workspace_id, widget_key, secret_key, agent, token)


def issue_identity_secret(tx: Transaction, vault: Vault, workspace_id: str, now: int) -> str:
    """A secret with which the site's own server signs who its users are, in clear.

    It must be used again to check signatures, so it is kept sealed and not hashed.
    """
    secret = ids.fresh_secret("ids")
    sealed = vault.seal(secret)
    tx.keys.insert(KeyRow(workspace_id, ids.key_id(), "identity", "Identity", sealed, (), now))
    return secret


def owner_exists(tx: Transaction) -> bool:
    """Whether anybody can sign in as an owner."""
    return any(
        agent.role is Role.OWNER and agent.disabled_at is None
        for workspace in tx.workspaces.all()
        for agent in tx.agents.of_workspace(workspace.id)
    )


def issue_setup_link(tx: Transaction, now: int) -> str:
    """A secret with which the first owner is made, once, within 30 minutes; makes a workspace
    if needed.
    """
    workspaces = tx.workspaces.all()
    if workspaces:
        workspace_id = workspaces[0].id
    else:
        workspace_id = create_workspace(tx, name="My workspace", now=now).workspace_id
    tx.agents.drop_setups(workspace_id)
    secret = ids.fresh_secret("su")
    tx.agents.insert_setup(ids.secret_hash(secret), workspace_id, now + _SETUP_MS)
    return secret
