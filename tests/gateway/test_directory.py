"""Workspaces in memory: read once, and again after something of them changed."""

import pytest

from tests.gateway.conftest import OpenRoom


async def test_a_workspace_is_read_once_and_again_when_it_was_forgotten(room: OpenRoom) -> None:
    async with room() as r:
        directory, workspace_id = r.gateway.directory, r.ours.workspace_id
        first = await directory.get(workspace_id)
        calls = r.store.calls

        again = await directory.get(workspace_id)
        await r.store.write(lambda tx: tx.workspaces.rename(workspace_id, "New"))
        directory.forget(workspace_id)
        renamed = await directory.get(workspace_id)

        assert again is first
        assert (first.row.name, renamed.row.name) == ("Acme", "New")
        assert r.store.calls == calls + 2


async def test_a_widget_key_finds_its_workspace_until_it_is_revoked(room: OpenRoom) -> None:
    async with room() as r:
        directory, ours = r.gateway.directory, r.ours
        found = await directory.by_widget_key(ours.widget_key)
        key = next(key for key in found.keys if key.kind == "widget")

        secret = await directory.by_widget_key(ours.secret_key)
        await r.store.write(lambda tx: tx.keys.revoke(ours.workspace_id, key.id, 1))
        directory.forget(ours.workspace_id)
        revoked = await directory.by_widget_key(ours.widget_key)

        assert found.id == ours.workspace_id
        assert (secret, revoked) == (None, None)


async def test_an_origin_is_allowed_if_any_workspace_allows_it(room: OpenRoom) -> None:
    async with room() as r:
        directory = r.gateway.directory

        allowed = [
            await directory.allows_somewhere(origin)
            for origin in ("https://acme.test", None, "https://evil.test")
        ]

        assert allowed == [True, True, False]
        assert len(await directory.all()) == 2


async def test_a_workspace_that_is_not_there_is_a_fault(room: OpenRoom) -> None:
    async with room() as r:
        with pytest.raises(LookupError, match="ws_none"):
            await r.gateway.directory.get("ws_none")
