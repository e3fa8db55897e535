"""Opening a database: what can go wrong at start is said in one line."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from server.store.engine import AlreadyRunning, CannotStart, WrongSecretKey
from server.store.port import StoreUnavailable
from tests.store.databases import PostgresServer, sqlite_url
from tests.store.scenes import WORKSPACE, FixedClock, drafted, opened, row_of, says, write_to


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    async with opened(sqlite_url(tmp_path)) as store:
        found = await store.read(lambda tx: tx.workspaces.all())

    assert found == [WORKSPACE]


async def test_a_second_server_on_one_file_is_refused(sqlite: str) -> None:
    async with opened(sqlite):
        with pytest.raises(AlreadyRunning, match="another Parley is running"):
            async with opened(sqlite):
                pass


async def test_after_close_the_database_is_free_again(sqlite: str) -> None:
    async with opened(sqlite):
        pass

    async with opened(sqlite, furnished=False) as store:
        found = await store.read(lambda tx: tx.workspaces.all())

    assert found == [WORKSPACE]


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://localhost/parley", "only sqlite"),
        ("sqlite://", "only sqlite"),
        ("no url at all", "no database URL"),
    ],
)
async def test_a_url_that_cannot_be_served_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(CannotStart, match=complaint) as refused:
        async with opened(url):
            pass

    assert "\n" not in str(refused.value)


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"cannot open .*/missing/parley\.db"):
        async with opened(sqlite_url(tmp_path / "missing")):
            pass


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "parley.db").write_bytes(b"certainly not a database, but long enough" * 99)

    with pytest.raises(StoreUnavailable, match="not a database"):
        async with opened(sqlite_url(tmp_path)):
            pass


async def test_another_secret_key_is_refused(sqlite: str) -> None:
    async with opened(sqlite) as store:
        await store.ensure_fingerprint("one")
        await store.ensure_fingerprint("one")
        with pytest.raises(WrongSecretKey, match="SECRET_KEY"):
            await store.ensure_fingerprint("two")


async def test_close_writes_what_waits(sqlite: str) -> None:
    settled: list[object] = []

    async with opened(sqlite) as store:
        store.append(drafted(row_of("cv_1"), says("at the last moment")), settled.append)
    async with opened(sqlite, furnished=False) as store:
        found = await store.read(lambda tx: tx.conversations.heads(["cv_1"]))

    assert len(settled) == 1
    assert found == {"cv_1": (1, 0)}


async def test_readers_who_wait_together_share_one_summing_up(sqlite: str) -> None:

    async with opened(sqlite, clock=FixedClock()) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        before = store._writer.counters.items
        await asyncio.gather(
            *[store.read(lambda tx: tx.conversations.counts("ws_1", "ag_1")) for _ in range(5)],
            *[store.read(lambda tx: tx.conversations.summaries("ws_1", [])) for _ in range(20)],
        )
        spent = store._writer.counters.items - before

    assert spent == 1


@pytest.mark.adapter
def test_a_node_on_sqlite_loads_neither_alembic_nor_psycopg(sqlite: str) -> None:
    script = (
        "import asyncio, sys\n"
        "from tests.store.scenes import opened\n"
        "async def main():\n"
        "    async with opened(sys.argv[1]): pass\n"
        "asyncio.run(main())\n"
        "print([name for name in ('alembic', 'psycopg') if name in sys.modules])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, sqlite],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )

    assert ran.stdout.strip() == "[]"


@pytest.mark.adapter
async def test_an_unreachable_server_is_unavailable_and_its_password_is_not_told() -> None:
    url = "postgres://parley:secret@127.0.0.1:1/parley"

    with pytest.raises(StoreUnavailable, match="cannot reach postgresql://parley:") as refused:
        async with opened(url):
            pass

    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.adapter
async def test_a_server_without_redis_has_its_postgresql_alone(postgres: PostgresServer) -> None:
    url = postgres.fresh()

    async with opened(url):
        with pytest.raises(AlreadyRunning, match="REDIS_URL"):
            async with opened(url):
                pass
