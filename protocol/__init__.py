"""The wire contract of Parley: typed frames, codecs, close codes, errors and limits.

This package knows nothing of the server. A client, the load tester and the tests use it as it is.
What comes in goes `codec.decode` → `frames.parse`; what goes out is built with `ack`, `error` and
`push` and leaves through `codec.encode`. `client.Client` is the other end of the wire, without I/O.
"""

from protocol.client import Client, Role
from protocol.close import CloseCode, reconnects
from protocol.codec import JSON, MSGPACK, SUBPROTOCOLS, Codec, negotiate
from protocol.errors import (
    Detail,
    ErrorCode,
    InvalidFrame,
    MalformedFrame,
    Problem,
    ProtocolError,
    UnknownType,
    WrongKind,
)
from protocol.events import ack, error, push
from protocol.frames import Data, Frame, parse
from protocol.frames.agent import AGENT
from protocol.frames.visitor import VISITOR

__all__ = [
    "AGENT",
    "JSON",
    "MSGPACK",
    "SUBPROTOCOLS",
    "VISITOR",
    "Client",
    "CloseCode",
    "Codec",
    "Data",
    "Detail",
    "ErrorCode",
    "Frame",
    "InvalidFrame",
    "MalformedFrame",
    "Problem",
    "ProtocolError",
    "Role",
    "UnknownType",
    "WrongKind",
    "ack",
    "error",
    "negotiate",
    "parse",
    "push",
    "reconnects",
]
