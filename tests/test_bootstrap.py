"""The first start: what is made, what of it is kept, and who may become the owner."""

from pathlib import Path

import pytest

from server import bootstrap, ids
from server.identity.model import Role
from server.store.backends import backend
from server.store.migrate import migrate
from server.store.transaction import SqlTransaction
from server.vault import Vault

pytestmark = pytest.mark.adapter

NOW = 1_800_000_000_000


@pytest.fixture
def tx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SqlTransaction:
    monkeypatch.setattr("server.bootstrap.hash_password", lambda password: f"hash of {password}")
    url = f"sqlite:///{tmp_path}/parley.db"
    migrate(url)
    return SqlTransaction(backend(url).connect_writer())


def test_a_workspace_is_born_with_both_keys_of_which_only_the_public_one_is_kept_in_clear(
    tx: SqlTransaction,
) -> None:
    made = bootstrap.create_workspace(tx, name="Acme", now=NOW)

    keys = {key.kind: key for key in tx.keys.of_workspace(made.workspace_id)}
    assert keys["widget"].secret == made.widget_key
    assert keys["secret"].secret == ids.secret_hash(made.secret_key)
    assert keys["secret"].scopes == ("*",)
    assert (made.agent, made.agent_token) == (None, None)


def test_an_identity_secret_is_kept_sealed_and_can_be_used_again(tx: SqlTransaction) -> None:
    vault = Vault("0123456789abcdef" * 2)
    made = bootstrap.create_workspace(tx, name="Acme", now=NOW)

    secret = bootstrap.issue_identity_secret(tx, vault, made.workspace_id, NOW)

    (kept,) = [k for k in tx.keys.of_workspace(made.workspace_id) if k.kind == "identity"]
    assert secret.startswith("ids_")
    assert secret not in kept.secret
    assert vault.open(kept.secret) == secret


def test_the_owner_signs_in_by_a_normalised_email_and_holds_a_token(tx: SqlTransaction) -> None:
    made = bootstrap.create_workspace(
        tx, name="Acme", now=NOW, agent_email=" Sam@ACME.test ", agent_password="open sesame"
    )

    (agent,) = tx.agents.by_email("sam@acme.test")
    assert agent == made.agent
    assert (agent.role, agent.name) == (Role.OWNER, "Sam")
    assert agent.password_hash == "hash of open sesame"
    assert made.agent_token is not None
    assert tx.agents.by_token(ids.secret_hash(made.agent_token), NOW) == agent


def test_somebody_who_can_sign_in_as_an_owner_is_an_owner(tx: SqlTransaction) -> None:
    assert not bootstrap.owner_exists(tx)
    made = bootstrap.create_workspace(
        tx, name="Acme", now=NOW, agent_email="sam@acme.test", agent_password="open sesame"
    )
    assert made.agent is not None
    assert bootstrap.owner_exists(tx)

    tx.agents.update(made.workspace_id, made.agent.id, {"disabled_at": NOW})

    assert not bootstrap.owner_exists(tx)


def test_a_link_is_for_the_first_workspace_and_makes_one_if_there_is_none(
    tx: SqlTransaction,
) -> None:
    secret = bootstrap.issue_setup_link(tx, NOW)

    (workspace,) = tx.workspaces.all()
    assert secret.startswith("su_")
    assert tx.agents.take_setup(ids.secret_hash(secret), NOW) == workspace.id


def test_a_link_lives_half_an_hour(tx: SqlTransaction) -> None:
    secret = ids.secret_hash(bootstrap.issue_setup_link(tx, NOW))

    assert tx.agents.take_setup(secret, NOW + 30 * 60 * 1000) is None
    assert tx.agents.take_setup(secret, NOW + 30 * 60 * 1000 - 1) is not None


def test_a_new_link_ends_the_one_before(tx: SqlTransaction) -> None:
    first = bootstrap.issue_setup_link(tx, NOW)
    second = bootstrap.issue_setup_link(tx, NOW)

    assert len(tx.workspaces.all()) == 1
    assert tx.agents.take_setup(ids.secret_hash(first), NOW) is None
    assert tx.agents.take_setup(ids.secret_hash(second), NOW) is not None
