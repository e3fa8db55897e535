"""The URL table: every path that the server answers, on one page."""

from starlette.routing import BaseRoute, Route, WebSocketRoute

from server.api.health import Health
from server.api.sockets import Sockets

__all__ = ["routes"]


def routes(*, sockets: Sockets, health: Health) -> list[BaseRoute]:
    return [
        WebSocketRoute("/ws/widget", sockets.widget),
        WebSocketRoute("/ws/console", sockets.console),
        Route("/healthz", health.alive),
        Route("/readyz", health.ready),
    ]
