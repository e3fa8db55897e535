"""Housekeeping happens beside the commits, and its failure is no harm."""

import threading
from pathlib import Path

from server.store.backends import Sqlite
from server.store.checkpoints import Tidier
from server.store.connection import Connection


class Noted(Sqlite):
    """SQLite, telling when it was tidied, and failing the first time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.tidied = threading.Semaphore(0)
        self.times = 0

    def tidy(self, connection: Connection) -> None:
        self.times += 1
        self.tidied.release()
        if self.times == 1:
            raise OSError("no luck")
        super().tidy(connection)


def test_a_failure_is_tried_again_at_the_next_poke(sqlite: str) -> None:
    backend = Noted(Path(sqlite.removeprefix("sqlite:///")))
    tidier = Tidier(backend)

    found = []
    for _ in range(2):
        tidier.poke()
        found.append(backend.tidied.acquire(timeout=20))
    tidier.close()

    assert found == [True, True]


def test_the_log_is_copied_into_the_database(sqlite: str) -> None:
    backend = Noted(Path(sqlite.removeprefix("sqlite:///")))
    backend.times = 1
    writer = backend.connect_writer()
    writer.say("CREATE TABLE t (x)")
    tidier = Tidier(backend)

    tidier.poke()
    backend.tidied.acquire(timeout=20)
    tidier.close()
    busy, pages, copied = writer.driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    writer.close()

    assert (busy, pages) == (0, copied)
