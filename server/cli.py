"""The `parley` command: what an operator types (PROTOCOL §12).

Every fault an operator can cause is one line on standard error and exit code 2; a command that does
not exist yet is not listed.
"""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from server.people import agents, keys
from server.settings import Settings
from server.shell import Mistake, change, one_line, run, settings_of
from server.version import __version__

if TYPE_CHECKING:
    from server.store.port import Transaction

__all__ = ["main"]


@click.group(epilog="Every setting is an environment variable too; see the README.")
@click.version_option(__version__, prog_name="parley")
def main() -> None:
    """Parley, a self-hosted realtime chat server for websites."""


@main.command()
@click.option("--workspace", required=True, help="The workspace's name.")
@click.option("--agent-email", help="The owner's e-mail.")
@click.option("--agent-password", help="The owner's password, at least 8 characters.")
@click.option("--agent-name", help="The owner's name; by default made from the e-mail.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def init(
    workspace: str,
    agent_email: str | None,
    agent_password: str | None,
    agent_name: str | None,
    as_json: bool,
) -> None:
    """Make a workspace with its keys and its owner.

    Example: parley init --workspace "Acme" --agent-email sam@acme.test --agent-password … --json
    """
    from server import bootstrap
    from server.settings import secret_key
    from server.vault import Vault

    if (agent_email is None) != (agent_password is None):
        raise Mistake("--agent-email and --agent-password go together")
    if agent_email is not None and ("@" not in agent_email or len(agent_email) > 254):
        raise Mistake(f"--agent-email: {agent_email!r} is not an e-mail address")
    if agent_password is not None and len(agent_password) < 8:
        raise Mistake("--agent-password: must have at least 8 characters")

    settings = settings_of()

    def unit(tx: "Transaction", now: int) -> tuple[bootstrap.Created, str]:
        made = bootstrap.create_workspace(
            tx,
            name=workspace,
            now=now,
            agent_email=agent_email,
            agent_name=agent_name,
            agent_password=agent_password,
        )
        vault = Vault(secret_key(settings))
        return made, bootstrap.issue_identity_secret(tx, vault, made.workspace_id, now)

    created, identity_secret = change(settings, unit)
    agent = created.agent
    answer: dict[str, Any] = {
        "workspaceId": created.workspace_id,
        "widgetKey": created.widget_key,
        "secretKey": created.secret_key,
        "identitySecret": identity_secret,
        "agent": None
        if agent is None
        else {"id": agent.id, "email": agent.email, "token": created.agent_token},
    }
    if as_json:
        click.echo(json.dumps(answer))
    else:
        for name, value in answer.items():
            click.echo(f"{name}: {value}")


@main.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")
@click.option("--database", "database_url", help="sqlite:///… or postgresql://…")
@click.option("--redis", "redis_url", help="redis://…")
def serve(
    host: str | None, port: int | None, database_url: str | None, redis_url: str | None
) -> None:
    """Serve until SIGTERM.

    Example: parley serve --host 127.0.0.1 --port 8000
    """
    settings = settings_of(host=host, port=port, database_url=database_url, redis_url=redis_url)
    with one_line():
        sys.exit(run(lambda: _serve(settings)))


async def _serve(settings: Settings) -> int:
    from server.app import serve as serve_node

    return await serve_node(settings, _announcer(settings))


def _announcer(settings: Settings) -> Callable[[int, str | None], None]:
    """Says where the server is, in one line, when it can be reached; and how to own it."""

    def ready(port: int, setup_secret: str | None) -> None:
        click.echo(f"parley is ready on http://{settings.host}:{port}")
        if setup_secret is not None:
            link = f"{_origin(settings, port)}/setup#{setup_secret}"
            click.echo(f"nobody owns this server yet; within 30 minutes, open {link}")

    return ready


def _origin(settings: Settings, port: int) -> str:
    """Where people find this server."""
    return settings.public_url or f"http://{_reachable(settings.host)}:{port}"


def _reachable(host: str) -> str:
    """`host` as a browser on this machine takes it."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  # compared, not listened on
        return "localhost"
    return f"[{host}]" if ":" in host else host


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")
def demo(port: int | None) -> None:
    """Serve a small shop with the widget and, beside it, the console; both talk for real.

    Example: parley demo
    """
    settings = settings_of(port=port)
    if settings.log_level == "info":
        # Its lines are for who runs a server; this terminal is for who looks at one.
        settings = settings.with_options(log_level="warning")
    with one_line():
        sys.exit(run(lambda: _demo(settings)))


async def _demo(settings: Settings) -> int:
    from server.demo import run_demo

    return await run_demo(settings, lambda port: _origin(settings, port))


@main.command()
@click.option("--database", "database_url", help="sqlite:///… or postgresql://…")
def migrate(database_url: str | None) -> None:
    """Bring the database's tables up to this version; a start does so too.

    Example: parley migrate --database postgresql://parley@db/parley
    """
    from server.settings import secret_key
    from server.store.migrate import migrate as bring_up

    settings = settings_of(database_url=database_url)
    with one_line():
        secret_key(settings)
        applied = bring_up(settings.database)
    click.echo(f"applied {', '.join(applied)}" if applied else "the database is up to date")


@main.command()
def doctor() -> None:
    """Look for what would keep a server from starting, and say what to do; 1 if anything would.

    Example: PORT=80 parley doctor
    """
    from server.doctor import examine

    findings = list(examine(settings_of()))
    for finding in findings:
        click.echo(finding)
    sys.exit(any(finding.remedy is not None for finding in findings))


@main.command()
def openapi() -> None:
    """Print the REST contract.

    Example: parley openapi > openapi.json
    """
    from server.api.openapi import openapi as described
    from server.api.routes import OPERATIONS

    click.echo(json.dumps(described(OPERATIONS, __version__), indent=2))


@main.command()
def asyncapi() -> None:
    """Print the contract of the sockets.

    Example: parley asyncapi > asyncapi.json
    """
    from protocol.asyncapi import document

    click.echo(json.dumps(document(__version__), indent=2))


main.add_command(agents)
main.add_command(keys)
