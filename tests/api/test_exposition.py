"""`/metrics`: what is told, and that nobody is named in it."""

from collections.abc import Iterator

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from server.api.exposition import exposition
from server.store.port import StoreStatus, StoreUnavailable
from tests.api.node import TestNode

pytestmark = pytest.mark.adapter


async def scrape(node: TestNode) -> dict[str, Metric]:
    answer = await node.ask("GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def samples(family: Metric) -> Iterator[tuple[dict[str, str], float]]:
    return ((sample.labels, sample.value) for sample in family.samples)


async def test_what_was_committed_and_answered_is_counted(node: TestNode) -> None:
    one, _ = await node.write_in()
    await node.ask("POST", f"/api/v1/conversations/{one}/notes", node.key, json={"body": "Psst"})
    await node.ask("GET", f"/api/v1/conversations/{one}")

    told = await scrape(node)

    assert ({"kind": "message"}, 1.0) in list(samples(told["parley_events"]))
    assert ({"kind": "note"}, 1.0) in list(samples(told["parley_events"]))
    requests = list(samples(told["parley_http_requests"]))
    path = "/api/v1/conversations/{conversation_id}"
    assert ({"method": "POST", "route": f"{path}/notes", "status": "201"}, 1.0) in requests
    assert ({"method": "GET", "route": path, "status": "401"}, 1.0) in requests
    assert next(samples(told["parley_journal_items"]))[1] > 0
    assert next(samples(told["parley_database_up"]))[1] == 1
    assert "process_resident_memory_bytes" in told


async def test_no_id_address_or_token_is_in_it(node: TestNode) -> None:
    one, outcome = await node.write_in()
    await node.ask("GET", f"/api/v1/conversations/{one}", node.key)
    await node.ask("GET", f"/nowhere/{node.ours.secret_key}")

    text = (await node.ask("GET", "/metrics")).text

    assert outcome.conversation is not None
    for named in (one, node.ours.workspace_id, node.ours.secret_key, "192.0.2.1"):
        assert named not in text


async def test_without_a_database_it_is_told_and_the_rest_still_is(
    node: TestNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out() -> StoreStatus:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(node.store, "ping", out)

    told = await scrape(node)

    assert next(samples(told["parley_database_up"]))[1] == 0
    assert "parley_journal_items" not in told
    assert "parley_connections" in told


async def test_closes_and_refusals_have_their_codes(node: TestNode) -> None:
    node.node.gateway.metrics.closed(4003)
    node.node.gateway.metrics.refused("not_found")

    text = exposition(node.node.gateway, None).decode()

    assert 'parley_closes_total{code="4003"} 1.0' in text
    assert 'parley_frames_refused_total{code="not_found"} 1.0' in text
