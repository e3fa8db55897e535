"""The numbers of the wire contract (PROTOCOL §3), each under one name.

These are defaults and bounds, not policy: a server may configure the rates and the counts, a client
may read them, and nothing here knows who is counting. Sizes are bytes unless the name says
characters; characters are Unicode code points.
"""

from dataclasses import dataclass
from typing import Final

__all__ = [
    "ADDRESS_CONNECTIONS",
    "ADDRESS_IDENTIFY",
    "ADDRESS_MESSAGES",
    "ADDRESS_NEW_SESSIONS",
    "ADDRESS_NEW_VISITORS",
    "AGENT_MESSAGES",
    "AGENT_OTHER",
    "ANSWERS",
    "ATTACHMENTS_PER_MESSAGE",
    "BACKLOG_BYTES",
    "BACKLOG_FRAMES",
    "BODY_CHARACTERS",
    "CLIENT_MESSAGE_ID_CHARACTERS",
    "COMPANY",
    "CONNECTIONS_PER_VISITOR",
    "CONTEXT",
    "CONVERSATIONS_PAGE",
    "CURSORS_AGENT",
    "CURSORS_VISITOR",
    "DETAILS",
    "EMAIL_CHARACTERS",
    "FRAGMENTS",
    "FRAME_BYTES",
    "FRAME_ID_CHARACTERS",
    "FREE_FORM",
    "HEARTBEAT_INTERVAL_MS",
    "HEARTBEAT_TIMEOUT_MS",
    "HELLO_REQUIRED_FRAMES",
    "HELLO_SECONDS",
    "HISTORY_PAGE_BYTES",
    "HISTORY_PAGE_DEFAULT",
    "HISTORY_PAGE_MAX",
    "INBOX_PAGE_MAX",
    "LARGEST_NUMBER",
    "LOGIN_ACCOUNT",
    "LOGIN_ADDRESS",
    "MALFORMED_PER_MINUTE",
    "NAME_CHARACTERS",
    "NESTING",
    "OPEN_CONVERSATIONS",
    "REFUSED_PER_MINUTE",
    "RESUME_MAX_EVENTS",
    "SCHEMA",
    "SECRET_KEY",
    "TYPING",
    "UNSENT_BYTES",
    "UNSENT_SECONDS",
    "UPLOADS",
    "URL_CHARACTERS",
    "USER_ID_CHARACTERS",
    "VISITOR_IDENTIFY",
    "VISITOR_MESSAGES",
    "VISITOR_OTHER",
    "WIDGET_KEY",
    "Bounds",
    "Rate",
]


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` per `seconds` in the long run, at most `burst` at once."""

    count: int
    seconds: float
    burst: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large a free-form JSON object may be: encoded as JSON, nested, and keys on all levels."""

    size: int
    depth: int
    keys: int


# One frame
FRAME_BYTES: Final = 131_072
FRAGMENTS: Final = 64
FRAME_ID_CHARACTERS: Final = 64
NESTING: Final = 32
"""Lists and maps inside one another in a frame; the deepest free-form value needs twelve."""
LARGEST_NUMBER: Final = 2**53
"""What a JavaScript number holds exactly; codecs refuse anything beyond, in either sign."""
DETAILS: Final = 10
"""Entries in an error's `details`."""

# Strings
BODY_CHARACTERS: Final = 10_000
CLIENT_MESSAGE_ID_CHARACTERS: Final = 64
EMAIL_CHARACTERS: Final = 254
NAME_CHARACTERS: Final = 200
URL_CHARACTERS: Final = 2_048
USER_ID_CHARACTERS: Final = 255

# Free-form values
FREE_FORM: Final = Bounds(size=20 * 1024, depth=8, keys=200)
COMPANY: Final = Bounds(size=50 * 1024, depth=8, keys=200)
CONTEXT: Final = Bounds(size=20 * 1024, depth=8, keys=200)
SCHEMA: Final = Bounds(size=50 * 1024, depth=8, keys=2_000)
"""A form is a list of fields of some eight keys each, so its keys need more room than metadata."""

# Before and at `hello`
HELLO_SECONDS: Final = 10
HELLO_REQUIRED_FRAMES: Final = 5
BACKLOG_FRAMES: Final = 16
BACKLOG_BYTES: Final = 131_072
CURSORS_VISITOR: Final = 20
CURSORS_AGENT: Final = 100

# History and lists
HISTORY_PAGE_DEFAULT: Final = 50
HISTORY_PAGE_MAX: Final = 200
HISTORY_PAGE_BYTES: Final = 262_144
RESUME_MAX_EVENTS: Final = 500
CONVERSATIONS_PAGE: Final = 20
INBOX_PAGE_MAX: Final = 100
OPEN_CONVERSATIONS: Final = 50
ATTACHMENTS_PER_MESSAGE: Final = 10

# One connection
HEARTBEAT_INTERVAL_MS: Final = 25_000
HEARTBEAT_TIMEOUT_MS: Final = 10_000
MALFORMED_PER_MINUTE: Final = 5
REFUSED_PER_MINUTE: Final = 20
UNSENT_BYTES: Final = 1024 * 1024
UNSENT_SECONDS: Final = 30
CONNECTIONS_PER_VISITOR: Final = 20
ADDRESS_CONNECTIONS: Final = 1_000

# Rates
VISITOR_MESSAGES: Final = Rate(30, 60, 60)
VISITOR_IDENTIFY: Final = Rate(10, 60, 20)
VISITOR_OTHER: Final = Rate(120, 60, 240)
TYPING: Final = Rate(3, 1, 3)
AGENT_MESSAGES: Final = Rate(120, 60, 240)
AGENT_OTHER: Final = Rate(1_200, 60, 2_400)
ADDRESS_NEW_VISITORS: Final = Rate(60, 60, 120)
ADDRESS_NEW_SESSIONS: Final = Rate(120, 60, 240)
ADDRESS_IDENTIFY: Final = Rate(30, 60, 60)
ADDRESS_MESSAGES: Final = Rate(300, 60, 600)
LOGIN_ACCOUNT: Final = Rate(5, 60, 5)
LOGIN_ADDRESS: Final = Rate(20, 60, 20)
SECRET_KEY: Final = Rate(600, 60, 600)
WIDGET_KEY: Final = Rate(60, 60, 60)
ANSWERS: Final = Rate(10, 60, 10)
UPLOADS: Final = Rate(20, 60, 20)
