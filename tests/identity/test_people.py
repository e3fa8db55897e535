"""Contacts are found, made, merged and written by the matrix (IDENTITY §3, §4.8)."""

from server.identity.model import Statement
from server.identity.people import People
from server.identity.visibility import Rules
from server.store.transaction import SqlTransaction
from tests.identity.people import NOW, Device, asks, by_key, proof


def test_an_unknown_person_is_made_once(tx: SqlTransaction) -> None:
    """HEL-05, HEL-06."""
    people = People(tx, "ws_1", NOW)

    first = people.link(Statement(email="Jane@x.test"), proof=None, current_id=None, actor="a")
    again = people.link(
        Statement(email=" jane@X.test", name="Jane"), proof=None, current_id=None, actor="a"
    )

    assert first.contact.id == again.contact.id
    assert (again.contact.kind, again.contact.name) == ("lead", "Jane")


def test_the_empty_anonymous_contact_goes_into_the_known_one(tx: SqlTransaction) -> None:
    """HEL-01: no second contact remains."""
    known = Device(tx, "2").identify(asks("u1")).contact
    jane = Device(tx)
    jane.writes("cv_1")
    anonymous = jane.session.contact_id
    assert anonymous is not None
    assert known is not None

    done = jane.identify(asks("u1"))

    assert done.absorbed == (anonymous,)
    absorbed = tx.contacts.get("ws_1", anonymous)
    assert absorbed is not None
    assert absorbed.merged_into_id == known.id
    assert jane.row("cv_1").contact_id == known.id


def test_a_proof_with_the_same_address_turns_a_lead_into_the_user(tx: SqlTransaction) -> None:
    lead = Device(tx, "2").identify(asks(email="a@x.test")).contact
    assert lead is not None

    done = Device(tx).identify(asks(proof=proof("u1", email="a@x.test")))

    assert done.contact is not None
    assert (done.contact.id, done.contact.kind) == (lead.id, "user")


def test_a_proof_merges_the_lead_of_its_address_and_its_chats_stay_unproven(
    tx: SqlTransaction,
) -> None:
    user = Device(tx, "3").identify(asks("u1")).contact
    lead = Device(tx, "2")
    lead.writes("cv_lead")
    lead.identify(asks(email="a@x.test"))
    assert user is not None
    absorbed = lead.session.contact_id

    done = Device(tx).identify(asks(proof=proof("u1", email="a@x.test")))

    assert (done.contact and done.contact.id, done.absorbed) == (user.id, (absorbed,))
    assert "cv_lead" in done.linked
    assert (lead.row("cv_lead").contact_id, lead.row("cv_lead").verified) == (user.id, False)
    moved = tx.sessions.get("ws_1", lead.session.id)
    assert moved is not None
    assert moved.contact_id == user.id
    assert by_key(tx, "email", "a@x.test") == done.contact


def test_nobody_is_merged_by_what_is_only_said(tx: SqlTransaction) -> None:
    lead = Device(tx, "2").identify(asks(email="a@x.test")).contact
    user = Device(tx, "3").identify(asks("u1")).contact
    assert lead is not None
    assert user is not None

    done = Device(tx).identify(asks("u1", email="a@x.test"))

    assert done.contact is not None
    assert (done.contact.id, done.duplicate_of) == (user.id, lead.id)
    assert done.contact.unverified_metadata == {"email": "a@x.test"}
    assert by_key(tx, "email", "a@x.test") == tx.contacts.get("ws_1", lead.id)


def test_a_proven_lead_is_not_touched_by_who_only_names_its_address(tx: SqlTransaction) -> None:
    """Leak test 22 begins here."""
    ours = proof(None, email="a@x.test")
    lead = Device(tx, "2").identify(asks(proof=ours)).contact
    assert lead is not None

    done = Device(tx).identify(asks("u1", email="a@x.test", name="Mallory"))

    assert done.session.contact_id == lead.id
    assert tx.contacts.get("ws_1", lead.id) == lead
    assert by_key(tx, "user_id", "u1") is None


def test_an_address_of_a_named_contact_makes_one_new_contact_however_often_it_is_said(
    tx: SqlTransaction,
) -> None:
    """§3, the row `enforce`; leak test 19: a page says it on every load."""
    Device(tx, "2").identify(asks(proof=proof("u1", email="jane@x.test")))
    page = Device(tx, rules=Rules("enforce"))

    first = page.identify(asks(email="jane@x.test"))
    again = page.identify(asks(email="jane@x.test"))

    assert first.contact is not None
    assert again.contact == first.contact
    assert again.session == first.session
