"""What time brings about: snoozed conversations wake, and rows that have served are dropped.

Several nodes may run this at once. Waking is decided under the journal's locks, so that whoever
comes second does nothing; dropping twice is dropping once.
"""

import asyncio
from typing import Final

from server.chat.model import Outcome
from server.chat.service import ChatService
from server.clock import Clock
from server.store.port import Store, StoreUnavailable, Transaction

__all__ = ["Chores"]

_WAKE_SECONDS: Final = 5.0
_HOUR_MS: Final = 3600 * 1000
_AT_ONCE: Final = 200


class Chores:
    """The worker. Call `round` by hand where no time passes."""

    def __init__(
        self,
        store: Store,
        chat: ChatService,
        clock: Clock,
        seconds: float = _WAKE_SECONDS,
    ) -> None:
        self._store = store
        self._chat = chat
        self._clock = clock
        self._seconds = seconds
        self._swept_at = clock.now_ms()
        self._seen_change = 0

    async def run(self) -> None:
        """Do what is due, round after round, until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(self._seconds)

    async def round(self) -> None:
        """Do what is due now; what cannot be done now is due again."""
        try:
            await self._wake()
            if self._clock.now_ms() - self._swept_at >= _HOUR_MS:
                await self._sweep()
        except StoreUnavailable:
            return

    async def _wake(self) -> None:
        now = self._clock.now_ms()
        for row in await self._store.read(lambda tx: tx.conversations.due(now, _AT_ONCE)):
            self._chat.wake_nowait(row, _ignore)

    async def _sweep(self) -> None:
        """Drop answers that have run out, and the change rows that were there an hour ago."""
        now, seen = self._clock.now_ms(), self._seen_change

        def unit(tx: Transaction) -> int:
            tx.forget_answers(now)
            tx.forget_changes(seen)
            return tx.last_change()

        self._seen_change = await self._store.write(unit)
        self._swept_at = now


def _ignore(outcome: Outcome) -> None:
    """Woken, woken by another, or due again in the next round."""
