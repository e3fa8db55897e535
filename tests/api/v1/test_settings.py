"""Settings over REST: part by part, checked, stored, and told to open widgets."""

from types import SimpleNamespace
from typing import Any

import pytest

from server.connection.states import State
from server.gateway.following import Following
from server.workspace import WorkspaceSettings
from tests.api.node import TestNode, bearer

pytestmark = pytest.mark.adapter

PATH = "/api/v1/settings"


async def test_what_nobody_set_has_its_default(node: TestNode) -> None:
    answer = await node.ask("GET", PATH, node.key)

    assert answer.json() == WorkspaceSettings().model_dump()


async def test_a_change_names_what_it_changes_and_leaves_the_rest(node: TestNode) -> None:
    """PROTOCOL §13."""
    await node.ask("PATCH", PATH, node.key, json={"greeting": ["Hi"], "identity_mode": "enforce"})

    answer = await node.ask("PATCH", PATH, node.key, json={"identity_mode": "off"})

    assert answer.json()["greeting"] == ["Hi"]
    assert answer.json()["identity_mode"] == "off"
    assert (await node.ask("GET", PATH, node.key)).json() == answer.json()
    workspace = await node.node.gateway.directory.get(node.ours.workspace_id)
    assert workspace.settings.greeting == ["Hi"]


async def test_only_what_was_set_is_stored_so_that_a_new_default_reaches_everyone_else(
    node: TestNode,
) -> None:
    await node.ask("PATCH", PATH, node.key, json={"language": "de"})
    await node.ask("PATCH", PATH, node.key, json={"collect_user_data": True})

    row = await node.store.read(lambda tx: tx.workspaces.get(node.ours.workspace_id))

    assert row is not None
    assert dict(row.settings) == {"language": "de", "collect_user_data": True}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"identity_mode": "maybe"}, "identity_mode"),
        ({"allowed_origins": ["javascript:alert(1)"]}, "allowed_origins.0"),
        ({"allowed_origins": ["https://a.test/path"]}, "allowed_origins.0"),
        ({"edit_window_seconds": -1}, "edit_window_seconds"),
        ({"edit_window_seconds": "900"}, "edit_window_seconds"),
        ({"primary_color": "red;}"}, "primary_color"),
        ({"greeting": ["x"] * 6}, "greeting"),
        ({"greeting": ["a\0b"]}, "greeting.0"),
        ({"language": None}, "language"),
        ({"identitymode": "off"}, "identitymode"),
    ],
)
async def test_a_wrong_value_or_name_is_told_by_its_name_and_changes_nothing(
    node: TestNode, change: dict[str, Any], path: str
) -> None:
    answer = await node.ask("PATCH", PATH, node.key, json={"position": "bottom-left", **change})

    assert answer.status_code == 422
    assert [detail["path"] for detail in answer.json()["error"]["details"]] == [path]
    now = (await node.ask("GET", PATH, node.key)).json()
    assert now == WorkspaceSettings().model_dump()


async def test_a_change_stays_in_its_workspace_and_leaves_word_for_other_nodes(
    node: TestNode,
) -> None:
    await node.ask("PATCH", PATH, node.key, json={"language": "de"})

    theirs = await node.ask("GET", PATH, bearer(node.theirs.secret_key))
    changes = await node.store.read(lambda tx: tx.changes_after(0, 1_000))

    assert theirs.json()["language"] == "en"
    assert ("settings", node.ours.workspace_id) in [(one.kind, one.ref) for one in changes]


async def test_open_widgets_are_told_what_changed_for_them(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROTOCOL §6, settingsUpdate: also while a socket is read for or greeted, when it can be."""
    pushed: list[tuple[str, str, Any]] = []

    def socket(name: str) -> Any:
        connection = SimpleNamespace(
            outlet=None,
            machine=SimpleNamespace(state=State.READING),
            push=lambda kind, data: pushed.append((name, kind, dict(data))),
        )
        found = SimpleNamespace(connection=connection)
        found.following = Following(found)  # type: ignore[arg-type]
        return found

    sockets = [socket("live"), socket("new")]
    sockets[0].following.go_live()
    live = SimpleNamespace(sockets=sockets)
    # What becomes of the sessions' trust is tested over the wire.
    monkeypatch.setattr(node.node.gateway.identities, "rules_changed", lambda workspace: None)
    monkeypatch.setattr(
        node.node.gateway.sessions,
        "of_workspace",
        lambda workspace_id: [live] if workspace_id == node.ours.workspace_id else [],
    )

    await node.ask("PATCH", PATH, node.key, json={"language": "de", "identity_mode": "off"})
    await node.ask("PATCH", PATH, node.key, json={"identity_mode": "enforce"})

    told = list(pushed)
    sockets[1].following.go_live()

    assert told == [("live", "settingsUpdate", {"language": "de"})]
    assert pushed[1:] == [("new", "settingsUpdate", {"language": "de"})]
