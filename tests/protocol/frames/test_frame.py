"""The envelope: what is a frame, whose answer an error is, and how faults are told."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.codec import JSON, MSGPACK
from protocol.errors import (
    Detail,
    ErrorCode,
    InvalidFrame,
    MalformedFrame,
    ProtocolError,
    UnknownType,
)
from protocol.frames.agent import AGENT
from protocol.frames.frame import Frame, Registry, parse
from protocol.frames.visitor import VISITOR, Ping, Read
from tests.protocol.frames.checks import accepted, refused, refused_at
from tests.protocol.test_codec import VALUES

EITHER = pytest.mark.parametrize("registry", [VISITOR, AGENT], ids=["visitor", "agent"])


def test_a_frame_is_its_type_its_id_and_its_data() -> None:
    decoded = {"type": "read", "id": "7", "data": {"conversationId": "cv_1", "seq": 3}}

    frame = parse(VISITOR, decoded)

    assert frame == Frame("read", "7", Read.model_validate({"conversationId": "cv_1", "seq": 3}))


@EITHER
def test_an_id_and_data_may_be_left_out(registry: Registry) -> None:
    assert parse(registry, {"type": "ping"}) == Frame("ping", None, Ping())


@EITHER
def test_unknown_members_are_ignored(registry: Registry) -> None:
    decoded = {"type": "ping", "data": {"x": [1]}, "y": None}

    assert parse(registry, decoded) == Frame("ping", None, Ping())


@pytest.mark.parametrize("decoded", [None, [], "ping", 1, True])
def test_what_is_not_a_map_is_malformed(decoded: object) -> None:
    with pytest.raises(MalformedFrame) as caught:
        parse(VISITOR, decoded)

    assert caught.value.frame_id is None


@pytest.mark.parametrize("decoded", [{}, {"type": None}, {"type": 1}, {"type": ["ping"]}])
def test_a_map_without_a_type_is_malformed_and_answered_under_its_id(
    decoded: dict[str, object],
) -> None:
    with pytest.raises(MalformedFrame) as caught:
        parse(VISITOR, {**decoded, "id": "7"})

    assert caught.value.frame_id == "7"


def test_a_map_without_a_type_and_without_a_usable_id_is_answered_without_one() -> None:
    with pytest.raises(MalformedFrame) as caught:
        parse(VISITOR, {"id": 7})

    assert caught.value.frame_id is None


@EITHER
def test_a_type_that_the_socket_does_not_have_is_unknown(registry: Registry) -> None:
    with pytest.raises(UnknownType) as caught:
        parse(registry, {"type": "selfDestruct", "id": "7"})

    assert (caught.value.frame_type, caught.value.frame_id) == ("selfDestruct", "7")


def test_each_socket_has_types_that_the_other_does_not_know() -> None:
    with pytest.raises(UnknownType):
        parse(VISITOR, {"type": "note"})
    with pytest.raises(UnknownType):
        parse(AGENT, {"type": "identify"})


@pytest.mark.parametrize("frame_id", ["", "1", "x" * 64, "é" * 64, "\U0001f600" * 64])
def test_an_id_may_be_any_string_of_64_characters(frame_id: str) -> None:
    assert parse(VISITOR, {"type": "ping", "id": frame_id}).id == frame_id


@pytest.mark.parametrize("frame_id", [None, 1, True, ["1"], {}, "x" * 65, "a\0", "\ud800"])
def test_any_other_id_is_invalid_and_not_echoed(frame_id: object) -> None:
    with pytest.raises(InvalidFrame) as caught:
        parse(VISITOR, {"type": "ping", "id": frame_id})

    assert caught.value.frame_id is None
    assert [detail.path for detail in caught.value.problem.details] == ["id"]


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_data_that_is_no_map_is_invalid(data: object) -> None:
    problem = refused(VISITOR, "ping", data)

    assert problem.details == (Detail("data", "must be a map"),)


def test_faults_are_told_in_the_wires_names_and_in_plain_words() -> None:
    problem = refused(
        VISITOR,
        "hello",
        {
            "identity": {"userId": "", "email": "nobody", "name": 5},
            "cursors": [{"conversationId": "cv_1", "log": "other", "seq": -1}],
        },
    )

    assert problem.code is ErrorCode.INVALID_INPUT
    assert problem.details == (
        Detail("key", "is required"),
        Detail("identity.userId", "must have at least 1 characters"),
        Detail("identity.email", "has a form that is not allowed"),
        Detail("identity.name", "must be a string"),
        Detail("cursors.0.log", "must be 'public' or 'staff'"),
        Detail("cursors.0.seq", "must be at least 0"),
        Detail("cursors.0.eventId", "is required"),
    )


def test_a_fault_between_members_is_told_at_one_of_them() -> None:
    problem = refused(VISITOR, "showForm", {})

    assert problem.details == (Detail("name", "must be given, or else schema, and not both"),)


def test_the_offending_value_is_never_repeated() -> None:
    with pytest.raises(InvalidFrame) as caught:
        parse(VISITOR, {"type": "hello", "data": {"key": ["SECRET"], "userToken": {"SECRET": 1}}})

    assert "SECRET" not in repr(caught.value.problem)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_no_more_than_ten_faults_are_told() -> None:
    problem = refused(
        AGENT, "hello", {"cursors": [{"seq": "x"}], "agentToken": 1, "availability": 2}
    )
    assert len(problem.details) == 6

    many = refused(
        VISITOR,
        "hello",
        dict.fromkeys(
            [
                "key",
                "visitorId",
                "visitorToken",
                "sessionToken",
                "userToken",
                "identity",
                "externalId",
                "cursors",
                "page",
                "language",
                "timezone",
                "client",
            ],
            7,
        ),
    )

    assert len(many.details) == 10


def test_a_fault_besides_size_makes_the_whole_frame_invalid_input() -> None:
    large = {"plan": "x" * 30_000}

    only_large = refused(VISITOR, "identify", {"userMetadata": large})
    both = refused_at(VISITOR, "identify", {"userMetadata": large, "name": 1})

    assert only_large.code is ErrorCode.PAYLOAD_TOO_LARGE
    assert both == ["name", "userMetadata"]


def test_every_registered_type_says_what_it_is_for() -> None:
    models = {**VISITOR, **AGENT}.values()

    assert all(model.__doc__ for model in models)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.sampled_from([*VISITOR, *AGENT]), VALUES, VALUES)
def test_any_value_gives_a_frame_or_a_protocol_error_the_same_in_both_codecs(
    frame_type: str, frame_id: object, data: object
) -> None:
    frame = {"type": frame_type, "id": frame_id, "data": data}
    for registry in (VISITOR, AGENT):
        outcomes = []
        for codec in (JSON, MSGPACK):
            try:
                outcomes.append(repr(parse(registry, codec.decode(codec.encode(frame)))))
            except ProtocolError as error:
                outcomes.append(repr(error.problem))

        assert outcomes[0] == outcomes[1]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.binary(max_size=80))
def test_arbitrary_bytes_raise_nothing_but_protocol_errors(data: bytes) -> None:
    for codec in (JSON, MSGPACK):
        with pytest.raises(ProtocolError):
            parse(VISITOR, codec.decode(data))


def test_a_frame_is_valid_before_it_is_cut_short_and_not_after() -> None:
    data = {"conversationId": "cv_1", "clientMessageId": "c-1", "body": "Hi"}
    whole = JSON.encode({"type": "message", "id": "1", "data": data})

    assert accepted(VISITOR, "message", data)
    for end in range(len(whole)):
        with pytest.raises(MalformedFrame):
            parse(VISITOR, JSON.decode(whole[:end]))
