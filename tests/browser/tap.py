"""A hand on the frames that a server sends to a page: dropped, held back, or sent twice.

For tests of convergence: whatever is lost on the way, a page must come to show what the server has,
or say that it does not. The page's own socket stays in use, so its origin and cookie are real.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.async_api import BrowserContext, Page, WebSocketRoute

__all__ = ["Frame", "Tap"]

Frame = dict[str, Any]
Wanted = Callable[[Frame], bool]
_Act = Literal["drop", "hold", "repeat"]


@dataclass(slots=True)
class _Rule:
    act: _Act
    wanted: Wanted
    left: int | None

    def takes(self, frame: Frame) -> bool:
        if self.left == 0 or not self.wanted(frame):
            return False
        if self.left is not None:
            self.left -= 1
        return True


@dataclass(slots=True)
class Tap:
    """Frames go by untouched until a rule takes them. `seen` is each that the server sent, in
    order; `touched` those that a rule took.
    """

    seen: list[Frame] = field(default_factory=list)
    touched: list[Frame] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)
    _held: list[tuple[WebSocketRoute, str | bytes]] = field(default_factory=list)
    _sockets: list[WebSocketRoute] = field(default_factory=list)

    async def on(self, place: BrowserContext | Page) -> None:
        """Sit on every socket that this context or page opens from now on."""
        # A bound method would not do: Playwright writes an attribute on its object.
        await place.route_web_socket(lambda url: "/ws/" in url, lambda one: self._connect(one))

    def drop(self, wanted: Wanted, *, times: int | None = None) -> None:
        """Lose these frames: the first `times` of them, or all."""
        self._rules.append(_Rule("drop", wanted, times))

    def hold(self, wanted: Wanted) -> None:
        """Keep these frames back until `release`; what comes after them overtakes."""
        self._rules.append(_Rule("hold", wanted, None))

    def repeat(self, wanted: Wanted) -> None:
        """Send these frames twice."""
        self._rules.append(_Rule("repeat", wanted, None))

    def release(self) -> None:
        """Let pass what was held, and everything from now on."""
        self._rules.clear()
        held, self._held = self._held, []
        for socket, message in held:
            socket.send(message)

    def say(self, frame: Frame) -> None:
        """Send a frame to every page, as if the server had."""
        for socket in self._sockets:
            socket.send(json.dumps(frame))

    async def cut(self) -> None:
        """Close every socket, as if the server had restarted."""
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            await socket.close(code=1012, reason="cut by the test")

    def _connect(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        self._sockets.append(socket)
        server.on_message(lambda message: self._pass(socket, message))

    def _pass(self, socket: WebSocketRoute, message: str | bytes) -> None:
        frame: Frame = json.loads(message)
        self.seen.append(frame)
        rule = next((rule for rule in self._rules if rule.takes(frame)), None)
        if rule is not None:
            self.touched.append(frame)
        match rule and rule.act:
            case "drop":
                pass  # lost
            case "hold":
                self._held.append((socket, message))
            case "repeat":
                socket.send(message)
                socket.send(message)
            case _:
                socket.send(message)
