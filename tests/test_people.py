"""`parley agents` and `parley keys`: what they do to who may come in."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server import ids
from server.api.routes import OPERATIONS
from server.bootstrap import SCOPES, create_workspace
from server.cli import main
from server.settings import load_settings
from server.shell import change, look

pytestmark = pytest.mark.adapter


@pytest.fixture(autouse=True)
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A workspace whose owner is Sam; the token that Sam holds."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr("server.passwords.hash_password", lambda password: f"hash of {password}")
    monkeypatch.setattr("server.bootstrap.hash_password", lambda password: f"hash of {password}")
    made = change(
        load_settings(),
        lambda tx, now: create_workspace(
            tx, name="Acme", now=now, agent_email="sam@acme.test", agent_password="open sesame"
        ),
    )
    assert made.agent_token is not None
    return made.agent_token


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


def said(*arguments: str) -> str:
    """What a command that works prints."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def refused(*arguments: str) -> str:
    """The one line of a command that does not."""
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.output.count("\n") == 1
    return result.output


def listed(what: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in said(what, "list", "--json").splitlines()]


def holder(token: str) -> str | None:
    """Whose token this is, if it is alive."""
    row = look(load_settings(), lambda tx: tx.agents.by_token(ids.secret_hash(token), 1))
    return None if row is None else row.email


PASSWORD = ("--password", "long enough")


def test_an_agent_is_added_with_a_role_and_a_password_that_is_asked_for() -> None:
    added = run(
        "agents", "add", "--email", " Ann@Acme.test ", "--role", "admin",
        stdin="long enough\nlong enough\n",
    )  # fmt: skip

    assert added.exit_code == 0
    assert "long enough" not in added.output
    ann = next(row for row in listed("agents") if row["email"] == "ann@acme.test")
    assert (ann["name"], ann["role"], ann["state"]) == ("Ann", "admin", "enabled")
    (row,) = look(load_settings(), lambda tx: tx.agents.by_email("ann@acme.test"))
    assert row.password_hash == "hash of long enough"


def test_an_agent_that_cannot_be_is_refused() -> None:
    assert "not an e-mail" in refused("agents", "add", "--email", "ann", *PASSWORD)
    assert "already" in refused("agents", "add", "--email", "SAM@acme.test", *PASSWORD)
    short = ("--password", "short")
    assert "8 characters" in refused("agents", "add", "--email", "ann@acme.test", *short)
    assert [row["email"] for row in listed("agents")] == ["sam@acme.test"]


def test_a_disabled_agent_is_out_at_once(token: str) -> None:
    """SECURITY, "sessions survive revocation"."""
    said("agents", "add", "--email", "kim@acme.test", "--role", "owner", *PASSWORD)
    assert holder(token) == "sam@acme.test"

    said("agents", "disable", "Sam@acme.test")

    assert holder(token) is None
    assert {row["email"]: row["state"] for row in listed("agents")} == {
        "sam@acme.test": "disabled",
        "kim@acme.test": "enabled",
    }


def test_the_only_owner_is_not_disabled(token: str) -> None:
    assert "only owner" in refused("agents", "disable", "sam@acme.test")
    assert holder(token) == "sam@acme.test"


def test_a_new_password_ends_every_session_and_lets_the_agent_in_again(token: str) -> None:
    """SECURITY, "sessions survive password change"."""
    said("agents", "set-password", "sam@acme.test", "--password", "a newer one")

    assert holder(token) is None
    (row,) = look(load_settings(), lambda tx: tx.agents.by_email("sam@acme.test"))
    assert row.password_hash == "hash of a newer one"
    assert row.disabled_at is None


def test_whoever_is_not_there_is_told_where_to_look() -> None:
    assert "agents list" in refused("agents", "disable", "nobody@acme.test")
    assert "keys list" in refused("keys", "revoke", "key_unknown")


def test_a_key_is_shown_once_and_kept_as_a_hash() -> None:
    clear = said("keys", "create", "--name", "CRM", "--scope", "contacts:read", "--scope", "*")

    assert clear.startswith("sk_live_")
    assert clear not in run("keys", "list").output
    row = look(load_settings(), lambda tx: tx.keys.secret(ids.secret_hash(clear)))
    assert row is not None
    assert (row.name, row.scopes) == ("CRM", ("contacts:read", "*"))


def test_a_widget_key_is_public_and_has_no_scope() -> None:
    clear = said("keys", "create", "--name", "Shop", "--kind", "widget")

    assert clear.startswith("wk_live_")
    assert clear in run("keys", "list").output
    assert "--scope" in refused("keys", "create", "--name", "x", "--kind", "widget", "--scope", "*")


def test_a_key_needs_scopes_that_exist() -> None:
    assert "--scope" in refused("keys", "create", "--name", "x")
    assert "contacts:read" in refused("keys", "create", "--name", "x", "--scope", "contacts")
    assert {one.scope for one in OPERATIONS if one.scope is not None} <= set(SCOPES)


@pytest.mark.parametrize("keep_old", [True, False])
def test_a_rotated_key_has_a_successor_with_the_same_rights(keep_old: bool) -> None:
    old = next(row for row in listed("keys") if row["kind"] == "secret")

    clear = said("keys", "rotate", old["id"], *(["--keep-old"] if keep_old else []))

    after = {row["id"]: row for row in listed("keys") if row["kind"] == "secret"}
    assert bool(after[old["id"]]["revoked"]) is not keep_old
    row = look(load_settings(), lambda tx: tx.keys.secret(ids.secret_hash(clear)))
    assert row is not None
    assert (row.name, " ".join(row.scopes)) == (old["name"], old["scopes"])


def test_a_key_is_revoked_once() -> None:
    key = listed("keys")[0]["id"]

    said("keys", "revoke", key)

    assert listed("keys")[0]["revoked"]
    assert "already" in refused("keys", "revoke", key)
    assert "already" in refused("keys", "rotate", key)


def test_of_two_workspaces_one_must_be_named() -> None:
    other = change(load_settings(), lambda tx, now: create_workspace(tx, name="Other", now=now))

    assert "--workspace" in refused("agents", "list")
    assert run("agents", "list", "--workspace", "Other").output == ""
    assert said("keys", "list", "--workspace", other.workspace_id).count("key_") == 2
    assert "--workspace" in refused("agents", "list", "--workspace", "Third")


def test_without_a_workspace_it_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "new"))

    assert "parley init" in refused("agents", "add", "--email", "a@b.test", *PASSWORD)
