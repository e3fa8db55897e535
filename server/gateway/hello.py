"""What a visitor's `hello` does: who may in, and what it is told before anything live (PROTOCOL
§4).

Two steps. `admit` finds the workspace and the session, or refuses. `resume` writes `welcome` and
then, in the order that the contract fixes, every log from where the client left it. All are
followed live from one turn, after the last of it; the hub brings what came meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from protocol import limits
from protocol.close import CloseCode
from protocol.errors import ErrorCode, Problem
from protocol.frames.frame import Frame
from protocol.frames.shared import Cursor
from protocol.frames.visitor import Hello, Identity
from server import ids
from server.chat.model import LogName, LogRow, Status
from server.clock import rfc3339
from server.gateway.context import Gateway
from server.gateway.directory import Workspace
from server.gateway.history import LogPage, empty_reset, next_page, resume_page
from server.gateway.refusals import GatewayError
from server.gateway.translate import visitor_summary
from server.identity.linker import Identified
from server.identity.model import SessionRow, Trust
from server.identity.service import Browser, Started
from server.identity.transitions import Device, Shown
from server.identity.visibility import effective_identity, shown_identity, trust_at
from server.store.port import Page, Transaction
from server.workspace import widget_settings

if TYPE_CHECKING:
    from server.gateway.visitor import VisitorSocket

__all__ = [
    "SOCKETS_OF_ADDRESS",
    "SOCKETS_OF_VISITOR",
    "Claim",
    "admit",
    "refuse_if_limited",
    "resume",
    "visitor_subject",
]

SOCKETS_OF_ADDRESS: Final = "sockets of address"
SOCKETS_OF_VISITOR: Final = "sockets of visitor"

_UNKNOWN_KEY: Final = Problem(ErrorCode.UNAUTHENTICATED, "This is not a widget key of this server.")
_FOREIGN_ORIGIN: Final = Problem(ErrorCode.FORBIDDEN, "Pages of this origin may not connect.")
_COME_BACK_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A `hello`, and where it came from."""

    hello: Hello
    peer: str
    origin: str | None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class _Log:
    """One log to resume: its first page, or None if the session may not see it."""

    conversation_id: str
    log: str
    page: LogPage | None
    row: LogRow | None


async def admit(gateway: Gateway, claim: Claim) -> tuple[Workspace, Started]:
    """Let a visitor in, or raise `GatewayError`.

    On success a socket of the address and one of the visitor are counted; `Limits.leave` both in
    the end.
    """
    hello = claim.hello
    workspace = await gateway.directory.by_widget_key(hello.key)
    if workspace is None:
        raise GatewayError(_UNKNOWN_KEY, CloseCode.UNKNOWN_KEY)
    if not workspace.settings.allows(claim.origin):
        raise GatewayError(_FOREIGN_ORIGIN, CloseCode.NOT_ALLOWED)
    _enter(gateway, SOCKETS_OF_ADDRESS, claim.peer, limits.ADDRESS_CONNECTIONS)
    try:
        if hello.identity is not None or hello.user_token is not None:
            _limit_hello(gateway, "identify", claim.peer, limits.ADDRESS_IDENTIFY)
        started = await _start(gateway, workspace, claim)
        subject = visitor_subject(started.session)
        _enter(gateway, SOCKETS_OF_VISITOR, subject, limits.CONNECTIONS_PER_VISITOR)
    except BaseException:
        gateway.limits.leave(SOCKETS_OF_ADDRESS, claim.peer)
        raise
    return workspace, started


async def recognised(
    socket: VisitorSocket, started: Started, hello: Hello
) -> tuple[Started, Identified | None]:
    """The session after the identity that the `hello` may carry. It never fails one."""
    if hello.user_token is None and hello.identity is None:
        return started, None
    said = hello.identity or Identity()
    if hello.user_token is not None:
        said = said.model_copy(update={"user_token": hello.user_token})
    identities = socket.connection.gateway.identities
    done, socket.refused = await identities.at_hello(socket.workspace, started.session, said)
    if done is None:
        return started, None
    token = done.session_token or started.session_token
    changed = Started(done.session, started.visitor_token, token, started.visitor_replaced)
    return changed, None if done.refusal is not None else done


async def resume(socket: VisitorSocket, frame: Frame[Hello], started: Started) -> None:
    """Write `welcome` and everything that comes before live."""
    gateway, connection, hello = socket.connection.gateway, socket.connection, frame.data
    read = await _lists(socket, hello.cursors, started)
    if connection.is_over:
        return
    if read is None:
        connection.shut(CloseCode.SESSION_ENDED)
        return
    listing, logs = read
    for item in listing.items:
        gateway.sessions.watch(socket.live, item.conversation.id)
    connection.welcome(frame, _welcome(socket, started, listing), socket.live.rates)
    sent = [(log, await _send_log(socket, log)) for log in logs]
    if socket.refused is not None:
        # Served as whoever it was without, and said so: an identity never fails a `hello`.
        mode = socket.workspace.settings.identity_mode
        expired = {"reason": socket.refused, "mode": mode, "graceSeconds": 0}
        connection.push("identityExpired", expired)
    greet = socket.workspace.settings.greeting
    if greet and not any(item.log.status is not Status.RESOLVED for item in listing.items):
        connection.push("greeting", {"messages": greet})
    for log, last_seq in sent:
        if log.row is not None and last_seq is not None:
            gateway.sessions.watch(socket.live, log.conversation_id)
            socket.following.add(log.conversation_id, last_seq, log.row)
    socket.following.go_live()
    online = gateway.agents.online(socket.workspace.id)
    connection.push_volatile("presence", {"agentsOnline": online})


def visitor_subject(session: SessionRow) -> str:
    """Whom limits count a visitor's sockets for; a proposed visitorId is unique per workspace."""
    return f"{session.workspace_id}/{session.visitor_id}"


def refuse_if_limited(gateway: Gateway, kind: str, subject: str, rate: limits.Rate) -> None:
    """Raise `too_many_requests` if `subject` has used up its rate."""
    if not gateway.rates_on:
        return
    wait = gateway.limits.take(kind, subject, rate)
    if wait > 0.0:
        raise GatewayError(_too_many("Too many requests from this address.", round(wait * 1000)))


async def _start(gateway: Gateway, workspace: Workspace, claim: Claim) -> Started:
    hello = claim.hello
    shown = Shown(hello.visitor_id, hello.visitor_token, hello.session_token)
    found = await gateway.identity.recognise(workspace.id, shown)
    if isinstance(found, Started):
        return Started(
            await gateway.identity.touch(found.session),
            found.visitor_token,
            found.session_token,
            found.visitor_replaced,
        )
    if found is not Device.ATTACHED:
        _limit_hello(gateway, "new visitors", claim.peer, limits.ADDRESS_NEW_VISITORS)
    _limit_hello(gateway, "new sessions", claim.peer, limits.ADDRESS_NEW_SESSIONS)
    browser = Browser(hello.language, hello.timezone, claim.user_agent)
    return await gateway.identity.start(workspace.id, shown, browser)


async def _lists(
    socket: VisitorSocket, cursors: Sequence[Cursor], started: Started
) -> tuple[Page, list[_Log]] | None:
    """What the session sees, or None if it ended, or got another token, in another tab meanwhile.

    Before the socket had joined nobody could move it along: whoever was there must not be welcomed
    into a session that is over. One that only changed, as by its first message, is read anew.
    """
    gateway, workspace_id = socket.connection.gateway, socket.workspace.id
    hashed = ids.secret_hash(started.session_token)

    def query(tx: Transaction) -> tuple[SessionRow | None, Page, list[_Log]]:
        row = tx.sessions.by_token(workspace_id, hashed)
        page = tx.conversations.visible_to(
            socket.criteria(), cursor=None, limit=limits.CONVERSATIONS_PAGE
        )
        return row, page, _logs(tx, socket, page, cursors)

    while True:
        version = socket.session.version
        row, listing, logs = await gateway.store.read(query)
        if row is None or not row.id == started.session.id == socket.session.id:
            return None
        gateway.sessions.renew(socket.live, row)
        if socket.connection.is_over or socket.session.version == version:
            return listing, logs


def _logs(
    tx: Transaction, socket: VisitorSocket, listing: Page, cursors: Sequence[Cursor]
) -> list[_Log]:
    """The logs to send: those with a cursor as asked, then the unresolved ones without."""
    found: list[_Log] = []
    rows = tx.conversations.logs(cursor.conversation_id for cursor in cursors)
    for cursor in cursors:
        row = tx.conversations.get(socket.session.workspace_id, cursor.conversation_id)
        log = rows.get(cursor.conversation_id)
        page = None
        if row is not None and log is not None and cursor.log == "public" and socket.sees(row):
            page = resume_page(tx.conversations, row.id, LogName.PUBLIC, log.public_seq, cursor)
        found.append(_Log(cursor.conversation_id, cursor.log, page, log))
    asked = {cursor.conversation_id for cursor in cursors}
    for item in listing.items:
        log = item.log
        if log.id not in asked and log.status is not Status.RESOLVED:
            page = resume_page(tx.conversations, log.id, LogName.PUBLIC, log.public_seq, None)
            found.append(_Log(log.id, "public", page, log))
    return found


async def _send_log(socket: VisitorSocket, log: _Log) -> int | None:
    """Write a log up to its head; its last seq then, or None if there is nothing to follow."""
    connection, page = socket.connection, log.page
    if page is None or log.row is None:
        connection.push("history", empty_reset(log.conversation_id, log.log))
        return None
    connection.gateway.metrics.resumes += 1
    connection.gateway.metrics.resets += page.reset
    # A reset page is the newest one, so it is complete; of the others the next is written when the
    # last has left.
    socket.send_history(page)
    while not page.complete:
        await connection.writable()
        page = await next_page(connection.gateway.store, page)
        if not page.events:
            connection.restart(log.conversation_id)
            return None
        socket.send_history(page)
    return page.last_seq


def _welcome(socket: VisitorSocket, started: Started, listing: Page) -> dict[str, Any]:
    gateway = socket.connection.gateway
    now = gateway.clock.now_ms()
    session, settings = socket.session, socket.workspace.settings
    trust = trust_at(session, now, settings.identity_mode)
    heartbeat = gateway.heartbeat
    return {
        "protocol": 1,
        "serverTime": rfc3339(now),
        "visitorId": session.visitor_id,
        "visitorToken": started.visitor_token,
        "sessionToken": started.session_token,
        "visitorReplaced": started.visitor_replaced,
        "state": trust.value,
        "verified": trust is Trust.VERIFIED,
        "identity": shown_identity(effective_identity(session, now, settings.rules)),
        "identityMode": settings.identity_mode,
        "settings": widget_settings(settings),
        "conversations": [visitor_summary(item, socket.sender) for item in listing.items],
        "nextCursor": listing.next_cursor,
        "heartbeat": {
            "intervalMs": round(heartbeat.interval * 1000),
            "timeoutMs": round(heartbeat.timeout * 1000),
        },
        "limits": {
            "frameBytes": limits.FRAME_BYTES,
            "messageCharacters": limits.BODY_CHARACTERS,
        },
    }


def _enter(gateway: Gateway, kind: str, subject: str, most: int) -> None:
    if not gateway.limits.enter(kind, subject, most):
        problem = _too_many("Too many connections.", _COME_BACK_MS)
        raise GatewayError(problem, CloseCode.FLOODING)


def _limit_hello(gateway: Gateway, kind: str, subject: str, rate: limits.Rate) -> None:
    try:
        refuse_if_limited(gateway, kind, subject, rate)
    except GatewayError as error:
        raise GatewayError(error.problem, CloseCode.FLOODING) from None


def _too_many(message: str, retry_after_ms: int) -> Problem:
    return Problem(ErrorCode.TOO_MANY_REQUESTS, message, retry_after_ms=max(1, retry_after_ms))
