"""Answers in the order of their frames (PROTOCOL §2), though they become ready in another.

A message is answered when the journal has settled it, a list when it was read, most frames at once.
Each frame that is owed an answer takes a place; a place that is filled leaves when all before it
have left.
"""

from collections import deque
from collections.abc import Callable

__all__ = ["Answers", "Place"]


class Place:
    """Where one answer will stand. None as `frame` of a filled place: there is nothing to say."""

    __slots__ = ("filled", "frame", "then")

    def __init__(self) -> None:
        self.filled = False
        self.frame: bytes | None = None
        self.then: Callable[[], None] | None = None


class Answers:
    """The places of one connection that are not yet answered."""

    __slots__ = ("_places", "_send")

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._places: deque[Place] | None = None

    def place(self) -> Place:
        """Take the next place. It must be filled, whatever happens."""
        place = Place()
        if self._places is None:
            self._places = deque()
        self._places.append(place)
        return place

    def fill(
        self, place: Place, frame: bytes | None, then: Callable[[], None] | None = None
    ) -> None:
        """Answer a place; everything that is next in order leaves. `then` is called when it has
        left.
        """
        assert not place.filled, "a frame is answered once"
        place.frame = frame
        place.then = then
        place.filled = True
        places = self._places
        while places and places[0].filled:
            ready = places.popleft()
            if ready.frame is not None:
                self._send(ready.frame)
            if ready.then is not None:
                ready.then()
        if not places:
            self._places = None

    def say(self, frame: bytes) -> None:
        """Answer a frame at once, after everything that is owed before it."""
        if self._places is None:
            self._send(frame)
        else:
            self.fill(self.place(), frame)
