"""What all connections of a node share, and the task group in which their reads run."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from server.chat.service import ChatService
from server.clock import Clock
from server.connection.machine import Heartbeat
from server.gateway.directory import Directory
from server.gateway.presence import AgentPresence
from server.gateway.sessions import Sessions
from server.hub.hub import Hub
from server.hub.outlet import Flusher
from server.hub.wheel import Wheel
from server.identity.service import IdentityService
from server.limits.port import Limits
from server.metrics import Metrics
from server.store.port import Store

if TYPE_CHECKING:
    from server.gateway.announcer import Announcer
    from server.gateway.connection import Connection
    from server.gateway.identities import Identities
    from server.gateway.views import Views

__all__ = ["Gateway", "Services"]

_log = logging.getLogger("parley.gateway")

_SPREAD: Final = 0.2
_SWEEP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Services:
    """What the gateway is made of; `app.py` makes them."""

    store: Store
    chat: ChatService
    identity: IdentityService
    limits: Limits
    clock: Clock
    metrics: Metrics
    directory: Directory
    heartbeat: Heartbeat
    rates_on: bool = True


class Gateway:
    """One node's connections. `run` must be running while any of them is attached."""

    def __init__(self, services: Services, loop: asyncio.AbstractEventLoop) -> None:
        self.store = services.store
        self.chat = services.chat
        self.identity = services.identity
        self.limits = services.limits
        self.clock = services.clock
        self.metrics = services.metrics
        self.directory = services.directory
        self.heartbeat = services.heartbeat
        self.rates_on = services.rates_on
        self.flusher = Flusher(loop)
        self.wheel = Wheel(services.clock)
        self.connections: set[Connection] = set()
        self.agents = AgentPresence()
        self.hub: Hub
        self.sessions: Sessions
        self.announcer: Announcer
        self.identities: Identities
        self.views: Views
        self.draining = False
        self._ids = count(1)
        self._empty = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    def next_connection_id(self) -> int:
        return next(self._ids)

    def spread(self, connection_id: int) -> float:
        """How far this connection's pings are moved, in [-0.2, 0.2]: a hash, so that it is even."""
        return ((connection_id * 2_654_435_761 % 4_096) / 2_048 - 1.0) * _SPREAD

    def gone(self, connection: Connection) -> None:
        """A connection is lost."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that may wait. There is nobody to tell of an error, so it is logged
        here.
        """
        if self._tasks is None:
            work.close()
            raise AssertionError("the gateway is not running")
        self._tasks.create_task(_guarded(work))

    async def run(self) -> None:
        """Own the connections' tasks, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                while True:
                    await asyncio.sleep(_SWEEP_SECONDS)
                    self.sessions.sweep(self.clock.monotonic())
            finally:
                self._tasks = None
                self.wheel.close()

    async def drain(self, grace_seconds: float) -> None:
        """Say `bye` to everyone, spread over the grace time, then close what is left with 1012.

        Each peer is told to come back after a random part of that time, so that they do not come
        back as one.
        """
        self.draining = True
        if not self.connections:
            return
        self._empty.clear()
        waiting = list(self.connections)
        random.shuffle(waiting)
        batches = max(1, min(len(waiting), int(grace_seconds * 20)))
        size = -(-len(waiting) // batches)
        for start in range(0, len(waiting), size or 1):
            for connection in waiting[start : start + size]:
                connection.bye(int(random.uniform(0.1, max(0.2, grace_seconds)) * 1000))  # noqa: S311
            await asyncio.sleep(grace_seconds / batches / 2)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds / 2):
                await self._empty.wait()
        for connection in tuple(self.connections):
            connection.wire.abort()


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    """One connection's fault must not end the task group, and with it the node (the rim)."""
    try:
        await work
    except Exception:  # noqa: BLE001 — the rim
        _log.exception("a connection's task failed")
