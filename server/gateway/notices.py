"""What a node publishes of a commit, so that others need not read it: the events and the rows they
changed.

MessagePack of plain lists, in the order of the records' members. Nodes of one deployment may be of
two versions for a while, so a notice begins with its version, and one that a node does not know is
no notice: the position check will bring what it said.
"""

from dataclasses import fields
from enum import Enum
from typing import Any, Final, TypeVar

from protocol.codec import MSGPACK
from protocol.errors import MalformedFrame
from server.chat.model import (
    Author,
    AuthorKind,
    Committed,
    ConversationRow,
    Event,
    LogName,
    LogRow,
    Status,
)
from server.identity.model import Trust

__all__ = ["notice_of", "read_notice"]

_VERSION: Final = 1

R = TypeVar("R")


def notice_of(outcome: Committed) -> bytes:
    """A commit, for other nodes."""
    created = outcome.conversation if outcome.created else None
    return MSGPACK.encode(
        [
            _VERSION,
            _members(outcome.log),
            [_members(event) for event in outcome.events],
            None if outcome.rewritten is None else _members(outcome.rewritten),
            [_members(event) for event in outcome.blanked],
            None if created is None else _members(created),
        ]
    )


def read_notice(payload: bytes) -> Committed | None:
    """The commit that another node told of; None for what this version does not understand."""
    try:
        notice = MSGPACK.decode(payload)
        if not isinstance(notice, list) or notice[0] != _VERSION:
            return None
        _, log, events, rewritten, blanked, created = notice
        return Committed(
            answer=None,
            events=tuple(_event(event) for event in events),
            log=_log(log),
            created=created is not None,
            conversation=None if created is None else _conversation(created),
            rewritten=None if rewritten is None else _event(rewritten),
            blanked=tuple(_event(event) for event in blanked),
        )
    except (MalformedFrame, ValueError, TypeError, LookupError):
        return None


def _members(record: Any) -> list[Any]:
    return [_plain(getattr(record, member.name)) for member in fields(record)]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Author):
        return _members(value)
    if isinstance(value, tuple):
        return list(value)
    return value if not hasattr(value, "items") else dict(value)


def _event(members: list[Any]) -> Event:
    named = _named(Event, members)
    author = _named(Author, named.pop("author"))
    author["kind"] = AuthorKind(author["kind"])
    author["trust"] = None if author["trust"] is None else Trust(author["trust"])
    log = LogName(named.pop("log"))
    return Event(log=log, author=Author(**author), **named)


def _log(members: list[Any]) -> LogRow:
    named = _named(LogRow, members)
    return LogRow(status=Status(named.pop("status")), **named)


def _conversation(members: list[Any]) -> ConversationRow:
    named = _named(ConversationRow, members)
    labels, greeting = tuple(named.pop("labels")), tuple(named.pop("greeting"))
    return ConversationRow(labels=labels, greeting=greeting, **named)


def _named(record: type[R], members: list[Any]) -> dict[str, Any]:
    names = [member.name for member in fields(record)]  # type: ignore[arg-type]
    return dict(zip(names, members, strict=True))
