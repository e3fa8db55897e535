"""An identity as it comes in and as it leaves (PROTOCOL §5, §6, IDENTITY §4.5)."""

from dataclasses import replace

import pytest

from protocol.frames.visitor import Identity
from server.gateway.identity_shapes import identified_shape, identity_shape, statement_of
from server.gateway.refusals import GatewayError
from server.identity.linker import Identified
from server.identity.model import Proof, SessionRow, Statement, Trust
from server.identity.visibility import GRACE_MS, Rules

NOW = 1_800_000_000_000
RULES = Rules()
SESSION = SessionRow("ws_1", "se_1", "v_1", "co_1", Trust.ANONYMOUS, None, 1, 0, 0)
SAID = Statement("u1", name="Jane", metadata={"plan": "free", "apiToken": "t"})
CLAIMED = replace(SESSION, trust=Trust.IDENTIFIED, said=SAID)
PROOF = Proof(Statement("u1", "j@x.test", metadata={"plan": "pro"}), NOW + 5, "ref", "key_1")
PROVEN = replace(
    CLAIMED, trust=Trust.VERIFIED, proof=PROOF, identity_expires_at=NOW + 5, external_id="A"
)


def test_metadata_feeds_the_profile_where_it_was_not_given_itself() -> None:
    """IDENTITY §5.1; an address in metadata is an attribute and no key (§3 row 1)."""
    metadata = {"name": "M.", "email": "m@x.test", "phone": 1, "avatarUrl": "https://a.test/x"}

    given = {"userId": "u1", "name": "Jane", "userMetadata": metadata}

    said = statement_of(Identity.model_validate(given))

    assert said == Statement("u1", None, "Jane", "https://a.test/x", metadata=metadata)


def test_keys_that_are_ours_to_set_are_refused_by_name() -> None:
    """HALO-24."""
    given = Identity.model_validate({"userMetadata": {"plan": 1, "created_at": 2}})

    with pytest.raises(GatewayError) as refused:
        statement_of(given)

    assert [one.path for one in refused.value.problem.details] == ["userMetadata.created_at"]


def test_a_claim_reads_back_its_own_words_without_secrets_and_no_id_of_ours() -> None:
    """Decision 7, ANSA-33."""
    assert identity_shape(CLAIMED, RULES, NOW) == {
        "state": "identified", "verified": False, "visitorId": "v_1", "userId": "u1",
        "userMetadata": {"plan": "free", "name": "Jane"}, "externalId": None,
    }  # fmt: skip


def test_a_proof_comes_before_what_was_said_and_says_when_it_ends() -> None:
    shape = identity_shape(PROVEN, RULES, NOW)

    assert shape["userMetadata"] == {"plan": "pro", "name": "Jane", "email": "j@x.test"}
    assert (shape["contactId"], shape["externalId"]) == ("co_1", "A")
    assert shape["expiresAt"] == "2027-01-15T08:00:00.005Z"


def test_who_has_lapsed_is_nobody_for_a_minute_and_then_somebody_unproven() -> None:
    """T16, T18."""
    lapsed = identity_shape(PROVEN, RULES, NOW + 5)
    later = identity_shape(PROVEN, RULES, NOW + 5 + GRACE_MS)

    assert (lapsed["state"], lapsed["userMetadata"]) == ("expired", {})
    assert "contactId" not in lapsed
    assert (later["state"], later["verified"]) == ("identified", False)
    assert "expiresAt" not in later


def test_the_answer_names_what_was_linked_and_the_token_if_it_is_new() -> None:
    done = Identified(SESSION, PROVEN, linked=("cv_1",), session_token="st_2")

    shape = identified_shape(done, RULES, NOW)

    assert (shape["linkedConversationIds"], shape["sessionToken"]) == (["cv_1"], "st_2")
    assert "sessionToken" not in identified_shape(Identified(SESSION, CLAIMED), RULES, NOW)
