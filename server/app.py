"""The composition root: the one place that knows the name of every concrete thing.

`build` puts a node together from its settings and an open store; `serve` opens what is needed, runs
the node's workers beside the server, and takes everything down in order.
"""

import asyncio
import functools
import gc
import hashlib
import logging
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from server import logs
from server.api.operation import Api
from server.api.rim import Rim, pass_on
from server.api.routes import OPERATIONS, routes
from server.api.sockets import Sockets
from server.bootstrap import issue_setup_link, owner_exists
from server.bus.memory import MemoryBus
from server.bus.port import Bus
from server.chat.model import Committed
from server.chat.service import ChatService
from server.clock import Clock, SystemClock
from server.connection.machine import Heartbeat
from server.gateway.announcer import Announcer
from server.gateway.context import Gateway, Services
from server.gateway.directory import Directory
from server.gateway.feed import Feed
from server.gateway.identities import Identities
from server.gateway.sessions import Sessions
from server.gateway.views import Views
from server.hub.hub import Hub
from server.identity.service import IdentityService
from server.jobs.chores import Chores
from server.limits.memory import MemoryLimits, NoLimits
from server.metrics import Metrics
from server.passwords import Passwords
from server.settings import Settings, secret_key
from server.store.engine import SqlStore, open_store
from server.store.port import StoreUnavailable, Transaction
from server.transport.admission import Admission, raise_open_files_limit
from server.transport.port import FrameLimits
from server.transport.server import Worker
from server.transport.server import serve as serve_app
from server.vault import Vault

__all__ = ["Beside", "Node", "build", "key_fingerprint", "opener", "serve"]

_log = logging.getLogger("parley")

Beside = Callable[[Api], Sequence[BaseRoute]]
"""Routes that somebody else brings, such as the demo; made when the API is put together."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node, put together. `workers` must run beside `app`."""

    app: Starlette
    gateway: Gateway
    admission: Admission
    frame_limits: FrameLimits
    workers: Sequence[Worker]


def build(
    settings: Settings,
    store: SqlStore,
    clock: Clock,
    admission: Admission,
    *,
    bus: Bus | None = None,
    beside: Beside | None = None,
) -> Node:
    """Put a node together; without a `bus` it is alone. Nothing runs yet.

    `beside` makes routes that come before the node's own.
    """
    bus = bus or MemoryBus()
    loop = asyncio.get_running_loop()
    metrics = Metrics()

    def announce(outcome: Committed) -> None:
        gateway.announcer.committed(outcome)

    rates_on = settings.rate_limits == "on"
    services = Services(
        store=store,
        chat=ChatService(store, clock, announce),
        identity=IdentityService(store, clock, opener(settings)),
        limits=MemoryLimits(clock) if rates_on else NoLimits(),
        clock=clock,
        metrics=metrics,
        directory=Directory(store),
        heartbeat=Heartbeat(
            settings.heartbeat_interval, settings.heartbeat_timeout, settings.hello_timeout
        ),
        rates_on=rates_on,
    )
    gateway = Gateway(services, loop)
    feed = Feed(gateway)
    gateway.hub = Hub(feed.read, feed.regrant, feed.rewound, StoreUnavailable)
    gateway.views = Views(gateway)
    gateway.sessions = Sessions(gateway.views.visitor_changed)
    gateway.announcer = Announcer(gateway, bus)
    gateway.identities = Identities(gateway)
    frame_limits = FrameLimits()
    sockets = Sockets(gateway, admission, frame_limits, settings.public_url)
    api = Api(gateway, Passwords(), settings.public_url, OPERATIONS)
    app = Starlette(
        routes=[*(beside(api) if beside else ()), *routes(sockets=sockets, api=api)],
        middleware=[Middleware(Rim, clock=clock, metrics=metrics)],
        exception_handlers={HTTPException: pass_on},
    )
    app.router.redirect_slashes = False
    return Node(app, gateway, admission, frame_limits, _workers(gateway, store, bus))


def _workers(gateway: Gateway, store: SqlStore, bus: Bus) -> Sequence[Worker]:
    return (
        Worker("journal", store.run),
        Worker("gateway", gateway.run),
        Worker("hub", gateway.hub.run),
        Worker("announcer", gateway.announcer.run),
        Worker("views", gateway.views.run),
        Worker("board", gateway.views.board.run),
        Worker("bus", bus.run),
        Worker("chores", Chores(store, gateway.chat, gateway.clock).run),
    )


async def serve(
    settings: Settings,
    on_ready: Callable[[int, str | None], None],
    *,
    prepare: Callable[[SqlStore], Awaitable[Beside]] | None = None,
) -> int:
    """Serve until told to end; the exit code. Raises what `open_store` and the listener raise.

    `on_ready` gets the port, and while nobody owns the server the secret of a set-up link.
    `prepare` may write to the store before anything is served, and says what is served beside.
    """
    logs.configure(settings.log_level, settings.log_format)
    _tune_interpreter()
    if settings.rate_limits == "off":
        _log.warning("RATE_LIMITS is off: anybody may send as much as they like")
    clock = SystemClock()
    fingerprint = key_fingerprint(secret_key(settings))
    store = open_store(settings.database, clock=clock, exclusive=settings.redis_url is None)
    try:
        await store.ensure_fingerprint(fingerprint)
        beside = None if prepare is None else await prepare(store)
        setup_secret = await store.write(lambda tx: _setup_secret(tx, clock.now_ms()))
        admission = Admission(raise_open_files_limit())
        node = build(settings, store, clock, admission, beside=beside)

        def ready(bound_port: int) -> None:
            # What lives from the start lives to the end: the collector need not look at it again.
            gc.collect()
            gc.freeze()
            on_ready(bound_port, setup_secret)

        return await serve_app(
            node.app,
            host=settings.host,
            port=settings.port,
            workers=node.workers,
            on_ready=ready,
            drain=lambda: node.gateway.drain(settings.drain_seconds),
            flush=store.flush,
            trusted_proxies=settings.trusted_proxies,
            frame_limits=node.frame_limits,
            admission=node.admission,
        )
    finally:
        await store.close()


def opener(settings: Settings) -> Callable[[str], str]:
    """Reads what is sealed under this server's key, which is looked for when it is needed."""

    @functools.cache
    def vault() -> Vault:
        return Vault(secret_key(settings))

    return lambda sealed: vault().open(sealed)


def _setup_secret(tx: Transaction, now: int) -> str | None:
    """A fresh one at each start for as long as there is no owner."""
    return None if owner_exists(tx) else issue_setup_link(tx, now)


def _tune_interpreter() -> None:
    """Settings of CPython for many long-lived objects and one busy thread beside the loop.

    Thresholds: the default ones scan every connection again and again in a storm of new ones.
    Switch interval: the writer thread waits for the interpreter after each fsync, 5 ms with the
    default.
    """
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.0005)


def key_fingerprint(key: str) -> str:
    """What the database keeps of the secret key, to notice a wrong one; it tells nothing of the
    key.
    """
    return hashlib.sha256(b"parley key fingerprint\0" + key.encode()).hexdigest()[:16]
