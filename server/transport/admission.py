"""How many sockets this process may hold, and when to say that it is full.

An open socket is an open file, and a process that has used its last one can neither accept nor open
a database file. So the limit is raised as far as the system lets us, a reserve is kept, and
WebSockets are turned away (close 1013) while plain requests, health checks among them, still fit.
"""

import resource
from collections.abc import Sized

__all__ = ["Admission", "raise_open_files_limit"]


def raise_open_files_limit() -> int:
    """Raise the soft limit of open files to the hard one; returns what it is now."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = 1_048_576  # Linux's own ceiling (fs.nr_open); macOS refuses "no limit" here
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # a container may forbid even this
        return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return hard


class Admission:
    """Counts the open sockets of one server against the process's limit of open files.

    The reserve is 64 files and 5 %: half of it for plain requests, half for databases, logs and the
    rest.
    """

    def __init__(self, open_files: int) -> None:
        reserve = 64 + open_files // 20
        self._websockets = max(1, open_files - reserve)
        self._sockets = max(2, open_files - reserve // 2)
        self._connections: Sized = ()

    def watch(self, connections: Sized) -> None:
        """Count these: the server's own set of its connections, HTTP and WebSocket alike."""
        self._connections = connections

    @property
    def full(self) -> bool:
        """No more WebSockets: answer with close 1013."""
        return len(self._connections) > self._websockets

    @property
    def exhausted(self) -> bool:
        """No more sockets of any kind: drop what was accepted."""
        return len(self._connections) > self._sockets
