"""The agent's frames: for each one what is accepted and, beside it, what is not."""

from typing import Any

import pytest

from protocol.frames.agent import AGENT
from tests.protocol.frames.checks import accepted, refused_at

CV = {"conversationId": "cv_1"}
MESSAGE = CV | {"clientMessageId": "c-1", "body": "Hi"}
CURSOR = {"log": "staff", "seq": 1, "eventId": "ev_1"}

EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("hello", {}),
    ("hello", {"agentToken": "at_1", "availability": "away", "cursors": [CV | CURSOR]}),
    ("inbox", {"view": "mine"}),
    ("inbox", {"view": "all", "teamId": "te_1", "labels": ["vip"], "query": "x", "limit": 100}),
    ("open", CV),
    ("open", CV | {"cursors": [CV | CURSOR]}),
    ("close", CV),
    ("message", MESSAGE),
    ("message", MESSAGE | {"expectedSeq": 3}),
    ("message", MESSAGE | {"body": "", "attachments": [{"id": "at_1"}]}),
    ("note", MESSAGE | {"mentions": ["ag_1"]}),
    ("editMessage", CV | {"seq": 1, "body": "x"}),
    ("deleteMessage", CV | {"seq": 1}),
    ("assign", CV | {"agentId": "ag_1"}),
    ("assign", CV | {"teamId": "te_1"}),
    ("assign", CV | {"agentId": None}),
    ("assign", CV | {"agentId": None, "teamId": "te_1"}),
    ("status", CV | {"status": "resolved"}),
    ("status", CV | {"status": "snoozed", "until": "2026-11-20T10:00:00.000Z"}),
    ("priority", CV | {"priority": "urgent"}),
    ("labels", CV | {"add": ["vip"], "remove": ["new"]}),
    ("typing", CV | {"isTyping": True, "note": True}),
    ("read", CV | {"seq": 1}),
    ("history", CV | {"log": "staff"}),
    ("visitors", {"follow": True, "filter": {"country": "ES"}}),
    ("startConversation", {"visitorId": "v_1", "clientMessageId": "c-1", "body": "Hi"}),
    ("availability", {"state": "online"}),
    ("contact", {"contactId": "co_1", "changes": {"name": "Jane"}}),
    ("merge", {"survivorId": "co_1", "absorbedId": "co_2"}),
    ("ping", {}),
    ("pong", {}),
]

REFUSALS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("hello", {"availability": "busy"}, ["availability"]),
    ("inbox", {}, ["view"]),
    ("inbox", {"view": "yours"}, ["view"]),
    ("inbox", {"view": "mine", "limit": 101}, ["limit"]),
    ("inbox", {"view": "mine", "labels": ["x"] * 51}, ["labels"]),
    ("open", {}, ["conversationId"]),
    ("open", CV | {"cursors": [CURSOR | {"conversationId": "cv_2"}]}, ["cursors"]),
    ("close", {}, ["conversationId"]),
    ("message", {"clientMessageId": "c-1", "body": "Hi"}, ["conversationId"]),
    ("message", MESSAGE | {"body": " "}, ["body"]),
    ("message", MESSAGE | {"expectedSeq": "3"}, ["expectedSeq"]),
    ("note", MESSAGE | {"body": " "}, ["body"]),
    ("note", MESSAGE | {"mentions": [""]}, ["mentions.0"]),
    ("assign", CV, ["agentId"]),
    ("assign", CV | {"agentId": "ag_1", "teamId": "te_1"}, ["teamId"]),
    ("status", CV | {"status": "pending"}, ["status"]),
    ("status", CV | {"status": "open", "until": "2026-11-20T10:00:00Z"}, ["until"]),
    ("priority", CV | {"priority": 1}, ["priority"]),
    ("labels", CV, ["add"]),
    ("typing", CV | {"isTyping": True, "note": 1}, ["note"]),
    ("history", CV, ["log"]),
    ("visitors", {}, ["follow"]),
    ("startConversation", {"visitorId": "v_1", "clientMessageId": "c-1", "body": ""}, ["body"]),
    ("availability", {}, ["state"]),
    ("contact", {"contactId": "co_1"}, ["changes"]),
    ("merge", {"survivorId": "co_1", "absorbedId": "co_1"}, ["absorbedId"]),
]


@pytest.mark.parametrize(("frame_type", "data"), EXAMPLES)
def test_a_frame_with_what_it_needs_is_accepted(frame_type: str, data: dict[str, Any]) -> None:
    assert type(accepted(AGENT, frame_type, data)) is AGENT[frame_type]


@pytest.mark.parametrize(("frame_type", "data", "paths"), REFUSALS)
def test_a_frame_without_what_it_needs_is_refused(
    frame_type: str, data: dict[str, Any], paths: list[str]
) -> None:
    assert refused_at(AGENT, frame_type, data) == paths


def test_every_type_has_an_example() -> None:
    assert {frame_type for frame_type, _ in EXAMPLES} == set(AGENT)


def test_nobody_is_not_the_same_as_saying_nothing() -> None:
    nobody = accepted(AGENT, "assign", CV | {"agentId": None})

    assert nobody.agent_id is None
    assert nobody.model_fields_set == {"conversation_id", "agent_id"}
