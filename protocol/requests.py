"""Frames on their way out, and what waits for an answer (PROTOCOL §2).

Each frame that needs an answer gets an id that is never used twice by the same client, and is
remembered with what it was for until the answer comes or the connection ends.
"""

from dataclasses import dataclass
from typing import Any

from protocol.replica import Key

__all__ = ["Request", "Requests"]


@dataclass(frozen=True, slots=True)
class Request:
    """A frame that waits for its answer, and what it is for: a message, a log, or neither.

    `anew` says that the page asked for replaces what is held of the log.
    """

    type: str
    epoch: int
    client_message_id: str | None = None
    key: Key | None = None
    anew: bool = False

    @property
    def is_owners(self) -> bool:
        """Whether the client's owner asked, not the client itself."""
        return self.type != "hello" and self.client_message_id is None and self.key is None


class Requests:
    """What one connection has been asked and not answered yet, and the frames to write to it."""

    def __init__(self) -> None:
        self._frames: list[dict[str, Any]] = []
        self._waiting: dict[str, Request] = {}
        self._last_id = 0

    def frames(self) -> list[dict[str, Any]]:
        """The frames to write, in order. They are given once."""
        frames, self._frames = self._frames, []
        return frames

    def say(self, frame_type: str) -> None:
        """Write a frame that is not answered under an id."""
        self._frames.append({"type": frame_type})

    def ask(self, request: Request, data: dict[str, Any]) -> str:
        """Write a frame and wait for its answer under the id given."""
        self._last_id += 1
        frame_id = str(self._last_id)
        self._waiting[frame_id] = request
        self._frames.append({"type": request.type, "id": frame_id, "data": data})
        return frame_id

    def take(self, frame_id: str | None) -> Request | None:
        """What the answer with this id is for; None if nobody waits for it (any more)."""
        return None if frame_id is None else self._waiting.pop(frame_id, None)

    def drop_pages(self) -> None:
        """Do not wait for history any more: it is of what another person saw."""
        self._waiting = {
            frame_id: request for frame_id, request in self._waiting.items() if request.key is None
        }

    def lost(self) -> list[str]:
        """The connection is gone: forget everything; gives the ids that the owner waits for."""
        waiting, self._waiting, self._frames = self._waiting, {}, []
        return [frame_id for frame_id, request in waiting.items() if request.is_owners]
