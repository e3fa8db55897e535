"""The one thread that writes: group commit for whatever waits.

Drafts and units wait in the order they came. When a commit ends, everything that waits goes into
the next transaction, so the busier the server, the cheaper a message. Consecutive drafts are one
batch of the journal; a unit runs inside a SAVEPOINT and undoes itself only. Nobody is told that
something is done before COMMIT has returned; then all are told in one call on the loop, in order.

A fault that cannot be pinned on one item rolls the group back, and its halves are tried again, down
to the one that fails. An outage (disk full, server gone) fails the whole group with
`StoreUnavailable`; the thread lives on, opens a new connection when it must, and the next group may
succeed. Only a fault of this module ends the thread; `wait_ended` then raises it, and from there on
nothing is settled as done any more.
"""

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, TypeAlias

from server import ids
from server.chat.model import Draft, Failed, Outcome, Settle
from server.clock import Clock
from server.store.backends import Backend
from server.store.checkpoints import Tidier
from server.store.connection import Connection
from server.store.journal import append_drafts
from server.store.port import StoreUnavailable
from server.store.summaries import bring_up_to_date

__all__ = ["Counters", "Done", "Result", "Writer", "WriterEnded", "summaries_failed"]

_log: Final = logging.getLogger(__name__)

_LARGEST_GROUP: Final = 500
_MOST_WAITING: Final = 20_000
_SUMMARIES_AT_ONCE: Final = 100
_GROUPS_BETWEEN_TIDYINGS: Final = 64


class WriterEnded(Exception):
    """The writer's thread has ended by a fault, which is the cause. The server cannot go on."""


@dataclass(frozen=True, slots=True)
class Done:
    """A unit's own result."""

    value: Any


Result: TypeAlias = Done | Failed
Unit: TypeAlias = Callable[[Connection], Any]


@dataclass(frozen=True, slots=True)
class _Append:
    draft: Draft
    settle: Settle


@dataclass(frozen=True, slots=True)
class _Run:
    unit: Unit
    settle: Callable[[Result], None]


_Item: TypeAlias = _Append | _Run
_Settled: TypeAlias = tuple[Callable[[Any], None], Outcome | Result]


@dataclass(slots=True)
class Counters:
    """For metrics. Written by the writer's thread, read anywhere."""

    groups: int = 0
    items: int = 0
    outages: int = 0
    halvings: int = 0


class Writer:
    """Owns the writing connection and the thread that uses it."""

    def __init__(
        self,
        backend: Backend,
        connection: Connection,
        *,
        tidier: Tidier,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        stale: Sequence[str] = (),
        reconnect: Callable[[], Connection],
        summary_every: float = 0.25,
    ) -> None:
        self._backend = backend
        self._db: Connection | None = connection
        self._tidier = tidier
        self._clock = clock
        self._loop = loop
        self._reconnect = reconnect
        self._summary_every = summary_every
        self._waiting: deque[_Item] = deque()
        self._in_hand: deque[_Item] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._error: BaseException | None = None
        self._ended: asyncio.Future[None] = loop.create_future()
        self._stale = dict.fromkeys(stale)
        self._touched: set[str] = set()
        self._summed_up: set[str] = set()
        self._due: list[str] = []
        self._summaries_due = clock.monotonic()
        self.counters = Counters()
        self._thread = threading.Thread(target=self._run, name="parley-writer", daemon=True)

    # On the loop

    def start(self) -> None:
        self._thread.start()

    @property
    def alive(self) -> bool:
        return not self._ended.done() and not self._closing

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def behind(self) -> bool:
        """Whether some summary is older than its log."""
        return bool(self._stale)

    def append(self, draft: Draft, settle: Settle) -> None:
        self._put(_Append(draft, settle))

    def submit(self, unit: Unit, settle: Callable[[Result], None], *, always: bool = False) -> None:
        """`always`: also when too much waits, for what the store itself asks now and then."""
        self._put(_Run(unit, settle), always=always)

    async def wait_ended(self) -> None:
        """Return after `close`; raise what ended the thread before."""
        await asyncio.shield(self._ended)

    async def close(self) -> None:
        """Write what waits, then end the thread and close its connection."""
        self._closing = True
        with self._wake:
            self._wake.notify()
        with contextlib.suppress(WriterEnded):
            await asyncio.shield(self._ended)
        self._thread.join()
        self._tidier.close()

    def _put(self, item: _Item, *, always: bool = False) -> None:
        if not self.alive or (len(self._waiting) >= _MOST_WAITING and not always):
            reason = "too much waits to be written" if self.alive else "the writer has ended"
            self._loop.call_soon(item.settle, Failed(StoreUnavailable(reason)))
            return
        self._waiting.append(item)
        if len(self._waiting) == 1:  # else the one before has woken the thread
            with self._wake:
                self._wake.notify()

    def _deliver(self, settled: Sequence[_Settled]) -> None:
        for settle, outcome in settled:
            try:
                settle(outcome)
            except Exception:  # noqa: BLE001 one caller's fault must not keep the others waiting
                _log.exception("a caller failed on being told its outcome")

    def _end(self) -> None:
        failed = Failed(StoreUnavailable("the writer has ended"))
        self._deliver([(item.settle, failed) for item in (*self._in_hand, *self._waiting)])
        self._in_hand.clear()
        self._waiting.clear()
        if self._ended.done():
            return
        if self._error is None:
            self._ended.set_result(None)
        else:
            ended = WriterEnded("the thread that writes to the database has ended")
            ended.__cause__ = self._error
            self._ended.set_exception(ended)
            self._ended.exception()  # it may be that nobody waits for it yet

    # On the thread

    def _run(self) -> None:
        try:
            while self._wait():
                self._write_group()
        except BaseException as error:  # noqa: BLE001 whatever it is, the loop must learn of it
            self._error = error
        finally:
            if self._db is not None:
                with contextlib.suppress(Exception):
                    self._db.close()
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(self._end)

    def _wait(self) -> bool:
        """Until there is something to do; False at the end."""
        with self._wake:
            while not self._waiting and not self._closing:
                if self._due:
                    return True
                if self._stale:
                    left = self._summaries_due - self._clock.monotonic()
                    if left <= 0:
                        return True
                    self._wake.wait(left)
                else:
                    self._wake.wait()
        return bool(self._waiting) or not self._closing

    def _write_group(self) -> None:
        group: list[_Item] = []
        while self._waiting and len(group) < _LARGEST_GROUP:
            group.append(self._waiting.popleft())
        group += self._due_summaries()
        self._in_hand.extend(group)
        self._commit(group)
        if self.counters.groups % _GROUPS_BETWEEN_TIDYINGS == 0:
            self._tidier.poke()

    def _due_summaries(self) -> list[_Item]:
        now = self._clock.monotonic()
        if not self._due and self._stale and now >= self._summaries_due:
            self._due = list(self._stale)
            self._summaries_due = now + self._summary_every
        # In slices, for they delay the messages of their group.
        chosen, self._due = self._due[:_SUMMARIES_AT_ONCE], self._due[_SUMMARIES_AT_ONCE:]
        return [_Run(self.summarise(chosen), summaries_failed)] if chosen else []

    def summarise(self, conversation_ids: Sequence[str] | None = None) -> Unit:
        """A unit that brings summaries up to date, by default all that are behind."""

        def unit(db: Connection) -> None:
            chosen = conversation_ids
            if chosen is None:
                chosen = list(self._stale.keys() | self._touched)
            bring_up_to_date(db, chosen)
            self._summed_up.update(chosen)

        return unit

    def _commit(self, group: Sequence[_Item], *, again: bool = False) -> None:
        """Write `group` and tell everyone in it; never raises what a database or an item raised."""
        try:
            settled = self._write(group)
        except Exception as error:  # noqa: BLE001 sorted out here: outage, or one item's fault
            self._recover(group, error, again=again)
        else:
            self.counters.groups += 1
            self.counters.items += len(group)
            self._tell(settled)

    def _tell(self, settled: Sequence[_Settled]) -> None:
        for _ in settled:
            self._in_hand.popleft()
        self._loop.call_soon_threadsafe(self._deliver, settled)

    def _recover(self, group: Sequence[_Item], error: Exception, *, again: bool) -> None:
        self._roll_back()
        if isinstance(error, StoreUnavailable) or self._backend.is_outage(error):
            self.counters.outages += 1
            failed = Failed(_unavailable(error))
            self._tell([(item.settle, failed) for item in group])
        elif len(group) > 1:
            self.counters.halvings += 1
            half = len(group) // 2
            self._commit(group[:half])
            self._commit(group[half:])
        elif not again and self._was_raced(error):
            self._commit(group, again=True)
        else:
            self._tell([(group[0].settle, Failed(error))])

    def _was_raced(self, error: Exception) -> bool:
        """Whether another node got in between: with a lock, or with the same unique key."""
        return self._backend.is_conflict(error) or self._backend.is_taken(error)

    def _write(self, group: Sequence[_Item]) -> list[_Settled]:
        db = self._connected()
        self._touched = touched = set[str]()
        self._summed_up = set()
        settled: list[_Settled] = []
        db.say(self._backend.begin_write)
        for is_drafts, run in groupby(group, key=lambda item: isinstance(item, _Append)):
            if is_drafts:
                appends = [item for item in run if isinstance(item, _Append)]
                outcomes, changed = append_drafts(
                    db,
                    [item.draft for item in appends],
                    self._clock.now_ms(),
                    ids.event_id,
                    lock=self._backend.locks_rows,
                    is_stale=self._is_stale,
                )
                touched |= changed
                settled += zip([item.settle for item in appends], outcomes, strict=True)
            else:
                settled += [
                    (item.settle, self._isolated(db, item.unit))
                    for item in run
                    if isinstance(item, _Run)
                ]
                touched -= self._summed_up
        db.say("COMMIT")
        for one in self._summed_up:
            self._stale.pop(one, None)
        if touched and not self._stale:
            self._summaries_due = self._clock.monotonic() + self._summary_every
        self._stale.update(dict.fromkeys(touched))
        return settled

    def _is_stale(self, conversation_id: str) -> bool:
        """Whether the `stale` row is there, as of this moment in the transaction."""
        return conversation_id in self._touched or (
            conversation_id in self._stale and conversation_id not in self._summed_up
        )

    def _isolated(self, db: Connection, unit: Unit) -> Result:
        summed_up = set(self._summed_up)
        db.say("SAVEPOINT unit")
        try:
            value = unit(db)
        except Exception as error:
            if self._backend.is_outage(error) or self._was_raced(error):
                raise  # tried again, alone; whoever finds the key taken once more is told so
            self._summed_up = summed_up
            db.say("ROLLBACK TO SAVEPOINT unit")
            db.say("RELEASE SAVEPOINT unit")
            return Failed(error)
        db.say("RELEASE SAVEPOINT unit")
        return Done(value)

    def _connected(self) -> Connection:
        if self._db is None:
            self._db = self._reconnect()
        return self._db

    def _roll_back(self) -> None:
        if self._db is None:
            return
        try:
            self._db.say("ROLLBACK")
        except Exception as error:  # noqa: BLE001 a driver may have rolled back by itself
            _log.debug("rollback: %s", error)
        if not self._backend.is_open(self._db):
            with contextlib.suppress(Exception):
                self._db.close()
            self._db = None


def _unavailable(error: Exception) -> StoreUnavailable:
    if isinstance(error, StoreUnavailable):
        return error
    wrapped = StoreUnavailable(f"the database cannot be written: {error}")
    wrapped.__cause__ = error
    return wrapped


def summaries_failed(result: Result) -> None:
    """Log that summaries could not be written, unless the outage is known anyway."""
    if isinstance(result, Failed) and not isinstance(result.error, StoreUnavailable):
        _log.error("a list's order and previews stay behind", exc_info=result.error)
