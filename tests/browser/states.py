"""The states that our pages can be in, by name: what is photographed and what axe looks at.

A state is a function that brings a page there and returns it when it is there to be seen:

    @state("widget/greeting", acme={"greeting": ["Hi!"]})
    async def greeting(s: Site) -> Page:
        page = await s.visitor_page()
        ...
        return page

Pages that it opens by `s` have the colours and the width of the picture that is taken. The lists
are in the modules named in `MODULES`; the tests and `tests/browser/shots.py` are made from them.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

from playwright.async_api import Page

from tests.browser.harness import Site

__all__ = ["HEIGHTS", "MODULES", "WIDE", "State", "known_states", "state"]

Bring = Callable[[Site], Awaitable[Page]]

MODULES: Final = ("house_states", "widget_states", "console_states")
WIDE: Final = 1400
_NARROW: Final = 360
HEIGHTS: Final = {_NARROW: 740}
"""A phone's; any other width is 900 high."""
_NAME: Final = re.compile(r"[a-z]+/[a-z0-9-]+")

_states: dict[str, "State"] = {}


@dataclass(frozen=True, slots=True)
class State:
    """A state's name, the way there, and how to look at it.

    `opens` is given to `site`, such as the workspace's settings. `expects` are the faults that
    being there causes, such as a connection that fails.
    """

    name: str
    bring: Bring
    widths: tuple[int, ...]
    expects: tuple[str, ...]
    opens: Mapping[str, Any] = field(default_factory=dict)


def state(
    name: str,
    *,
    widths: tuple[int, ...] = (WIDE, _NARROW),
    expects: tuple[str, ...] = (),
    **opens: Any,
) -> Callable[[Bring], Bring]:
    """Enter a state into the list."""
    assert _NAME.fullmatch(name), f"{name!r}: a state is called like widget/greeting"

    def enter(bring: Bring) -> Bring:
        assert name not in _states, f"two states are called {name}"
        _states[name] = State(name, bring, widths, expects, opens)
        return bring

    return enter


def known_states() -> tuple[State, ...]:
    """All of them, by name."""
    for module in MODULES:
        import_module(f"tests.browser.{module}")
    return tuple(_states[name] for name in sorted(_states))
