"""A batch of drafts, decided and written in one transaction.

Everything that the batch needs is read first, in a fixed number of statements whatever its size,
the rows that it will change under locks in the one global order (DELIVERY W3). Then the drafts are
folded in the order they came, each seeing what those before it did: numbers are given, rules are
asked (`Draft.decide`), nothing is read or written. Then everything is written at once.

The journal knows no rule of its own but one, that a draft whose sender may not see the conversation
is told what it would be told if there were none. Beginning and committing are the writer's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from server.chat.model import (
    AuthorKind,
    Committed,
    ConversationRow,
    Decision,
    Draft,
    Event,
    Existing,
    Failed,
    LogName,
    LogRow,
    New,
    NewEvent,
    Outcome,
    Refusal,
    Refused,
    Rewrite,
    Rows,
    Status,
)
from server.identity import visibility
from server.identity.model import Grant
from server.store.batch_reads import BatchReads, session_of
from server.store.batch_writes import BatchWrites
from server.store.connection import Connection

__all__ = ["NOT_FOUND", "append_drafts"]

NOT_FOUND: Final = Refused(Refusal("not_found", "There is no such conversation."))
"""One answer for unknown, foreign, deleted and invisible: nobody learns which."""

_LIVE: Final = frozenset({Status.OPEN, Status.SNOOZED})
_REPLIES: Final = frozenset({AuthorKind.AGENT, AuthorKind.ASSISTANT})
_WHO_SEES: Final = frozenset(
    {"id", "workspace_id", "visitor_id", "contact_id", "external_id", "verified", "deleted_at"}
)


@dataclass(frozen=True, slots=True)
class _Found:
    """The conversation of a draft, which its sender may see."""

    log: LogRow
    grant: Grant | None
    new_row: ConversationRow | None = None


def append_drafts(
    db: Connection,
    drafts: Sequence[Draft],
    now: int,
    fresh_id: Callable[[], str],
    *,
    lock: bool,
    is_stale: Callable[[str], bool],
) -> tuple[list[Outcome], set[str]]:
    """Decide and write `drafts`; their outcomes, and the conversations that have changed.

    Nothing is durable before the transaction commits. Raises what the database raises, and then
    nothing of the batch may be kept.
    """
    reads = BatchReads(db, drafts, now, lock=lock)
    batch = _Batch(reads, now, fresh_id)
    outcomes = [batch.settle(draft) for draft in drafts]
    batch.writes.write(db, reads.logs, is_stale)
    return outcomes, batch.writes.touched


class _Batch:
    """The running state of the fold: the rows as the drafts so far have left them."""

    __slots__ = ("_fresh_id", "_now", "_reads", "writes")

    def __init__(self, reads: BatchReads, now: int, fresh_id: Callable[[], str]) -> None:
        self._reads = reads
        self._now = now
        self._fresh_id = fresh_id
        self.writes = BatchWrites()

    def settle(self, draft: Draft) -> Outcome:
        try:
            return self._settle(draft)
        except Exception as error:  # noqa: BLE001 a fault of one draft's rule is that draft's alone
            return Failed(error)

    def _settle(self, draft: Draft) -> Outcome:
        if draft.repeat_key is not None:
            first = self._reads.repeats.get((draft.workspace_id, *draft.repeat_key))
            if first is not None:
                return self._repeat(draft, first)
        found = self._find(draft)
        if found is None:
            return NOT_FOUND
        rows = Rows(
            found.log,
            found.new_row or self._reads.conversations.get(found.log.id),
            self._target_event(draft, found.log),
            found.new_row is not None,
        )
        decision = draft.decide(rows, self._now)
        if isinstance(decision, Refusal):
            return Refused(decision)
        return self._apply(found, decision)

    # Who is meant, and may they

    def _find(self, draft: Draft) -> _Found | None:
        match draft.target:
            case Existing(conversation_id):
                log = self._reads.logs.get(conversation_id)
                if log is None or log.workspace_id != draft.workspace_id:
                    return None
                return self._admit(draft, log)
            case New(row):
                return self._create(draft, row)
            case _:
                newest = self._newest_open(draft)
                return newest or self._create(draft, draft.target.row)

    def _admit(self, draft: Draft, log: LogRow) -> _Found | None:
        """`log`'s conversation, unless the sender may not see it or it is deleted."""
        grant = draft.grant
        if (
            grant is not None
            and grant.conversation_id == log.id
            and grant.is_current(log.access_version, self._now)
        ):
            return _Found(log, grant)
        conversation = self._reads.conversation(log.id)
        if conversation is None or conversation.deleted_at is not None:
            return None
        session_id = session_of(draft)
        if session_id is None:
            return _Found(log, None)
        fresh = self._grant(session_id, conversation, log.access_version)
        return None if fresh is None else _Found(log, fresh)

    def _grant(
        self, session_id: str, conversation: ConversationRow, access_version: int
    ) -> Grant | None:
        session = self._reads.session(session_id)
        if session is None or session.workspace_id != conversation.workspace_id:
            return None
        rules = self._reads.rules(session.workspace_id)
        return visibility.grant(session, conversation, access_version, self._now, rules)

    def _create(self, draft: Draft, row: ConversationRow) -> _Found | None:
        """A conversation that is there once the draft is applied; its maker must be able to see
        it.
        """
        if row.workspace_id != draft.workspace_id or row.id in self._reads.logs:
            return None
        log = LogRow(row.id, row.workspace_id, 0, 0, Status.OPEN, 0, 1)
        session_id = session_of(draft)
        if session_id is None:
            return _Found(log, None, row)
        grant = self._grant(session_id, row, log.access_version)
        return None if grant is None else _Found(log, grant, row)

    def _newest_open(self, draft: Draft) -> _Found | None:
        session_id = session_of(draft)
        assert session_id is not None, "only a session has an open conversation of its own"
        candidates: list[tuple[int, str, _Found]] = []
        for conversation in self._reads.candidates(session_id):
            log = self._reads.logs[conversation.id]
            if log.status in _LIVE and log.workspace_id == draft.workspace_id:
                grant = self._grant(session_id, conversation, log.access_version)
                if grant is not None:
                    at = self._reads.last_event_at.get(log.id, conversation.created_at)
                    candidates.append((at, log.id, _Found(log, grant)))
        return max(candidates, key=lambda one: one[:2])[2] if candidates else None

    def _repeat(self, draft: Draft, first: Event) -> Outcome:
        log = self._reads.log(first.conversation_id)
        found = None if log is None else self._admit(draft, log)
        if found is None:
            return NOT_FOUND
        return Committed(
            first,
            (),
            found.log,
            duplicate=True,
            conversation=self._reads.conversations.get(found.log.id),
            grant=found.grant,
        )

    def _target_event(self, draft: Draft, log: LogRow) -> Event | None:
        if draft.last_event_of is not None:
            return self.writes.newest(log.id, draft.last_event_of) or self._reads.newest(
                log.id, draft.last_event_of
            )
        if draft.wants_event is None:
            return None
        return self._event(log.id, *draft.wants_event)

    def _event(self, conversation_id: str, log: LogName, seq: int) -> Event | None:
        place = (conversation_id, log, seq)
        return self.writes.events.get(place) or self._reads.event(place)

    # What it does

    def _apply(self, found: _Found, decision: Decision) -> Committed:
        """Number the events and note what is to be written. Raises before it changes anything."""
        log, events = self._number(found.log, decision)
        conversation = found.new_row or self._reads.conversations.get(log.id)
        if decision.changes:
            assert not decision.changes.keys() & _WHO_SEES, "a draft never changes who may see"
            conversation = conversation or self._reads.conversation(log.id)
            assert conversation is not None, "a log has a conversation"
            conversation = replace(conversation, **decision.changes)
        rewritten = None if decision.rewrite is None else self._rewritten(log.id, decision.rewrite)
        committed = Committed(
            events[decision.answer] if events else decision.existing,
            events,
            log,
            created=found.new_row is not None,
            conversation=conversation,
            rewritten=rewritten,
            blanked=self._blanked(log.id, decision.rewrite),
            grant=found.grant,
        )
        moved = decision.status is not None and decision.status is not found.log.status
        if events or rewritten or decision.changes or moved or committed.created:
            self.writes.note(committed, changed=bool(decision.changes) or moved)
        self._reads.note(committed)
        return committed

    def _number(self, log: LogRow, decision: Decision) -> tuple[LogRow, tuple[Event, ...]]:
        public, staff, reply = log.public_seq, log.staff_seq, log.last_reply_seq
        events: list[Event] = []
        for new in decision.events:
            if new.log is LogName.PUBLIC:
                public = seq = public + 1
                if new.kind == "message" and new.author.kind in _REPLIES:
                    reply = seq
            else:
                staff = seq = staff + 1
            events.append(self._event_of(log, new, seq))
        status = decision.status or log.status
        return (
            LogRow(log.id, log.workspace_id, public, staff, status, reply, log.access_version),
            tuple(events),
        )

    def _event_of(self, log: LogRow, new: NewEvent, seq: int) -> Event:
        return Event(
            log.workspace_id,
            log.id,
            new.log,
            seq,
            self._fresh_id(),
            self._now,
            new.kind,
            new.author,
            new.sender,
            new.client_message_id,
            new.body,
            new.data,
        )

    def _blanked(self, conversation_id: str, rewrite: Rewrite | None) -> tuple[Event, ...]:
        """The edits of a message that is erased: what it was edited to must not stay behind."""
        if rewrite is None or not rewrite.deleted:
            return ()
        edits = {event.seq: event for event in self._reads.edits(conversation_id, rewrite.seq)}
        edits |= {event.seq: event for event in self.writes.edits(conversation_id)}
        return tuple(
            replace(event, data={**event.data, "body": ""})
            for event in edits.values()
            if event.data.get("targetSeq") == rewrite.seq
        )

    def _rewritten(self, conversation_id: str, rewrite: Rewrite) -> Event:
        event = self._event(conversation_id, rewrite.log, rewrite.seq)
        assert event is not None, "only an event that was read is rewritten"
        data = event.data
        if rewrite.deleted:
            data = {name: value for name, value in data.items() if name != "attachments"}
        return replace(
            event, body=rewrite.body, data=data, edited_at=self._now, deleted=rewrite.deleted
        )
