"""A thread for the database's housekeeping, so that no commit waits for it.

SQLite copies its write-ahead log back into the database now and then, left to itself
inside a COMMIT. Here a connection of its own does it whenever the writer pokes, if
there is something to copy. A failure is no harm: the next poke tries again.
"""

import contextlib
import threading

from server.store.backends import Backend

__all__ = ["Tidier"]


class Tidier:
    """Owns the thread, which ends with `close`; there is none where the backend needs none."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._poked = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def poke(self) -> None:
        """Tidy up soon. The first call starts the thread."""
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name="parley-tidier", daemon=True)
            self._thread.start()
        self._poked.set()

    def close(self) -> None:
        """Finish what is under way."""
        self._closing = True
        self._poked.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        with contextlib.suppress(Exception):
            connection = self._backend.connect_tidier()
            if connection is None:
                return
            with contextlib.closing(connection):
                while self._poked.wait() and not self._closing:
                    self._poked.clear()
                    with contextlib.suppress(Exception):
                        self._backend.tidy(connection)
