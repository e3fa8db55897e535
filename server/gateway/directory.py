"""What every connection needs to know of its workspace, kept in memory: settings, keys, agents.

A copy is read whole when it is first asked for and dropped when something of it changes (`forget`);
whoever writes to a workspace says so here, and the position check says so for what other nodes
wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from server.identity.model import AgentRow, KeyRow, WorkspaceRow
from server.store.port import Store, Transaction
from server.workspace import WorkspaceSettings

__all__ = ["Directory", "Workspace"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace as of one moment."""

    row: WorkspaceRow
    settings: WorkspaceSettings
    agents: Mapping[str, AgentRow]
    keys: tuple[KeyRow, ...]

    @property
    def id(self) -> str:
        return self.row.id


class Directory:
    """The workspaces of this node. Small: they are tens, not millions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._workspaces: dict[str, Workspace] = {}
        self._loaded = False
        self._forgotten = 0

    async def get(self, workspace_id: str) -> Workspace:
        """The workspace with this id, which exists."""
        workspace = self._workspaces.get(workspace_id)
        if workspace is None:
            forgotten = self._forgotten
            workspace = await self._store.read(lambda tx: _load(tx, workspace_id))
            if forgotten == self._forgotten:  # else it may have been read before the change
                self._workspaces[workspace_id] = workspace
        return workspace

    async def by_widget_key(self, key: str) -> Workspace | None:
        """The workspace that a live widget key belongs to. A secret key is no widget key."""
        for workspace in await self.all():
            if any(
                known.kind == "widget" and known.revoked_at is None and known.secret == key
                for known in workspace.keys
            ):
                return workspace
        return None

    async def allows_somewhere(self, origin: str | None) -> bool:
        """Whether any workspace takes connections from pages of this origin (PROTOCOL §1)."""
        return any(workspace.settings.allows(origin) for workspace in await self.all())

    async def all(self) -> tuple[Workspace, ...]:
        if self._loaded:
            return tuple(self._workspaces.values())
        forgotten = self._forgotten
        rows = await self._store.read(lambda tx: [row.id for row in tx.workspaces.all()])
        found = [await self.get(workspace_id) for workspace_id in rows]
        self._loaded = forgotten == self._forgotten
        return tuple(found)

    def forget(self, workspace_id: str) -> None:
        """Something of the workspace changed."""
        self._workspaces.pop(workspace_id, None)
        self._loaded = False
        self._forgotten += 1


def _load(tx: Transaction, workspace_id: str) -> Workspace:
    row = tx.workspaces.get(workspace_id)
    if row is None:
        raise LookupError(f"there is no workspace {workspace_id}")
    return Workspace(
        row,
        WorkspaceSettings.model_validate(dict(row.settings)),
        {agent.id: agent for agent in tx.agents.of_workspace(workspace_id)},
        tuple(tx.keys.of_workspace(workspace_id)),
    )
