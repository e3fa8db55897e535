"""Close codes: the client's rule, and that every code says what it means."""

import pytest

from protocol.close import CloseCode, reconnects


@pytest.mark.parametrize(
    "code", [1001, 1005, 1006, 1011, 1012, 1013, 4000, 4001, 4002, 4003, 4004, 4005, 4499]
)
def test_a_client_comes_back_after_what_may_pass(code: int) -> None:
    assert reconnects(code)


@pytest.mark.parametrize(
    "code", [1000, 1002, 1003, 1007, 1008, 1009, 3000, 3999, 4500, 4501, 4503, 4999, 5000]
)
def test_a_client_stays_away_after_what_would_only_happen_again(code: int) -> None:
    assert not reconnects(code)


def test_a_code_is_its_number_and_can_be_looked_up_by_it() -> None:
    assert int(CloseCode.FLOODING) == 4004
    assert CloseCode["FLOODING"] is next(code for code in CloseCode if code == 4004)


def test_every_code_has_a_meaning_of_one_line() -> None:
    meanings = [code.meaning for code in CloseCode]

    assert all(meaning.endswith(".") and "\n" not in meaning for meaning in meanings)
    assert len(set(meanings)) == len(meanings)
