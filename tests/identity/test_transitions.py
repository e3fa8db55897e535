"""What a `hello` makes of device and session: T1 to T4, T25 of IDENTITY §4.7."""

from dataclasses import replace

import pytest

from server.identity.model import SessionRow, Trust, VisitorRow
from server.identity.transitions import Device, Shown, anonymous_contact, device_of, joins

DAY = 24 * 3600 * 1000
GOOD = "v_1703347200000_" + "k3v9" * 6
VISITOR = VisitorRow("ws_1", "v_1", "hash", 0, 0)


def session(**changes: object) -> SessionRow:
    row = SessionRow("ws_1", "se_1", "v_1", "co_1", Trust.ANONYMOUS, None, 1, 0, 0)
    return replace(row, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("visitor_id", "token", "known", "right", "expected"),
    [
        (None, None, False, False, Device.FRESH),
        (None, "vt_1", False, False, Device.FRESH),
        (GOOD, "vt_1", True, True, Device.ATTACHED),
        (GOOD, "vt_1", True, False, Device.REPLACED),
        (GOOD, None, True, False, Device.REPLACED),
        (GOOD, "vt_1", False, False, Device.REPLACED),
        (GOOD, None, False, False, Device.ADOPTED),
        ("v_170334720000_" + "a" * 24, None, False, False, Device.REPLACED),
        ("v_1703347200000_" + "a" * 21, None, False, False, Device.REPLACED),
        ("v_1703347200000_" + "a" * 41, None, False, False, Device.REPLACED),
        ("v_1703347200000_" + "A" * 24, None, False, False, Device.REPLACED),
        (GOOD + "\n", None, False, False, Device.REPLACED),
        ("", None, False, False, Device.REPLACED),
    ],
)
def test_a_device_is_attached_adopted_fresh_or_replaced(
    visitor_id: str | None, token: str | None, known: bool, right: bool, expected: Device
) -> None:
    shown = Shown(visitor_id, token)

    assert device_of(shown, known=known, token_is_right=right) is expected


@pytest.mark.parametrize(
    ("found", "now", "expected"),
    [
        (None, 0, False),
        (session(), 30 * DAY, True),
        (session(), 30 * DAY + 1, False),
        (session(trust=Trust.IDENTIFIED), 30 * DAY + 1, False),
        (session(trust=Trust.VERIFIED), 31 * DAY, True),
        (session(visitor_id="v_2"), 0, False),
        (session(ended_at=1), 2, False),
    ],
)
def test_a_session_is_joined_on_its_own_device_while_it_lives(
    found: SessionRow | None, now: int, expected: bool
) -> None:
    assert joins(found, VISITOR, now) is expected


def test_a_fresh_session_begins_with_the_devices_anonymous_contact() -> None:
    sessions = [
        session(contact_id=None),
        session(trust=Trust.VERIFIED, contact_id="co_9"),
        session(),
    ]

    assert anonymous_contact(sessions) == "co_1"


def test_after_a_reset_the_device_has_no_contact_any_more() -> None:
    assert anonymous_contact([session(ended_at=5), session()]) is None


def test_a_device_without_an_anonymous_session_has_no_contact() -> None:
    assert anonymous_contact([]) is None
    assert anonymous_contact([session(trust=Trust.IDENTIFIED)]) is None
