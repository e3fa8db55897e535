"""A whole node in this process, on port 0: what `parley serve` puts together, without its signals.

`running_server` takes the node from the composition root and runs it behind uvicorn's real protocol
classes; it leaves out `uvicorn.Server`, whose polling would cost each test a fifth of a second. The
tests of the process (`test_process.py`) have that. Two workspaces are there from the start, so that
every test of a stranger has one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
from uvicorn.server import ServerState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from server import app, ids
from server.api.sockets import COOKIE
from server.bootstrap import create_workspace, issue_identity_secret
from server.clock import Clock, SystemClock
from server.identity.model import AgentRow, Role
from server.settings import Settings
from server.store.engine import open_store
from server.store.port import Transaction
from server.transport.admission import Admission
from server.transport.server import listen
from server.transport.uvicorn_protocol import http_class, protocol_class
from server.vault import Vault
from tests.wire.peers import Agent, Speech, Visitor

__all__ = ["HandClock", "Login", "Running", "Server", "Tenant", "running_server"]

Running = Callable[..., "AbstractAsyncContextManager[Server]"]

_SECRET_KEY: Final = "0123456789abcdef" * 4
_AGENTS: Final = {"Sam": Role.OWNER, "Ann": Role.ADMIN, "Bob": Role.AGENT}


class HandClock:
    """A clock that a test moves on; it starts at the machine's time and stands still."""

    def __init__(self) -> None:
        clock = SystemClock()
        self._ms, self._seconds = clock.now_ms(), clock.monotonic()

    def now_ms(self) -> int:
        return self._ms

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        self._ms += round(seconds * 1000)
        self._seconds += seconds


@dataclass(frozen=True, slots=True)
class Login:
    """An agent's account."""

    id: str
    name: str
    token: str

    @property
    def cookie(self) -> str:
        return f"{COOKIE}={self.token}"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A workspace and its keys. Agents: Sam owns it, Ann is an admin, Bob an agent."""

    id: str
    widget_key: str
    secret_key: str
    identity_secret: str
    agents: Mapping[str, Login] = field(default_factory=dict)


@dataclass(slots=True)
class Server:
    """A running node and its two workspaces."""

    port: int
    node: app.Node
    speech: Speech
    acme: Tenant
    other: Tenant

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def socket(
        self,
        path: str,
        *,
        origin: str | None = None,
        cookie: str | None = None,
        address: str | None = None,
    ) -> AsyncIterator[ClientConnection]:
        """A connection in this server's codec; `address` is the local one, such as 127.0.0.2."""
        async with connect(
            f"ws://127.0.0.1:{self.port}{path}",
            subprotocols=[Subprotocol(self.speech.subprotocol)],
            origin=None if origin is None else Origin(origin),
            additional_headers={} if cookie is None else {"Cookie": cookie},
            local_addr=None if address is None else (address, 0),
            proxy=None,
            compression=None,
            max_size=None,
            max_queue=None,  # a test reads when it likes, and must not look like a slow client
            ping_interval=None,
        ) as socket:
            yield socket

    @asynccontextmanager
    async def stranger(self, **how: Any) -> AsyncIterator[Visitor]:
        """A visitor's connection before its `hello`."""
        async with self.socket("/ws/widget", **how) as socket:
            yield Visitor(socket, self.speech)

    @asynccontextmanager
    async def visitor(
        self, *, origin: str | None = None, address: str | None = None, **hello: Any
    ) -> AsyncIterator[Visitor]:
        """A visitor who was welcomed; `hello` is more of that frame's data."""
        async with self.stranger(origin=origin, address=address) as visitor:
            yield await visitor.hello({"key": self.acme.widget_key, **hello})

    @asynccontextmanager
    async def console(self, **how: Any) -> AsyncIterator[Agent]:
        """An agent's connection before its `hello`."""
        async with self.socket("/ws/console", **how) as socket:
            yield Agent(socket, self.speech)

    @asynccontextmanager
    async def agent(
        self, name: str = "Sam", *, of: Tenant | None = None, **hello: Any
    ) -> AsyncIterator[Agent]:
        """An agent who was welcomed."""
        login = (of or self.acme).agents[name]
        async with self.console() as agent:
            yield await agent.hello({"agentToken": login.token, **hello})

    async def conversation(self, body: str = "Hello", **hello: Any) -> str:
        """The id of a new conversation with one message, whose visitor has left."""
        async with self.visitor(**hello) as visitor:
            return str((await visitor.say(body))["conversationId"])


@asynccontextmanager
async def running_server(
    database: str,
    speech: Speech,
    *,
    clock: Clock | None = None,
    admission: Admission | None = None,
    acme: Mapping[str, Any] | None = None,
    other: Mapping[str, Any] | None = None,
    beside: app.Beside | None = None,
    **settings: Any,
) -> AsyncIterator[Server]:
    """A node on `database`; `acme` and `other` are the two workspaces' settings, `beside` makes
    more routes.
    """
    clock = clock or SystemClock()
    admission = admission or Admission(20_000)
    store = open_store(database, clock=clock)
    try:
        now = clock.now_ms()
        first = await store.write(lambda tx: _tenant(tx, "Acme", now, acme or {}))
        second = await store.write(lambda tx: _tenant(tx, "Other", now, other or {}))
        settings.setdefault("secret_key", _SECRET_KEY)
        node = app.build(Settings(**settings), store, clock, admission, beside=beside)
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(_work(worker.run)) for worker in node.workers]
            # The gateway takes work as soon as it has had its first turn.
            await asyncio.sleep(0)
            async with _listening(node) as port:
                yield Server(port, node, speech, first, second)
            for worker in workers:
                worker.cancel()
    finally:
        await store.close()


async def _work(run: Callable[[], Any]) -> None:
    await run()
    raise AssertionError("a worker ended")


@asynccontextmanager
async def _listening(node: app.Node) -> AsyncIterator[int]:
    state = ServerState()
    config = uvicorn.Config(
        node.app,
        http=http_class(node.admission),
        ws=protocol_class(node.frame_limits),
        log_config=None,
        access_log=False,
        proxy_headers=False,
        lifespan="off",
    )
    config.load()
    node.admission.watch(state.connections)
    listener = listen("127.0.0.1", 0)
    acceptor = await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(  # type: ignore[call-arg]  # uvicorn's contract
            config=config, server_state=state, app_state={}
        ),
        sock=listener,
    )
    try:
        yield listener.getsockname()[1]
    finally:
        acceptor.close()
        for connection in tuple(node.gateway.connections):
            connection.wire.abort()
        for task in list(state.tasks):
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)


def _tenant(tx: Transaction, name: str, now: int, settings: Mapping[str, Any]) -> Tenant:
    """A workspace by the product's own bootstrap. Agents are inserted without a password, whose
    hash would cost more time than the rest of a test."""
    made = create_workspace(tx, name=name, now=now, settings=settings)
    secret = issue_identity_secret(tx, Vault(_SECRET_KEY), made.workspace_id, now)
    logins = {}
    for agent_name, role in _AGENTS.items():
        email = f"{agent_name}@{name}.test".lower()
        row = AgentRow(made.workspace_id, ids.agent_id(), agent_name, email, role, "", now)
        tx.agents.insert(row)
        token = ids.fresh_secret("at")
        tx.agents.insert_token(ids.secret_hash(token), row, created_at=now, expires_at=None)
        logins[agent_name] = Login(row.id, agent_name, token)
    return Tenant(made.workspace_id, made.widget_key, made.secret_key, secret, logins)
