"""What the owner of a workspace has set, with every default in one place.

Stored as one JSON object per workspace; what is absent there has the default here, so that a new
setting needs no migration. Names are those of `PATCH /api/v1/settings` (PROTOCOL §13).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from server.identity.visibility import Rules

__all__ = ["WorkspaceSettings", "widget_settings"]

_Origin = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$", max_length=255)]
_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2_000, pattern=r"\A[^\x00]*\z")
]
_Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class WorkspaceSettings(BaseModel):
    """Every setting of a workspace. Unknown names are refused, so that a typo is not a silent
    no-op.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    identity_mode: Literal["off", "optional", "enforce"] = "optional"
    unverified_history: Literal["device", "contact"] = "device"
    allow_unverified_leads: bool = True
    allowed_origins: Annotated[list[_Origin], Field(max_length=100)] = []
    greeting: Annotated[list[_Text], Field(max_length=5)] = []
    collect_user_data: bool = False
    edit_window_seconds: Annotated[int, Field(ge=0, le=30 * 86_400)] = 900
    primary_color: _Colour = "#2b59ff"
    position: Literal["bottom-right", "bottom-left"] = "bottom-right"
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "en"

    @field_validator("allowed_origins")
    @classmethod
    def _lower(cls, origins: list[str]) -> list[str]:
        return [origin.lower() for origin in origins]

    @field_validator("greeting")
    @classmethod
    def _not_empty(cls, messages: list[str]) -> list[str]:
        return [message for message in messages if message]

    @property
    def rules(self) -> Rules:
        """What visibility depends on."""
        return Rules(self.identity_mode, self.unverified_history)

    def allows(self, origin: str | None) -> bool:
        """Whether a page of this origin may connect: any may, if none is listed or none is sent."""
        return origin is None or not self.allowed_origins or origin.lower() in self.allowed_origins


def widget_settings(settings: WorkspaceSettings) -> Mapping[str, Any]:
    """What a widget may know (HEL-32). Nothing in it is secret.

    No business hours can be set yet, so the workspace is always open.
    """
    return {
        "colors": {"primary": settings.primary_color},
        "position": settings.position,
        "greeting": settings.greeting,
        "business_hours": {
            "open": True,
            "timezone": "UTC",
            "next_open_at": None,
            "next_close_at": None,
            "message": None,
        },
        "language": settings.language,
        "collect_user_data": settings.collect_user_data,
    }
