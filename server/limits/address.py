"""Whom an address stands for: one IPv4 address, or the /64 network that an IPv6 user is given."""

import ipaddress

__all__ = ["address_subject"]


def address_subject(address: str) -> str:
    """The subject that limits count for `address`; an unknown address is one subject of its own."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
