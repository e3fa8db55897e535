"""Routes for the pages of a site, opened by its widget key (IDENTITY §5.2, HEL-29, HEL-32)."""

from typing import Literal

from pydantic import BaseModel
from starlette.responses import Response

from server.api.inputs import Nothing
from server.api.operation import Call
from server.api.problems import JsonResponse
from server.workspace import widget_settings

__all__ = ["WidgetSettings", "get_widget_settings"]


class Colors(BaseModel):
    """The widget's colours."""

    primary: str


class BusinessHours(BaseModel):
    """Whether somebody answers now, and when next."""

    open: bool
    timezone: str
    next_open_at: str | None
    next_close_at: str | None
    message: str | None


class WidgetSettings(BaseModel):
    """What a widget may know of its workspace. Nothing in it is secret."""

    colors: Colors
    position: Literal["bottom-right", "bottom-left"]
    greeting: list[str]
    business_hours: BusinessHours
    language: str
    collect_user_data: bool


async def get_widget_settings(call: Call[Nothing]) -> Response:
    workspace = await call.api.gateway.directory.get(call.caller.workspace_id)
    # Shared caches must not answer one key with another's settings.
    headers = {"Cache-Control": "public, max-age=60", "Vary": "Authorization, X-API-Key"}
    return JsonResponse(dict(widget_settings(workspace.settings)), headers=headers)
