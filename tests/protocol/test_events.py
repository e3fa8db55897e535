"""The registries name every frame, and the envelopes are the contract's."""

import pytest

from protocol.errors import Detail, ErrorCode, Problem
from protocol.events import (
    ACKS_AGENT,
    ACKS_VISITOR,
    SERVER_TO_AGENT,
    SERVER_TO_VISITOR,
    Outbound,
    ack,
    error,
    push,
)
from protocol.frames.agent import AGENT
from protocol.frames.frame import Registry
from protocol.frames.visitor import VISITOR
from protocol.shapes import Sent


@pytest.mark.parametrize(("inbound", "acks"), [(VISITOR, ACKS_VISITOR), (AGENT, ACKS_AGENT)])
def test_every_frame_has_an_ack_but_those_that_are_answered_by_type(
    inbound: Registry, acks: Outbound
) -> None:
    assert set(acks) == set(inbound) - {"hello", "ping"}


@pytest.mark.parametrize("outbound", [SERVER_TO_VISITOR, SERVER_TO_AGENT])
def test_both_sockets_have_what_every_connection_needs(outbound: Outbound) -> None:
    assert {"welcome", "event", "history", "ping", "pong", "bye"} <= set(outbound)


def test_no_envelopes_type_is_the_type_of_a_push() -> None:
    assert not {"ack", "error"} & (set(SERVER_TO_VISITOR) | set(SERVER_TO_AGENT))


def test_every_shape_refuses_members_that_the_contract_does_not_have() -> None:
    models = {
        model
        for registry in (SERVER_TO_VISITOR, SERVER_TO_AGENT, ACKS_VISITOR, ACKS_AGENT)
        for model in registry.values()
        if issubclass(model, Sent)
    }

    assert all(model.model_config.get("extra") == "forbid" for model in models)


def test_an_ack_carries_the_frames_id() -> None:
    assert ack("2", {"noop": True}) == {"type": "ack", "id": "2", "data": {"noop": True}}


def test_a_push_has_no_id_unless_it_answers() -> None:
    assert push("typing", {}) == {"type": "typing", "data": {}}
    assert push("pong", {}, "7") == {"type": "pong", "id": "7", "data": {}}


def test_an_error_is_its_message_status_and_code() -> None:
    problem = Problem(ErrorCode.NOT_FOUND, "Not found.")

    assert error("2", problem) == {
        "type": "error",
        "id": "2",
        "error": {"message": "Not found.", "status": 404, "code": "not_found"},
    }


def test_an_error_says_more_where_there_is_more() -> None:
    problem = Problem(
        ErrorCode.TOO_MANY_REQUESTS, "Slowly.", (Detail("body", "again"),), retry_after_ms=0
    )

    assert error(None, problem, "rq_1") == {
        "type": "error",
        "error": {
            "message": "Slowly.",
            "status": 429,
            "code": "too_many_requests",
            "details": [{"path": "body", "message": "again"}],
            "retryAfterMs": 0,
            "requestId": "rq_1",
        },
    }
