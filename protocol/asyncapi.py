"""The contract as an AsyncAPI 3.0 document, made from the registries and from nothing else.

Each socket is a channel. Every frame type of a client is an operation with its reply, every push an
operation of the server. AsyncAPI has no place for close codes and error codes, so they are
extensions (`x-…`). The same registries give the same document, byte for byte, so it can be
diff-checked.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from protocol.close import CloseCode, reconnects
from protocol.codec import SUBPROTOCOLS
from protocol.errors import STATUS, ErrorCode
from protocol.events import ACKS_AGENT, ACKS_VISITOR, SERVER_TO_AGENT, SERVER_TO_VISITOR
from protocol.frames.agent import AGENT
from protocol.frames.visitor import VISITOR
from protocol.limits import FRAME_ID_CHARACTERS

__all__ = ["document", "opened"]

Models = Mapping[str, type[BaseModel]]

_SOCKETS: tuple[tuple[str, str, Models, Models, Models], ...] = (
    ("widget", "/ws/widget", VISITOR, ACKS_VISITOR, SERVER_TO_VISITOR),
    ("console", "/ws/console", AGENT, ACKS_AGENT, SERVER_TO_AGENT),
)
_ANSWERED_BY_TYPE = {"hello": "welcome", "ping": "pong"}
_FRAME_ID = {"type": "string", "maxLength": FRAME_ID_CHARACTERS}


class _Schemas(GenerateJsonSchema):
    """Short names: an audience instead of its union of authors, no package's name."""

    def normalize_name(self, name: str) -> str:
        short, generic, author = name.partition("[")
        if generic:
            short += "ToVisitor" if "VisitorToVisitor" in author else "ToStaff"
        return super().normalize_name(short.removeprefix("protocol."))


def document(version: str) -> dict[str, Any]:
    """Both sockets as one AsyncAPI document; `version` is the server's."""
    every = {model for _, _, *models in _SOCKETS for part in models for model in part.values()}
    in_order = sorted(every, key=lambda model: (model.__module__, model.__qualname__))
    references, schemas = models_json_schema(
        [(model, "validation") for model in in_order],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    refs = {model: references[model, "validation"] for model in in_order}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages = {"error": _error()}
    for name, address, inbound, acks, outbound in _SOCKETS:
        own = {
            **{f"{name}.{kind}": _frame(kind, refs[model]) for kind, model in inbound.items()},
            **{f"{name}.{kind}.ack": _frame("ack", refs[model]) for kind, model in acks.items()},
            **{
                f"{name}.{kind}.push": _frame(kind, refs[model]) for kind, model in outbound.items()
            },
        }
        messages |= own
        channels[name] = {
            "address": address,
            "description": f"Subprotocols: {', '.join(SUBPROTOCOLS)}.",
            "messages": {key: _ref("components/messages", key) for key in (*own, "error")},
            "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        }
        operations.update(_operations(name, inbound, outbound))
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Parley", "version": version},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": opened(schemas["$defs"])},
        "x-close-codes": [
            {"code": int(code), "meaning": code.meaning, "reconnect": reconnects(code)}
            for code in CloseCode
        ],
        "x-error-codes": {code.value: STATUS[code] for code in ErrorCode},
    }


def _ref(*path: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(path)}


def _frame(frame_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    properties = {"type": {"const": frame_type}, "id": _FRAME_ID, "data": dict(data)}
    payload = {"type": "object", "required": ["type"], "properties": properties}
    return {"name": frame_type, "payload": payload}


def _error() -> dict[str, Any]:
    detail = {"path": {"type": "string"}, "message": {"type": "string"}}
    error = {
        "message": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"enum": [code.value for code in ErrorCode]},
        "details": {"type": "array", "items": {"type": "object", "properties": detail}},
        "retryAfterMs": {"type": "integer"},
        "requestId": {"type": "string"},
    }
    told = {"type": "object", "required": ["message", "status", "code"], "properties": error}
    properties = {"type": {"const": "error"}, "id": _FRAME_ID, "error": told}
    payload = {"type": "object", "required": ["type", "error"], "properties": properties}
    return {"name": "error", "payload": payload}


def _operations(
    name: str, inbound: Models, outbound: Models
) -> Iterator[tuple[str, dict[str, Any]]]:
    channel = _ref("channels", name)
    for kind in inbound:
        by_type = _ANSWERED_BY_TYPE.get(kind)
        answer = f"{name}.{by_type}.push" if by_type else f"{name}.{kind}.ack"
        yield (
            f"{name}.{kind}.receive",
            {
                "action": "receive",
                "channel": channel,
                "messages": [_ref("channels", name, "messages", f"{name}.{kind}")],
                "reply": {
                    "channel": channel,
                    "messages": [
                        _ref("channels", name, "messages", key) for key in (answer, "error")
                    ],
                },
            },
        )
    for kind in outbound:
        yield (
            f"{name}.{kind}.send",
            {
                "action": "send",
                "channel": channel,
                "messages": [_ref("channels", name, "messages", f"{name}.{kind}.push")],
            },
        )


def opened(schema: Any) -> Any:
    """`schema` without "no other members": the contract grows by adding, and clients ignore."""
    if isinstance(schema, list):
        return [opened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: opened(part)
        for key, part in schema.items()
        if not (key == "additionalProperties" and part is False)
    }
