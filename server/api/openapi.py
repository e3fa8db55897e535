"""The REST contract as an OpenAPI 3.1 document, made from the table of operations.

What the gate enforces is what is written here: paths, who may ask, inputs, answers, limits and the
errors that follow from them. Nothing is described by hand that the table or a model knows.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaMode,
    JsonSchemaValue,
    models_json_schema,
)
from pydantic_core.core_schema import StringSchema

from protocol.asyncapi import opened
from protocol.errors import STATUS, ErrorCode
from server.api.inputs import BODY_BYTES, Nothing
from server.api.operation import Access, Operation
from server.api.problems import ErrorAnswer

__all__ = ["openapi"]

_ABOUT: Final = f"""\
Keys and tokens go into `Authorization: Bearer …` or `X-API-Key`. Bodies are JSON of at most
{BODY_BYTES} bytes; unknown members are ignored. Lists are paged by `limit` and `cursor`. A POST
with an `Idempotency-Key` may be sent again for a day. Each key has a bucket, told in
`X-RateLimit-Limit`, `-Remaining` and `-Reset` (seconds until it is full); over it, the answer is
429 with `Retry-After`."""
_STAFF: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"apiKey": []}, {"session": []}]
_WIDGET: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"apiKey": []}]
_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`sk_…`, `at_…` or `wk_…`"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "parley_session",
        "description": "The console's own pages; over https the name begins with `__Host-`.",
    },
}
_ALWAYS: Final = (ErrorCode.INTERNAL_ERROR, ErrorCode.UNAVAILABLE)


class _Schemas(GenerateJsonSchema):
    """Short names: without type arguments, there is one of each kind here."""

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(name.partition("[")[0])

    def str_schema(self, schema: StringSchema) -> JsonSchemaValue:
        """With patterns as JSON Schema writes them, which has other anchors than our validator."""
        made = super().str_schema(schema)
        if "pattern" in made:
            made["pattern"] = made["pattern"].replace(r"\A", "^").replace(r"\z", "$")
            made["pattern"] = made["pattern"].replace("(?i:https?)", "[Hh][Tt][Tt][Pp][Ss]?")
        return made


def openapi(operations: Sequence[Operation[Any]], version: str) -> dict[str, Any]:
    """The document; the same table gives the same bytes."""
    models = sorted(set(_models(operations)), key=lambda one: (one[0].__module__, one[0].__name__))
    refs, schemas = models_json_schema(
        models, ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path, parameters = _path(operation.path)
        described = _operation(operation, refs)
        if parameters or "parameters" in described:
            described["parameters"] = parameters + described.get("parameters", [])
        paths.setdefault(path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parley", "version": version, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": opened(schemas["$defs"]),
            "responses": {
                code.value: _refusal(code, refs[ErrorAnswer, "serialization"]) for code in ErrorCode
            },
            "securitySchemes": _SCHEMES,
        },
    }


def _models(
    operations: Sequence[Operation[Any]],
) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    yield ErrorAnswer, "serialization"
    for operation in operations:
        if operation.input is not Nothing and operation.method != "GET":
            yield operation.input, "validation"
        if operation.answer is not None:
            yield operation.answer, "serialization"


def _path(pattern: str) -> tuple[str, list[dict[str, Any]]]:
    """A route's pattern as OpenAPI writes it, and its parameters."""
    parts: list[str] = []
    parameters: list[dict[str, Any]] = []
    for part in pattern.split("/"):
        name, _, kind = part.strip("{}").partition(":")
        if part.startswith("{"):
            schema = {"type": "integer", "minimum": 0} if kind == "int" else {"type": "string"}
            parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
        parts.append(f"{{{name}}}" if part.startswith("{") else part)
    return "/".join(parts), parameters


def _operation(operation: Operation[Any], refs: Any) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.handle.__name__,
        "summary": operation.summary,
        "responses": _responses(operation, refs),
    }
    if operation.handle.__doc__:
        described["description"] = operation.handle.__doc__
    if operation.access is not Access.EVERYONE:
        described["security"] = _STAFF if operation.access is Access.STAFF else _WIDGET
    if operation.scope is not None:
        described["x-scope"] = operation.scope
    if operation.input is Nothing:
        return described
    if operation.method == "GET":
        described["parameters"] = list(_query(operation.input))
    else:
        content = {"application/json": {"schema": refs[operation.input, "validation"]}}
        described["requestBody"] = {"required": True, "content": content}
        if _may_repeat(operation):
            described["parameters"] = [
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                }
            ]
    return described


def _query(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    schema = model.model_json_schema(schema_generator=_Schemas)
    for name, member in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": member}


def _responses(operation: Operation[Any], refs: Any) -> dict[str, Any]:
    success: dict[str, Any] = {"description": operation.summary}
    if operation.answer is not None:
        schema = refs[operation.answer, "serialization"]
        success["content"] = {operation.media: {"schema": schema}}
    elif operation.media != "application/json":
        success["content"] = {operation.media: {}}
    responses: dict[str, Any] = {str(operation.status): success}
    for code in _errors(operation):
        responses.setdefault(str(STATUS[code]), {"$ref": f"#/components/responses/{code.value}"})
    return dict(sorted(responses.items()))


def _errors(operation: Operation[Any]) -> Iterator[ErrorCode]:
    """What the gate and the path make possible; the rest is the operation's own."""
    if operation.access is not Access.EVERYONE:
        yield ErrorCode.UNAUTHENTICATED
    if operation.access is Access.STAFF or operation.gives_credential:
        yield ErrorCode.FORBIDDEN
    if operation.gives_credential and operation.access is Access.EVERYONE:
        yield from (ErrorCode.UNAUTHENTICATED, ErrorCode.CONFLICT, ErrorCode.TOO_MANY_REQUESTS)
    if operation.counted and operation.access is not Access.EVERYONE:
        yield ErrorCode.TOO_MANY_REQUESTS
    if "{" in operation.path:
        yield ErrorCode.NOT_FOUND
    if operation.input is not Nothing:
        yield ErrorCode.INVALID_INPUT
        if operation.method != "GET":
            yield from (ErrorCode.PAYLOAD_TOO_LARGE, ErrorCode.UNSUPPORTED_MEDIA_TYPE)
    if "{" in operation.path and operation.method != "GET":
        yield ErrorCode.CONFLICT
    yield from _ALWAYS


def _may_repeat(operation: Operation[Any]) -> bool:
    staff = operation.access is Access.STAFF
    return operation.method == "POST" and staff and not operation.gives_credential


def _refusal(code: ErrorCode, schema: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "description": f"`{code.value}`",
        "content": {"application/json": {"schema": schema}},
    }
    if code is ErrorCode.TOO_MANY_REQUESTS:
        seconds = {"schema": {"type": "integer", "minimum": 1}}
        told["headers"] = {"Retry-After": seconds}
    return told
