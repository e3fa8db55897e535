"""A whole node in this process, and clients of it that have no socket: a wire that remembers.

Real store on SQLite, real services, real gateway with its workers; time is moved by the test, and
the store can be told to fail or to wait. Every frame that a peer is sent is held against the
contract's own model of it, so that each test of the gateway is a test of its shapes as well.
"""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from protocol.codec import JSON, Codec
from protocol.events import ACKS_AGENT, ACKS_VISITOR, SERVER_TO_AGENT, SERVER_TO_VISITOR, Outbound
from server.app import Node, build
from server.bootstrap import Created, create_workspace
from server.chat.model import Draft, Failed, Settle
from server.gateway.agent import AgentSocket
from server.gateway.connection import Connection
from server.gateway.visitor import VisitorSocket
from server.settings import Settings
from server.store.engine import SqlStore, open_store
from server.store.port import StoreUnavailable, Transaction
from server.transport.admission import Admission
from server.transport.port import payload_of
from server.transport.server import Worker

__all__ = ["NOW", "AgentPeer", "FaultyStore", "Peer", "Room", "Template", "VisitorPeer",
           "make_template", "open_room"]  # fmt: skip

T = TypeVar("T")
NOW = 1_800_000_000_000
_PATIENCE = 10.0
_INTERVALS = (
    "announcer._BATCH_SECONDS",
    "feed._RETRY_SECONDS",
    "views._INBOX_SECONDS",
    "board._SECONDS",
)


class HandClock:
    """Time that only a test moves."""

    def __init__(self) -> None:
        self.ms = NOW
        self.seconds = 1_000.0

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        self.seconds += seconds


class _StoreClock(HandClock):
    """The same wall clock; intervals go by themselves, for the writer's thread waits by them."""

    def monotonic(self) -> float:
        return time.monotonic()


class FaultyStore(SqlStore):
    """A store whose n-th call fails, or whose reads wait, when a test says so."""

    def __init__(self, inner: SqlStore) -> None:
        self._inner = inner
        self.calls = 0
        self.fail_at: range = range(0)
        self.reading = asyncio.Event()
        self._gate = asyncio.Event()
        self._gate.set()

    def fail(self, *, at: int, times: int = 1) -> None:
        """Let the call number `at` from now on fail, and the next ones, `times` in all."""
        self.calls = 0
        self.fail_at = range(at, at + times)

    def hold_reads(self) -> None:
        self.reading.clear()
        self._gate.clear()

    def release_reads(self) -> None:
        self._gate.set()

    def append(self, draft: Draft, settle: Settle) -> None:
        if self._fails():
            error = StoreUnavailable("as the test said")
            asyncio.get_running_loop().call_soon(settle, Failed(error))
        else:
            self._inner.append(draft, settle)

    async def write(self, unit: Callable[[Transaction], T]) -> T:
        self._maybe_fail()
        return await self._inner.write(unit)

    async def read(self, query: Callable[[Transaction], T]) -> T:
        self._maybe_fail()
        found = await self._inner.read(query)
        self.reading.set()
        await self._gate.wait()
        return found

    async def flush(self) -> None:
        await self._inner.flush()

    async def run(self) -> None:
        await self._inner.run()

    def _fails(self) -> bool:
        self.calls += 1
        return self.calls - 1 in self.fail_at

    def _maybe_fail(self) -> None:
        if self._fails():
            raise StoreUnavailable("as the test said")


class Peer:
    """A client at the other end of a connection, and the wire between them."""

    registry: Outbound
    acks: Outbound

    def __init__(self, room: "Room", connection: Connection, codec: Codec) -> None:
        self.room = room
        self.connection = connection
        self.peer = connection.peer
        self.unsent = 0
        self.frames: list[dict[str, Any]] = []
        self.closed: int | None = None
        self.reason = ""
        self.aborted = False
        self.reading = True
        self.lingers = False
        self._codec = codec
        self._asked: dict[str, str] = {}
        self._news = asyncio.Event()
        self._over = False
        connection.attached(self)

    @property
    def side(self) -> Any:
        """The gateway's half: tests look into it on purpose."""
        return self.connection.side

    def write(self, frames: bytes) -> None:
        if self._over or self.closed is not None:
            return
        start = 0
        while start < len(frames):
            payload, text, start = payload_of(frames, start)
            frame = self._codec.decode_message(payload, text=text)
            assert isinstance(frame, dict)
            self._check(frame)
            self.frames.append(frame)
        self._news.set()

    def close(self, code: int, reason: str = "") -> None:
        if self.closed is None and not self._over:
            self.closed, self.reason = int(code), reason
            if not self.lingers:
                asyncio.get_running_loop().call_soon(self.lose)

    def abort(self) -> None:
        self.aborted = True
        asyncio.get_running_loop().call_soon(self.lose)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def lose(self) -> None:
        """The connection is over, whoever ended it."""
        if not self._over:
            self._over = True
            self.connection.lost()
            self._news.set()

    def be_slow(self, unsent: int = 100_000) -> None:
        self.unsent = unsent
        self.connection.pause_writing()

    def be_quick(self) -> None:
        self.unsent = 0
        self.connection.resume_writing()

    def send(self, frame_type: str, frame_id: str | None = None, **data: Any) -> None:
        """Send a frame; members are written as on the wire."""
        frame: dict[str, Any] = {"type": frame_type, "data": data}
        if frame_id is not None:
            self._asked[frame_id] = frame["id"] = frame_type
            frame["id"] = frame_id
        self.connection.received(self._codec.encode(frame), self._codec.text)

    def send_raw(self, data: bytes) -> None:
        self.connection.received(data, self._codec.text)

    async def ask(self, frame_type: str, **data: Any) -> Any:
        """Send a frame and return the data of its ack; a refusal fails the test."""
        answer = await self.answer(frame_type, **data)
        assert answer["type"] != "error", answer
        return answer["data"]

    async def refused(self, frame_type: str, **data: Any) -> str:
        """Send a frame that must be refused; the error's code."""
        answer = await self.answer(frame_type, **data)
        assert answer["type"] == "error", answer
        return str(answer["error"]["code"])

    async def answer(self, frame_type: str, **data: Any) -> Any:
        frame_id = f"q{len(self._asked)}"
        self.send(frame_type, frame_id, **data)
        return await self.until(lambda frame: frame.get("id") == frame_id)

    async def until(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first frame, among those that came and those that will, that is the one."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                for frame in self.frames:
                    if is_it(frame):
                        return frame
                self._news.clear()
                await self._news.wait()

    async def pushed(self, frame_type: str, **members: Any) -> dict[str, Any]:
        """The data of the first push of this type with these members."""
        frame = await self.until(
            lambda frame: (
                frame["type"] == frame_type
                and all(frame["data"].get(name) == value for name, value in members.items())
            )
        )
        data: dict[str, Any] = frame["data"]
        return data

    async def over(self) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not self._over:
                self._news.clear()
                await self._news.wait()

    def of_type(self, frame_type: str) -> list[dict[str, Any]]:
        return [frame["data"] for frame in self.frames if frame["type"] == frame_type]

    def bodies(self) -> list[str]:
        """The texts of the messages that came live."""
        return [event["body"] for event in self.of_type("event") if event["kind"] == "message"]

    def answers(self) -> list[str]:
        """The ids of the answers, in the order they came."""
        return [frame["id"] for frame in self.frames if "id" in frame]

    def _check(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ack":
            self.acks[self._asked[frame["id"]]].model_validate(frame["data"])
        elif frame["type"] not in ("error", "pong"):
            self.registry[frame["type"]].model_validate(frame["data"])


class VisitorPeer(Peer):
    registry = SERVER_TO_VISITOR
    acks = ACKS_VISITOR
    welcome: dict[str, Any]

    async def hello(self, **data: Any) -> dict[str, Any]:
        """Say hello and wait until everything before live was told."""
        self.welcome = await self.ask("hello", key=self.room.ours.widget_key, **data)
        await self.room.rest()
        return self.welcome

    @property
    def tokens(self) -> dict[str, Any]:
        """What another tab of this session says in its hello."""
        return {name: self.welcome[name] for name in ("visitorId", "visitorToken", "sessionToken")}

    async def say(self, body: str, **data: Any) -> Any:
        data.setdefault("clientMessageId", f"c-{body}")
        return await self.ask("message", body=body, **data)


class AgentPeer(Peer):
    registry = SERVER_TO_AGENT
    acks = ACKS_AGENT
    welcome: dict[str, Any]

    async def hello(self, **data: Any) -> dict[str, Any]:
        data.setdefault("agentToken", self.room.ours.agent_token)
        self.welcome = await self.ask("hello", **data)
        await self.room.rest()
        return self.welcome

    async def say(self, conversation_id: str, body: str, **data: Any) -> Any:
        data.setdefault("clientMessageId", f"c-{body}")
        return await self.ask("message", conversationId=conversation_id, body=body, **data)


@dataclass
class Room:
    """The node, and the doors into it."""

    node: Node
    store: FaultyStore
    clock: HandClock
    ours: Created
    theirs: Created

    @property
    def gateway(self) -> Any:
        return self.node.gateway

    def visitor(self, *, codec: Codec = JSON, origin: str | None = None) -> VisitorPeer:
        """A visitor's connection before its hello."""
        connection = Connection(
            self.node.gateway, codec, "192.0.2.1", lambda one: VisitorSocket(one, origin)
        )
        return VisitorPeer(self, connection, codec)

    def agent(self, *, codec: Codec = JSON, cookie: str | None = None) -> AgentPeer:
        connection = Connection(
            self.node.gateway, codec, "192.0.2.2", lambda one: AgentSocket(one, cookie)
        )
        return AgentPeer(self, connection, codec)

    async def jane(self, **hello: Any) -> VisitorPeer:
        """A visitor who was welcomed."""
        peer = self.visitor()
        await peer.hello(**hello)
        return peer

    async def sam(self, **hello: Any) -> AgentPeer:
        """An agent who was welcomed."""
        peer = self.agent()
        await peer.hello(**hello)
        return peer

    async def rest(self) -> None:
        """Return when nothing is under way: no task of a connection, no draft, no frame."""
        while True:
            await self.store.flush()
            for _ in range(3):
                await asyncio.sleep(0)
            tasks = self.gateway._tasks._tasks if self.gateway._tasks else ()
            if tasks:
                await asyncio.wait(tuple(tasks), timeout=_PATIENCE)
            elif all(one.answers._places is None for one in self.gateway.connections):
                return

    async def told(self) -> None:
        """Return when the lists were told of everything that changed so far."""
        await self.rest()
        views = self.gateway.views
        for _ in range(5_000):
            if not (views._dirty or views._written or any(views._waiting())):
                break
            await asyncio.sleep(0.001)
        await self.rest()

    async def bump(self, conversation_id: str, **columns: Any) -> None:
        """Change whose the conversation is, as linking will: the log's access_version grows."""

        sets = ", ".join(f"{name} = '{value}'" for name, value in columns.items())

        def unit(tx: Any) -> None:
            where = f"WHERE id = '{conversation_id}'"
            tx._db.say(f"UPDATE log SET access_version = access_version + 1 {where}")  # noqa: S608
            if sets:
                tx._db.say(f"UPDATE conversation SET {sets} {where}")  # noqa: S608

        await self.store.write(unit)

    def is_empty(self) -> bool:
        """Whether nothing is left of any connection: counts, followers, sockets."""
        gateway = self.gateway
        return (
            not gateway.connections
            and len(gateway.hub) == 0
            and not any(live.sockets for live in gateway.sessions._by_id.values())
            and not getattr(gateway.limits, "_counts", None)
            and not gateway.views._sockets
            and not gateway.agents._viewers
            and not gateway.agents._sockets
        )


@dataclass(frozen=True)
class Template:
    """A database with two workspaces, made once: passwords take their time."""

    path: Path
    ours: Created
    theirs: Created


async def make_template(folder: Path) -> Template:
    path = folder / "parley.db"
    store = open_store(f"sqlite:///{path}", clock=_StoreClock())
    try:
        made = [await store.write(_workspace(name)) for name in ("Acme", "Other")]
    finally:
        await store.close()
    return Template(path, *made)


def _workspace(name: str) -> Callable[[Transaction], Created]:
    return lambda tx: create_workspace(
        tx,
        name=name,
        now=NOW,
        agent_email=f"sam@{name.lower()}.test",
        agent_name="Sam",
        agent_password="correct horse",
        settings={"greeting": ["Hello!"], "allowed_origins": ["https://acme.test"]},
    )


@asynccontextmanager
async def open_room(template: Template, folder: Path, **settings: Any) -> AsyncIterator[Room]:
    """A node on a copy of the template; what is told in batches is told at once."""
    path = folder / "parley.db"
    shutil.copy(template.path, path)
    clock = HandClock()
    inner = open_store(f"sqlite:///{path}", clock=_StoreClock())
    store = FaultyStore(inner)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name in _INTERVALS:
                patch.setattr(f"server.gateway.{name}", 0.0)
            patch.setattr("server.gateway.context._SWEEP_SECONDS", 0.01)
            node = build(Settings(**settings), store, clock, Admission(20_000))
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(_run(worker)) for worker in node.workers]
                await asyncio.sleep(0)
                try:
                    yield Room(node, store, clock, template.ours, template.theirs)
                finally:
                    for task in tasks:
                        task.cancel()
    finally:
        await inner.close()


async def _run(worker: Worker) -> None:
    await worker.run()
