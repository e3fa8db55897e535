"""Both codecs carry one model: what one accepts or refuses, so does the other (PROTOCOL §1)."""

import math
import struct
from typing import Any

import msgpack
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.codec import JSON, MSGPACK, SUBPROTOCOLS, Codec, negotiate
from protocol.errors import MalformedFrame, WrongKind
from protocol.limits import LARGEST_NUMBER, NESTING

BOTH = pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=lambda codec: codec.name)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_NUMBER, LARGEST_NUMBER)
    | st.floats(-LARGEST_NUMBER, LARGEST_NUMBER, allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@settings(derandomize=True, deadline=None, max_examples=100)
@given(VALUES)
def test_a_value_is_the_same_after_either_codec(value: object) -> None:
    through_json = JSON.decode(JSON.encode(value))
    through_msgpack = MSGPACK.decode(MSGPACK.encode(value))

    assert through_json == through_msgpack == value
    assert repr(through_json) == repr(through_msgpack)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.binary(max_size=64))
def test_arbitrary_bytes_decode_or_are_malformed(data: bytes) -> None:
    for codec in (JSON, MSGPACK):
        try:
            value = codec.decode(data)
        except MalformedFrame:
            continue

        assert codec.decode(codec.encode(value)) == value


@BOTH
@pytest.mark.parametrize("number", [LARGEST_NUMBER, -LARGEST_NUMBER, float(LARGEST_NUMBER), 0.5])
def test_numbers_within_the_range_are_carried(codec: Codec, number: float) -> None:
    assert codec.decode(codec.encode([number])) == [number]


@BOTH
@pytest.mark.parametrize(
    "number", [LARGEST_NUMBER + 1, -LARGEST_NUMBER - 1, 1e17, -1e300, 2**64 - 1]
)
def test_numbers_beyond_the_range_are_refused(codec: Codec, number: float) -> None:
    with pytest.raises(MalformedFrame, match="finite"):
        codec.decode(codec.encode({"a": [number]}))


@pytest.mark.parametrize(
    "text",
    [
        b"NaN", b"Infinity", b"1e400", b"-1e999", b"18446744073709551616", b"1" * 400,
        b'"\\ud800"', b'"\xed\xa0\x80"', b'"\xff"', b"{1:2}", b"{", b"", b"[1,]", b"{} {}",
        b"\xef\xbb\xbf{}", b"'a'", b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_json_of_the_model_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedFrame):
        JSON.decode(text)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(msgpack.packb(math.nan), id="nan"),
        pytest.param(msgpack.packb(-math.inf), id="infinity"),
        pytest.param(b"\xca" + struct.pack(">f", math.inf), id="float32 infinity"),
        pytest.param(b"\xc4\x01a", id="bytes"),
        pytest.param(b"\xc4\x00", id="no bytes"),
        pytest.param(b"\xd4\x05a", id="ext"),
        pytest.param(b"\xc7\x00\x05", id="empty ext"),
        pytest.param(b"\xd6\xff\x00\x00\x00\x00", id="timestamp"),
        pytest.param(b"\x81\x01\x02", id="number as key"),
        pytest.param(b"\x81\xc4\x00\x02", id="bytes as key"),
        pytest.param(b"\x81\x90\x02", id="list as key"),
        pytest.param(b"\xa1\xff", id="not utf-8"),
        pytest.param(b"\xa3\xed\xa0\x80", id="lone surrogate"),
        pytest.param(b"\xc1", id="reserved"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x92\x01", id="incomplete"),
        pytest.param(b"\x01\x02", id="two values"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="announced list"),
        pytest.param(b"\xdf\xff\xff\xff\xff", id="announced map"),
        pytest.param(b"\xdb\xff\xff\xff\xff", id="announced string"),
        pytest.param(b"\x91" * 100_000, id="nested"),
    ],
)
def test_what_is_not_messagepack_of_the_model_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedFrame):
        MSGPACK.decode(data)


@BOTH
def test_nesting_ends_at_the_limit(codec: Codec) -> None:
    assert codec.decode(codec.encode(nested(NESTING))) == nested(NESTING)
    with pytest.raises(MalformedFrame):
        codec.decode(codec.encode(nested(NESTING + 1)))


@BOTH
@pytest.mark.parametrize("kind", [list, dict])
def test_the_members_of_a_container_end_at_the_limit(codec: Codec, kind: type) -> None:
    def container(size: int) -> object:
        members = [str(number) for number in range(size)]
        return members if kind is list else dict.fromkeys(members, 0)

    assert codec.decode(codec.encode(container(10_000))) == container(10_000)
    with pytest.raises(MalformedFrame):
        codec.decode(codec.encode(container(10_001)))


def test_of_a_repeated_key_both_keep_the_last() -> None:
    assert JSON.decode(b'{"a":1,"a":2}') == MSGPACK.decode(b"\x82\xa1a\x01\xa1a\x02") == {"a": 2}


@BOTH
def test_a_message_of_the_other_kind_is_refused(codec: Codec) -> None:
    data = codec.encode({})

    assert codec.decode_message(data, text=codec.text) == {}
    with pytest.raises(WrongKind):
        codec.decode_message(data, text=not codec.text)


def test_the_decoders_own_words_do_not_reach_the_peer() -> None:
    with pytest.raises(MalformedFrame) as caught:
        JSON.decode(b'{"secret"')

    assert caught.value.problem.message == "This is not JSON."


def test_codecs_are_numbered_from_zero() -> None:
    assert [codec.index for codec in SUBPROTOCOLS.values()] == [0, 1]
    assert [codec.text for codec in SUBPROTOCOLS.values()] == [True, False]
    assert orjson.loads(JSON.encode({"a": 1})) == msgpack.unpackb(MSGPACK.encode({"a": 1}))


def test_a_handshake_gets_json_unless_it_asks() -> None:
    assert negotiate([]) is JSON


def test_a_handshake_gets_the_first_it_asks_for_that_is_known() -> None:
    assert negotiate(["graphql", "parley.v1.msgpack", "parley.v1.json"]) is MSGPACK
    assert negotiate(["parley.v1.json", "parley.v1.msgpack"]) is JSON


def test_a_handshake_that_asks_only_for_the_unknown_gets_nothing() -> None:
    assert negotiate(["graphql", "parley.v2.json"]) is None
