"""The parts that outbound frames are made of: authors, durable events, summaries, contacts (§6, §7,
§11).

The server builds these as plain dicts and never validates them; the models here are the contract it
is tested against, and what the AsyncAPI document is written from. They therefore refuse members
they do not know, where a client must ignore them. A member that the contract marks `?` may be
absent.
"""

from typing import Annotated, Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

__all__ = [
    "A",
    "Agent",
    "Assignee",
    "Attachment",
    "Company",
    "Contact",
    "Count",
    "Counts",
    "Cursor",
    "LastMessage",
    "Log",
    "Marks",
    "SeenByStaff",
    "SeenByVisitor",
    "Sent",
    "Seq",
    "State",
    "Status",
    "SummaryChangeToStaff",
    "SummaryChangeToVisitor",
    "SummaryToStaff",
    "SummaryToVisitor",
    "Time",
    "Viewer",
    "Visitor",
]


class Sent(BaseModel):
    """Something that the server sends."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", alias_generator=to_camel, serialize_by_alias=True
    )


A = TypeVar("A")
"""An author, as the audience sees one."""

Time = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
Log = Literal["public", "staff"]
State = Literal["anonymous", "identified", "verified", "expired"]
Status = Literal["open", "snoozed", "resolved"]
Count = Annotated[int, Field(ge=0)]
Seq = Annotated[int, Field(ge=1)]


class AgentAuthor(Sent):
    """A person who works here."""

    kind: Literal["agent"]
    id: str
    name: str
    avatar_url: str | None


class AssistantAuthor(Sent):
    """The machine that answers first."""

    kind: Literal["assistant"]
    name: str
    avatar_url: str | None


class SystemAuthor(Sent):
    """Nobody."""

    kind: Literal["system"]


class VisitorToVisitor(Sent):
    """A visitor as visitors see one: no name, no id, only whether this very device sent it."""

    kind: Literal["visitor"]
    own: bool


class VisitorToStaff(Sent):
    """A visitor as staff see one, with the trust it had then."""

    kind: Literal["visitor"]
    id: str | None
    contact_id: str | None
    name: str | None
    trust: State


_Staff: TypeAlias = AgentAuthor | AssistantAuthor | SystemAuthor
SeenByVisitor = Annotated[_Staff | VisitorToVisitor, Field(discriminator="kind")]
SeenByStaff = Annotated[_Staff | VisitorToStaff, Field(discriminator="kind")]


class Attachment(Sent):
    """A file; its contents are fetched by id."""

    id: str
    name: str
    type: str
    size: Count
    width: Count | None = None
    height: Count | None = None


class Assignee(Sent):
    """Who is answering, as a visitor may know it."""

    kind: Literal["human", "assistant", "none"]
    name: str | None
    avatar_url: str | None


class Cursor(Sent):
    """Where a log was when this was sent."""

    seq: Seq
    event_id: str


class VisitorMarks(Sent):
    """Up to where the visitor has been sent, and has read, the conversation."""

    read: Count
    delivered: Count


class AgentMarks(Sent):
    """Up to where any agent has read the conversation."""

    read: Count


class Marks(Sent):
    """Both sides' marks."""

    visitor: VisitorMarks
    agent: AgentMarks


class LastMessage(Sent, Generic[A]):
    """The newest message, in short."""

    preview: str
    author: A
    at: Time


class Summary(Sent, Generic[A]):
    """A conversation in a list. Of two, the one with the larger `version` stands."""

    id: str
    status: Status
    verified: bool
    external_id: str | None
    last_seq: Count
    last_event_id: str | None
    last_message: LastMessage[A] | None
    unread: Count
    assignee: Assignee
    greeting: list[str] | None = None
    marks: Marks
    version: Count
    created_at: Time
    updated_at: Time


class Company(Sent):
    """A company that a contact belongs to."""

    id: str
    name: str | None
    metadata: dict[str, JsonValue]


class Contact(Sent):
    """A person, as staff see one."""

    id: str
    kind: Literal["anonymous", "lead", "user"]
    name: str | None
    email: str | None
    phone: str | None
    avatar_url: str | None
    user_id: str | None
    verified: bool
    metadata: dict[str, JsonValue]
    unverified_metadata: dict[str, JsonValue]
    companies: list[Company]
    last_seen_at: Time | None
    online: bool


class SummaryToVisitor(Summary[SeenByVisitor]):
    """A conversation in a visitor's list."""


class SummaryToStaff(Summary[SeenByStaff]):
    """A conversation in an agent's list."""

    contact: Contact | None
    labels: list[str]
    priority: str
    team_id: str | None
    snoozed_until: Time | None


class SummaryChange(Sent):
    """The members of a summary that changed; `version` unless only `unread` did."""

    id: str
    status: Status | None = None
    verified: bool | None = None
    external_id: str | None = None
    last_seq: Count | None = None
    last_event_id: str | None = None
    unread: Count | None = None
    assignee: Assignee | None = None
    greeting: list[str] | None = None
    marks: Marks | None = None
    version: Count | None = None
    created_at: Time | None = None
    updated_at: Time | None = None


class SummaryChangeToVisitor(SummaryChange):
    """What changed of a conversation in a visitor's list."""

    last_message: LastMessage[SeenByVisitor] | None = None


class SummaryChangeToStaff(SummaryChange):
    """What changed of a conversation in an agent's list."""

    last_message: LastMessage[SeenByStaff] | None = None
    contact: Contact | None = None
    labels: list[str] | None = None
    priority: str | None = None
    team_id: str | None = None
    snoozed_until: Time | None = None


class Agent(Sent):
    """Somebody who works here."""

    id: str
    name: str
    email: str
    avatar_url: str | None
    state: Literal["online", "away", "offline"]
    role: Literal["owner", "admin", "agent"]


class PageSeen(Sent):
    """The page that a visitor looks at."""

    url: str
    title: str | None = None
    referrer: str | None = None


class Visitor(Sent):
    """One line of the board of visitors."""

    visitor_id: str
    session_id: str
    state: State
    contact: Contact | None = None
    page: PageSeen | None
    referrer: str | None
    since: Time
    online: bool


class Counts(Sent):
    """How many conversations each view has."""

    mine: Count
    unassigned: Count
    all: Count
    snoozed: Count
    resolved: Count


class Viewer(Sent):
    """An agent who has the conversation open."""

    id: str
    typing: bool
    note: bool
