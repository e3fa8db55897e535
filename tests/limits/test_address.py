"""Whom an address stands for."""

import pytest

from server.limits.address import address_subject


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_an_address_counts_as_itself_and_ipv6_by_its_64(address: str, subject: str) -> None:
    """PROTOCOL §3."""
    assert address_subject(address) == subject
