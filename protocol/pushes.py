"""What the server sends of its own accord, and `welcome` (PROTOCOL §4, §6, §11).

One record per frame type. Those that show an author exist twice, once per audience, because a
visitor and an agent are never sent the same author.
"""

from typing import Literal

from pydantic import JsonValue, RootModel

from protocol.durable import EventToStaff, EventToVisitor
from protocol.shapes import (
    Agent,
    Contact,
    Count,
    Counts,
    Cursor,
    Log,
    SeenByStaff,
    SeenByVisitor,
    Sent,
    Seq,
    State,
    SummaryToStaff,
    SummaryToVisitor,
    Time,
    Viewer,
    Visitor,
)

__all__ = [
    "AgentPresence",
    "AgentsPresence",
    "BothHeads",
    "Bye",
    "ClientLimits",
    "ContactDeleted",
    "ContactMerged",
    "ContactUpdated",
    "Conversations",
    "ConversationsReplaced",
    "Empty",
    "FormSchemaRequest",
    "Greeting",
    "HeadsToStaff",
    "HeadsToVisitor",
    "Heartbeat",
    "History",
    "HistoryToStaff",
    "HistoryToVisitor",
    "IdentityExpired",
    "IdentityExpiring",
    "IdentityUpdate",
    "InboxChange",
    "LiveEvent",
    "LiveEventToStaff",
    "MarkToStaff",
    "MarkToVisitor",
    "Named",
    "Notification",
    "Presence",
    "SessionReset",
    "SettingsUpdate",
    "TypingToStaff",
    "TypingToVisitor",
    "Viewing",
    "VisitorChange",
    "WelcomeAgent",
    "WelcomeVisitor",
    "Workspace",
]


class LiveEvent(RootModel[EventToVisitor]):
    """A durable event, live."""


class LiveEventToStaff(RootModel[EventToStaff]):
    """A durable event, live."""


class SettingsUpdate(RootModel[dict[str, JsonValue]]):
    """The settings that changed."""


class Empty(Sent):
    """Nothing but the fact."""


class Heartbeat(Sent):
    """How often the server asks, and how long it waits for an answer."""

    interval_ms: Count
    timeout_ms: Count


class ClientLimits(Sent):
    """What a client should keep to."""

    frame_bytes: Count
    message_characters: Count


class WelcomeVisitor(Sent):
    """The answer to a visitor's `hello`."""

    protocol: Literal[1]
    server_time: Time
    visitor_id: str
    visitor_token: str
    session_token: str
    visitor_replaced: bool
    state: State
    verified: bool
    identity: dict[str, JsonValue]
    identity_mode: Literal["off", "optional", "enforce"]
    settings: dict[str, JsonValue]
    conversations: list[SummaryToVisitor]
    next_cursor: str | None
    heartbeat: Heartbeat
    limits: ClientLimits


class Workspace(Sent):
    """The workspace that the agent works in."""

    id: str
    name: str


class Named(Sent):
    """A team or a label."""

    id: str
    name: str


class WelcomeAgent(Sent):
    """The answer to an agent's `hello`."""

    protocol: Literal[1]
    server_time: Time
    agent: Agent
    workspace: Workspace
    agents: list[Agent]
    teams: list[Named]
    labels: list[str]
    heartbeat: Heartbeat


class History(Sent):
    """A page of a log, ascending. With `reset`, it replaces what is held of the log."""

    conversation_id: str
    log: Log
    has_more: bool
    complete: bool
    reset: bool
    cursor: Cursor | None


class HistoryToVisitor(History):
    """A page of a conversation."""

    events: list[EventToVisitor]


class HistoryToStaff(History):
    """A page of one of a conversation's logs."""

    events: list[EventToStaff]


class Conversations(Sent):
    """A page of the visitor's list of conversations."""

    items: list[SummaryToVisitor]
    next_cursor: str | None


class ConversationsReplaced(Conversations):
    """The whole list, anew; what it does not have is to be dropped."""

    reason: str


class IdentityUpdate(Sent):
    """Who the session is taken for now."""

    visitor_id: str
    state: State
    verified: bool
    contact_id: str | None = None
    user_id: str | None = None
    user_metadata: dict[str, JsonValue]
    company: dict[str, JsonValue] | None = None
    external_id: str | None
    expires_at: Time | None = None
    reason: str
    changed: list[str]
    linked_conversation_ids: list[str]


class IdentityExpiring(Sent):
    """The proof ends soon: time to hand in a fresh one."""

    expires_at: Time


class IdentityExpired(Sent):
    """There is no valid proof, or none any more."""

    reason: Literal["rejected", "expired", "missing", "revoked"]
    mode: Literal["off", "optional", "enforce"]
    grace_seconds: Count


class SessionReset(Sent):
    """The session is over; drop what it showed. With tokens, a fresh one has begun."""

    reason: Literal["reset", "identityChanged", "rotated", "revoked", "deleted"]
    visitor_id: str
    session_token: str | None = None
    visitor_token: str | None = None


class Greeting(Sent):
    """What to say before anybody has said anything."""

    messages: list[str]


class TypingToVisitor(Sent):
    """Somebody is writing, or has stopped."""

    conversation_id: str
    is_typing: bool
    author: SeenByVisitor


class TypingToStaff(Sent):
    """Somebody is writing, or has stopped."""

    conversation_id: str
    is_typing: bool
    author: SeenByStaff
    preview: str | None = None


class MarkToVisitor(Sent):
    """Somebody has read, or was delivered, everything up to `seq`."""

    conversation_id: str
    author: SeenByVisitor
    seq: Count


class MarkToStaff(Sent):
    """Somebody has read, or was delivered, everything up to `seq`."""

    conversation_id: str
    author: SeenByStaff
    seq: Count


class Presence(Sent):
    """Whether somebody is there to answer."""

    agents_online: Count
    expected_reply: str | None = None


class FormSchemaRequest(Sent):
    """The page is asked for a form."""

    request_id: str
    name: str
    args: dict[str, JsonValue]


class HeadsToVisitor(Sent):
    """The last `seq` of each conversation that this connection follows."""

    heads: dict[str, Count]


class BothHeads(Sent):
    """The last `seq` of both logs."""

    public: Count
    staff: Count


class HeadsToStaff(Sent):
    """The last `seq` of every followed log, and the revision of every live view."""

    heads: dict[str, BothHeads]
    views: dict[str, Count]


class Bye(Sent):
    """The server ends this connection; come back after that time."""

    reason: str
    retry_after_ms: Count


class InboxChange(Sent):
    """What changed in the list of conversations that is looked at."""

    view_id: str
    rev: Count
    upsert: list[SummaryToStaff]
    remove: list[str]
    counts: Counts | None = None


class VisitorChange(Sent):
    """What changed on the board of visitors."""

    view_id: str
    rev: Count
    upsert: list[Visitor]
    remove: list[str]
    total: Count


class AgentPresence(Sent):
    """Whether an agent takes conversations."""

    id: str
    state: Literal["online", "away", "offline"]


class AgentsPresence(Sent):
    """The agents whose state changed."""

    agents: list[AgentPresence]


class Viewing(Sent):
    """Who has the conversation open."""

    conversation_id: str
    agents: list[Viewer]


class ContactUpdated(Sent):
    """What is known of a person now."""

    contact: Contact


class ContactMerged(Sent):
    """Two contacts are one."""

    survivor_id: str
    absorbed_id: str
    moved_conversation_ids: list[str]


class ContactDeleted(Sent):
    """A contact is gone."""

    contact_id: str


class Notification(Sent):
    """Something an agent should look at."""

    kind: Literal["mention", "assigned", "message"]
    conversation_id: str
    seq: Seq
