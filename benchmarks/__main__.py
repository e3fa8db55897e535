"""`python -m benchmarks [name …]`: run the benchmarks one after another and print a table."""

import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import uvloop

from benchmarks import spine
from benchmarks.server import LOAD_CPUS

_BENCHMARKS: Final[dict[str, Callable[[], Awaitable[dict[str, float]]]]] = {
    "idle": spine.idle_visitors,
    "durable": spine.durable_messages,
    "deliveries": spine.deliveries,
    "bursts": lambda: spine.deliveries(burst=10),
}
_RESULTS: Final = Path(__file__).parent / "results"


async def _run(names: list[str]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name in names:
        figures |= await _BENCHMARKS[name]()
    return figures


def main() -> None:
    names = sys.argv[1:] or list(_BENCHMARKS)
    os.sched_setaffinity(0, LOAD_CPUS)
    figures = uvloop.run(_run(names))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    sys.stdout.write(f"{machine}\n")
    for figure, value in figures.items():
        sys.stdout.write(f"{value:>12,.1f}  {figure}\n")
    _RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine, "figures": figures}, indent=2)
    (_RESULTS / "spine.json").write_text(text + "\n")


main()
