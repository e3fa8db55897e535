"""Who may be identified on a device, and what ends first (IDENTITY §4.6, §4.7)."""

import pytest

from server.identity.identifying import end_device, subject_of_session
from server.identity.model import SessionRow, Subject, Trust
from server.identity.people import IdentityRefused
from server.identity.visibility import Rules
from server.store.transaction import SqlTransaction
from tests.identity.people import NOW, Device, asks, by_key, proof


def test_an_anonymous_session_is_identified_and_its_contact_promoted(tx: SqlTransaction) -> None:
    """T8, HEL-01."""
    jane = Device(tx)
    jane.writes("cv_1")
    contact_id = jane.session.contact_id

    done = jane.identify(asks("u1", name="Jane"))

    assert (done.session.trust, done.session.contact_id) == (Trust.IDENTIFIED, contact_id)
    assert done.contact is not None
    assert (done.contact.kind, done.contact.name) == ("user", "Jane")
    assert (done.linked, done.session_token, done.ended) == (("cv_1",), None, ())


def test_a_proof_gives_a_new_token_and_the_old_one_is_dead(tx: SqlTransaction) -> None:
    """T9, PROTOCOL §6 Rotation, leak test 23."""
    jane = Device(tx)
    assert tx.sessions.by_token("ws_1", "hash-1") is not None

    done = jane.identify(asks(proof=proof()))

    assert done.session.trust is Trust.VERIFIED
    assert done.session_token is not None
    assert tx.sessions.by_token("ws_1", "hash-1") is None


def test_a_fresh_proof_of_the_same_person_keeps_the_token(tx: SqlTransaction) -> None:
    """T9, HALO-36."""
    jane = Device(tx)
    jane.identify(asks(proof=proof()))

    done = jane.identify(asks(proof=proof(lives=2_000_000)))

    assert (done.session_token, done.session.identity_expires_at) == (None, NOW + 2_000_000)


def test_somebody_else_ends_every_session_of_the_device(tx: SqlTransaction) -> None:
    """T10, T28."""
    jane = Device(tx)
    jane.writes("cv_1")
    jane.identify(asks("u1"))
    before, access = jane.session, jane.access("cv_1")

    done = jane.identify(asks("u2"))

    assert [one.id for one in done.ended] == [before.id]
    assert done.ended[0].end_reason == "identityChanged"
    assert done.session.id != before.id
    assert (done.session.trust, done.linked) == (Trust.IDENTIFIED, ())
    assert jane.row("cv_1").contact_id == before.contact_id
    assert jane.access("cv_1") > access


def test_a_claim_over_a_proof_begins_from_anonymous(tx: SqlTransaction) -> None:
    """T10v, leak test 25."""
    jane = Device(tx)
    jane.identify(asks(proof=proof()))

    done = jane.identify(asks("bob"))

    assert (done.session.trust, done.refusal) == (Trust.IDENTIFIED, None)
    assert len(done.ended) == 1


def test_where_proofs_are_insisted_on_the_reset_stands_and_the_claim_does_not(
    tx: SqlTransaction,
) -> None:
    """T10v with T8e."""
    jane = Device(tx, rules=Rules("enforce"))
    jane.identify(asks(proof=proof()))

    done = jane.identify(asks("bob"))

    assert done.refusal is not None
    assert done.refusal.code == "identity_required"
    assert (done.session.trust, len(done.ended)) == (Trust.ANONYMOUS, 1)
    assert by_key(tx, "user_id", "bob") is None


def test_where_proofs_are_insisted_on_a_name_writes_nothing(tx: SqlTransaction) -> None:
    """T8e, leak test 7."""
    jane = Device(tx, rules=Rules("enforce"))

    with pytest.raises(IdentityRefused) as refused:
        jane.identify(asks("u1"))
    lead = jane.identify(asks(email="a@x.test"))

    assert refused.value.code == "identity_required"
    assert by_key(tx, "user_id", "u1") is None
    assert lead.session.trust is Trust.IDENTIFIED


def test_a_lead_needs_the_owners_leave_where_proofs_are_insisted_on(tx: SqlTransaction) -> None:
    """OCX-14."""
    jane = Device(tx, rules=Rules("enforce"))

    with pytest.raises(IdentityRefused):
        jane.identify(asks(email="a@x.test", leads=False))


def test_a_proven_session_may_say_more_of_itself_in_any_mode(tx: SqlTransaction) -> None:
    """T12."""
    jane = Device(tx, rules=Rules("enforce"))
    jane.identify(asks(proof=proof(name="Jane")))

    done = jane.identify(asks("u1", name="J.", metadata={"plan": "free"}))

    assert done.session.trust is Trust.VERIFIED
    assert done.contact is not None
    assert (done.contact.name, done.contact.metadata) == ("Jane", {})
    assert done.contact.unverified_metadata == {"name": "J.", "plan": "free"}


def test_an_update_is_about_whoever_is_there(tx: SqlTransaction) -> None:
    """PROTOCOL §5."""
    jane = Device(tx)
    jane.identify(asks("u1"))

    with pytest.raises(IdentityRefused) as refused:
        jane.identify(asks("u2", same_only=True))
    more = jane.identify(asks(name="Jane", same_only=True))

    assert refused.value.code == "identity_mismatch"
    assert more.session.said.name == "Jane"


def test_a_lapsed_proof_is_renewed_by_a_proof_and_by_nothing_else(tx: SqlTransaction) -> None:
    """T17."""
    jane = Device(tx)
    jane.identify(asks(proof=proof()))
    jane.now = NOW + 1_000_001

    with pytest.raises(IdentityRefused) as refused:
        jane.identify(asks("u1"))
    done = jane.identify(asks(proof=proof(lives=9_000_000)))

    assert refused.value.code == "identity_expired"
    assert done.session.trust is Trust.VERIFIED
    assert done.ended == ()


def test_a_session_that_has_ended_is_nobodys(tx: SqlTransaction) -> None:
    jane = Device(tx)
    _, fresh, _ = end_device(tx, jane.session, "reset", NOW)

    with pytest.raises(IdentityRefused) as refused:
        jane.identify(asks("u1"))

    assert refused.value.code == "conflict"
    assert (fresh.contact_id, fresh.visitor_id) == (None, "v_1")


def test_whom_a_session_speaks_of_is_what_it_said_or_proved_itself(tx: SqlTransaction) -> None:
    """§4.6."""
    jane = Device(tx)
    assert subject_of_session(jane.session).is_nobody
    jane.identify(asks(email="A@x.test"))
    assert subject_of_session(jane.session) == Subject(None, "a@x.test")
    jane.identify(asks(proof=proof("u1")))

    assert subject_of_session(jane.session) == Subject("u1", "a@x.test")


def test_a_sign_out_ends_sessions_however_many_came_after_them(tx: SqlTransaction) -> None:
    """T14: a page that is opened sixty times pushes nobody out of sight."""
    jane = Device(tx)
    jane.identify(asks(proof=proof()))
    for number in range(60):
        later = SessionRow(
            "ws_1", f"se_later_{number}", "v_1", None, Trust.ANONYMOUS, None, 1, NOW + 1, NOW + 1
        )
        tx.sessions.insert(later, f"hash-later-{number}")
    newest = tx.sessions.get("ws_1", "se_later_59")
    assert newest is not None

    ended, _, _ = end_device(tx, newest, "reset", NOW + 2)

    assert jane.session.id in {row.id for row in ended}
    assert len(ended) == 61


def test_an_ended_session_has_no_grant_on_another_devices_chat_either(tx: SqlTransaction) -> None:
    """§4.4: losing sight ends delivery on every node."""
    phone, jane = Device(tx, "2"), Device(tx)
    phone.identify(asks(proof=proof()))
    phone.writes("cv_phone")
    jane.identify(asks(proof=proof()))
    access = jane.access("cv_phone")

    jane.identify(asks("u2"))

    assert jane.access("cv_phone") > access
