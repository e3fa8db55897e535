"""`/metrics`: what the node has counted, in Prometheus's text format.

Nothing is counted here: counters are read where they live at the moment somebody scrapes, so a
node that nobody watches pays nothing. Labels are of small fixed sets; no id, address or path is
one.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response

from server.api.inputs import Nothing
from server.api.operation import Call
from server.gateway.context import Gateway
from server.store.port import StoreStatus, StoreUnavailable
from server.version import __version__

__all__ = ["exposition", "metrics"]

_JOURNAL: Final = {
    "waiting": (GaugeMetricFamily, "Drafts and units that wait for the writer"),
    "groups": (CounterMetricFamily, "Group commits"),
    "items": (CounterMetricFamily, "Drafts and units committed"),
    "outages": (CounterMetricFamily, "Groups that the database could not take"),
    "halvings": (CounterMetricFamily, "Groups that were halved to find a bad member"),
}


async def metrics(call: Call[Nothing]) -> Response:
    gateway = call.api.gateway
    try:
        status = await gateway.store.ping()
    except StoreUnavailable:
        status = None
    return Response(exposition(gateway, status), headers={"Content-Type": CONTENT_TYPE_LATEST})


def exposition(gateway: Gateway, status: StoreStatus | None) -> bytes:
    """The text of a scrape; `status` is None while the database cannot be used."""
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Node(gateway, status))
    return generate_latest(registry)


class _Node(Collector):
    """The node's own metrics, as of now."""

    def __init__(self, gateway: Gateway, status: StoreStatus | None) -> None:
        self._gateway = gateway
        self._status = status

    def collect(self) -> Iterator[Metric]:
        yield from self._now()
        yield from self._since_start()
        if self._status is not None:
            for name, value in self._status.journal.items():
                family, words = _JOURNAL[name]
                yield family(f"parley_journal_{name}", words, value=value)

    def _now(self) -> Iterator[Metric]:
        gateway = self._gateway
        info = GaugeMetricFamily("parley_info", "The version that runs", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        for name, words, value in (
            ("connections", "WebSockets that are open", len(gateway.connections)),
            ("sessions", "Visitors' sessions that are live", len(gateway.sessions)),
            ("followed_logs", "Logs that somebody here follows", len(gateway.hub)),
            ("draining", "Whether the node sends everybody away", int(gateway.draining)),
            ("database_up", "Whether the database can be used", int(self._status is not None)),
        ):
            yield GaugeMetricFamily(f"parley_{name}", words, value=value)

    def _since_start(self) -> Iterator[Metric]:
        counted = self._gateway.metrics
        yield _by("closes", "Sockets that the server closed", "code", counted.closes)
        yield _by("frames_refused", "Frames answered with an error", "code", counted.refusals)
        yield _by("events", "Events committed", "kind", counted.committed)
        yield _by("sockets", "WebSockets accepted", "side", counted.connections_opened)
        for name, words, value in (
            ("repeats", "Messages that were sent before", counted.repeats),
            ("resumes", "Logs resumed from a cursor", counted.resumes),
            ("resets", "Logs begun anew because a cursor did not fit", counted.resets),
            ("tracked", "Events tracked by pages", counted.tracked),
        ):
            yield CounterMetricFamily(f"parley_{name}", words, value=value)
        requests = CounterMetricFamily(
            "parley_http_requests", "Requests answered", labels=["method", "route", "status"]
        )
        for (method, route, status), count in sorted(counted.requests.items()):
            requests.add_metric([method, route, str(status)], count)
        yield requests


def _by(name: str, words: str, label: str, counts: Counter[int] | Counter[str]) -> Metric:
    family = CounterMetricFamily(f"parley_{name}", words, labels=[label])
    for value, count in sorted(counts.items(), key=str):
        family.add_metric([str(value)], count)
    return family
