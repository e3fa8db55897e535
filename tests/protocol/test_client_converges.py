"""The client against a naive server whose connection loses, repeats and reorders what is pushed.

Whatever happens in between: what the client applied of a log is always one contiguous run,
restarted only at a reset; and once the faults stop, it has every log as the server has it, and each
of its messages is settled exactly once. These are I3, I4 and I6 of DELIVERY, seen from the client.
"""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protocol.client import Client, Role
from protocol.happenings import Applied, Failed, Reset, Settled
from protocol.states import CONNECTED, State

CONVERSATIONS = st.sampled_from(["cv_1", "cv_2"])
PAGE = 3


class NaiveServer:
    """Logs in memory, one client, no limits. Pages are short, so that answers need several."""

    def __init__(self) -> None:
        self.logs: dict[str, list[dict[str, Any]]] = {}
        self.known: dict[str, dict[str, Any]] = {}
        self.refusing = False
        self._events = 0

    def append(self, conversation_id: str, client_message_id: str | None) -> dict[str, Any]:
        log = self.logs.setdefault(conversation_id, [])
        self._events += 1
        event = {
            "conversationId": conversation_id,
            "log": "public",
            "seq": len(log) + 1,
            "id": f"ev_{self._events}",
            "clientMessageId": client_message_id,
        }
        log.append(event)
        return event

    def rewind(self, conversation_id: str) -> None:
        """A backup was restored: the newest events are gone, also from the memory of repeats."""
        for event in self.logs.get(conversation_id, [])[-2:]:
            self.logs[conversation_id].remove(event)
            self.known.pop(event["clientMessageId"], None)

    def heads(self) -> dict[str, int]:
        return {conversation_id: len(log) for conversation_id, log in self.logs.items()}

    def answer(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        kind, frame_id, data = frame["type"], frame.get("id"), frame.get("data", {})
        if kind == "hello":
            heartbeat = {"heartbeat": {"intervalMs": 25_000, "timeoutMs": 10_000}}
            return [{"type": "welcome", "id": frame_id, "data": heartbeat}, *self._resume(data)]
        if kind == "history":
            page = self._page(data["conversationId"], data.get("afterSeq"))
            return [{"type": "ack", "id": frame_id, "data": page}]
        if kind == "message":
            return self._message(frame_id, data)
        return []

    def _message(self, frame_id: str | None, data: dict[str, Any]) -> list[dict[str, Any]]:
        if self.refusing:
            refusal = {"code": "unavailable", "message": "Later.", "status": 503}
            return [{"type": "error", "id": frame_id, "error": refusal}]
        name = data["clientMessageId"]
        if name in self.known:
            return [{"type": "ack", "id": frame_id, "data": self.known[name]}]
        event = self.known[name] = self.append(data["conversationId"], name)
        ack = {"type": "ack", "id": frame_id, "data": event}
        return [{"type": "event", "data": event}, ack]

    def _resume(self, hello: dict[str, Any]) -> list[dict[str, Any]]:
        frames = []
        cursors = {cursor["conversationId"]: cursor for cursor in hello["cursors"]}
        for conversation_id in dict.fromkeys([*cursors, *self.logs]):
            log = self.logs.get(conversation_id, [])
            cursor = cursors.get(conversation_id)
            seq = cursor["seq"] if cursor else 0
            good = cursor and 0 < seq <= len(log) and log[seq - 1]["id"] == cursor["eventId"]
            page = self._page(conversation_id, seq if good else 0, short=False)
            frames.append({"type": "history", "data": page | {"reset": not good}})
        return frames

    def _page(self, conversation_id: str, after: int | None, *, short: bool = True) -> Any:
        log = self.logs.get(conversation_id, [])
        events = log[-PAGE:] if after is None else log[after : after + PAGE if short else None]
        return {
            "conversationId": conversation_id,
            "log": "public",
            "events": events,
            "hasMore": False,
            "complete": not events or events[-1] is log[-1],
            "reset": False,
            "cursor": None,
        }


class Delivery(RuleBasedStateMachine):
    """One client, one server, and a connection that the rules treat badly."""

    def __init__(self) -> None:
        super().__init__()
        self.server = NaiveServer()
        self.client = Client(Role.VISITOR, {"key": "wk_1"}, random=lambda: 0.5)
        self.now = 0.0
        self.shown: dict[str, list[dict[str, Any]]] = {}
        self.outcomes: Counter[str] = Counter()
        self.written = 0
        self.to_client: list[dict[str, Any]] = []
        self.to_server: list[dict[str, Any]] = []
        self.a_connection_is_tried(works=True)
        self.the_server_reads()
        self.frames_arrive(count=1)

    def run(self) -> None:
        """Take away what the client wants to send, and keep what it reports."""
        self.to_server += self.client.frames_to_send()
        for happening in self.client.happenings():
            match happening:
                case Applied(event):
                    shown = self.shown.setdefault(event["conversationId"], [])
                    assert event["seq"] == (shown[-1]["seq"] + 1 if shown else 1)
                    shown.append(event)
                case Reset(conversation_id, _, events):
                    self.shown[conversation_id] = list(events)
                case Settled(name) | Failed(name):
                    self.outcomes[name] += 1
                case _:
                    pass

    def deliver(self, frame: dict[str, Any]) -> None:
        self.client.receive(frame, self.now)
        self.run()

    @rule(conversation_id=CONVERSATIONS, fate=st.sampled_from(["arrives", "lost"]))
    def somebody_writes(self, conversation_id: str, fate: str) -> None:
        event = self.server.append(conversation_id, None)
        if fate == "arrives" and self.client.state in CONNECTED:
            self.to_client.append({"type": "event", "data": event})

    @rule(conversation_id=CONVERSATIONS)
    def the_client_writes(self, conversation_id: str) -> None:
        self.written += 1
        self.client.send_message(
            f"c-{self.written}", "Hi", self.now, conversation_id=conversation_id
        )
        self.run()

    @rule(seconds=st.sampled_from([0.1, 1.0, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.client.tick(self.now)
        self.run()

    @precondition(lambda self: self.client.state not in CONNECTED)
    @rule(works=st.sampled_from([True, True, False]))
    def a_connection_is_tried(self, works: bool) -> None:
        self.now = max(self.now, self.client.next_deadline() or 0.0)
        self.client.tick(self.now)
        self.to_client.clear()
        if works:
            self.client.connected(self.now)
        else:
            self.client.disconnected(1006, self.now)
        self.run()

    @precondition(lambda self: self.client.state in CONNECTED)
    @rule()
    def the_server_tells_its_heads(self) -> None:
        self.to_client.append({"type": "ping", "data": {"heads": self.server.heads()}})

    @precondition(lambda self: self.to_server)
    @rule()
    def the_server_reads(self) -> None:
        for frame in self.to_server:
            self.to_client += self.server.answer(frame)
        self.to_server.clear()

    @precondition(lambda self: self.to_client)
    @rule(count=st.sampled_from([1, 3, 20]))
    def frames_arrive(self, count: int) -> None:
        for _ in range(min(count, len(self.to_client))):
            self.deliver(self.to_client.pop(0))

    @precondition(lambda self: self.to_client)
    @rule(data=st.data())
    def a_pushed_event_is_repeated_or_comes_early(self, data: st.DataObject) -> None:
        events = [frame for frame in self.to_client if frame["type"] == "event"]
        if events:
            frame = data.draw(st.sampled_from(events))
            if data.draw(st.booleans()):
                self.to_client.remove(frame)
            self.deliver(frame)

    @precondition(lambda self: self.client.state in CONNECTED)
    @rule(restored=st.sampled_from([None, None, "cv_1", "cv_2"]))
    def the_connection_breaks(self, restored: str | None) -> None:
        if restored is not None:
            self.server.rewind(restored)
        self.to_client.clear()
        self.to_server.clear()
        self.client.disconnected(1006, self.now)
        self.run()

    @rule(refusing=st.booleans())
    def the_server_takes_messages_or_not(self, refusing: bool) -> None:
        self.server.refusing = refusing

    @invariant()
    def what_is_shown_is_one_run(self) -> None:
        for shown in self.shown.values():
            numbers = [event["seq"] for event in shown]

            assert not numbers or numbers == list(range(numbers[0], numbers[-1] + 1))

    @invariant()
    def nothing_is_settled_twice(self) -> None:
        assert all(count == 1 for count in self.outcomes.values())

    def teardown(self) -> None:
        """The faults stop: everything must come to rest, and agree."""
        self.server.refusing = False
        for _ in range(8):
            self.now += 25.0
            self.client.tick(self.now)
            if self.client.state is State.CONNECTING:
                self.to_client.clear()
                self.client.connected(self.now)
            elif self.client.state in CONNECTED:
                self.to_client.append({"type": "ping", "data": {"heads": self.server.heads()}})
            self.run()
            while self.to_client or self.to_server:
                self.the_server_reads()
                while self.to_client:
                    self.deliver(self.to_client.pop(0))

        assert self.client.state is State.LIVE
        assert len(self.client.outbox) == 0
        assert set(self.outcomes) == {f"c-{number + 1}" for number in range(self.written)}
        for conversation_id, log in self.server.logs.items():
            shown = self.shown.get(conversation_id, [])
            assert shown == log[len(log) - len(shown) :]
            assert bool(shown) == bool(log)


TestDelivery = Delivery.TestCase
TestDelivery.settings = settings(
    derandomize=True, deadline=None, max_examples=100, stateful_step_count=40
)
