"""The error tree: each leaf brings the problem a peer is told of, and the frame it belongs to."""

from protocol.close import CloseCode
from protocol.errors import (
    STATUS,
    ErrorCode,
    InvalidFrame,
    MalformedFrame,
    Problem,
    ProtocolError,
    UnknownType,
    WrongKind,
)


def test_every_code_has_a_status_of_an_error() -> None:
    assert set(STATUS) == set(ErrorCode)
    assert all(400 <= status < 600 for status in STATUS.values())


def test_a_problem_has_the_status_of_its_code() -> None:
    assert Problem(ErrorCode.NOT_FOUND, "Not found.").status == 404
    assert Problem(ErrorCode.UNAVAILABLE, "Later.").status == 503


def test_a_malformed_frame_is_invalid_input_and_keeps_a_usable_id() -> None:
    error = MalformedFrame("A frame must have a type.", "7")

    assert error.problem == Problem(ErrorCode.INVALID_INPUT, "A frame must have a type.")
    assert error.frame_id == "7"
    assert error.close is None


def test_an_invalid_frame_keeps_its_type_its_id_and_its_problem() -> None:
    problem = Problem(ErrorCode.PAYLOAD_TOO_LARGE, "Too large.")

    error = InvalidFrame("message", problem, "7")

    assert (error.frame_type, error.frame_id, error.problem) == ("message", "7", problem)


def test_an_unknown_type_has_a_code_of_its_own_and_is_not_echoed() -> None:
    error = UnknownType("<script>", "7")

    assert error.problem.code is ErrorCode.UNKNOWN_TYPE
    assert (error.frame_type, error.frame_id) == ("<script>", "7")
    assert "<script>" not in error.problem.message


def test_the_wrong_kind_of_frame_closes_the_connection() -> None:
    assert WrongKind().close is CloseCode.WRONG_KIND


def test_every_leaf_is_a_protocol_error_and_reads_as_its_message() -> None:
    leaves = [MalformedFrame("a"), UnknownType("b"), WrongKind()]

    assert all(isinstance(leaf, ProtocolError) for leaf in leaves)
    assert [str(leaf) for leaf in leaves] == [leaf.problem.message for leaf in leaves]
