"""Passwords, by argon2.

A hash costs tens of milliseconds and 64 MiB on purpose, so that at most two are computed at once,
in threads, and only so many may wait: a flood of logins must not starve the chat. An unknown
account costs the same as a known one, so that time does not tell who works here.
"""

from typing import Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["PASSWORD_MIN", "Passwords", "TooBusy", "hash_password"]

PASSWORD_MIN: Final = 8
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 64
_NOBODYS: Final = "$argon2id$v=19$m=65536,t=3,p=4$" + "A" * 22 + "$" + "A" * 43
"""A hash with the cost of a real one that no password has."""


class TooBusy(Exception):
    """Too many passwords wait to be checked; try again later."""


def hash_password(password: str) -> str:
    """What is stored of a password. Takes tens of milliseconds."""
    return PasswordHasher().hash(password)


class Passwords:
    """Hashes and checks beside the event loop. One instance per node."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """`hash_password` in a thread. Raises `TooBusy`."""
        self._refuse_a_crowd()
        return await run_sync(hash_password, password, limiter=self._limiter)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `stored` is a hash of `password`; without one no, after the same time.

        Raises `TooBusy`.
        """
        self._refuse_a_crowd()
        right = await run_sync(_verify, stored or _NOBODYS, password, limiter=self._limiter)
        return right and stored is not None

    def _refuse_a_crowd(self) -> None:
        if self._limiter.statistics().tasks_waiting >= _MOST_WAITING:
            raise TooBusy


def _verify(stored: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
