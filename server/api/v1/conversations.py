"""Conversations over REST: lists, logs, and every change an agent may make (PROTOCOL §13).

Whatever is written goes through `ChatService` and the journal like a frame of a socket: the same
rules, the same numbers, everyone told. A conversation of another workspace is not there.
"""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from starlette.responses import Response

from protocol import limits
from protocol.errors import ErrorCode, Problem
from protocol.frames.shared import Attachments
from protocol.frames.values import Body as Words
from protocol.frames.values import ClientMessageId, Id, Line, Moment, OptionalBody, Text, Token
from server.api.inputs import Body, Limit, Nothing, Query
from server.api.operation import Call
from server.api.problems import ApiError, JsonResponse, invalid
from server.api.repeats import OTHER_BODY
from server.api.v1.shapes import conversation_of
from server.chat.model import Committed, ConversationRow, Event, LogName, Settle, Status
from server.chat.service import Staff, committed
from server.gateway.history import LogPage, read_page
from server.gateway.refusals import NOT_FOUND, GatewayError
from server.gateway.translate import Audience, event_shape
from server.identity.model import AgentRow
from server.store.port import InboxFilter, Page, Summary, Transaction

__all__ = [
    "ChangeConversation",
    "EditMessage",
    "ListConversations",
    "ListEvents",
    "PostMessage",
    "PostNote",
    "change_conversation",
    "delete_message",
    "edit_message",
    "get_conversation",
    "list_conversations",
    "list_events",
    "post_message",
    "post_note",
]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NO_AGENT: Final = Problem(ErrorCode.NOT_FOUND, "There is no such agent.")
_NOT_YOU: Final = Problem(ErrorCode.FORBIDDEN, "An agent writes in their own name only.")
_VIEWS: Final = {None: "any", "open": "all", "snoozed": "snoozed", "resolved": "resolved"}

Seq = Annotated[int, Field(ge=0, le=limits.LARGEST_NUMBER)]


class ListConversations(Query):
    """Which conversations. `assignee` is an agent's id, or `none`."""

    status: Literal["open", "snoozed", "resolved"] | None = None
    contact_id: Id | None = None
    assignee: Id | None = None
    q: Text | None = None
    cursor: Token | None = None
    limit: Limit = 50


class ListEvents(Query):
    """Which page of which log: after a `seq`, before one, or, with neither, the newest."""

    log: Literal["public", "staff"] = "public"
    after: Seq | None = None
    before: Seq | None = None
    limit: Annotated[int, Field(ge=1, le=limits.HISTORY_PAGE_MAX)] = limits.HISTORY_PAGE_DEFAULT


class PostMessage(Body):
    """A message to the visitor. `author_id` is the agent in whose name a secret key writes."""

    body: OptionalBody = ""
    client_message_id: ClientMessageId | None = None
    attachments: Attachments = ()
    author_id: Id | None = None


class PostNote(Body):
    """Words for staff only."""

    body: Words
    client_message_id: ClientMessageId | None = None
    author_id: Id | None = None
    mentions: Annotated[tuple[Id, ...], Field(max_length=50, strict=False)] = ()


class EditMessage(Body):
    """The message's new body."""

    body: Words


class ChangeConversation(Body):
    """What is absent stays. `labels` replaces them all; `assignee_id` null is for nobody.

    `snoozed_until` goes with the status `snoozed`; without it until somebody writes.
    """

    status: Literal["open", "snoozed", "resolved"] | None = None
    snoozed_until: Moment | None = None
    assignee_id: Id | None = None
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    labels: Annotated[list[Line], Field(max_length=50)] | None = None


async def list_conversations(call: Call[ListConversations]) -> Response:
    asked, who = call.input, call.caller
    unassigned = asked.assignee == "none"
    wanted = InboxFilter(
        workspace_id=who.workspace_id,
        agent_id=who.bucket,
        view=_VIEWS[asked.status],
        query=asked.q or None,
        contact_id=asked.contact_id,
        assignee_id=None if unassigned else asked.assignee,
        is_unassigned=unassigned,
    )

    def query(tx: Transaction) -> Page:
        return tx.conversations.inbox(wanted, cursor=asked.cursor, limit=asked.limit)

    page = await call.api.store.read(query)
    items = [conversation_of(item) for item in page.items]
    return JsonResponse({"items": items, "next_cursor": page.next_cursor})


async def get_conversation(call: Call[Nothing]) -> Response:
    return await _conversation_answer(call, _conversation_id(call))


async def list_events(call: Call[ListEvents]) -> Response:
    asked, conversation_id = call.input, _conversation_id(call)
    if asked.after is not None and asked.before is not None:
        raise invalid("after", "must not be given together with before")
    log = LogName(asked.log)

    def query(tx: Transaction) -> LogPage:
        if tx.conversations.get(call.caller.workspace_id, conversation_id) is None:
            raise GatewayError(NOT_FOUND)
        public, staff = tx.conversations.heads([conversation_id])[conversation_id]
        return read_page(
            tx.conversations,
            conversation_id,
            log,
            public if log is LogName.PUBLIC else staff,
            after=asked.after,
            before=asked.before,
            limit=asked.limit,
        )

    page = await call.api.store.read(query)
    edge = None
    if page.has_more:
        edge = str(page.events[-1 if asked.after is not None else 0].seq)
    items = [event_shape(event, Audience.STAFF) for event in page.events]
    return JsonResponse({"items": items, "next_cursor": edge})


async def post_message(call: Call[PostMessage]) -> Response:
    said, conversation_id = call.input, _conversation_id(call)
    if not said.body and not said.attachments:
        raise invalid("body", "must not be empty without an attachment")
    if said.attachments:
        # Nothing can be uploaded yet, so no id is one of a file.
        raise GatewayError(NOT_FOUND)
    staff = await _writer(call, said.author_id)

    def append(settle: Settle) -> None:
        call.api.gateway.chat.reply_nowait(
            staff,
            conversation_id,
            said.body,
            settle,
            client_message_id=said.client_message_id or call.repeat_id,
        )

    return _posted(await committed(append), said.body, said.client_message_id is None)


async def post_note(call: Call[PostNote]) -> Response:
    said, conversation_id = call.input, _conversation_id(call)
    staff = await _writer(call, said.author_id)

    def append(settle: Settle) -> None:
        call.api.gateway.chat.note_nowait(
            staff,
            conversation_id,
            said.body,
            settle,
            client_message_id=said.client_message_id or call.repeat_id,
            mentions=said.mentions,
        )

    return _posted(await committed(append), said.body, said.client_message_id is None)


async def edit_message(call: Call[EditMessage]) -> Response:
    return await _rewrite(call, call.input.body)


async def delete_message(call: Call[Nothing]) -> Response:
    return await _rewrite(call, None)


async def change_conversation(call: Call[ChangeConversation]) -> Response:
    """Each change is an event of its own; what already is as asked is not written again."""
    wanted, conversation_id = call.input, _conversation_id(call)
    if wanted.snoozed_until is not None and wanted.status != "snoozed":
        raise invalid("snoozed_until", "must be given with the status snoozed only")
    row, assignee = await _before(call, conversation_id)
    chat, staff = call.api.gateway.chat, call.caller.staff()
    if wanted.status is not None:
        status, until = Status(wanted.status), wanted.snoozed_until
        until_ms = None if until is None else round(until.timestamp() * 1000)
        await committed(
            lambda settle: chat.status_nowait(staff, conversation_id, status, until_ms, settle)
        )
    if "assignee_id" in wanted.model_fields_set and row.assignee_id != wanted.assignee_id:
        await committed(
            lambda settle: chat.assign_nowait(staff, conversation_id, assignee, None, settle)
        )
    if wanted.priority is not None and (row.priority or "normal") != wanted.priority:
        priority = wanted.priority
        await committed(
            lambda settle: chat.priority_nowait(staff, conversation_id, priority, settle)
        )
    if wanted.labels is not None:
        add = tuple(one for one in wanted.labels if one not in row.labels)
        remove = tuple(one for one in row.labels if one not in wanted.labels)
        if add or remove:
            await committed(
                lambda settle: chat.labels_nowait(staff, conversation_id, add, remove, settle)
            )
    return await _conversation_answer(call, conversation_id)


def _conversation_id(call: Call[Any]) -> str:
    """The id in the path; what cannot be one is not looked for."""
    named: str = call.request.path_params["conversation_id"]
    if _NAME.fullmatch(named) is None:
        raise GatewayError(NOT_FOUND)
    return named


async def _conversation_answer(call: Call[Any], conversation_id: str) -> Response:
    who = call.caller

    def query(tx: Transaction) -> list[Summary]:
        return list(
            tx.conversations.summaries(who.workspace_id, [conversation_id], agent_id=who.bucket)
        )

    found = await call.api.store.read(query)
    if not found:
        raise GatewayError(NOT_FOUND)
    return JsonResponse({"conversation": conversation_of(found[0])})


async def _writer(call: Call[Any], author_id: str | None) -> Staff:
    """In whose name is written."""
    who = call.caller
    if author_id is None:
        return who.staff()
    if who.agent is not None:
        if who.agent.id != author_id:
            raise ApiError(_NOT_YOU)
        return who.staff()
    agent = await call.api.store.read(lambda tx: _enabled_agent(tx, who.workspace_id, author_id))
    return who.staff(agent)


async def _before(
    call: Call[ChangeConversation], conversation_id: str
) -> tuple[ConversationRow, AgentRow | None]:
    """The conversation as it is, and the agent it is to be given to."""
    workspace_id, assignee_id = call.caller.workspace_id, call.input.assignee_id

    def query(tx: Transaction) -> tuple[ConversationRow, AgentRow | None]:
        row = tx.conversations.get(workspace_id, conversation_id)
        if row is None:
            raise GatewayError(NOT_FOUND)
        if assignee_id is None:
            return row, None
        return row, _enabled_agent(tx, workspace_id, assignee_id)

    return await call.api.store.read(query)


def _enabled_agent(tx: Transaction, workspace_id: str, agent_id: str) -> AgentRow:
    agent = tx.agents.get(workspace_id, agent_id)
    if agent is None or agent.disabled_at is not None:
        raise ApiError(_NO_AGENT)
    return agent


async def _rewrite(call: Call[Any], body: str | None) -> Response:
    """Edit the message in the path, or delete it; answer with it as it is now."""
    conversation_id, seq = _conversation_id(call), int(call.request.path_params["seq"])
    if seq > limits.LARGEST_NUMBER:
        raise GatewayError(NOT_FOUND)
    staff = call.caller.staff()
    outcome = await committed(
        lambda settle: call.api.gateway.chat.staff_edit_nowait(
            staff, conversation_id, seq, body, settle
        )
    )
    assert outcome.rewritten is not None, "an edit rewrites its message"
    return _event_answer(outcome.rewritten, staff, 200)


def _posted(outcome: Committed, body: str, named_by_repeat: bool) -> Response:
    event = outcome.answer
    assert event is not None, "a message is answered with its event"
    untouched = event.edited_at is None and not event.deleted
    if outcome.duplicate and named_by_repeat and untouched and event.body != body:
        raise ApiError(OTHER_BODY)
    return JsonResponse({"event": event_shape(event, Audience.STAFF_SENDER)}, 201)


def _event_answer(event: Event, staff: Staff, status: int) -> Response:
    own = event.sender == staff.sender
    audience = Audience.STAFF_SENDER if own else Audience.STAFF
    return JsonResponse({"event": event_shape(event, audience)}, status)
