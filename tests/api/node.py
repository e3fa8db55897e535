"""A whole node in this process, asked over ASGI: real store on SQLite, real gateway, no socket.

`running_node` opens it with two workspaces, so that every test has a stranger at hand. What a
browser would do (cookies, origins) is up to the test.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from server.app import Beside, Node, build
from server.bootstrap import Created, create_workspace
from server.chat.model import Committed
from server.chat.service import VisitorWrites, committed
from server.identity.model import AgentRow, KeyRow, Role
from server.identity.service import Browser
from server.identity.transitions import Shown
from server.ids import agent_id, fresh_secret, key_id, secret_hash
from server.settings import Settings
from server.store.engine import SqlStore, open_store
from server.store.port import Transaction
from server.transport.admission import Admission
from server.transport.server import Worker

__all__ = [
    "NOW",
    "PASSWORD",
    "HandClock",
    "Template",
    "TestNode",
    "bearer",
    "make_template",
    "running_node",
]

NOW = 1_800_000_000_000
PASSWORD = "correct horse battery"


class HandClock:
    """A wall clock that a test moves; intervals also go by themselves, for threads wait by them."""

    def __init__(self) -> None:
        self.ms = NOW
        self._ahead = 0.0

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def forward(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        self._ahead += seconds


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass
class TestNode:
    """The node, a client of it, and what its two workspaces were made with."""

    __test__ = False

    node: Node
    store: SqlStore
    clock: HandClock
    client: httpx2.AsyncClient
    ours: Created
    theirs: Created

    @property
    def key(self) -> dict[str, str]:
        """Our secret key, as a header."""
        return bearer(self.ours.secret_key)

    @property
    def owner(self) -> dict[str, str]:
        """Our owner's token, as a header."""
        assert self.ours.agent_token is not None
        return bearer(self.ours.agent_token)

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        return await self.client.request(method, path, headers=headers or {}, **more)

    async def write_in(
        self, body: str = "Hello?", workspace: Created | None = None
    ) -> tuple[str, Committed]:
        """A visitor writes: the new conversation's id, and what was committed."""
        gateway, workspace_id = self.node.gateway, (workspace or self.ours).workspace_id
        started = await gateway.identity.start(workspace_id, Shown(None, None, None), Browser())
        session = await gateway.identity.open_contact(started.session)
        message = VisitorWrites(client_message_id="c-1", body=body)
        outcome = await committed(
            lambda settle: gateway.chat.post_nowait(session, message, None, settle)
        )
        return outcome.log.id, outcome

    async def agent(self, role: Role, email: str) -> tuple[AgentRow, dict[str, str]]:
        """Another agent of ours, with a header to ask as."""
        row = AgentRow(
            self.ours.workspace_id, agent_id(), email.title(), email, role, "", self.clock.ms
        )
        token = fresh_secret("at")

        def unit(tx: Transaction) -> None:
            tx.agents.insert(row)
            tx.agents.insert_token(
                secret_hash(token), row, created_at=self.clock.ms, expires_at=None
            )

        await self.store.write(unit)
        self.node.gateway.directory.forget(row.workspace_id)
        return row, bearer(token)

    async def key_with(self, *scopes: str) -> dict[str, str]:
        """A secret key of ours with these scopes, as a header."""
        secret = fresh_secret("sk_live")
        row = KeyRow(
            self.ours.workspace_id,
            key_id(),
            "secret",
            "Narrow",
            secret_hash(secret),
            scopes,
            self.clock.ms,
        )
        await self.store.write(lambda tx: tx.keys.insert(row))
        return bearer(secret)


@dataclass(frozen=True)
class Template:
    """A database with two workspaces in it, made once: passwords take their time."""

    path: Path
    ours: Created
    theirs: Created


async def make_template(folder: Path) -> Template:
    path = folder / "parley.db"
    clock = HandClock()
    store = open_store(f"sqlite:///{path}", clock=clock)
    try:
        made = [await store.write(_made(name)) for name in ("Acme", "Other")]
    finally:
        await store.close()
    return Template(path, *made)


def _made(name: str) -> Callable[[Transaction], Created]:
    return lambda tx: create_workspace(
        tx,
        name=name,
        now=NOW,
        agent_email=f"sam@{name.lower()}.test",
        agent_name=f"Sam of {name}",
        agent_password=PASSWORD,
    )


@asynccontextmanager
async def running_node(
    template: Template,
    folder: Path,
    *,
    address: str = "192.0.2.1",
    beside: Beside | None = None,
    **settings: Any,
) -> AsyncIterator[TestNode]:
    """A node on a copy of the template in `folder`; `settings` are the operator's."""
    path = folder / "parley.db"
    shutil.copy(template.path, path)
    clock = HandClock()
    store = open_store(f"sqlite:///{path}", clock=clock)
    try:
        node = build(Settings(**settings), store, clock, Admission(20_000), beside=beside)
        transport = httpx2.ASGITransport(app=node.app, client=(address, 50_000))
        client = httpx2.AsyncClient(transport=transport, base_url="http://parley.test")
        async with asyncio.TaskGroup() as group, client:
            tasks = [group.create_task(_run(worker)) for worker in node.workers]
            try:
                yield TestNode(node, store, clock, client, template.ours, template.theirs)
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        await store.close()


async def _run(worker: Worker) -> None:
    await worker.run()
