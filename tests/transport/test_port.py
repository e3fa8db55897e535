"""Frames made once for everybody: header forms, and back again."""

import pytest

from server.transport.port import payload_of, server_frame
from tests.rawsocket import client_frame

SIZES = [0, 1, 125, 126, 65_535, 65_536, 131_072]


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, "8100"),
        (125, "817d"),
        (126, "817e007e"),
        (65_535, "817effff"),
        (65_536, "817f0000000000010000"),
    ],
)
def test_each_length_has_its_shortest_header(size: int, header: str) -> None:
    frame = server_frame(b"x" * size, text=True)

    assert frame == bytes.fromhex(header) + b"x" * size


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_payload_of_is_the_inverse_of_server_frame(size: int, text: bool) -> None:
    frame = server_frame(b"x" * size, text=text)

    assert payload_of(frame) == (b"x" * size, text, len(frame))


def test_payload_of_walks_through_frames_sent_together() -> None:
    payloads = [(b"x" * size, size % 2 == 0) for size in SIZES]
    frames = b"".join(server_frame(payload, text=text) for payload, text in payloads)

    found, begin = [], 0
    while begin < len(frames):
        payload, text, begin = payload_of(frames, begin)
        found.append((payload, text))

    assert found == payloads


@pytest.mark.parametrize("size", SIZES)
def test_an_independent_framing_agrees(size: int) -> None:
    frame = server_frame(b"x" * size, text=False)

    assert frame == client_frame(0x2, b"x" * size, mask=False)
