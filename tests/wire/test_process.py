"""The whole process, killed and told to end: I1 to I4 of DELIVERY hold over both databases."""

import asyncio
import json
import random
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.chat.model import Event, LogName
from server.clock import SystemClock
from server.store.engine import open_store
from server.store.port import Transaction
from tests.commands import environment, parley
from tests.store.databases import PostgresServer, sqlite_url
from tests.wire.survivors import Place, Survivor

pytestmark = pytest.mark.adapter

WRITERS, EACH, KILLS = 4, 40, 3


@pytest.fixture(params=["sqlite", "postgresql"])
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that outlives its server."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.empty()


def workspace(folder: Path, database: str) -> dict[str, Any]:
    """What `parley init` says of a new workspace."""
    made = parley(folder, "init", "--workspace", "Acme", "--json", DATABASE_URL=database)
    assert made.returncode == 0, made.stderr
    told: dict[str, Any] = json.loads(made.stdout)
    return told


@asynccontextmanager
async def process(folder: Path, **variables: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`parley serve`; `process.port` is in its first line. Killed in the end if it still runs."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "serve", "--port", "0",
        env=environment(folder, **variables),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield server
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()


async def port_of(server: asyncio.subprocess.Process) -> int:
    """The port, when it is ready."""
    assert server.stdout is not None
    async with asyncio.timeout(30):
        line = (await server.stdout.readline()).decode()
    assert line.startswith("parley is ready on http://"), line
    return int(line.strip().rpartition(":")[2])


async def kill_again_and_again(place: Place, folder: Path, database: str) -> None:
    """Serve, kill -9 after a random number of acks, serve again; the last server stays until the
    block is left."""
    dice = random.Random("kills")
    total = WRITERS * EACH
    moments = sorted(dice.sample(range(5, total - 20), KILLS))
    for moment in [*moments, total]:
        async with process(folder, DATABASE_URL=database, RATE_LIMITS="off") as server:
            place.port = await port_of(server)
            place.up.set()
            await place.reaches(moment)
            if moment < total:
                place.up.clear()
                server.send_signal(signal.SIGKILL)
                await server.wait()
            else:
                await place.finished.wait()


def public_log(conversation_id: str, tx: Transaction) -> Sequence[Event]:
    """The log as it is on disk."""
    return tx.conversations.events(conversation_id, LogName.PUBLIC, after=0, limit=1_000)


async def everything(socket: ClientConnection) -> list[dict[str, Any]]:
    """Every frame until the server closes."""
    seen = []
    with suppress(ConnectionClosed):
        async for message in socket:
            seen.append(json.loads(message))  # noqa: PERF401 the end is an exception
    return seen


async def test_what_was_acked_is_in_the_log_once_whenever_the_server_is_killed(
    tmp_path: Path, durable: str
) -> None:
    """DELIVERY I1 to I4."""
    told = workspace(tmp_path, durable)
    place = Place()
    writers = [Survivor(place, told["widgetKey"], f"w{n}", EACH) for n in range(WRITERS)]
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(kill_again_and_again(place, tmp_path, durable))
        async with asyncio.TaskGroup() as writing:
            for writer in writers:
                writing.create_task(writer.run())
        place.finished.set()
    store = open_store(durable, clock=SystemClock())
    try:
        for writer in writers:
            (conversation_id,) = writer.conversations
            stored = await store.read(partial(public_log, conversation_id))

            assert not writer.failed
            assert [event.seq for event in stored] == list(range(1, EACH + 1))
            assert {event.client_message_id: event.seq for event in stored} == writer.acked
            assert [event["id"] for event in writer.log] == [event.id for event in stored]
    finally:
        await store.close()


async def test_sigterm_says_bye_closes_1012_and_ends_well(tmp_path: Path) -> None:
    told = workspace(tmp_path, sqlite_url(tmp_path))
    async with process(tmp_path, DRAIN_SECONDS="0.2") as server:
        port = await port_of(server)
        url = f"ws://127.0.0.1:{port}/ws/widget"
        async with connect(url, proxy=None, compression=None) as socket:
            hello = {"type": "hello", "id": "1", "data": {"key": told["widgetKey"]}}
            await socket.send(json.dumps(hello))
            message = {"type": "message", "id": "2", "data": {"clientMessageId": "c", "body": "x"}}
            await socket.send(json.dumps(message))
            async with asyncio.timeout(20):
                while json.loads(await socket.recv()).get("id") != "2":
                    pass
                server.send_signal(signal.SIGTERM)
                seen = await everything(socket)
                code = await server.wait()

        assert seen[-1]["type"] == "bye"
        assert seen[-1]["data"]["retryAfterMs"] > 0
        assert (socket.close_code, code) == (1012, 0)
