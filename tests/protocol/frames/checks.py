"""How these tests ask `parse`: one frame in, its data or its problem out.

Every frame goes through both codecs first, so that no test can pass for one of them alone.
"""

from typing import Any

import pytest

from protocol.codec import JSON, MSGPACK
from protocol.errors import ErrorCode, InvalidFrame, Problem
from protocol.frames.frame import Registry, parse

__all__ = ["accepted", "refused", "refused_at"]


def accepted(registry: Registry, frame_type: str, data: object) -> Any:
    """What the frame means; `Any`, because which record it is depends on the type's name."""
    frame = {"type": frame_type, "id": "1", "data": data}
    through_json, through_msgpack = (
        parse(registry, codec.decode(codec.encode(frame))) for codec in (JSON, MSGPACK)
    )
    assert through_json == through_msgpack
    return through_json.data


def refused(registry: Registry, frame_type: str, data: object) -> Problem:
    """Why the frame is not valid."""
    frame = {"type": frame_type, "id": "1", "data": data}
    with pytest.raises(InvalidFrame) as through_json:
        parse(registry, JSON.decode(JSON.encode(frame)))
    with pytest.raises(InvalidFrame) as through_msgpack:
        parse(registry, MSGPACK.decode(MSGPACK.encode(frame)))
    assert through_json.value.problem == through_msgpack.value.problem
    assert through_json.value.frame_id == "1"
    return through_json.value.problem


def refused_at(registry: Registry, frame_type: str, data: object) -> list[str]:
    """Where the frame is invalid input."""
    problem = refused(registry, frame_type, data)
    assert problem.code is ErrorCode.INVALID_INPUT
    return [detail.path for detail in problem.details]
