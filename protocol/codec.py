"""Bytes into values and back: JSON in text frames, MessagePack in binary ones, one model for both.

The model is what both can carry without loss (PROTOCOL §1): null, booleans, finite numbers within
±2^53, strings, lists, and maps with string keys. Each library accepts more than that, and not the
same more, so every decoded value is walked once; what one codec refuses, the other refuses too.
Nothing here knows what a frame is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import msgpack
import orjson

from protocol.errors import MalformedFrame, WrongKind
from protocol.limits import FRAME_BYTES, LARGEST_NUMBER, NESTING

__all__ = ["JSON", "MSGPACK", "SUBPROTOCOLS", "Codec", "negotiate"]

_ITEMS: Final = 10_000
"""Members of one list or map. MessagePack announces a length before it sends anything: without a
bound a few hundred bytes of nested headers would reserve half a gigabyte."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One of the two renderings of the model. `index` numbers them, for tables of frames."""

    name: str
    subprotocol: str
    text: bool
    index: int
    _loads: Callable[[bytes], Any] = field(repr=False)
    _dumps: Callable[[Any], bytes] = field(repr=False)

    def decode(self, data: bytes) -> object:
        """The value in `data`. Raises `MalformedFrame` for anything outside the model."""
        try:
            value = self._loads(data)
        except (ValueError, msgpack.UnpackException) as error:
            raise MalformedFrame(f"This is not {self.name}.") from error
        _check(value, NESTING)
        return value

    def decode_message(self, data: bytes, *, text: bool) -> object:
        """`decode` for a WebSocket message of a known kind; also raises `WrongKind`."""
        if text is not self.text:
            raise WrongKind
        return self.decode(data)

    def encode(self, value: object) -> bytes:
        """`value` as bytes. Keeping to the model is the caller's duty; nothing is checked."""
        return self._dumps(value)


def _unpack(data: bytes) -> Any:
    return msgpack.unpackb(
        data,
        raw=False,
        strict_map_key=True,
        max_str_len=FRAME_BYTES,
        max_bin_len=0,
        max_ext_len=0,
        max_array_len=_ITEMS,
        max_map_len=_ITEMS,
    )


def _pack(value: object) -> bytes:
    return msgpack.packb(value, use_bin_type=True)


def _check(value: Any, depth: int) -> None:
    """Refuse what the model does not have. Decoders make no subclasses, hence `type() is`."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is dict or kind is list:
        _check_members(value, depth)
    elif kind is int or kind is float:
        if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:  # false for NaN as well
            raise MalformedFrame("Numbers must be finite and within ±2^53.")
    else:
        raise MalformedFrame(f"A value of kind {kind.__name__} is not part of the protocol.")


def _check_members(value: dict[Any, Any] | list[Any], depth: int) -> None:
    if depth == 0:
        raise MalformedFrame(f"Values may be nested {NESTING} deep at most.")
    if len(value) > _ITEMS:
        raise MalformedFrame(f"A list or map may have {_ITEMS} members at most.")
    members = value
    if type(value) is dict:
        for key in value:
            if type(key) is not str:
                raise MalformedFrame("The keys of a map must be strings.")
        members = list(value.values())
    for member in members:
        if type(member) is not str:
            _check(member, depth - 1)


JSON: Final = Codec("JSON", "parley.v1.json", True, 0, orjson.loads, orjson.dumps)
MSGPACK: Final = Codec("MessagePack", "parley.v1.msgpack", False, 1, _unpack, _pack)

SUBPROTOCOLS: Final[Mapping[str, Codec]] = MappingProxyType(
    {codec.subprotocol: codec for codec in (JSON, MSGPACK)}
)


def negotiate(offered: Sequence[str]) -> Codec | None:
    """The codec for a handshake: JSON if none is offered, else the first known one, if any."""
    if not offered:
        return JSON
    return next((SUBPROTOCOLS[name] for name in offered if name in SUBPROTOCOLS), None)
