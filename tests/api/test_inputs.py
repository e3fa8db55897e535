"""Bodies and query strings: what is taken, and how the rest is told what is wrong."""

from collections.abc import AsyncIterator

import pytest
from starlette.datastructures import QueryParams
from starlette.requests import Request

from protocol.errors import ErrorCode
from server.api.inputs import BODY_BYTES, Body, Limit, Query, parse_json, read_body, read_query
from server.api.inputs import validate as validated
from server.api.problems import ApiError


class Thing(Body):
    name: str
    size: int = 0


class Page(Query):
    cursor: str | None = None
    limit: Limit = 50


def request_of(*parts: bytes, length: str | None = None) -> Request:
    headers = [] if length is None else [(b"content-length", length.encode())]

    async def stream() -> AsyncIterator[dict[str, object]]:
        for place, part in enumerate(parts, 1):
            yield {"type": "http.request", "body": part, "more_body": place < len(parts)}

    messages = stream()
    return Request({"type": "http", "headers": headers}, lambda: anext(messages))


def code_of(error: pytest.ExceptionInfo[ApiError]) -> ErrorCode:
    return error.value.problem.code


async def test_a_body_is_read_whole() -> None:
    assert await read_body(request_of(b"ab", b"", b"c")) == b"abc"


async def test_a_body_of_the_greatest_size_is_taken() -> None:
    assert len(await read_body(request_of(b"x" * BODY_BYTES))) == BODY_BYTES


@pytest.mark.parametrize("length", [None, "3", "-1", "x", "9" * 30])
async def test_a_body_is_counted_whatever_its_headers_claim(length: str | None) -> None:
    half = b"x" * (BODY_BYTES // 2 + 1)

    with pytest.raises(ApiError) as refused:
        await read_body(request_of(half, half, length=length))

    assert code_of(refused) is ErrorCode.PAYLOAD_TOO_LARGE


async def test_a_body_that_claims_too_much_is_not_even_read() -> None:
    with pytest.raises(ApiError) as refused:
        await read_body(request_of(b"", length=str(BODY_BYTES + 1)))

    assert code_of(refused) is ErrorCode.PAYLOAD_TOO_LARGE


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", " application/json "]
)
def test_json_is_taken_under_its_own_name(kind: str) -> None:
    assert parse_json(kind, b'{"a":1}') == {"a": 1}


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
def test_a_body_under_another_name_is_refused(kind: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse_json(kind, b"{}")

    assert code_of(refused) is ErrorCode.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nothing",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"null",
        b"12",
        b'{"a":1e999}',
        b'{"a":' + b"9" * 400 + b"}",
        b'{"a":' * 40 + b"1" + b"}" * 40,
        b"[" * 100_000,
        b'{"a":"\\ud800"}',
    ],
)
def test_a_body_that_is_no_json_object_of_ours_is_invalid(body: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        parse_json("application/json", body)

    assert code_of(refused) is ErrorCode.INVALID_INPUT


@pytest.mark.parametrize(
    ("value", "path", "message"),
    [
        ({}, "name", "is required"),
        ({"name": 5}, "name", "must be a string"),
        ({"name": "x", "size": "5"}, "size", "must be a whole number"),
        ({"name": None}, "name", "must be a string"),
    ],
)
def test_what_is_wrong_is_told_in_the_wires_names_and_our_words(
    value: object, path: str, message: str
) -> None:
    with pytest.raises(ApiError) as refused:
        validated(Thing, value)

    (detail,) = refused.value.problem.details
    assert (detail.path, detail.message) == (path, message)
    assert refused.value.__cause__ is None


def test_unknown_members_are_ignored() -> None:
    assert validated(Thing, {"name": "x", "colour": "red"}) == Thing(name="x")


def test_a_query_string_may_spell_numbers() -> None:
    assert read_query(Page, QueryParams("limit=7&other=1")) == Page(limit=7)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=many", "limit=", "limit=1.5"])
def test_a_number_out_of_bounds_is_refused_by_name(query: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_query(Page, QueryParams(query))

    assert [detail.path for detail in refused.value.problem.details] == ["limit"]


def test_a_name_that_is_given_twice_is_refused() -> None:
    with pytest.raises(ApiError) as refused:
        read_query(Page, QueryParams("limit=1&limit=2"))

    (detail,) = refused.value.problem.details
    assert (detail.path, detail.message) == ("limit", "must be given once")
