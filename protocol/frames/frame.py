"""The envelope of an inbound frame, and the one gate from decoded values to typed records.

A frame is `{"type", "id"?, "data"?}` (PROTOCOL §2). `parse` looks the type up in a socket's
registry and validates the data once. What goes wrong is told in the wire's names and in our words:
the validator's own text, its links and the offending value never leave this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import ValidationError

from protocol.errors import Detail, ErrorCode, InvalidFrame, MalformedFrame, Problem, UnknownType
from protocol.frames.values import TOO_LARGE, Data, is_text
from protocol.limits import DETAILS, FRAME_ID_CHARACTERS

__all__ = ["Frame", "Registry", "details_of", "parse"]

D = TypeVar("D", bound=Data, covariant=True)

Registry = Mapping[str, type[Data]]
"""The frame types that a socket accepts."""


@dataclass(frozen=True, slots=True)
class Frame(Generic[D]):
    """One frame from a client. `id` is the client's own name for it and is echoed in the answer."""

    type: str
    id: str | None
    data: D


def parse(registry: Registry, decoded: object) -> Frame[Data]:
    """The frame in `decoded`.

    Raises `MalformedFrame`, `UnknownType` or `InvalidFrame`, each with the frame's id if it has a
    usable one.
    """
    if type(decoded) is not dict:
        raise MalformedFrame("A frame must be a map.")
    frame_id = decoded.get("id")
    usable = type(frame_id) is str and len(frame_id) <= FRAME_ID_CHARACTERS and is_text(frame_id)
    frame_type = decoded.get("type")
    if type(frame_type) is not str:
        raise MalformedFrame("A frame must have a type.", frame_id if usable else None)
    if not usable and "id" in decoded:
        message = f"must be a string of at most {FRAME_ID_CHARACTERS} characters"
        raise InvalidFrame(frame_type, _invalid((Detail("id", message),)))
    model = registry.get(frame_type)
    if model is None:
        raise UnknownType(frame_type, frame_id)
    try:
        data = model.model_validate(decoded.get("data", _NO_DATA))
    except ValidationError as error:
        # The cause is cut: its text holds what the client sent, and a log may print it.
        raise InvalidFrame(frame_type, _problem(error), frame_id) from None
    return Frame(frame_type, frame_id, data)


_NO_DATA: Final[dict[str, object]] = {}

_WORDS: Final = {
    "missing": "is required",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "string_type": "must be a string",
    "string_unicode": "must be valid Unicode",
    "string_pattern_mismatch": "has a form that is not allowed",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "tuple_type": "must be a list",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "model_type": "must be a map",
    "extra_forbidden": "is not known here",
    "int_parsing": "must be a whole number",
    "list_type": "must be a list",
}
"""What the validator finds, in our words. Its other findings are our own and bring their words."""


def details_of(error: ValidationError) -> tuple[Detail, ...]:
    """What the validator found, in the wire's names and our words."""
    faults = error.errors(include_url=False, include_input=False)[:DETAILS]
    return tuple(_detail(fault) for fault in faults)


def _invalid(details: tuple[Detail, ...]) -> Problem:
    return Problem(ErrorCode.INVALID_INPUT, "The frame's contents are not valid.", details)


def _problem(error: ValidationError) -> Problem:
    details = details_of(error)
    if all(fault["type"] == TOO_LARGE for fault in error.errors(include_url=False)[:DETAILS]):
        return Problem(ErrorCode.PAYLOAD_TOO_LARGE, "A part of the frame is too large.", details)
    return _invalid(details)


def _detail(fault: Mapping[str, Any]) -> Detail:
    context = fault.get("ctx", {})
    path = [str(step) for step in fault["loc"]]
    if "path" in context:
        path.append(context["path"])
    words = _WORDS.get(fault["type"])
    return Detail(
        ".".join(path) or "data", words.format_map(context) if words else str(fault["msg"])
    )
