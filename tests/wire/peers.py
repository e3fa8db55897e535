"""Clients written from PROTOCOL.md, which believe nothing: every frame they are sent is held
against the contract.

They share no code with the product but the contract's models: the codecs are the bare libraries.
Beside its shape, each frame is judged by what a connection may see at all: every log without holes,
once and in order (§7); a conversation announced before its first event (§5); nothing of staff's to
a visitor; each view's revisions without holes (§11); one answer per frame, in the frames' order
(§2). A wait ends after ten seconds; none ends early by sleeping.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import msgpack
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from protocol.errors import STATUS, ErrorCode
from protocol.events import (
    ACKS_AGENT,
    ACKS_VISITOR,
    SERVER_TO_AGENT,
    SERVER_TO_VISITOR,
    Outbound,
)

__all__ = ["CODECS", "SECRET", "Agent", "Data", "Peer", "Refusal", "Speech", "Visitor"]

Data = dict[str, Any]

SECRET: Final = "STAFF-ONLY"
"""Written into whatever only staff may see. A visitor that is sent it fails its test."""

_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Speech:
    """A codec, as a client that has only the contract would have it."""

    subprotocol: str
    dumps: Callable[[object], str | bytes]
    loads: Callable[[Any], Any]
    kind: type[str] | type[bytes]


CODECS: Final = (
    Speech("parley.v1.json", json.dumps, json.loads, str),
    Speech("parley.v1.msgpack", msgpack.packb, msgpack.unpackb, bytes),
)


class _Told(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class _Detail(_Told):
    path: str
    message: str


class Refusal(_Told):
    """The body of an `error` (§2, §9)."""

    message: str
    status: int
    code: str
    details: list[_Detail] | None = None
    retry_after_ms: int | None = None
    request_id: str | None = None

    def model_post_init(self, _context: object, /) -> None:
        assert STATUS[ErrorCode(self.code)] == self.status


class Peer:
    """One connection. `seen` is every frame so far; `expect` takes from those not yet taken."""

    pushes: Outbound
    acks: Outbound

    def __init__(self, socket: ClientConnection, speech: Speech) -> None:
        self.socket = socket
        self.speech = speech
        self.seen: list[Data] = []
        self.welcome: Data = {}
        self._untaken: list[Data] = []
        self._asked: deque[tuple[str, str]] = deque()
        self._answers: dict[str, Data] = {}
        self._ids = 0
        self._positions: dict[tuple[str, str], int] = {}

    async def send(self, frame_type: str, data: Data | None = None, *, named: bool = True) -> str:
        """Send a frame without waiting; its id. Not `named`: without one."""
        self._ids += 1
        frame_id = str(self._ids)
        frame: Data = {"type": frame_type}
        if data is not None:
            frame["data"] = data
        if named:
            frame["id"] = frame_id
            if frame_type != "ping":
                self._asked.append((frame_id, frame_type))
        await self.send_value(frame)
        return frame_id

    async def send_value(self, value: object) -> None:
        """Send whatever can be encoded."""
        async with asyncio.timeout(_PATIENCE):
            await self.socket.send(self.speech.dumps(value))

    async def answer(self, frame_id: str) -> Data:
        """The frame that answers `frame_id`: `ack`, `error`, `welcome` or `pong`."""
        while frame_id not in self._answers:
            await self._read()
        return self._answers.pop(frame_id)

    async def request(self, frame_type: str, **data: Any) -> Data:
        """Send a frame; the data of its `ack`. An `error` fails the test."""
        frame = await self.answer(await self.send(frame_type, data))
        assert frame["type"] in ("ack", "welcome", "pong"), frame
        told: Data = frame.get("data", {})
        return told

    async def refused(self, frame_type: str, **data: Any) -> Data:
        """Send a frame; the body of its `error`. An `ack` fails the test."""
        frame = await self.answer(await self.send(frame_type, data))
        assert frame["type"] == "error", frame
        told: Data = frame["error"]
        return told

    async def expect(self, frame_type: str, **members: Any) -> Data:
        """The data of the first frame not yet taken of this type and with these members."""
        found = await self.expect_frame(
            lambda frame: (
                frame["type"] == frame_type
                and all(frame["data"].get(name) == value for name, value in members.items())
            )
        )
        told: Data = found["data"]
        return told

    async def expect_frame(self, wanted: Callable[[Data], bool]) -> Data:
        """The first frame not yet taken that is `wanted`."""
        read = 0
        while True:
            for frame in self._untaken[read:]:
                if wanted(frame):
                    self._untaken.remove(frame)
                    return frame
            read = len(self._untaken)
            await self._read()

    async def expect_error(self) -> Data:
        """The body of the next error that answers no id."""
        frame = await self.expect_frame(lambda frame: frame["type"] == "error")
        told: Data = frame["error"]
        return told

    async def event(self, **members: Any) -> Data:
        """The next live event with these members."""
        return await self.expect("event", **members)

    async def settle(self) -> list[Data]:
        """Wait until all that was caused so far on this connection has come; what nobody took.

        A round trip that goes through the database, twice: what was caused elsewhere and is told
        by a worker of the node's own is not in it.
        """
        for _ in range(2):
            await self._round_trip()
        taken, self._untaken = self._untaken, []
        return taken

    async def _round_trip(self) -> None:
        raise NotImplementedError

    def untaken(self, frame_type: str) -> list[Data]:
        """The data of the frames of this type that have come and were not taken."""
        return [frame["data"] for frame in self._untaken if frame["type"] == frame_type]

    async def closed(self) -> int:
        """Read to the end; the close code, 1006 for an abort."""
        try:
            while True:
                await self._read()
        except ConnectionClosed:
            return self.socket.close_code or 1006

    async def _read(self) -> None:
        async with asyncio.timeout(_PATIENCE):
            message = await self.socket.recv()
        assert type(message) is self.speech.kind, f"a {type(message)} frame"
        frame = self.speech.loads(message)
        self.seen.append(frame)
        self.judge(frame)
        if "id" in frame:
            self._answers[frame["id"]] = frame
        else:
            self._untaken.append(frame)

    def judge(self, frame: Data) -> None:
        """Fail unless the contract allows this frame, here and now."""
        kind = frame["type"]
        answered = self._answered(frame) if "id" in frame else None
        if kind == "error":
            assert set(frame) <= {"type", "id", "error"}, frame
            Refusal.model_validate(frame["error"])
            return
        assert set(frame) <= {"type", "id", "data"}, frame
        if kind == "ack":
            assert answered is not None, f"answers nothing: {frame}"
            self.acks[answered].model_validate(frame["data"])
        else:
            assert ("id" in frame) <= (kind in ("welcome", "pong")), frame
            self.pushes[kind].model_validate(frame.get("data", {}))
        self._follow(kind, answered, frame.get("data", {}))

    def _answered(self, frame: Data) -> str | None:
        if frame["type"] == "pong":
            return None
        assert self._asked, f"an answer too many: {frame}"
        frame_id, frame_type = self._asked.popleft()
        assert frame["id"] == frame_id, f"out of order: {frame}, before the answer to {frame_id}"
        return frame_type

    def _follow(self, kind: str, answered: str | None, data: Data) -> None:
        """Events come contiguous; a pushed page goes on from what was sent, or resets it."""
        if kind == "event":
            self._advance([data])
        elif kind == "history":
            if data["reset"]:
                self._reset(data)
            else:
                self._advance(data["events"])

    def _reset(self, page: Data) -> None:
        key = (page["conversationId"], page["log"])
        events = page["events"]
        numbers = [event["seq"] for event in events]
        if events:
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert page["cursor"] == {"seq": numbers[-1], "eventId": events[-1]["id"]}
            self._positions[key] = numbers[-1]
        else:
            assert page["cursor"] is None
            self._positions.pop(key, None)

    def _advance(self, events: list[Data]) -> None:
        for event in events:
            key, seq = (event["conversationId"], event["log"]), event["seq"]
            last = self._positions.get(key, seq - 1)
            assert seq == last + 1, f"{key}: {seq} after {last}"
            self._positions[key] = seq

    def holds(self, cursors: Sequence[Mapping[str, Any]]) -> None:
        """The client says in `hello` that it holds these."""
        for cursor in cursors:
            self._positions[cursor["conversationId"], cursor["log"]] = cursor["seq"]

    async def hello(self, data: Data) -> Self:
        """Say hello and keep the `welcome`. An error fails the test."""
        self.holds(data.get("cursors", []))
        self.welcome = await self.request("hello", **data)
        return self


class Visitor(Peer):
    """A visitor's connection."""

    pushes = SERVER_TO_VISITOR
    acks = ACKS_VISITOR

    def __init__(self, socket: ClientConnection, speech: Speech) -> None:
        super().__init__(socket, speech)
        self._known: set[str] = set()

    @property
    def visitor_id(self) -> str:
        return str(self.welcome["visitorId"])

    @property
    def device(self) -> Data:
        """The proof of this device, for another `hello`."""
        return {name: self.welcome[name] for name in ("visitorId", "visitorToken")}

    @property
    def session(self) -> Data:
        """The proof of this device and this session, for another `hello`."""
        return {**self.device, "sessionToken": self.welcome["sessionToken"]}

    async def say(self, body: str = "Hello", name: str = "c-1", **data: Any) -> Data:
        """Send a message; its `ack`."""
        return await self.request("message", clientMessageId=name, body=body, **data)

    async def _round_trip(self) -> None:
        await self.request("conversations")

    def judge(self, frame: Data) -> None:
        assert SECRET not in json.dumps(frame), f"told to a visitor: {frame}"
        super().judge(frame)

    def _follow(self, kind: str, answered: str | None, data: Data) -> None:
        super()._follow(kind, answered, data)
        if kind in ("welcome", "conversations") or answered == "conversations":
            listed = data["conversations"] if kind == "welcome" else data["items"]
            self._known |= {item["id"] for item in listed}
        elif kind == "conversationUpdate" and "createdAt" in data:
            self._known.add(data["id"])
        elif kind == "event":
            assert data["conversationId"] in self._known, f"not announced: {data}"


class Agent(Peer):
    """An agent's connection."""

    pushes = SERVER_TO_AGENT
    acks = ACKS_AGENT

    def __init__(self, socket: ClientConnection, speech: Speech) -> None:
        super().__init__(socket, speech)
        self._revs: dict[str, tuple[str, int]] = {}

    @property
    def agent_id(self) -> str:
        return str(self.welcome["agent"]["id"])

    async def say(self, conversation_id: str, body: str, name: str = "a-1", **data: Any) -> Data:
        """Send a message; its `ack`."""
        return await self.request(
            "message", conversationId=conversation_id, clientMessageId=name, body=body, **data
        )

    async def open(self, conversation_id: str, **data: Any) -> Data:
        """Open a conversation; the answer."""
        return await self.request("open", conversationId=conversation_id, **data)

    async def _round_trip(self) -> None:
        await self.refused("open", conversationId="cv_none")

    def _follow(self, kind: str, answered: str | None, data: Data) -> None:
        super()._follow(kind, answered, data)
        if answered in ("inbox", "visitors"):
            self._revs[answered] = (data["viewId"], data["rev"])
        elif answered == "open":
            for page in data["history"].values():
                if page["events"]:
                    key = (page["conversationId"], page["log"])
                    self._positions[key] = page["events"][-1]["seq"]
        elif kind in ("inboxChange", "visitorChange"):
            view = "inbox" if kind == "inboxChange" else "visitors"
            assert view in self._revs, f"before any snapshot: {data}"
            view_id, rev = self._revs[view]
            assert (data["viewId"], data["rev"]) == (view_id, rev + 1), data
            self._revs[view] = (view_id, rev + 1)
