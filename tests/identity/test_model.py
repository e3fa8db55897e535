"""The records of identity."""

from server.identity.model import Grant


def test_a_grant_without_an_end_depends_on_its_version_alone() -> None:
    grant = Grant("se_1", "cv_1", access_version=3)

    assert grant.is_current(3, now=10**15)
    assert not grant.is_current(4, now=0)
