"""Around a request: ids, headers, the log's line, and faults that tell nothing."""

import logging
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.api.rim import HEADERS, Rim, pass_on
from server.metrics import Metrics
from server.store.port import StoreUnavailable
from tests.api.node import HandClock

METRICS = Metrics()


async def _page(request: Request) -> Response:
    return HTMLResponse("<p>hi")


async def _text(request: Request) -> Response:
    request.scope[HEADERS] = {"X-Own": "1"}
    return PlainTextResponse(request.path_params["token"], headers={"Cache-Control": "private"})


async def _raise(request: Request) -> Response:
    request.scope[HEADERS] = {"X-Own": "1"}
    raise {"fault": ZeroDivisionError("a secret"), "store": StoreUnavailable("disk full")}[
        request.path_params["what"]
    ]


async def _broken(request: Request) -> Response:
    async def parts() -> Any:
        yield b"begun"
        raise ZeroDivisionError("a secret")

    return StreamingResponse(parts())


@pytest.fixture
async def client() -> httpx2.AsyncClient:
    METRICS.requests.clear()
    app = Starlette(
        routes=[
            Route("/page", _page),
            Route("/text/{token}", _text),
            Route("/raise/{what}", _raise),
            Route("/broken", _broken),
        ],
        middleware=[Middleware(Rim, clock=HandClock(), metrics=METRICS)],
        exception_handlers={HTTPException: pass_on},
    )
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://parley.test"
    )


async def test_each_request_has_an_id_of_its_own(client: httpx2.AsyncClient) -> None:
    first = await client.get("/page", headers={"X-Request-Id": "chosen by a stranger"})
    second = await client.get("/page")

    named = {answer.headers["x-request-id"] for answer in (first, second)}
    assert len(named) == 2
    assert all(name.startswith("rq_") for name in named)


async def test_a_page_runs_nothing_inline_and_is_in_nobodys_frame(
    client: httpx2.AsyncClient,
) -> None:
    headers = (await client.get("/page")).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


async def test_an_answer_keeps_its_own_headers_and_gets_those_of_its_gate(
    client: httpx2.AsyncClient,
) -> None:
    headers = (await client.get("/text/x")).headers

    assert headers["cache-control"] == "private"
    assert headers["x-own"] == "1"
    assert "content-security-policy" not in headers


async def test_a_fault_is_told_by_its_id_alone_and_logged_whole(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/raise/fault")

    error = answer.json()["error"]
    assert answer.status_code == error["status"] == 500
    assert error["code"] == "internal_error"
    assert error["requestId"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
    assert answer.headers["x-own"] == "1"
    logged = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert logged.exc_info is not None
    assert getattr(logged, "request", None) == error["requestId"]


async def test_a_store_that_is_out_is_503_and_no_fault(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.get("/raise/store")

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"
    assert int(answer.headers["retry-after"]) >= 1
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_an_answer_that_has_begun_is_cut_and_not_begun_again(
    client: httpx2.AsyncClient,
) -> None:
    with pytest.raises(ZeroDivisionError):
        await client.get("/broken")


async def test_a_route_is_logged_and_counted_by_its_pattern(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """SECURITY, "token in URL or log"."""
    with caplog.at_level(logging.INFO, logger="parley.http"):
        await client.get("/text/st_do_not_log_me")
        await client.get("/nowhere/st_do_not_log_me")
        await client.request("BREW", "/page")

    assert METRICS.requests == {
        ("GET", "/text/{token}", 200): 1,
        ("GET", "unknown", 404): 1,
        ("other", "/page", 405): 1,
    }
    lines = [record.__dict__ for record in caplog.records if record.name == "parley.http"]
    assert [line["route"] for line in lines] == ["/text/{token}", "unknown", "/page"]
    assert "do_not_log_me" not in str(lines)


async def test_what_is_not_http_passes_untouched() -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    scope = {"type": "websocket"}
    await Rim(app, HandClock(), METRICS)(scope, None, None)  # type: ignore[arg-type]

    assert seen == [{"type": "websocket"}]
