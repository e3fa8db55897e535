"""A record that is stored and read is the same record."""

from dataclasses import replace
from types import MappingProxyType

from hypothesis import given
from hypothesis import strategies as st

from server.chat.model import Author, AuthorKind, Event, LogName
from server.identity.model import Trust
from server.store import rows
from tests.store.scenes import CONTACT, NOW, row_of

TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
AUTHORS = st.builds(
    Author,
    st.sampled_from(AuthorKind),
    TEXT,
    TEXT,
    TEXT,
    TEXT,
    st.none() | st.sampled_from(Trust),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text('aé☂"\\', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=5,
)


@given(
    author=AUTHORS, body=TEXT, data=st.dictionaries(st.text("xyz", min_size=1), JSON, max_size=3)
)
def test_an_event_survives_its_row(
    author: Author, body: str | None, data: dict[str, object]
) -> None:
    event = Event(
        "ws_1", "cv_1", LogName.STAFF, 7, "ev_1", NOW, "note", author, body=body, data=data
    )

    assert rows.event(rows.event_values(event)) == event


def test_an_immutable_mapping_is_stored_like_any_other() -> None:
    event = Event(
        *("ws_1", "cv_1", LogName.PUBLIC, 1, "ev_1", NOW, "message"),
        Author(AuthorKind.SYSTEM),
        data=MappingProxyType({"a": 1}),
    )

    assert rows.event(rows.event_values(event)).data == {"a": 1}


def test_a_conversation_survives_its_row() -> None:
    row = replace(
        row_of("cv_1"), verified=True, labels=("a", 'b"'), snoozed_until=5, waiting_for_human=True
    )

    assert rows.conversation(rows.conversation_values(row)) == row


def test_a_contact_survives_its_row() -> None:
    row = replace(CONTACT, metadata={"plan": "pro"}, unverified_metadata={"n": [1]}, verified_at=3)

    assert rows.contact(rows.contact_values(row)) == row


def test_changes_become_what_columns_hold() -> None:
    changes = {"verified": True, "trust": Trust.VERIFIED, "labels": ("a",), "at": 3, "no": None}

    found = rows.changed_columns(changes)

    assert found == {"verified": 1, "trust": "verified", "labels": '["a"]', "at": 3, "no": None}
    assert type(found["trust"]) is str
