"""The OpenAPI document: complete, consistent in itself, and what the server really answers."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from starlette.routing import Mount, Route

from server.api.inputs import Nothing
from server.api.openapi import openapi
from server.api.operation import Access
from server.api.routes import OPERATIONS
from server.api.static import pages
from tests.api.node import TestNode

pytestmark = pytest.mark.adapter

PAGES = {route.path for route in pages() if isinstance(route, Route)}
"""Files, not operations."""


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return openapi(OPERATIONS, "1.2.3")


def parts(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from parts(member)


def test_it_is_openapi_3_1_of_this_version(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    assert described["info"]["version"] == "1.2.3"


def test_it_is_the_same_every_time(described: dict[str, Any]) -> None:
    assert orjson.dumps(openapi(OPERATIONS, "1.2.3")) == orjson.dumps(described)


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    for part in parts(described):
        if "$ref" in part:
            found: Any = described
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]


async def test_every_route_is_documented_and_every_documented_route_is_there(
    described: dict[str, Any], node: TestNode
) -> None:
    served = {
        re.sub(r":\w+}", "}", route.path)
        for route in node.node.app.routes
        if isinstance(route, Route) and route.path not in PAGES
    }

    assert served == set(described["paths"])
    assert not [route for route in node.node.app.routes if isinstance(route, Mount)]
    documented = {
        (method.upper(), path)
        for path, operations in described["paths"].items()
        for method in operations
    }
    assert documented == {(one.method, re.sub(r":\w+}", "}", one.path)) for one in OPERATIONS}


def test_every_operation_has_its_own_name_its_parameters_and_who_may(
    described: dict[str, Any],
) -> None:
    names = []
    for path, operations in described["paths"].items():
        for operation in operations.values():
            names.append(operation["operationId"])
            in_path = {
                one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"
            }
            assert in_path == set(re.findall(r"{(\w+)}", path))
    assert len(set(names)) == len(names)
    for one in OPERATIONS:
        path = re.sub(r":\w+}", "}", one.path)
        operation = described["paths"][path][one.method.lower()]
        assert ("security" in operation) == (one.access is not Access.EVERYONE)
        assert operation.get("x-scope") == one.scope
        assert ("requestBody" in operation) == (one.method != "GET" and one.input is not Nothing)
        assert str(one.status) in operation["responses"]


def test_patterns_are_those_of_json_schema(described: dict[str, Any]) -> None:
    patterns = [
        part["pattern"] for part in parts(described) if isinstance(part.get("pattern"), str)
    ]

    assert patterns
    assert not [one for one in patterns if r"\A" in one or r"\z" in one or "(?i" in one]


async def test_what_is_answered_has_the_status_that_is_documented(
    described: dict[str, Any], node: TestNode
) -> None:
    one, _ = await node.write_in()
    path = "/api/v1/conversations/{conversation_id}"
    await node.ask("POST", f"/api/v1/conversations/{one}/messages", node.key, json={"body": "mine"})
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/v1/conversations", {}),
        ("GET", path, {}),
        ("PATCH", path, {"json": {"labels": ["a"]}}),
        ("PATCH", path, {"json": {"labels": 1}}),
        ("PATCH", path, {"content": b"x"}),
        ("GET", f"{path}/events", {}),
        ("POST", f"{path}/messages", {"json": {"body": "Hi"}}),
        ("POST", f"{path}/notes", {"json": {"body": "Hi"}}),
        ("PATCH", f"{path}/messages/{{seq}}", {"json": {"body": "Ho"}}),
        ("DELETE", f"{path}/messages/{{seq}}", {}),
        ("DELETE", f"{path}/messages/{{seq}}", {}),
        ("GET", "/api/v1/settings", {}),
        ("POST", "/api/v1/auth/logout", {}),
        ("POST", "/api/v1/auth/login", {"json": {"email": "a", "password": "b"}}),
        ("GET", "/api/customer/widget/settings", {}),
    ]
    for method, pattern, more in asked:
        url = pattern.format(conversation_id=one, seq=2)
        answer = await node.ask(method, url, node.key, **more)
        documented = described["paths"][pattern][method.lower()]["responses"]
        assert str(answer.status_code) in documented, (method, pattern, answer.status_code)


def test_the_shape_of_an_error_is_written_down(described: dict[str, Any]) -> None:
    """HEL-43."""
    schema = described["components"]["schemas"]["ErrorInfo"]

    assert set(schema["required"]) == {"message", "status", "code"}
    assert "not_found" in described["components"]["schemas"]["ErrorCode"]["enum"]
