"""`parley agents` and `parley keys`: who may come in, as an operator sees to it from the shell.

The way back in when nobody can sign in any more. A secret is shown once, when it is made; a
password is asked for, so that it is in no list of processes.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from server.clock import rfc3339
from server.shell import Mistake, change, look, settings_of

if TYPE_CHECKING:
    from server.identity.model import AgentRow, KeyRow
    from server.store.port import Transaction

__all__ = ["agents", "keys"]

_workspace = click.option("--workspace", help="Its id or name; needed if there are two.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
_password = click.option(
    "--password",
    prompt=True,
    hide_input=True,
    confirmation_prompt=True,
    help="Asked for if absent.",
)


@click.group()
def agents() -> None:
    """The people who answer.

    Example: parley agents add --email ann@acme.test --role admin
    """


@agents.command("list")
@_workspace
@_as_json
def list_agents(workspace: str | None, as_json: bool) -> None:
    """Show every agent.

    Example: parley agents list --json
    """

    def query(tx: "Transaction") -> Sequence["AgentRow"]:
        return tx.agents.of_workspace(_workspace_id(tx, workspace))

    _print(
        [
            {
                "id": row.id,
                "email": row.email,
                "name": row.name,
                "role": row.role.value,
                "state": "enabled" if row.disabled_at is None else "disabled",
            }
            for row in look(settings_of(), query)
        ],
        as_json=as_json,
    )


@agents.command("add")
@click.option("--email", required=True)
@click.option("--name", help="By default made from the e-mail.")
@click.option("--role", type=click.Choice(["owner", "admin", "agent"]), default="agent")
@_password
@_workspace
def add_agent(
    email: str, name: str | None, role: str, password: str, workspace: str | None
) -> None:
    """Make an agent, who can then sign in.

    Example: parley agents add --email ann@acme.test --name "Ann Lee" --role admin
    """
    from server.identity.model import AgentRow, Role
    from server.ids import agent_id

    address = email.strip().lower()
    if "@" not in address or len(address) > 254:
        raise Mistake(f"--email: {email!r} is not an e-mail address")
    password_hash = _hashed(password)

    def unit(tx: "Transaction", now: int) -> str:
        workspace_id = _workspace_id(tx, workspace)
        if any(row.workspace_id == workspace_id for row in tx.agents.by_email(address)):
            raise Mistake(f"--email: {address} is an agent already")
        called = name or address.partition("@")[0].title()
        row = AgentRow(workspace_id, agent_id(), called, address, Role(role), password_hash, now)
        tx.agents.insert(row)
        return row.id

    click.echo(change(settings_of(), unit))


@agents.command("disable")
@click.argument("agent")
@_workspace
def disable_agent(agent: str, workspace: str | None) -> None:
    """Shut an agent (id or e-mail) out, on every device; stop the server first.

    Example: parley agents disable ann@acme.test
    """

    def unit(tx: "Transaction", now: int) -> None:
        row = _agent(tx, agent, workspace)
        if _is_last_owner(tx, row):
            raise Mistake(f"{row.email} is the only owner; make another one first")
        tx.agents.update(row.workspace_id, row.id, {"disabled_at": now})
        tx.agents.revoke_tokens(row.workspace_id, row.id, now)

    change(settings_of(), unit)


@agents.command("set-password")
@click.argument("agent")
@_password
@_workspace
def set_password(agent: str, password: str, workspace: str | None) -> None:
    """Give an agent (id or e-mail) a new password, and end every session of theirs.

    Example: parley agents set-password sam@acme.test
    """
    password_hash = _hashed(password)

    def unit(tx: "Transaction", now: int) -> None:
        row = _agent(tx, agent, workspace)
        changes = {"password_hash": password_hash, "disabled_at": None}
        tx.agents.update(row.workspace_id, row.id, changes)
        tx.agents.revoke_tokens(row.workspace_id, row.id, now)

    change(settings_of(), unit)


@click.group()
def keys() -> None:
    """Widget keys for pages, secret keys for servers.

    Example: parley keys create --name CRM --scope contacts:read
    """


@keys.command("list")
@_workspace
@_as_json
def list_keys(workspace: str | None, as_json: bool) -> None:
    """Show every key; of a secret key, nothing that opens anything.

    Example: parley keys list
    """

    def query(tx: "Transaction") -> Sequence["KeyRow"]:
        return tx.keys.of_workspace(_workspace_id(tx, workspace))

    _print(
        [
            {
                "id": row.id,
                "kind": row.kind,
                "name": row.name,
                "key": row.secret if row.kind == "widget" else "",
                "scopes": " ".join(row.scopes),
                "revoked": "" if row.revoked_at is None else rfc3339(row.revoked_at),
            }
            for row in look(settings_of(), query)
        ],
        as_json=as_json,
    )


@keys.command("create")
@click.option("--name", required=True, help="What it is for; the author of what it writes.")
@click.option("--kind", type=click.Choice(["secret", "widget"]), default="secret")
@click.option("--scope", "scopes", multiple=True, help="May be repeated; * for everything.")
@_workspace
def create_key(name: str, kind: str, scopes: tuple[str, ...], workspace: str | None) -> None:
    """Make a key and print it, once.

    Example: parley keys create --name CRM --scope contacts:read --scope conversations:read
    """
    from server.bootstrap import SCOPES

    for scope in scopes:
        if scope not in SCOPES:
            raise Mistake(f"--scope: {scope} is not one of {', '.join(SCOPES)}")
    if kind == "secret" and not scopes:
        raise Mistake("--scope: a secret key needs at least one")
    if kind == "widget" and scopes:
        raise Mistake("--scope: a widget key has none")

    def unit(tx: "Transaction", now: int) -> str:
        row, clear = _fresh(_workspace_id(tx, workspace), kind, name, scopes, now)
        tx.keys.insert(row)
        return clear

    click.echo(change(settings_of(), unit))


@keys.command("rotate")
@click.argument("key_id")
@click.option("--keep-old", is_flag=True, help="Leave the old one valid; revoke it later.")
@_workspace
def rotate_key(key_id: str, keep_old: bool, workspace: str | None) -> None:
    """Make a new key like an old one, print it, and revoke the old one.

    Example: parley keys rotate key_01a1… --keep-old
    """

    def unit(tx: "Transaction", now: int) -> str:
        old = _key(tx, key_id, workspace)
        if old.kind == "identity":
            raise Mistake("an identity secret cannot be rotated by this version")
        row, clear = _fresh(old.workspace_id, old.kind, old.name, old.scopes, now)
        tx.keys.insert(row)
        if not keep_old:
            tx.keys.revoke(old.workspace_id, old.id, now)
        return clear

    click.echo(change(settings_of(), unit))


@keys.command("revoke")
@click.argument("key_id")
@_workspace
def revoke_key(key_id: str, workspace: str | None) -> None:
    """End a key for good.

    Example: parley keys revoke key_01a1…
    """

    def unit(tx: "Transaction", now: int) -> None:
        row = _key(tx, key_id, workspace)
        tx.keys.revoke(row.workspace_id, row.id, now)

    change(settings_of(), unit)


def _workspace_id(tx: "Transaction", named: str | None) -> str:
    known = tx.workspaces.all()
    found = [row for row in known if named is None or named in (row.id, row.name)]
    if len(found) == 1:
        return found[0].id
    if not known:
        raise Mistake("there is no workspace yet: run parley init")
    told = ", ".join(f"{row.id} ({row.name})" for row in known)
    raise Mistake(f"--workspace: name one of {told}")


def _agent(tx: "Transaction", named: str, workspace: str | None) -> "AgentRow":
    rows = tx.agents.of_workspace(_workspace_id(tx, workspace))
    for row in rows:
        if named in (row.id, row.email) or named.lower() == row.email:
            return row
    raise Mistake(f"there is no agent {named}; see parley agents list")


def _key(tx: "Transaction", key_id: str, workspace: str | None) -> "KeyRow":
    for row in tx.keys.of_workspace(_workspace_id(tx, workspace)):
        if row.id == key_id:
            if row.revoked_at is not None:
                raise Mistake(f"{key_id} is revoked already")
            return row
    raise Mistake(f"there is no key {key_id}; see parley keys list")


def _is_last_owner(tx: "Transaction", row: "AgentRow") -> bool:
    from server.identity.model import Role

    owners = [
        one.id
        for one in tx.agents.of_workspace(row.workspace_id)
        if one.role is Role.OWNER and one.disabled_at is None
    ]
    return owners == [row.id]


def _fresh(
    workspace_id: str, kind: str, name: str, scopes: tuple[str, ...], now: int
) -> tuple["KeyRow", str]:
    """A new key: its row, and the key in clear."""
    from server import ids
    from server.identity.model import KeyRow

    clear = ids.fresh_secret("wk_live" if kind == "widget" else "sk_live")
    kept = clear if kind == "widget" else ids.secret_hash(clear)
    return KeyRow(workspace_id, ids.key_id(), kind, name, kept, scopes, now), clear


def _hashed(password: str) -> str:
    from server.passwords import PASSWORD_MIN, hash_password

    if len(password) < PASSWORD_MIN:
        raise Mistake(f"--password: must have at least {PASSWORD_MIN} characters")
    return hash_password(password)


def _print(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    widths = {name: max(len(str(row[name])) for row in rows) for name in (rows[0] if rows else ())}
    for row in rows:
        click.echo("  ".join(f"{row[name]:<{width}}" for name, width in widths.items()).rstrip())
