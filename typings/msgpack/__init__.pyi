"""The part of msgpack that `protocol/codec.py` uses; the package itself carries no types."""

from typing import Any

class UnpackException(Exception): ...

def unpackb(
    packed: bytes,
    *,
    raw: bool = ...,
    strict_map_key: bool = ...,
    max_str_len: int = ...,
    max_bin_len: int = ...,
    max_ext_len: int = ...,
    max_array_len: int = ...,
    max_map_len: int = ...,
) -> Any: ...
def packb(o: object, *, use_bin_type: bool = ...) -> bytes: ...
