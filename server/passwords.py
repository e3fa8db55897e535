"""Passwords, by argon2.

A hash costs tens of milliseconds and 64 MiB on purpose, so that at most two are computed at once,
in threads, and only so many may wait: a flood of logins must not starve the chat. An unknown
account costs the same as a known one, so that time does not tell who works here.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["PASSWORD_MIN", "Passwords", "TooBusy", "hash_password"]

PASSWORD_MIN: Final = 8
T = TypeVar("T")

_HASHER = PasswordHasher()
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 64
_NOBODYS: Final = "$argon2id$v=19$m=65536,t=3,p=4$" + "A" * 22 + "$" + "A" * 43
"""A hash with the cost of a real one that no password has."""


class TooBusy(Exception):
    """Too many passwords wait to be checked; try again later."""


def hash_password(password: str) -> str:
    """What is stored of a password. Takes tens of milliseconds."""
    return _HASHER.hash(password)


class Passwords:
    """Hashes and checks beside the event loop. One instance per node."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(_AT_ONCE)
        # The limiter's own count comes a turn of the loop too late to turn a crowd away.
        self._inside = 0

    async def hash(self, password: str) -> str:
        """`hash_password` in a thread. Raises `TooBusy`."""
        return await self._in_thread(lambda: hash_password(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `stored` is a hash of `password`; without one no, after the same time.

        Raises `TooBusy`.
        """
        right = await self._in_thread(lambda: _verify(stored or _NOBODYS, password))
        return right and stored is not None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._inside >= _AT_ONCE + _MOST_WAITING:
            raise TooBusy
        self._inside += 1
        try:
            return await run_sync(work, limiter=self._limiter)
        finally:
            self._inside -= 1


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
