"""What can be wrong with a frame, and what a peer is told about it (PROTOCOL §9).

Every surface, socket and REST alike, tells of a failure by the same `Problem`; this module knows
its shape and the status of each code, and nothing of what led there. An exception's text never
reaches a peer: only a `Problem` does, and its words are written by us.

    ProtocolError           the peer broke the wire
    ├── MalformedFrame      not decodable, not a map, or without a type
    ├── InvalidFrame        a known type with wrong contents
    ├── UnknownType         a type that the socket does not have; never counted against the peer
    └── WrongKind           text where binary was agreed on, or the reverse; closes with 1003
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from protocol.close import CloseCode

__all__ = [
    "STATUS",
    "Detail",
    "ErrorCode",
    "InvalidFrame",
    "MalformedFrame",
    "Problem",
    "ProtocolError",
    "UnknownType",
    "WrongKind",
]


class ErrorCode(StrEnum):
    """The stable names that a client may switch on."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    IDENTITY_REQUIRED = "identity_required"
    IDENTITY_INVALID = "identity_invalid"
    IDENTITY_EXPIRED = "identity_expired"
    IDENTITY_MISMATCH = "identity_mismatch"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    CONFLICT = "conflict"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INVALID_INPUT = "invalid_input"
    HELLO_REQUIRED = "hello_required"
    UNKNOWN_TYPE = "unknown_type"
    TOO_MANY_REQUESTS = "too_many_requests"
    INTERNAL_ERROR = "internal_error"
    UNAVAILABLE = "unavailable"


STATUS: Final[Mapping[ErrorCode, int]] = MappingProxyType(
    {
        ErrorCode.UNAUTHENTICATED: 401,
        ErrorCode.FORBIDDEN: 403,
        ErrorCode.IDENTITY_REQUIRED: 403,
        ErrorCode.IDENTITY_INVALID: 403,
        ErrorCode.IDENTITY_EXPIRED: 403,
        ErrorCode.IDENTITY_MISMATCH: 403,
        ErrorCode.NOT_FOUND: 404,
        ErrorCode.METHOD_NOT_ALLOWED: 405,
        ErrorCode.CONFLICT: 409,
        ErrorCode.PAYLOAD_TOO_LARGE: 413,
        ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
        ErrorCode.INVALID_INPUT: 422,
        ErrorCode.HELLO_REQUIRED: 422,
        ErrorCode.UNKNOWN_TYPE: 422,
        ErrorCode.TOO_MANY_REQUESTS: 429,
        ErrorCode.INTERNAL_ERROR: 500,
        ErrorCode.UNAVAILABLE: 503,
    }
)


@dataclass(frozen=True, slots=True)
class Detail:
    """One fault: where, in the wire's names (`identity.userId`, `cursors.0.seq`), and what."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure as a peer is told of it."""

    code: ErrorCode
    message: str
    details: tuple[Detail, ...] = ()
    retry_after_ms: int | None = None

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return STATUS[self.code]


class ProtocolError(Exception):
    """The peer broke the wire.

    `problem` is what to answer and `frame_id` the frame to answer, if it had an id that can be
    used. `close` is the code that must follow at once; mostly none.
    """

    close: CloseCode | None = None

    def __init__(self, problem: Problem, frame_id: str | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.frame_id = frame_id


class MalformedFrame(ProtocolError):
    """Not decodable, not a map, or without a type: there is no frame to speak of."""

    def __init__(self, message: str, frame_id: str | None = None) -> None:
        super().__init__(Problem(ErrorCode.INVALID_INPUT, message), frame_id)


class InvalidFrame(ProtocolError):
    """A frame of a known shape whose contents the contract does not allow."""

    def __init__(self, frame_type: str, problem: Problem, frame_id: str | None = None) -> None:
        super().__init__(problem, frame_id)
        self.frame_type = frame_type


class UnknownType(ProtocolError):
    """A frame whose type this socket does not have: a newer client's, perhaps."""

    def __init__(self, frame_type: str, frame_id: str | None = None) -> None:
        problem = Problem(ErrorCode.UNKNOWN_TYPE, "This socket has no such frame type.")
        super().__init__(problem, frame_id)
        self.frame_type = frame_type


class WrongKind(ProtocolError):
    """A text frame on a binary subprotocol, or the reverse."""

    close: CloseCode | None = CloseCode.WRONG_KIND

    def __init__(self) -> None:
        message = "The frame's kind, text or binary, is not the subprotocol's."
        super().__init__(Problem(ErrorCode.INVALID_INPUT, message))
