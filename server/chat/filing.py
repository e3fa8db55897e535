"""How staff file a conversation: whose it is, its status, priority, labels; as `decide` of drafts.

The same kind of rules as in `policy`, pure and decided under the locks. What a visitor may learn of
a change has a twin in the public log, in the same commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from server.chat.model import Author, AuthorKind, Decision, LogName, NewEvent, Refusal, Rows, Status
from server.chat.policy import status_changed, woken

__all__ = ["Assign", "ChangeLabels", "ChangePriority", "ChangeStatus", "Wake"]

_SYSTEM: Final = Author(AuthorKind.SYSTEM)
_LABELS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Assign:
    """Staff say whose conversation it is. `assignee` is what visitors see of it (a wire shape)."""

    author: Author
    agent_id: str | None
    team_id: str | None
    assignee: Mapping[str, Any]

    def __call__(self, rows: Rows, now: int) -> Decision:
        assigned = NewEvent(
            LogName.STAFF,
            "assigned",
            self.author,
            data={"agentId": self.agent_id, "teamId": self.team_id},
        )
        changes = {"assignee_id": self.agent_id, "team_id": self.team_id}
        before = rows.conversation
        if before is not None and before.assignee_id == self.agent_id:
            return Decision((assigned,), changes=changes)
        twin = NewEvent(
            LogName.PUBLIC, "assigneeChanged", self.author, data={"assignee": dict(self.assignee)}
        )
        return Decision((assigned, twin), changes=changes)


@dataclass(frozen=True, slots=True)
class ChangeStatus:
    """Staff open, resolve or snooze. Visitors see a snoozed conversation as an open one."""

    author: Author
    status: Status
    until: int | None = None

    def __call__(self, rows: Rows, now: int) -> Decision | Refusal:
        before = rows.log.status
        if self.status is Status.SNOOZED:
            return self._snooze(before, now)
        if before is self.status and rows.target_event is not None:
            return Decision(existing=rows.target_event)
        changed = status_changed(self.author, self.status)
        changes: dict[str, Any] = {}
        if self.status is Status.RESOLVED:
            changes["waiting_for_human"] = False
        if before is not Status.SNOOZED:
            return Decision((changed,), status=self.status, changes=changes)
        changes["snoozed_until"] = None
        return Decision((changed, woken(self.author)), status=self.status, changes=changes)

    def _snooze(self, before: Status, now: int) -> Decision | Refusal:
        if self.until is not None and self.until <= now:
            return Refusal("invalid_input", "`until` must be in the future.")
        snoozed = NewEvent(LogName.STAFF, "snoozed", self.author, data={"until": self.until})
        changes = {"snoozed_until": self.until}
        if before is not Status.RESOLVED:
            return Decision((snoozed,), status=Status.SNOOZED, changes=changes)
        twin = status_changed(self.author, Status.OPEN)
        return Decision((snoozed, twin), status=Status.SNOOZED, changes=changes)


@dataclass(frozen=True, slots=True)
class Wake:
    """The time of a snoozed conversation has come. Decided under the locks, so that it wakes
    once.
    """

    def __call__(self, rows: Rows, now: int) -> Decision | Refusal:
        until = None if rows.conversation is None else rows.conversation.snoozed_until
        if rows.log.status is not Status.SNOOZED or until is None or until > now:
            return Refusal("conflict", "The conversation is not due.")
        return Decision((woken(_SYSTEM),), status=Status.OPEN, changes={"snoozed_until": None})


@dataclass(frozen=True, slots=True)
class ChangePriority:
    author: Author
    priority: str

    def __call__(self, rows: Rows, now: int) -> Decision:
        data = {"priority": self.priority}
        return Decision(
            (NewEvent(LogName.STAFF, "priorityChanged", self.author, data=data),),
            changes={"priority": self.priority},
        )


@dataclass(frozen=True, slots=True)
class ChangeLabels:
    author: Author
    add: tuple[str, ...]
    remove: tuple[str, ...]

    def __call__(self, rows: Rows, now: int) -> Decision | Refusal:
        before = rows.conversation.labels if rows.conversation is not None else ()
        kept = [label for label in before if label not in self.remove]
        labels = tuple(dict.fromkeys([*kept, *self.add]))
        if len(labels) > _LABELS_MAX:
            return Refusal("invalid_input", f"A conversation has at most {_LABELS_MAX} labels.")
        data = {
            "added": [label for label in labels if label not in before],
            "removed": [label for label in before if label not in labels],
        }
        return Decision(
            (NewEvent(LogName.STAFF, "labelsChanged", self.author, data=data),),
            changes={"labels": labels},
        )
