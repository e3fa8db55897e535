"""What goes along when a session is linked: its device's chats, its scope, its words (§4.8)."""

from dataclasses import replace

import pytest

from server.identity.identifying import end_device, identify
from server.identity.model import Statement, Trust
from server.identity.people import IdentityRefused
from server.identity.visibility import Rules
from server.store.transaction import SqlTransaction
from tests.identity.people import NOW, Device, asks, proof


def test_a_proof_promotes_what_this_device_wrote_and_nothing_else(tx: SqlTransaction) -> None:
    """§4.4, HEL-03."""
    jane, phone = Device(tx), Device(tx, "2")
    jane.writes("cv_1")
    jane.identify(asks("u1"))
    phone.writes("cv_2")
    phone.identify(asks("u1"))

    done = jane.identify(asks(proof=proof()))

    assert done.linked == ("cv_1",)
    assert jane.row("cv_1").verified
    assert not jane.row("cv_2").verified


def test_whose_audience_changes_has_its_grants_void(tx: SqlTransaction) -> None:
    jane = Device(tx)
    jane.writes("cv_1")
    first = jane.access("cv_1")

    jane.identify(asks("u1"))
    linked = jane.access("cv_1")
    jane.identify(asks("u1", name="Jane"))
    named = jane.access("cv_1")
    jane.identify(asks(proof=proof()))

    assert first == linked == named  # promoted in place: the same contact, the same audience
    assert jane.access("cv_1") == named + 1


def test_an_earlier_persons_chats_never_move(tx: SqlTransaction) -> None:
    """Decision 6, leak test 4."""
    jane = Device(tx)
    jane.writes("cv_1")
    jane.identify(asks("u1"))
    of_first = jane.session.contact_id

    jane.identify(asks("u2"))
    jane.identify(asks(proof=proof("u2")))

    assert jane.row("cv_1").contact_id == of_first
    assert not jane.row("cv_1").verified


def test_a_chat_from_before_the_login_takes_the_scope_of_the_login(tx: SqlTransaction) -> None:
    """§4.8 step 5, OCX-16."""
    jane = Device(tx)
    jane.writes("cv_1")

    done = jane.identify(asks("u1", external_id="A", sets_scope=True))

    assert jane.row("cv_1").external_id == done.session.external_id == "A"
    assert "externalId" in done.changed


def test_the_proofs_scope_stands(tx: SqlTransaction) -> None:
    """OCX-16, leak tests 17 and 26."""
    jane = Device(tx)
    scoped = proof(external_id="A")

    done = jane.identify(asks(proof=scoped))

    assert done.session.external_id == "A"
    for other in ("B", None):
        with pytest.raises(IdentityRefused) as refused:
            jane.identify(asks(proof=scoped, external_id=other, sets_scope=True))
        assert refused.value.code == "identity_mismatch"
    with pytest.raises(IdentityRefused):
        jane.identify(asks(external_id="B", sets_scope=True))


def test_what_is_named_beside_a_proof_must_agree_with_it(tx: SqlTransaction) -> None:
    """T9e, HALO-31."""
    jane = Device(tx)

    with pytest.raises(IdentityRefused) as refused:
        jane.identify(asks("u2", proof=proof("u1")))

    assert refused.value.code == "identity_mismatch"


def test_metadata_alone_is_of_whoever_is_there_and_keeps_their_trust(tx: SqlTransaction) -> None:
    """ANSA-03."""
    jane = Device(tx)
    jane.writes("cv_1")

    done = jane.identify(asks(metadata={"plan": "pro"}))

    assert done.session.trust is jane.session.trust
    assert done.session.trust.value == "anonymous"
    assert done.contact is not None
    assert done.contact.unverified_metadata == {"plan": "pro"}
    assert done.changed == ("userMetadata.plan",)


def test_the_same_again_changes_neither_session_nor_version(tx: SqlTransaction) -> None:
    """T11, HALO-18, leak test 19."""
    jane = Device(tx)
    jane.identify(asks("u1", name="Jane", metadata={"plan": "pro"}))
    known = jane.session
    changes = tx.last_change()

    for _ in range(10):
        done = jane.identify(asks("u1", name="Jane", metadata={"plan": "pro"}))

    assert (done.session, done.changed) == (known, ())
    assert tx.last_change() == changes


def test_a_device_keeps_its_word_about_a_contact_for_a_later_proof(tx: SqlTransaction) -> None:
    """§4.1 deviceClaims."""
    jane = Device(tx)
    jane.identify(asks("u1", phone="1"))
    contact_id = jane.session.contact_id
    assert contact_id is not None

    word = tx.contacts.claim("ws_1", "v_1", contact_id)

    assert word is not None
    assert (word.user_id, word.phone) == ("u1", "1")
    assert tx.contacts.claim("ws_1", "v_2", contact_id) is None


@pytest.mark.parametrize("address_is_known", [False, True])
def test_another_tab_loses_what_it_shared_with_who_is_identified(
    tx: SqlTransaction, address_is_known: bool
) -> None:
    """Leak tests 18 and 24: it cannot tell a known address from an unknown one."""
    if address_is_known:
        Device(tx, "2").identify(asks(email="jane@x.test"))
    jane = Device(tx)
    jane.writes("cv_1")
    other = replace(jane.session, id="se_other")
    tx.sessions.insert(other, "hash-other")
    access = jane.access("cv_1")

    done = jane.identify(asks(email="jane@x.test"))
    told = identify(tx, other, asks("u2"), Rules(), NOW)

    assert [(row.id, row.contact_id) for row in done.parted] == [("se_other", None)]
    assert told.linked == ()
    assert jane.row("cv_1").contact_id == jane.session.contact_id
    assert jane.access("cv_1") > access


def test_another_users_chat_is_not_promoted_by_an_upgrade(tx: SqlTransaction) -> None:
    """§4.4: an address that was only stated had led to it."""
    jane = Device(tx)
    jane.identify(asks("u9", email="jane@x.test"))
    jane.writes("cv_1")
    end_device(tx, jane.session, "reset", NOW)
    later = replace(
        jane.session, id="se_2", contact_id=None, trust=Trust.ANONYMOUS, said=Statement()
    )
    tx.sessions.insert(later, "hash-2")
    jane.session = later
    jane.identify(asks(email="jane@x.test"))

    done = jane.identify(asks(proof=proof("u1")))

    assert done.linked == ("cv_1",)
    assert not jane.row("cv_1").verified


def test_a_proven_chat_that_is_left_behind_is_left_everywhere(tx: SqlTransaction) -> None:
    """§4.4, §4.6: who was proven by an address alone now has a user id, and another contact."""
    jane = Device(tx)
    jane.identify(asks(proof=proof(None, email="jane@x.test")))
    jane.writes("cv_1")
    before, access = jane.session.contact_id, jane.access("cv_1")

    jane.identify(asks(proof=proof("u1")))

    assert jane.row("cv_1").contact_id == before != jane.session.contact_id
    assert jane.access("cv_1") > access
