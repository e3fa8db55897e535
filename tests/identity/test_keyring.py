"""A key has one holder; a proof takes its own and releases what was squatted (§3, §4.8 step 7)."""

from server.store.transaction import SqlTransaction
from tests.identity.people import Device, asks, by_key, proof


def test_a_stated_key_becomes_a_proven_one_and_stays_it(tx: SqlTransaction) -> None:
    jane = Device(tx)
    jane.identify(asks("u1"))
    stated = tx.contacts.by_key("ws_1", "user_id", "u1")
    jane.identify(asks(proof=proof("u1")))
    proven = tx.contacts.by_key("ws_1", "user_id", "u1")
    Device(tx, "2").identify(asks("u1"))

    assert stated is not None
    assert proven is not None
    assert (stated.proven, proven.proven) == (False, True)
    assert tx.contacts.by_key("ws_1", "user_id", "u1") == proven


def test_a_proof_takes_its_address_from_whoever_only_stated_it(tx: SqlTransaction) -> None:
    squatter = Device(tx, "2").identify(asks("u2", email="a@x.test")).contact
    assert squatter is not None

    done = Device(tx).identify(asks(proof=proof("u1", email="a@x.test")))

    assert by_key(tx, "email", "a@x.test") == done.contact
    left = tx.contacts.get("ws_1", squatter.id)
    assert left is not None
    assert (left.email, left.unverified_metadata) == (None, {"email": "a@x.test"})
    assert done.duplicate_of == squatter.id


def test_an_address_that_is_proven_elsewhere_stays_there(tx: SqlTransaction) -> None:
    holder = Device(tx, "2").identify(asks(proof=proof("u2", email="a@x.test"))).contact

    done = Device(tx).identify(asks(proof=proof("u1", email="a@x.test")))

    assert by_key(tx, "email", "a@x.test") == holder
    assert done.contact is not None
    assert holder is not None
    assert done.contact.id != holder.id


def test_the_victims_first_proof_releases_the_squatters_address(tx: SqlTransaction) -> None:
    """Leak test 21."""
    attacker = Device(tx, "2")
    attacker.writes("cv_attacker")
    attacker.identify(asks("victim", email="me@evil.test", name="Mallory"))

    done = Device(tx).identify(asks(proof=proof("victim", email="v@x.test", name="Vera")))

    assert done.contact is not None
    assert done.contact.id == attacker.session.contact_id
    assert (done.contact.name, done.contact.email) == ("Vera", "v@x.test")
    assert by_key(tx, "email", "me@evil.test") is None
    assert not attacker.row("cv_attacker").verified


def test_a_proof_without_an_address_releases_what_was_stated_too(tx: SqlTransaction) -> None:
    """Leak test 21: the squatter's address is no key to the victim any more."""
    Device(tx, "2").identify(asks("u1", email="squatter@x.test"))
    kept = by_key(tx, "email", "squatter@x.test")

    done = Device(tx).identify(asks(proof=proof("u1")))

    assert done.contact is not None
    assert kept is not None
    assert kept.id == done.contact.id
    assert by_key(tx, "email", "squatter@x.test") is None
