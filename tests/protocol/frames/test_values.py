"""The rows of PROTOCOL §3 about strings, numbers and free-form values."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from protocol.errors import ErrorCode
from protocol.frames.agent import AGENT
from protocol.frames.values import Moment, fault, is_text
from protocol.frames.visitor import VISITOR
from tests.protocol.frames.checks import accepted, refused, refused_at


def identity(**members: Any) -> Any:
    return accepted(VISITOR, "identify", members)


def levels(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"leaf": 1}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "user_id", ["a", "x" * 255, "User_ABC 123", "0", "Null", "anonymous2", "é"]
)
def test_a_user_id_is_any_string_up_to_255_characters(user_id: str) -> None:
    """ANSA-05."""
    assert identity(userId=user_id).user_id == user_id


@pytest.mark.parametrize(
    "user_id",
    ["", "x" * 256, "a\0b", "undefined", "null", "NaN", "[object Object]", "anonymous", 5, True],
)
def test_a_user_id_is_not_what_a_mistake_looks_like(user_id: object) -> None:
    """HALO-06."""
    assert refused_at(VISITOR, "identify", {"userId": user_id}) == ["userId"]


@pytest.mark.parametrize(
    "email",
    ["jane@example.com", "a.b+c@x-y.co.uk", "ü@exämple.de", "j@" + "x" * 248 + ".com"],
)
def test_an_email_with_the_shape_of_one_is_accepted(email: str) -> None:
    assert identity(email=email).email == email


def test_an_email_is_trimmed() -> None:
    assert identity(email=" jane@example.com\n").email == "jane@example.com"


@pytest.mark.parametrize(
    "email",
    [
        "",
        "jane",
        "@example.com",
        "jane@",
        "jane@x@y.com",
        "jane doe@example.com",
        "jane@x..com",
        "jane@.com",
        "jane@example.",
        "jane@example",
        "j\0@x.com",
        "j@" + "x" * 249 + ".com",
        1,
    ],
)
def test_any_other_email_is_refused(email: object) -> None:
    """HEL-07."""
    assert refused_at(VISITOR, "identify", {"email": email}) == ["email"]


@pytest.mark.parametrize(
    "url", ["https://a.example/x.png?y#z", "HTTP://localhost:8000", "https://" + "x" * 2040]
)
def test_an_avatar_is_a_web_address(url: str) -> None:
    assert identity(avatarUrl=url).avatar_url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x.png",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "//x.example",
        "https://",
        "https:///x",
        "https://x y",
        "https://x\n",
        "https://" + "x" * 2041,
        " https://x",
        "ftp://x",
    ],
)
def test_any_other_avatar_is_refused(url: str) -> None:
    assert refused_at(VISITOR, "identify", {"avatarUrl": url}) == ["avatarUrl"]


def test_a_name_has_200_characters_at_most() -> None:
    assert identity(name="\U0001f600" * 200).name == "\U0001f600" * 200
    assert refused_at(VISITOR, "identify", {"name": "x" * 201}) == ["name"]


def test_a_proof_is_never_too_long_for_a_hello() -> None:
    """An oversized proof is a bad proof, and that is for identity to find out."""
    token = "x" * 60_000

    hello = accepted(VISITOR, "hello", {"key": "wk_1", "userToken": token})

    assert hello.user_token == token


@pytest.mark.parametrize("member", ["userId", "name", "phone", "language", "bearerToken"])
def test_no_string_contains_u0000(member: str) -> None:
    assert identity(**{member: "x"})
    assert refused_at(VISITOR, "identify", {member: "a\0b"}) == [member]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", True), ("Jane", True), ("J\u00e4ne \U0001f600", True), ("\ud800", False), ("\0", False)],
)
def test_text_is_what_can_be_written_as_utf_8_without_u0000(text: str, expected: bool) -> None:
    assert is_text(text) is expected


@pytest.mark.parametrize("value", [{"a": "\0"}, {"\0": 1}, {"a": [{"b": ["x\0"]}]}])
def test_no_string_inside_a_free_form_value_contains_u0000(value: dict[str, Any]) -> None:
    assert identity(userMetadata={"a": [{"b": ["x"]}]})
    assert refused_at(VISITOR, "identify", {"userMetadata": value}) == ["userMetadata"]


@pytest.mark.parametrize("value", [[], "x", 1, True])
def test_a_free_form_value_is_a_map(value: object) -> None:
    assert identity(userMetadata={}).user_metadata == {}
    assert refused_at(VISITOR, "identify", {"userMetadata": value}) == ["userMetadata"]


SIZES = pytest.mark.parametrize(
    ("frame_type", "wrap", "size"),
    [
        ("identify", lambda value: {"userMetadata": value}, 20 * 1024),
        ("identifyCompany", lambda value: {"companyId": "c", "traits": value}, 50 * 1024),
        ("setContext", lambda value: {"key": "k", "entry": {"value": value}}, 20 * 1024),
        ("showForm", lambda value: {"schema": value}, 50 * 1024),
    ],
)


@SIZES
def test_a_free_form_value_ends_at_its_size(frame_type: str, wrap: Any, size: int) -> None:
    overhead = len('{"a":""}')

    assert accepted(VISITOR, frame_type, wrap({"a": "x" * (size - overhead)}))
    problem = refused(VISITOR, frame_type, wrap({"a": "x" * (size - overhead + 1)}))

    assert (problem.code, problem.status) == (ErrorCode.PAYLOAD_TOO_LARGE, 413)


@SIZES
def test_a_free_form_value_ends_at_eight_levels(frame_type: str, wrap: Any, size: int) -> None:
    assert size
    assert accepted(VISITOR, frame_type, wrap(levels(8)))
    problem = refused(VISITOR, frame_type, wrap(levels(9)))

    assert problem.code is ErrorCode.PAYLOAD_TOO_LARGE


def test_lists_and_empty_containers_are_levels_too() -> None:
    assert identity(userMetadata={"a": [[[[[[[]]]]]]]})
    problem = refused(VISITOR, "identify", {"userMetadata": {"a": [[[[[[[{}]]]]]]]}})

    assert problem.code is ErrorCode.PAYLOAD_TOO_LARGE


def test_a_free_form_value_has_200_keys_on_all_its_levels_together() -> None:
    inner = {str(number): 1 for number in range(199)}

    assert identity(userMetadata={"a": inner})
    problem = refused(VISITOR, "identify", {"userMetadata": {"a": inner, "b": 1}})

    assert problem.code is ErrorCode.PAYLOAD_TOO_LARGE


@pytest.mark.parametrize("value", [None, True, 5, 0.5, "pro", ["a"], {"a": None}])
def test_the_value_of_a_context_entry_is_any_value(value: object) -> None:
    """HALO-42."""
    data = accepted(VISITOR, "setContext", {"key": "plan", "entry": {"value": value}})

    assert data.entry.value == value


def test_the_value_of_a_context_entry_is_checked_even_when_it_is_a_string() -> None:
    path = refused_at(VISITOR, "setContext", {"key": "plan", "entry": {"value": "\0"}})

    assert path == ["entry.value"]


@pytest.mark.parametrize(
    "text",
    ["2026-11-20T10:00:00.000Z", "2026-11-20T10:00:00Z", "2026-11-20T12:00:00+02:00"],
)
def test_a_time_is_read_as_utc(text: str) -> None:
    data = accepted(AGENT, "status", {"conversationId": "cv_1", "status": "snoozed", "until": text})

    assert data.until == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert data.until.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-11-20", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+10:00", 5, [],
    "2026-11-20T10:00:00"],
)  # fmt: skip
def test_anything_else_is_no_time(text: object) -> None:
    class Snooze(BaseModel):
        until: Moment

    with pytest.raises(ValidationError, match="must be a time"):
        Snooze.model_validate({"until": text})


def test_a_fault_brings_its_place_and_its_words() -> None:
    error = fault("afterSeq", "must not be there")

    assert error.message() == "must not be there"
    assert error.context == {"path": "afterSeq", "message": "must not be there"}


def test_records_are_frozen() -> None:
    with pytest.raises(ValidationError):
        identity(name="Jane").name = "Joe"
