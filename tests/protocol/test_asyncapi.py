"""The AsyncAPI document: complete, consistent in itself, the same every time."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from protocol.asyncapi import document
from protocol.close import CloseCode
from protocol.errors import ErrorCode
from protocol.events import SERVER_TO_AGENT, SERVER_TO_VISITOR, Outbound
from protocol.frames.agent import AGENT
from protocol.frames.frame import Registry
from protocol.frames.visitor import VISITOR

SOCKETS = pytest.mark.parametrize(
    ("name", "inbound", "outbound"),
    [("widget", VISITOR, SERVER_TO_VISITOR), ("console", AGENT, SERVER_TO_AGENT)],
)


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document("1.2.3")


def parts(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from parts(member)
    elif isinstance(value, list):
        for member in value:
            yield from parts(member)


def test_it_is_asyncapi_3_of_this_version(described: dict[str, Any]) -> None:
    assert described["asyncapi"] == "3.0.0"
    assert described["info"]["version"] == "1.2.3"


def test_it_is_the_same_every_time(described: dict[str, Any]) -> None:
    assert orjson.dumps(document("1.2.3")) == orjson.dumps(described)


@SOCKETS
def test_every_frame_is_an_operation(
    described: dict[str, Any], name: str, inbound: Registry, outbound: Outbound
) -> None:
    operations = {key for key in described["operations"] if key.startswith(f"{name}.")}

    assert operations == {f"{name}.{kind}.receive" for kind in inbound} | {
        f"{name}.{kind}.send" for kind in outbound
    }


@SOCKETS
def test_every_frame_has_a_reply_and_the_error(
    described: dict[str, Any], name: str, inbound: Registry, outbound: Outbound
) -> None:
    assert outbound
    for kind in inbound:
        reply = described["operations"][f"{name}.{kind}.receive"]["reply"]["messages"]

        assert len(reply) == 2
        assert reply[1] == {"$ref": f"#/channels/{name}/messages/error"}


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    references = [part["$ref"] for part in parts(described) if "$ref" in part]

    assert references
    for reference in references:
        target: Any = described
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]

        assert isinstance(target, dict)


def test_names_are_those_of_the_wire(described: dict[str, Any]) -> None:
    for schema in described["components"]["schemas"].values():
        for name in schema.get("properties", {}):
            assert "_" not in name


def test_a_message_is_described_with_its_limits(described: dict[str, Any]) -> None:
    schema = described["components"]["schemas"]["frames__visitor__Message"]

    assert schema["required"] == ["clientMessageId", "body"]
    assert schema["properties"]["body"]["maxLength"] == 10_000


def test_clients_are_not_told_to_refuse_new_members(described: dict[str, Any]) -> None:
    assert all(part.get("additionalProperties") is not False for part in parts(described))


def test_a_visitors_events_have_no_place_for_what_is_staffs(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    kinds = schemas["LiveEvent"]["discriminator"]["mapping"]

    assert "note" not in kinds
    assert set(schemas["VisitorToVisitor"]["properties"]) == {"kind", "own"}


def test_close_codes_and_error_codes_are_listed(described: dict[str, Any]) -> None:
    assert {entry["code"] for entry in described["x-close-codes"]} == set(CloseCode)
    assert set(described["x-error-codes"]) == set(ErrorCode)
