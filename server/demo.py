"""`parley demo`: a workspace with sample data, a server, and a visitor and an agent who talk
through it.

Nothing here is a short cut: the two clients open real sockets and speak PROTOCOL by the sans-I/O
client of `protocol`, and what the terminal shows is what came back over the wire. In a terminal,
what you type is sent as the visitor, or as the agent after `/agent `.
"""

import asyncio
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from rich.console import Console
from rich.text import Text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from protocol.client import Client, Role
from protocol.close import CloseCode
from protocol.happenings import Applied, Pushed, Refused, Settled
from protocol.states import State
from server import bootstrap, ids
from server.app import serve
from server.clock import SystemClock
from server.identity.model import AgentRow
from server.identity.model import Role as AgentRole
from server.settings import Settings
from server.store.engine import SqlStore
from server.store.port import Transaction
from server.transport.server import Worker

__all__ = ["Demo", "run_demo"]

_WORKSPACE: Final = "Linden & Co. (demo)"
_GREETING: Final = "Welcome to Linden & Co. How can we help?"
_SCRIPT: Final = (
    ("visitor", "Hello! Does the oak desk come in a longer version?"),
    ("agent", "Hi, this is Sam. It does: 160 and 180 cm. Which room is it for?"),
    ("visitor", "A small office. 160 would do."),
    ("agent", "160 it is. I can hold one for you until Friday, shall I?"),
    ("visitor", "Yes please. That was quick!"),
)


@dataclass(slots=True)
class _Person:
    """One side of the talk: a sans-I/O client, its socket, and whom the terminal calls it."""

    name: str
    colour: str
    path: str
    client: Client
    socket: ClientConnection | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def pump(self) -> None:
        """Send whatever the client wants sent."""
        if self.socket is None:
            return
        for frame in self.client.frames_to_send():
            await self.socket.send(orjson.dumps(frame).decode())


class Demo:
    """The talk. `run` is a worker beside the server: it ends by being cancelled."""

    def __init__(self, widget_key: str, agent_token: str, *, once: bool) -> None:
        self._console = Console()
        self._once = once
        self._port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._visitor = _Person(
            "visitor",
            "cyan",
            "/ws/widget",
            Client(Role.VISITOR, {"key": widget_key}, random=random.random),
        )
        self._agent = _Person(
            "agent",
            "green",
            "/ws/console",
            Client(Role.AGENT, {"agentToken": agent_token}, random=random.random),
        )
        self._conversation: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def is_ready(self, port: int) -> None:
        """The server accepts connections."""
        self._port.set_result(port)

    async def run(self) -> None:
        """Let the two talk, then pass on what is typed."""
        port = await self._port
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._live(self._visitor, port))
            tasks.create_task(self._live(self._agent, port))
            await self._talk()
            if self._once:
                signal.raise_signal(signal.SIGTERM)
            elif sys.stdin.isatty():
                tasks.create_task(self._listen())

    async def _talk(self) -> None:
        await asyncio.gather(self._visitor.ready.wait(), self._agent.ready.wait())
        for who, words in _SCRIPT:
            await self.say(who, words)

    async def say(self, who: str, words: str) -> None:
        """Send as one of the two, and wait until it is on disk."""
        person = self._visitor if who == "visitor" else self._agent
        known = self._conversation.result() if self._conversation.done() else None
        if person is self._agent and known is None:
            known = await self._conversation
        person.settled.clear()
        person.client.send_message(
            f"demo-{ids.event_id()}", words, time.monotonic(), conversation_id=known
        )
        await person.pump()
        await person.settled.wait()
        self._console.print(Text(f"{who} wrote, and it is on disk: {words}", "dim"))

    async def _live(self, person: _Person, port: int) -> None:
        """Keep one side connected, when and as its client wants to be."""
        url = f"ws://127.0.0.1:{port}{person.path}"
        while True:
            person.client.tick(time.monotonic())
            if person.client.state is not State.CONNECTING:
                await asyncio.sleep(_until(person.client))
                continue
            try:
                async with connect(url, proxy=None, compression=None) as socket:
                    code = await self._serve_socket(person, socket)
            except (OSError, WebSocketException):
                code = CloseCode.ABNORMAL
            person.socket = None
            person.client.disconnected(code, time.monotonic())

    async def _serve_socket(self, person: _Person, socket: ClientConnection) -> int:
        """Pass frames both ways until the socket is over; the code it closed with."""
        person.socket = socket
        person.client.connected(time.monotonic())
        while person.client.state is not State.OFFLINE:
            await person.pump()
            try:
                async with asyncio.timeout(_until(person.client)):
                    frame = orjson.loads(await socket.recv())
            except TimeoutError:
                person.client.tick(time.monotonic())
            except ConnectionClosed:
                break
            else:
                person.client.receive(frame, time.monotonic())
                await self._happened(person)
        return socket.close_code or CloseCode.ABNORMAL

    async def _happened(self, person: _Person) -> None:
        for happening in person.client.happenings():
            match happening:
                case Pushed("welcome"):
                    person.ready.set()
                    if person is self._agent:
                        person.client.request("inbox", {"view": "all"})
                case Settled():
                    person.settled.set()
                    if not self._conversation.done():
                        self._conversation.set_result(happening.conversation_id)
                        opened = {"conversationId": happening.conversation_id}
                        self._agent.client.request("open", opened)
                        await self._agent.pump()
                case Applied():
                    self._show(person, happening.event)
                case Refused():
                    self._console.print(Text(f"refused: {happening.code}", "red"))
                case _:
                    pass  # A terminal shows what was said, not how it got here.

    def _show(self, person: _Person, event: dict[str, Any]) -> None:
        if event["kind"] != "message" or event["author"]["kind"] == person.name:
            return
        other = self._agent if person is self._visitor else self._visitor
        line = Text.assemble(
            (f"{event['at'][11:23]}  ", "dim"),
            (f"{person.name} sees  ", "dim"),
            (f"{other.name}: ", f"bold {other.colour}"),
            event["body"],
            (f"   #{event['seq']}", "dim"),
        )
        self._console.print(line)

    async def _listen(self) -> None:
        self._console.print(
            Text("Type to write as the visitor, /agent … as the agent; Ctrl-C ends.", "dim")
        )
        while True:
            line = (await asyncio.to_thread(sys.stdin.readline)).strip()
            if line.startswith("/agent "):
                await self.say("agent", line.removeprefix("/agent "))
            elif line:
                await self.say("visitor", line)


def _until(client: Client) -> float:
    """Seconds until the client has something to do by itself."""
    deadline = client.next_deadline()
    return 1.0 if deadline is None else max(0.0, deadline - time.monotonic())


async def run_demo(
    settings: Settings, on_ready: Callable[[int, str | None], None], *, once: bool
) -> int:
    """Serve a workspace with sample data, and let two people talk in it; the exit code."""
    demo: Demo | None = None

    async def prepare(store: SqlStore) -> Worker:
        nonlocal demo
        now = SystemClock().now_ms()
        widget_key, token = await store.write(lambda tx: _sample(tx, now))
        demo = Demo(widget_key, token, once=once)
        return Worker("demo", demo.run)

    def ready(port: int, setup_secret: str | None) -> None:
        on_ready(port, setup_secret)
        assert demo is not None, "the demo is prepared before the server listens"
        demo.is_ready(port)

    return await serve(settings, ready, prepare=prepare)


def _sample(tx: Transaction, now: int) -> tuple[str, str]:
    """The demo's workspace, made at the first run: its widget key, and a token for its agent."""
    workspace = next((row for row in tx.workspaces.all() if row.name == _WORKSPACE), None)
    if workspace is None:
        settings = {"greeting": [_GREETING]}
        created = bootstrap.create_workspace(tx, name=_WORKSPACE, now=now, settings=settings)
        workspace_id = created.workspace_id
        for name in ("Sam", "Noor"):
            # Without a password nobody can sign in as them; this program holds Sam's token.
            tx.agents.insert(
                AgentRow(
                    workspace_id,
                    ids.agent_id(),
                    name,
                    f"{name.lower()}@linden.example",
                    AgentRole.AGENT,
                    "",
                    now,
                )
            )
    else:
        workspace_id = workspace.id
    sam = next(agent for agent in tx.agents.of_workspace(workspace_id) if agent.name == "Sam")
    token = ids.fresh_secret("at")
    day = 24 * 3600 * 1000
    tx.agents.insert_token(ids.secret_hash(token), sam, created_at=now, expires_at=now + day)
    key = next(key for key in tx.keys.of_workspace(workspace_id) if key.kind == "widget")
    return key.secret, token
