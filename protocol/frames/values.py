"""The field types that frames are made of: bounded strings, numbers and free-form values (PROTOCOL
§3).

`Data` is what every frame's data derives from: strict, frozen, unknown members ignored, camelCase
on the wire and snake_case here. Strings are bounded and checked in pydantic's compiled code; only
what it cannot express (identifiers that are no identifiers, free-form values) is a function below.
A member that may be absent may also be null, except for lists and flags; where the two differ,
`model_fields_set` tells.
"""

from datetime import UTC, datetime
from itertools import chain
from typing import Annotated, Any, Final

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PlainValidator,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from protocol.limits import (
    BODY_CHARACTERS,
    CLIENT_MESSAGE_ID_CHARACTERS,
    COMPANY,
    CONTEXT,
    EMAIL_CHARACTERS,
    FRAME_BYTES,
    FREE_FORM,
    LARGEST_NUMBER,
    NAME_CHARACTERS,
    SCHEMA,
    URL_CHARACTERS,
    USER_ID_CHARACTERS,
    Bounds,
)

__all__ = [
    "TOO_LARGE",
    "Body",
    "ClientMessageId",
    "CompanyTraits",
    "Context",
    "ContextValue",
    "Data",
    "Email",
    "FormSchema",
    "FreeForm",
    "Id",
    "Line",
    "Moment",
    "Name",
    "OptionalBody",
    "Proof",
    "Seq",
    "Text",
    "Token",
    "Url",
    "UserId",
    "WebUrl",
    "fault",
    "is_text",
]

TOO_LARGE: Final = "payload_too_large"
"""The one fault with an error code of its own."""

_ANY: Final = r"\A[^\x00]*\z"
_EMAIL: Final = r"\A[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f.]+(\.[^@\s\x00-\x1f\x7f.]+)+\z"
_WEB_URL: Final = r"\A(?i:https?)://[^\s\x00-\x1f\x7f/?#\\]+[^\s\x00-\x1f\x7f]*\z"
_NOT_IDS: Final = frozenset({"undefined", "null", "NaN", "[object Object]", "anonymous"})
"""What a page's own mistakes look like when they are turned into strings."""


class Data(BaseModel):
    """The `data` of one frame, or a part of it."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="ignore", alias_generator=to_camel, serialize_by_alias=True
    )


def fault(path: str, message: str) -> PydanticCustomError:
    """An error to raise in a validator: `message` about `path`, relative to what is validated."""
    return PydanticCustomError("fault", "{message}", {"message": message, "path": path})


def is_text(value: str) -> bool:
    """Whether `value` is a string as the wire knows it: no U+0000 and no lone surrogate."""
    if "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _string(most: int, least: int = 0, pattern: str = _ANY) -> StringConstraints:
    return StringConstraints(min_length=least, max_length=most, pattern=pattern)


def _user_id(value: str) -> str:
    if value in _NOT_IDS:
        raise PydanticCustomError("user_id", "is not a user's id")
    return value


Id = Annotated[str, _string(64, 1)]
"""An id that the server made. Whether it exists is for others to say."""
ClientMessageId = Annotated[str, _string(CLIENT_MESSAGE_ID_CHARACTERS, 1)]
UserId = Annotated[str, _string(USER_ID_CHARACTERS, 1), AfterValidator(_user_id)]
Name = Annotated[str, _string(NAME_CHARACTERS)]
Line = Annotated[str, _string(NAME_CHARACTERS, 1)]
"""A short label or key."""
Text = Annotated[str, _string(URL_CHARACTERS)]
"""Some words that the client's environment, not a person, wrote: a title, an error."""
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=EMAIL_CHARACTERS, pattern=_EMAIL)
]
WebUrl = Annotated[str, _string(URL_CHARACTERS, 1, _WEB_URL)]
Url = Annotated[str, _string(URL_CHARACTERS)]
"""Any address a browser reports, such as `android-app://`; may be empty. Never made a link."""
Token = Annotated[str, _string(512)]
Proof = Annotated[str, _string(FRAME_BYTES)]
"""A proof of identity. Its own size limit is a rule of identity: an oversized proof is a bad proof,
which never fails a `hello` (PROTOCOL §4)."""
OptionalBody = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=BODY_CHARACTERS, pattern=_ANY)
]
Body = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=BODY_CHARACTERS, pattern=_ANY
    ),
]
Seq = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]


def _measure(value: JsonValue, bounds: Bounds) -> None:
    """Check `value` against `bounds`, and every string in it; level by level, without recursion."""
    level: list[list[Any]] = [[value]]
    depth = keys = 0
    while level:
        level, found = _descend(level)
        depth, keys = depth + 1, keys + found
        if level and depth > bounds.depth:
            raise _too_large(f"must be at most {bounds.depth} levels deep")
        if keys > bounds.keys:
            raise _too_large(f"must have at most {bounds.keys} keys")
    if len(orjson.dumps(value)) > bounds.size:
        raise _too_large(f"must have at most {bounds.size} bytes")


def _descend(level: list[list[Any]]) -> tuple[list[list[Any]], int]:
    """The members of all containers among the members of `level`, and how many keys they have."""
    inner: list[list[Any]] = []
    keys = 0
    for member in chain.from_iterable(level):
        if type(member) is str:
            if not is_text(member):
                raise PydanticCustomError("text", "must not contain U+0000 or surrogates")
        elif type(member) is dict:
            keys += len(member)
            inner += ([*member], [*member.values()])
        elif type(member) is list:
            inner.append(member)
    return inner, keys


def _too_large(message: str) -> PydanticCustomError:
    return PydanticCustomError(TOO_LARGE, "{message}", {"message": message})


def _object(bounds: Bounds) -> PlainValidator:
    def check(value: JsonValue) -> JsonValue:
        if type(value) is not dict:
            raise PydanticCustomError("object", "must be a map")
        _measure(value, bounds)
        return value

    return PlainValidator(check, json_schema_input_type=dict[str, JsonValue])


def _json(bounds: Bounds) -> PlainValidator:
    def check(value: JsonValue) -> JsonValue:
        _measure(value, bounds)
        return value

    return PlainValidator(check, json_schema_input_type=JsonValue)


FreeForm = Annotated[dict[str, JsonValue], _object(FREE_FORM)]
CompanyTraits = Annotated[dict[str, JsonValue], _object(COMPANY)]
Context = Annotated[dict[str, JsonValue], _object(CONTEXT)]
FormSchema = Annotated[dict[str, JsonValue], _object(SCHEMA)]
ContextValue = Annotated[JsonValue, _json(CONTEXT)]


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if type(value) is str else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    raise PydanticCustomError("moment", "must be a time as in 2026-11-20T10:00:00.000Z")


Moment = Annotated[datetime, PlainValidator(_moment, json_schema_input_type=str)]
"""RFC 3339 on the wire, an aware UTC `datetime` here."""
