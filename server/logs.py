"""Logging: structlog's renderers on the standard library's loggers, with secrets cut out.

Everything that logs uses `logging`; this module decides once, at start, how a line looks, and runs
every string of it through `redact`, also those of libraries and tracebacks. Redaction is the second
net: the first is not to log paths, headers and bodies at all.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Literal, TextIO

import structlog

__all__ = ["configure", "redact"]

_SECRETS: Final = re.compile(
    r"\b(wk|sk|at|st|vt|ct|cvt|ids|su|dm)_(?:live_|test_)?[A-Za-z0-9_-]{16,}"
)
_TOKENS: Final = re.compile(r"\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?")
_PASSWORDS: Final = re.compile(r"\b([a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@")
_DEPTH: Final = 6
_CHATTY: Final = ("alembic", "asyncio", "httpcore", "httpx2", "uvicorn", "websockets")
"""At INFO they tell of every start, socket and address asked, in words not for operators."""


def redact(text: str) -> str:
    """`text` without anything that looks like one of our secrets, a JWT, or a URL's password."""
    text = _SECRETS.sub(r"\1_***", text)
    text = _TOKENS.sub("eyJ***", text)
    return _PASSWORDS.sub(r"\1:***@", text)


def configure(
    level: Literal["debug", "info", "warning", "error"],
    form: Literal["console", "json"],
    stream: TextIO | None = None,
) -> None:
    """Set up the root logger: one handler, on standard error unless `stream` is given."""
    renderer: structlog.types.Processor
    if form == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redact_all,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def _redact_all(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    return {name: _clean(value, _DEPTH) for name, value in event.items()}


def _clean(value: Any, depth: int) -> Any:
    """`value` as it may be written: strings redacted, containers walked, the rest as its text."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redact(value)
        case Mapping() if depth:
            return {redact(str(name)): _clean(inner, depth - 1) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset() if depth:
            return [_clean(inner, depth - 1) for inner in value]
        case _:
            return redact(repr(value))
