"""The process's serving: one listener, one task group around it, one orderly end.

It knows uvicorn, signals and exit codes, and nothing of what is served. `serve` binds first (a port
in use must be one line and exit 2), runs the workers beside the server in a task group that is on
screen, and ends in this order: stop listening, drain, close what is left, cancel the workers,
flush.

The idea: a worker that dies takes the process down in that same order and the exit code says so. A
group inside the ASGI lifespan would not do: uvicorn logs its death and goes on serving.
"""

import asyncio
import errno
import logging
import signal
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from server.transport.admission import Admission, raise_open_files_limit
from server.transport.port import FrameLimits
from server.transport.uvicorn_protocol import http_class, protocol_class

__all__ = ["AddressInUse", "CannotListen", "Worker", "listen", "serve"]

logger = logging.getLogger("parley.transport")

_BACKLOG: Final = 4_096
"""Everybody comes back at once after a deploy (the kernel caps this at net.core.somaxconn)."""
_UNSENT_IN_KERNEL: Final = 65_536
"""Bytes the kernel holds unsent per socket (TCP_NOTSENT_LOWAT), over what is in flight.

Left alone it takes up to 4 MB for a peer that stopped reading, and the 1 MiB after which we call it
slow would only then begin to count. In-flight bytes are not limited, so a long fat line keeps its
speed.
"""
_FINISH_WITHIN: Final = 10
"""Seconds that plain requests get to finish after the drain."""
_SOFTWARE_ERROR: Final = 70
"""EX_SOFTWARE of sysexits.h."""


class CannotListen(Exception):
    """The address cannot be listened on. `AddressInUse` is the one leaf: another process has it."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host}, port {port}: {reason}")
        self.host = host
        self.port = port


class AddressInUse(CannotListen):
    """Another process listens on this address."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Something that runs as long as the server does."""

    name: str
    run: Callable[[], Awaitable[None]]
    """Runs until it is cancelled. If it returns or raises, the server ends with exit code 70."""


def listen(host: str, port: int) -> socket.socket:
    """A bound TCP socket whose accepted sockets inherit our options. Raises `CannotListen`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(host, port, error.strerror or str(error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # Linux
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_IN_KERNEL)
        listener.bind(address)
    except OSError as error:
        listener.close()
        kind_of = AddressInUse if error.errno == errno.EADDRINUSE else CannotListen
        raise kind_of(host, port, error.strerror or str(error)) from error
    listener.setblocking(False)
    return listener


async def serve(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    workers: Sequence[Worker],
    on_ready: Callable[[int], None],
    drain: Callable[[], Awaitable[None]],
    flush: Callable[[], Awaitable[None]],
    trusted_proxies: str,
    frame_limits: FrameLimits,
    admission: Admission | None = None,
) -> int:
    """Serve until SIGTERM, SIGINT or the end of a worker; returns the exit code.

    `on_ready` gets the port when connections are accepted. `drain` runs when nobody new can connect
    and every socket still lives; a second signal cuts it short. `flush` runs last, when the workers
    have been cancelled. `trusted_proxies` is a comma-separated list of addresses and networks, or
    `""`. Without `admission` one is made from the limit of open files, which is raised. Raises
    `CannotListen`.
    """
    listener = listen(host, port)
    admission = admission or Admission(raise_open_files_limit())
    config = uvicorn.Config(
        app,
        http=http_class(admission),
        ws=protocol_class(frame_limits),
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_FINISH_WITHIN,
        workers=1,
    )
    server = _Server(config, on_ready=on_ready, drain=drain)
    admission.watch(server.server_state.connections)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(server.watch(worker)) for worker in workers]
            await server.serve(sockets=[listener])
            for task in tasks:
                task.cancel()
    finally:
        listener.close()
        await flush()
    return server.exit_code


class _Server(uvicorn.Server):
    """uvicorn's server with our order of ending and without its second life for a signal."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        on_ready: Callable[[int], None],
        drain: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(config)
        self.exit_code = 0
        self._on_ready = on_ready
        self._drain = drain
        self._hurry = asyncio.Event()

    async def watch(self, worker: Worker) -> None:
        """Run a worker; its end is the server's."""
        try:
            await worker.run()
        except Exception:
            logger.critical("worker %s failed", worker.name, exc_info=True)
        else:
            logger.critical("worker %s ended", worker.name)
        self.exit_code = _SOFTWARE_ERROR
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:  # uvicorn has logged why the lifespan failed
            self.exit_code = _SOFTWARE_ERROR
            self.should_exit = True
            return
        assert sockets, "because `serve` always binds first"
        self._on_ready(sockets[0].getsockname()[1])

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(self._logged_drain())
            hurry = group.create_task(self._hurry.wait())
            await asyncio.wait((draining, hurry), return_when=asyncio.FIRST_COMPLETED)
            draining.cancel()
            hurry.cancel()
        await super().shutdown(sockets)

    async def _logged_drain(self) -> None:
        try:
            await self._drain()
        except Exception:
            logger.exception("the drain failed")

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn, which however raises the signal again at the end: the exit code would be
        lost."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal ends in order, the second in a hurry."""
        if self.should_exit:
            self.force_exit = True
            self._hurry.set()
        self.should_exit = True


_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
