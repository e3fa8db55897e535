"""Close codes: why a connection ended, and whether the client should come back (PROTOCOL §10).

The rule a client needs is one range: 4000-4499 reconnect, 4500-4999 do not. Below 4000 the codes
are RFC 6455's and a short list decides.
"""

from enum import IntEnum
from typing import Final, Self

__all__ = ["CloseCode", "reconnects"]


class CloseCode(IntEnum):
    """Each close code the contract names, with its meaning in one line."""

    meaning: str

    NORMAL = 1000, "The peer is done."
    GOING_AWAY = 1001, "The peer is going away."
    WRONG_KIND = 1003, "A text frame where binary ones were agreed on, or the reverse."
    NO_STATUS = 1005, "A close frame without a code; never sent, only reported."
    ABNORMAL = 1006, "No close frame: an abort, or the network; never sent, only reported."
    BAD_TEXT = 1007, "A text frame that is not UTF-8."
    TOO_BIG = 1009, "A frame over the size or fragment limit."
    SERVER_FAULT = 1011, "The server failed."
    RESTART = 1012, "The server restarts; `bye` said when to come back."
    FULL = 1013, "This node is full; come back later, elsewhere."
    NO_HELLO = 4001, "No `hello` in time."
    SLOW_CONSUMER = 4002, "The client does not read what it is sent."
    NO_HEARTBEAT = 4003, "No answer to a heartbeat."
    FLOODING = 4004, "Too many frames; come back after `retryAfterMs`."
    SESSION_ENDED = 4005, "The session ended elsewhere: rotated, revoked or deleted."
    PROTOCOL_VIOLATION = 4500, "The client does not speak this protocol."
    UNKNOWN_KEY = 4501, "Unknown widget key or agent token."
    NOT_ALLOWED = 4503, "Not allowed: the origin, or a blocked visitor."

    def __new__(cls, code: int, meaning: str) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


# 1014 and 1015 are what gateways and TLS stacks report; like 1005 and 1006 they say nothing of the
# server. 1001 is left to the client: a proxy that is restarted says it, and whoever is behind it
# should not have to reload the page.
_COME_BACK: Final = frozenset({1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015})


def reconnects(code: int) -> bool:
    """Whether a client whose connection ended with `code` should connect again by itself."""
    return 4000 <= code <= 4499 or code in _COME_BACK
