"""Workspaces and their settings."""

from dataclasses import replace

import pytest

from server.store.transaction import SqlTransaction
from tests.store.scenes import WORKSPACE


def test_settings_are_replaced_and_the_version_counts_up(tx: SqlTransaction) -> None:
    tx.workspaces.insert(WORKSPACE)

    row = tx.workspaces.update_settings("ws_1", {"greeting": "Héllo"})

    assert row == replace(WORKSPACE, settings={"greeting": "Héllo"}, version=2)
    assert tx.workspaces.get("ws_1") == row
    assert tx.workspaces.all() == [row]


def test_an_unknown_workspace_has_no_settings(tx: SqlTransaction) -> None:
    with pytest.raises(LookupError):
        tx.workspaces.update_settings("ws_nowhere", {})

    assert tx.workspaces.get("ws_nowhere") is None


def test_a_workspace_is_renamed_and_its_version_counts_up(tx: SqlTransaction) -> None:
    tx.workspaces.insert(WORKSPACE)

    tx.workspaces.rename("ws_1", "Acme & Co")

    assert tx.workspaces.get("ws_1") == replace(WORKSPACE, name="Acme & Co", version=2)
