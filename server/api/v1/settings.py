"""A workspace's settings over REST. Open widgets are told what changed for them; what decides who
may connect holds for new sockets.
"""

from typing import Any

from starlette.responses import Response

from server.api.inputs import Nothing
from server.api.operation import Call
from server.api.problems import JsonResponse
from server.gateway.context import Gateway
from server.store.port import Transaction
from server.workspace import WorkspaceSettings, widget_settings

__all__ = ["change_settings", "get_settings"]


async def get_settings(call: Call[Nothing]) -> Response:
    """Every setting, with its default where none was set."""
    workspace_id = call.caller.workspace_id
    settings = await call.api.store.read(lambda tx: _stored(tx, workspace_id))
    return JsonResponse(settings.model_dump())


async def change_settings(call: Call[WorkspaceSettings]) -> Response:
    """Set what the body names; the rest stays."""
    gateway, workspace_id = call.api.gateway, call.caller.workspace_id
    changes = call.input.model_dump(include=call.input.model_fields_set)

    def unit(tx: Transaction) -> tuple[WorkspaceSettings, WorkspaceSettings]:
        before = _stored(tx, workspace_id)
        known = {**before.model_dump(include=before.model_fields_set), **changes}
        tx.workspaces.update_settings(workspace_id, known)
        tx.add_change(workspace_id, "settings", workspace_id)
        return before, _stored(tx, workspace_id)

    before, after = await gateway.store.write(unit)
    gateway.directory.forget(workspace_id)
    gateway.identities.rules_changed(await gateway.directory.get(workspace_id))
    _tell_widgets(gateway, workspace_id, before, after)
    return JsonResponse(after.model_dump())


def _stored(tx: Transaction, workspace_id: str) -> WorkspaceSettings:
    row = tx.workspaces.get(workspace_id)
    assert row is not None, "a caller's workspace exists"
    return WorkspaceSettings.model_validate(dict(row.settings))


def _tell_widgets(
    gateway: Gateway, workspace_id: str, before: WorkspaceSettings, after: WorkspaceSettings
) -> None:
    known, now = widget_settings(before), widget_settings(after)
    changed: dict[str, Any] = {name: now[name] for name in now if now[name] != known[name]}
    if not changed:
        return
    for live in gateway.sessions.of_workspace(workspace_id):
        for socket in live.sockets:
            socket.following.tell("settingsUpdate", changed)
