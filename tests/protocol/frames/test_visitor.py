"""The visitor's frames: for each one what is accepted and, beside it, what is not."""

from typing import Any

import pytest

from protocol.frames.visitor import VISITOR
from tests.protocol.frames.checks import accepted, refused_at

CV = {"conversationId": "cv_1"}
MESSAGE = {"clientMessageId": "c-1", "body": "Hi"}

EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("hello", {"key": "wk_live_1"}),
    ("opened", {}),
    ("identify", {}),
    ("identifyCompany", {"companyId": "acme"}),
    ("setContext", {"key": "plan", "entry": {"value": "pro"}}),
    ("setContext", {"key": "plan", "entry": {"label": "Plan", "type": "text", "value": 1}}),
    ("clearContext", {}),
    ("clearContext", {"key": "plan"}),
    ("resetUser", {}),
    ("message", MESSAGE),
    ("message", MESSAGE | CV),
    ("message", MESSAGE | {"newConversation": True}),
    ("editMessage", CV | {"seq": 1, "body": "x"}),
    ("deleteMessage", CV | {"seq": 1}),
    ("read", CV | {"seq": 1}),
    ("typing", CV | {"isTyping": True}),
    ("typing", CV | {"isTyping": False, "preview": "Hel"}),
    ("history", CV),
    ("conversations", {}),
    ("endConversation", CV),
    ("preChat", {"name": "Jane", "email": "jane@example.com", "extra": {"Order": "7"}}),
    ("showForm", {"name": "support"}),
    ("showForm", CV | {"schema": {"fields": []}}),
    ("formSubmit", {"formId": "fo_1", "values": {"email": "x"}}),
    ("formCancel", {"formId": "fo_1"}),
    ("formSchemaResult", {"requestId": "rq_1", "schema": {}}),
    ("formSchemaResult", {"requestId": "rq_1", "error": "unavailable"}),
    ("rate", CV | {"score": 5}),
    ("requestHuman", CV),
    ("page", {"url": "https://shop.example/"}),
    ("track", {"event": "added_to_cart"}),
    ("ping", {}),
    ("pong", {}),
]

REFUSALS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("hello", {}, ["key"]),
    ("hello", {"key": "wk", "page": {}}, ["page.url"]),
    ("hello", {"key": "wk", "identity": {"userId": "null"}}, ["identity.userId"]),
    ("identifyCompany", {}, ["companyId"]),
    ("identifyCompany", {"companyId": ""}, ["companyId"]),
    ("setContext", {"key": "plan"}, ["entry"]),
    ("setContext", {"key": "plan", "entry": {}}, ["entry.value"]),
    ("setContext", {"key": "", "entry": {"value": 1}}, ["key"]),
    ("clearContext", {"key": 1}, ["key"]),
    ("resetUser", {"forgetDevice": "yes"}, ["forgetDevice"]),
    ("message", {"body": "Hi"}, ["clientMessageId"]),
    ("message", {"clientMessageId": "c-1"}, ["body"]),
    ("message", MESSAGE | {"newConversation": 1}, ["newConversation"]),
    ("message", MESSAGE | CV | {"newConversation": True}, ["newConversation"]),
    ("message", MESSAGE | {"attachments": [{}]}, ["attachments.0.id"]),
    ("message", MESSAGE | {"attachments": ["at_1"]}, ["attachments.0"]),
    ("typing", CV, ["isTyping"]),
    ("typing", CV | {"isTyping": True, "preview": "x" * 10_001}, ["preview"]),
    ("conversations", {"cursor": 3}, ["cursor"]),
    ("endConversation", {}, ["conversationId"]),
    ("preChat", {"email": "nobody"}, ["email"]),
    ("showForm", {}, ["name"]),
    ("showForm", {"name": "support", "schema": {}}, ["name"]),
    ("showForm", {"schema": []}, ["schema"]),
    ("formSubmit", {"formId": "fo_1"}, ["values"]),
    ("formCancel", {}, ["formId"]),
    ("formSchemaResult", {"schema": {}}, ["requestId"]),
    ("rate", CV | {"score": 0}, ["score"]),
    ("rate", CV | {"score": 6}, ["score"]),
    ("rate", CV | {"score": 4.0}, ["score"]),
    ("requestHuman", {}, ["conversationId"]),
    ("page", {"url": "javascript:alert(1)"}, ["url"]),
    ("page", {"url": "https://x/" + "x" * 2_048}, ["url"]),
    ("track", {}, ["event"]),
    ("track", {"event": "x" * 201}, ["event"]),
]


@pytest.mark.parametrize(("frame_type", "data"), EXAMPLES)
def test_a_frame_with_what_it_needs_is_accepted(frame_type: str, data: dict[str, Any]) -> None:
    assert type(accepted(VISITOR, frame_type, data)) is VISITOR[frame_type]


@pytest.mark.parametrize(("frame_type", "data", "paths"), REFUSALS)
def test_a_frame_without_what_it_needs_is_refused(
    frame_type: str, data: dict[str, Any], paths: list[str]
) -> None:
    assert refused_at(VISITOR, frame_type, data) == paths


def test_every_type_but_the_identitys_update_has_an_example() -> None:
    assert {frame_type for frame_type, _ in EXAMPLES} == set(VISITOR) - {"identityUpdate"}


def test_a_full_hello_is_read_whole() -> None:
    hello = accepted(
        VISITOR,
        "hello",
        {
            "key": "wk_live_1",
            "visitorId": "v_1",
            "visitorToken": "vt_1",
            "sessionToken": "st_1",
            "userToken": "eyJ",
            "identity": {"userId": "user_123", "email": "jane@example.com"},
            "externalId": "ws_9",
            "cursors": [],
            "page": {"url": "https://shop.example", "title": "Pricing", "referrer": ""},
            "language": "en",
            "timezone": "Europe/Madrid",
            "client": {"name": "widget", "version": "1.0.0"},
        },
    )

    assert (hello.visitor_id, hello.visitor_token) == ("v_1", "vt_1")
    assert (hello.session_token, hello.user_token) == ("st_1", "eyJ")
    assert (hello.identity.user_id, hello.identity.email) == ("user_123", "jane@example.com")
    assert (hello.page.title, hello.page.referrer) == ("Pricing", "")
    assert (hello.client.name, hello.external_id, hello.cursors) == ("widget", "ws_9", ())
    assert (hello.language, hello.timezone) == ("en", "Europe/Madrid")


def test_any_short_string_may_stand_for_a_visitor_id() -> None:
    """One that is not right is replaced by a fresh visitor, never an error (PROTOCOL §4)."""
    for visitor_id in ("", "not one of ours", "v_1703347200000_" + "k" * 24):
        assert accepted(VISITOR, "hello", {"key": "k", "visitorId": visitor_id})


@pytest.mark.parametrize("frame_type", ["hello", "identify", "identityUpdate"])
def test_an_absent_external_id_is_not_a_null_one(frame_type: str) -> None:
    absent = accepted(VISITOR, frame_type, {"key": "k"})
    null = accepted(VISITOR, frame_type, {"key": "k", "externalId": None})

    assert absent.external_id is null.external_id is None
    assert "external_id" not in absent.model_fields_set
    assert "external_id" in null.model_fields_set


@pytest.mark.parametrize("body", ["x", "x" * 10_000, "\U0001f600" * 10_000, "# *Markdown*\n\n<b>"])
def test_a_body_has_up_to_ten_thousand_code_points(body: str) -> None:
    assert accepted(VISITOR, "message", MESSAGE | {"body": body}).body == body


def test_a_body_is_trimmed_before_it_is_measured() -> None:
    padded = f" \n\t{'x' * 10_000}\r\n\u00a0\u3000"

    assert accepted(VISITOR, "message", MESSAGE | {"body": padded}).body == "x" * 10_000


@pytest.mark.parametrize("body", ["", " \n\t\u00a0", "x" * 10_001, "\U0001f600" * 10_001, "\0", 5])
def test_any_other_body_is_refused(body: object) -> None:
    assert refused_at(VISITOR, "message", MESSAGE | {"body": body}) == ["body"]


def test_a_body_may_be_empty_beside_an_attachment() -> None:
    data = accepted(VISITOR, "message", MESSAGE | {"body": " ", "attachments": [{"id": "at_1"}]})

    assert data.body == ""


@pytest.mark.parametrize("name", ["context", "customData", "headers", "queryParams"])
def test_what_a_message_carries_along_is_kept(name: str) -> None:
    data = accepted(VISITOR, "message", MESSAGE | {name: {"a": {"b": 1}}})

    assert data.model_dump(by_alias=True)[name] == {"a": {"b": 1}}


@pytest.mark.parametrize("client_message_id", ["x", "x" * 64])
def test_a_client_message_id_has_1_to_64_characters(client_message_id: str) -> None:
    data = accepted(VISITOR, "message", MESSAGE | {"clientMessageId": client_message_id})

    assert data.client_message_id == client_message_id


@pytest.mark.parametrize("client_message_id", ["", "x" * 65, "a\0", 5, None])
def test_any_other_client_message_id_is_refused(client_message_id: object) -> None:
    data = MESSAGE | {"clientMessageId": client_message_id}

    assert refused_at(VISITOR, "message", data) == ["clientMessageId"]


def test_a_referrer_may_be_of_any_kind() -> None:
    page = {"url": "https://shop.example", "referrer": "android-app://com.google.android.gm/"}

    assert accepted(VISITOR, "page", page).referrer == page["referrer"]


def test_a_form_schema_is_called_schema_on_the_wire() -> None:
    assert accepted(VISITOR, "showForm", {"schema": {"fields": []}}).form_schema == {"fields": []}
