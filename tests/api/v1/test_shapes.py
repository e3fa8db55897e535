"""The shapes of `/api/v1`: rows into records in snake_case."""

from dataclasses import replace

from server.api.v1.shapes import Agent, Conversation, agent_of, conversation_of
from server.chat.model import Author, AuthorKind, ConversationRow, Event, LogName, LogRow, Status
from server.identity.model import AgentRow, ContactRow, Role, Trust
from server.store.port import Marks, Summary

CONVERSATION = ConversationRow(
    "cv_1", "ws_1", "v_1", "co_1", "se_1", None, verified=False, deleted_at=None, created_at=1_000
)
LOG = LogRow("cv_1", "ws_1", 1, 0, Status.OPEN, 0, 1)
MESSAGE = Event(
    "ws_1",
    "cv_1",
    LogName.PUBLIC,
    1,
    "ev_1",
    2_000,
    "message",
    Author(AuthorKind.VISITOR, "v_1", contact_id="co_1", trust=Trust.ANONYMOUS),
    body="x" * 200,
)
BARE = Summary(CONVERSATION, LOG, 1, None, None, 0, Marks(), 3_000)


def test_a_bare_conversation_has_every_member() -> None:
    made = Conversation.model_validate(conversation_of(BARE), strict=True)

    assert made.priority == "normal"
    assert (made.last_message, made.contact, made.snoozed_until) == (None, None, None)
    assert (made.created_at, made.updated_at) == (
        "1970-01-01T00:00:01.000Z",
        "1970-01-01T00:00:03.000Z",
    )


def test_a_full_conversation_says_who_wrote_last_and_who_it_is() -> None:
    contact = ContactRow("ws_1", "co_1", "lead", 1, 2, name="Jane", verified_at=5)
    full = replace(
        BARE,
        conversation=replace(CONVERSATION, snoozed_until=4_000, labels=("a",), priority="high"),
        last_event=MESSAGE,
        last_message=MESSAGE,
        contact=contact,
        marks=Marks(1, 2, 3),
    )

    made = Conversation.model_validate(conversation_of(full), strict=True)

    assert made.last_message is not None
    assert made.last_message.preview == "x" * 140
    assert made.last_message.author.trust == "anonymous"
    assert made.contact is not None
    assert (made.contact.name, made.contact.verified) == ("Jane", True)
    assert (made.marks.visitor_read, made.marks.visitor_delivered, made.marks.agent_read) == (
        1,
        2,
        3,
    )
    assert made.snoozed_until == "1970-01-01T00:00:04.000Z"


def test_an_agent_is_told_without_a_password() -> None:
    row = AgentRow("ws_1", "ag_1", "Sam", "sam@acme.test", Role.ADMIN, "$argon2id$secret", 1)

    told = agent_of(row, "away")

    Agent.model_validate(told, strict=True)
    assert "argon2" not in str(told)
