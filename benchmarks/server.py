"""A `parley serve` of one's own, on a core of its own, and what it costs: memory and CPU time."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["LOAD_CPUS", "Server", "running"]

_CPUS: Final = sorted(os.sched_getaffinity(0))
SERVER_CPU: Final = _CPUS[0]
LOAD_CPUS: Final = set(_CPUS[1:]) or {_CPUS[0]}


@dataclass(frozen=True)
class Server:
    pid: int
    port: int
    widget_key: str
    secret_key: str
    agent_token: str

    def rss_kib(self) -> int:
        """Resident memory now."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("the kernel always tells VmRSS")

    def cpu_seconds(self) -> float:
        """User and system time so far, of all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(**environment: str) -> Iterator[Server]:
    """A fresh server on SQLite in a temporary directory; it ends with the block."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            **os.environ,
            "DATA_DIR": folder,
            "RATE_LIMITS": "off",
            "DRAIN_SECONDS": "0",
            "LOG_LEVEL": "error",
            **environment,
        }
        made = _init(variables)
        process = subprocess.Popen(
            [sys.executable, "-m", "server", "serve", "--port", "0"],
            env=variables,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}),
        )
        try:
            assert process.stdout is not None
            port = 0
            for line in process.stdout:
                if "ready on" in line:
                    port = int(line.rsplit(":", 1)[1])
                    break
            if not port:
                raise RuntimeError("the server did not start")
            agent = made["agent"]
            yield Server(process.pid, port, made["widgetKey"], made["secretKey"], agent["token"])
        finally:
            process.terminate()
            process.wait(30)


def _init(variables: dict[str, str]) -> dict[str, Any]:
    answer = subprocess.run(
        [
            *(sys.executable, "-m", "server", "init", "--json", "--workspace", "Bench"),
            *("--agent-email", "sam@bench.test", "--agent-password", "only for this run"),
        ],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    made: dict[str, Any] = json.loads(answer.stdout)
    return made
