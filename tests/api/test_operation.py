"""The gate: methods, media types, sizes, rates and origins, in this order and on every route."""

from pathlib import Path

import pytest

from protocol.limits import Rate
from server.identity.model import Role
from tests.api.node import Template, TestNode, bearer, running_node

pytestmark = pytest.mark.adapter

LIST = "/api/v1/conversations"
SETTINGS = "/api/v1/settings"
WIDGET = "/api/customer/widget/settings"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/healthz", "GET, HEAD, OPTIONS"),
        (SETTINGS, "GET, HEAD, OPTIONS, PATCH"),
        (f"{LIST}/cv_1/messages/1", "DELETE, OPTIONS, PATCH"),
        ("/api/v1/auth/login", "OPTIONS, POST"),
    ],
)
async def test_another_method_is_405_and_is_told_every_method_there_is(
    node: TestNode, path: str, methods: str
) -> None:
    """HEL-43."""
    answer = await node.ask("PUT", path, node.key)

    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"
    assert answer.headers["allow"] == methods
    asked = await node.ask("OPTIONS", path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, methods, b"")


@pytest.mark.parametrize(
    "path", ["/nope", "/", "/api/v1", f"{LIST}/", "/healthz/", "/api/v1/conversations//events"]
)
async def test_an_unknown_route_is_404_in_the_same_shape(node: TestNode, path: str) -> None:
    """HEL-43."""
    answer = await node.ask("GET", path, node.key)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_head_is_get_without_the_body(node: TestNode) -> None:
    get = await node.ask("GET", SETTINGS, node.key)
    head = await node.ask("HEAD", SETTINGS, node.key)

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


async def test_a_body_must_be_json_by_name_and_by_nature(node: TestNode) -> None:
    form = await node.ask("PATCH", SETTINGS, node.key, data={"language": "de"})
    broken = await node.ask(
        "PATCH", SETTINGS, {**node.key, "Content-Type": "application/json"}, content=b"{"
    )
    empty = await node.ask("PATCH", SETTINGS, {**node.key, "Content-Type": "application/json"})

    assert (form.status_code, form.json()["error"]["code"]) == (415, "unsupported_media_type")
    assert (broken.status_code, broken.json()["error"]["code"]) == (422, "invalid_input")
    assert (empty.status_code, empty.json()["error"]["code"]) == (422, "invalid_input")


async def test_a_body_over_a_mebibyte_is_413(node: TestNode) -> None:
    """PROTOCOL §13."""
    headers = {**node.key, "Content-Type": "application/json"}

    answer = await node.ask("PATCH", SETTINGS, headers, content=b" " * (1024 * 1024 + 1))

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "payload_too_large")


async def test_who_may_not_is_refused_before_the_body_is_looked_at(node: TestNode) -> None:
    narrow = await node.key_with("settings:read")

    answer = await node.ask("PATCH", SETTINGS, narrow, content=b"x" * 2_000_000)

    assert answer.status_code == 403


async def test_a_bucket_is_told_on_every_answer_refusals_too(node: TestNode) -> None:
    """HEL-42."""
    first = await node.ask("GET", SETTINGS, node.key)
    second = await node.ask("GET", f"{LIST}/unknown", node.key)

    assert first.headers["x-ratelimit-limit"] == second.headers["x-ratelimit-limit"] == "600"
    assert first.headers["x-ratelimit-remaining"] == "599"
    assert second.status_code == 404
    assert second.headers["x-ratelimit-remaining"] in ("598", "599")


async def test_a_full_bucket_refuses_says_when_to_come_back_and_lets_in_then(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HEL-42."""
    monkeypatch.setattr("protocol.limits.SECRET_KEY", Rate(1, 60, 2))
    async with running_node(template, tmp_path) as node:
        answers = [await node.ask("GET", SETTINGS, node.key) for _ in range(3)]
        theirs = await node.ask("GET", SETTINGS, bearer(node.theirs.secret_key))
        node.clock.forward(61)
        later = await node.ask("GET", SETTINGS, node.key)

    refusal = answers[2]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refusal.json()["error"]["code"] == "too_many_requests"
    assert 50 <= int(refusal.headers["retry-after"]) <= 60
    assert refusal.headers["x-ratelimit-remaining"] == "0"
    assert int(refusal.headers["x-ratelimit-reset"]) >= int(refusal.headers["retry-after"])
    assert theirs.status_code == 200
    assert later.status_code == 200


async def test_rate_limits_off_lifts_them_and_says_nothing_of_them(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROTOCOL §12, RATE_LIMITS."""
    monkeypatch.setattr("protocol.limits.SECRET_KEY", Rate(1, 60, 1))
    async with running_node(template, tmp_path, rate_limits="off") as node:
        answers = [await node.ask("GET", SETTINGS, node.key) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "x-ratelimit-limit" not in answers[2].headers


async def test_each_agent_has_a_bucket_of_their_own(node: TestNode) -> None:
    _, ann = await node.agent(Role.AGENT, "ann@acme.test")
    await node.ask("GET", LIST, node.owner)

    answer = await node.ask("GET", LIST, ann)

    remaining, limit = (answer.headers[f"x-ratelimit-{name}"] for name in ("remaining", "limit"))
    assert int(remaining) == int(limit) - 1


async def test_widget_routes_are_open_to_any_page_and_staff_routes_to_none(
    node: TestNode,
) -> None:
    """SECURITY, lax CORS."""
    widget = {"X-API-Key": node.ours.widget_key, "Origin": "https://shop.test"}
    preflight = {
        "Origin": "https://shop.test",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-api-key",
    }

    answered = await node.ask("GET", WIDGET, widget)
    refused = await node.ask("GET", WIDGET, {"Origin": "https://shop.test"})
    asked = await node.ask("OPTIONS", WIDGET, preflight)
    staff = await node.ask("GET", SETTINGS, {**node.key, "Origin": "https://shop.test"})
    staff_asked = await node.ask("OPTIONS", SETTINGS, preflight)

    for answer in (answered, refused, asked):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    assert "X-API-Key" in asked.headers["access-control-allow-headers"]
    assert "GET" in asked.headers["access-control-allow-methods"]
    for answer in (staff, staff_asked):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
