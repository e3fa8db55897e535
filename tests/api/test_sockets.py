"""What a handshake's headers say: the cookie, and whose page it is."""

import pytest

from server.api.sockets import COOKIE, SECURE_COOKIE, same_origin, session_cookie


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("", None),
        ("other=1", None),
        (f"{COOKIE}=at_1", "at_1"),
        (f"other=1; {COOKIE}=at_1", "at_1"),
        (f"{SECURE_COOKIE}=at_2", "at_2"),
        (f"{COOKIE}=at_1; {SECURE_COOKIE}=at_2", "at_2"),
        ("=;;=\x00", None),
    ],
)
def test_the_cookie_of_our_host_stands_before_the_plain_one(header: str, token: str | None) -> None:
    """PROTOCOL §1."""
    assert session_cookie({"cookie": header}) == token


def test_without_a_cookie_there_is_no_session() -> None:
    assert session_cookie({}) is None


@pytest.mark.parametrize(
    ("origin", "host", "public_url", "own"),
    [
        ("http://chat.test", "chat.test", None, True),
        ("http://chat.test:8000", "chat.test:8000", None, True),
        ("http://chat.test:8000", "chat.test", None, False),
        ("http://evil.test", "chat.test", None, False),
        ("https://chat.test", "inner:8000", "https://chat.test", True),
        ("HTTPS://Chat.test", "inner:8000", "https://chat.test", True),
        ("http://chat.test", "inner:8000", "https://chat.test", False),
        ("null", "chat.test", None, False),
        ("", "", None, False),
        (None, "chat.test", None, False),
    ],
)
def test_a_page_is_our_own_by_public_url_or_by_the_host_that_was_asked(
    origin: str | None, host: str, public_url: str | None, own: bool
) -> None:
    """PROTOCOL §1; IDENTITY §6, test 27."""
    headers = {"host": host} if origin is None else {"host": host, "origin": origin}

    assert same_origin(headers, public_url) is own
