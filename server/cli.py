"""The `parley` command: what an operator types (PROTOCOL §12).

Every fault an operator can cause is one line on standard error and exit code 2; a command that does
not exist yet is not listed.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import click

from server.settings import Settings, SettingsError, load_settings, secret_key
from server.version import __version__

__all__ = ["main"]

T = TypeVar("T")


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
    from server import bootstrap, ids

    if (agent_email is None) != (agent_password is None):
        raise click.UsageError("--agent-email and --agent-password go together")
    if agent_email is not None and ("@" not in agent_email or len(agent_email) > 254):
        raise click.UsageError(f"--agent-email: {agent_email!r} is not an e-mail address")
    if agent_password is not None and len(agent_password) < 8:
        raise click.UsageError("--agent-password: must have at least 8 characters")
    settings = _settings()

    async def work(store: Any, now: int) -> bootstrap.Created:
        created: bootstrap.Created = await store.write(
            lambda tx: bootstrap.create_workspace(
                tx,
                name=workspace,
                now=now,
                agent_email=agent_email,
                agent_name=agent_name,
                agent_password=agent_password,
            )
        )
        return created

    created = _with_store(settings, work)
    agent = created.agent
    answer: dict[str, Any] = {
        "workspaceId": created.workspace_id,
        "widgetKey": created.widget_key,
        "secretKey": created.secret_key,
        "identitySecret": ids.fresh_secret("ids"),
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
    with _one_line():
        settings = _settings().with_options(
            host=host, port=port, database_url=database_url, redis_url=redis_url
        )
        sys.exit(_run(lambda: _serve(settings)))


async def _serve(settings: Settings) -> int:
    from server.app import serve as serve_node

    return await serve_node(settings, _announcer(settings))


def _announcer(settings: Settings) -> Callable[[int, str | None], None]:
    """Says where the server is, in one line, when it can be reached; and how to own it."""

    def ready(port: int, setup_secret: str | None) -> None:
        click.echo(f"parley is ready on http://{settings.host}:{port}")
        if setup_secret is not None:
            origin = settings.public_url or f"http://{_reachable(settings.host)}:{port}"
            link = f"{origin}/setup#{setup_secret}"
            click.echo(f"nobody owns this server yet; within 30 minutes, open {link}")

    return ready


def _reachable(host: str) -> str:
    """`host` as a browser on this machine takes it."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  # compared, not listened on
        return "localhost"
    return f"[{host}]" if ":" in host else host


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")
@click.option("--once", is_flag=True, help="End when the sample conversation is over.")
def demo(port: int | None, once: bool) -> None:
    """Serve a workspace with sample data and show a visitor and an agent talking in it.

    Example: parley demo
    """
    from server.demo import run_demo

    with _one_line():
        settings = _settings().with_options(port=port)
        sys.exit(_run(lambda: run_demo(settings, _announcer(settings), once=once)))


def _settings() -> Settings:
    with _one_line():
        return load_settings()


def _with_store(settings: Settings, work: Callable[[Any, int], Coroutine[Any, Any, T]]) -> T:
    """Run something on the opened database."""

    async def opened() -> T:
        from server.app import key_fingerprint
        from server.clock import SystemClock
        from server.store.engine import open_store

        clock = SystemClock()
        fingerprint = key_fingerprint(secret_key(settings))
        store = open_store(settings.database, clock=clock)
        try:
            await store.ensure_fingerprint(fingerprint)
            return await work(store, clock.now_ms())
        finally:
            await store.close()

    with _one_line():
        return _run(opened)


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    import uvloop

    return uvloop.run(work())


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    """Turn what an operator can put right into one line and exit code 2."""
    from server.store.engine import CannotStart
    from server.store.port import StoreUnavailable
    from server.transport.server import CannotListen

    try:
        yield
    except (SettingsError, CannotStart, StoreUnavailable, CannotListen) as error:
        click.echo(f"parley: {error}", err=True)
        sys.exit(2)
