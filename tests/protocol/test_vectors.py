"""The traces that the JavaScript client is held to are what the Python client does today."""

from tests.protocol.recorder import VECTORS, lines


def test_the_vectors_are_what_the_client_does() -> None:
    assert VECTORS.read_bytes().splitlines() == lines(), (
        "the client changed: run `python -m tests.protocol.recorder`, then mend static/protocol"
    )
