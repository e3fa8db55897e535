"""How the errors of the layers below are told to a peer: the socket's column of the table
(ARCHITECTURE).

    GatewayError        a refusal that the gateway itself decides, with its problem and perhaps a
    close code ChatRefused         → its own code StoreUnavailable    → unavailable BadCursor
    → invalid_input anything else       is ours: logged, and told as internal_error
"""

from typing import Final

from protocol.close import CloseCode
from protocol.errors import ErrorCode, Problem
from server.chat.policy import NOT_FOUND as _NOT_FOUND
from server.chat.service import ChatRefused
from server.store.port import BadCursor, StoreUnavailable

__all__ = ["NOT_FOUND", "UNAVAILABLE", "GatewayError", "problem_of"]

NOT_FOUND: Final = Problem(ErrorCode(_NOT_FOUND.code), _NOT_FOUND.message)
UNAVAILABLE: Final = Problem(
    ErrorCode.UNAVAILABLE, "The server cannot do this now; try again.", retry_after_ms=1_000
)
_BAD_CURSOR: Final = Problem(ErrorCode.INVALID_INPUT, "`cursor` is not one that a list returned.")


class GatewayError(Exception):
    """A refusal: what to answer, and the close code that must follow, if any."""

    def __init__(self, problem: Problem, close: CloseCode | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.close = close


def problem_of(error: Exception) -> Problem | None:
    """What to answer for `error`; None if it is a fault of ours."""
    match error:
        case GatewayError():
            return error.problem
        case ChatRefused(refusal=refusal):
            return Problem(ErrorCode(refusal.code), refusal.message)
        case StoreUnavailable():
            return UNAVAILABLE
        case BadCursor():
            return _BAD_CURSOR
        case _:
            return None
