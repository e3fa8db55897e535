"""Passwords: right ones, wrong ones, nobody's, and a crowd of them."""

import asyncio

import pytest
from argon2 import PasswordHasher

from server import passwords
from server.passwords import Passwords, TooBusy, hash_password

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")


async def test_a_password_is_verified_against_its_own_hash_only() -> None:
    checker = Passwords()

    assert await checker.verify(CHEAP, "open sesame")
    assert not await checker.verify(CHEAP, "open barley")


async def test_a_hash_tells_nothing_of_its_password_and_is_another_each_time() -> None:
    first, second = await Passwords().hash("secret words"), hash_password("secret words")

    assert first != second
    assert "secret" not in first
    assert first.startswith("$argon2id$")


async def test_nobodys_password_is_never_right() -> None:
    assert not await Passwords().verify(None, "open sesame")


async def test_something_that_is_no_hash_matches_nothing_and_is_no_error() -> None:
    assert not await Passwords().verify("not a hash", "open sesame")


def test_an_unknown_account_costs_what_a_known_one_costs() -> None:
    known = hash_password("open sesame")

    assert passwords._NOBODYS.split("$")[1:4] == known.split("$")[1:4]
    assert [len(part) for part in passwords._NOBODYS.split("$")] == [
        len(part) for part in known.split("$")
    ]


async def test_a_crowd_is_turned_away_while_those_before_it_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "_MOST_WAITING", 3)
    checker = Passwords()

    answers = await asyncio.gather(
        *(checker.verify(CHEAP, "open sesame") for _ in range(8)), return_exceptions=True
    )

    refused = [answer for answer in answers if isinstance(answer, TooBusy)]
    assert answers.count(True) == 8 - len(refused)
    assert len(refused) == 3
