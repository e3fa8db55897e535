"""The client's side of the protocol as a pure state machine (DELIVERY K, PROTOCOL §4, §8, §10).

It has no socket, no clock and no loop: its owner opens connections, hands in what arrives and what
time it is, and takes away the frames to send and what happened. The idea is that every duty of a
client (cursors, repeats, order, heartbeat, coming back) is decided here, once: for the load tester,
for SDKs and for tests. It trusts the server to keep the contract's shapes. `states.py` has its
states.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from protocol.close import CloseCode, reconnects
from protocol.errors import ErrorCode
from protocol.happenings import (
    Answered,
    Applied,
    Failed,
    Happening,
    Pushed,
    Refused,
    Reset,
    Settled,
    StateChanged,
    Unanswered,
)
from protocol.limits import (
    CURSORS_AGENT,
    CURSORS_VISITOR,
    HEARTBEAT_INTERVAL_MS,
    HEARTBEAT_TIMEOUT_MS,
    HISTORY_PAGE_MAX,
)
from protocol.outbox import PASSING, Entry, Outbox
from protocol.replica import Key, Replica, Verdict
from protocol.requests import Request, Requests
from protocol.states import ATTACHED, CONNECTED, READY, TRANSITIONS, Input, Role, State, backoff

__all__ = ["Client", "Role"]


class Client:
    """One client of one workspace, over as many connections as it takes.

    `hello` is the data of its first frame; tokens and cursors are added here. `random` gives
    numbers in [0, 1). Times are seconds of any steady clock, the same one everywhere. After each
    call, take `frames_to_send` and `happenings`, and call `tick` at `next_deadline`.
    """

    def __init__(
        self, role: Role, hello: Mapping[str, Any], *, random: Callable[[], float]
    ) -> None:
        self.state = State.OFFLINE
        self.epoch = 0
        self.outbox = Outbox()
        self.replica = Replica()
        self._role = role
        self._hello, self._random = dict(hello), random
        self._happenings: list[Happening] = []
        self._requests = Requests()
        self._resuming: set[Key] = set()
        self._asking: set[Key] = set()
        self._attempt = 0
        self._retry_at = 0.0
        self._not_before = 0.0
        self._silence = (1.2 * HEARTBEAT_INTERVAL_MS + HEARTBEAT_TIMEOUT_MS) / 1000
        self._answer_within = HEARTBEAT_TIMEOUT_MS / 1000
        self._dead_at = 0.0

    # What the owner takes away

    def frames_to_send(self) -> list[dict[str, Any]]:
        """Frames for the connection, in order. They are given once."""
        return self._requests.frames()

    def happenings(self) -> list[Happening]:
        """What happened since the last call, in order."""
        happenings, self._happenings = self._happenings, []
        return happenings

    def next_deadline(self) -> float | None:
        """When `tick` must be called at the latest, if nothing else happens before."""
        if self.state is State.OFFLINE:
            return self._retry_at
        if self.state not in CONNECTED:
            return None
        waiting = self.outbox.next_deadline() if self.state in READY else None
        return self._dead_at if waiting is None else min(self._dead_at, waiting)

    # What the owner hands in

    def connected(self, now: float) -> None:
        """A connection is open."""
        self._move(Input.OPENED)
        self._heard(now)
        limit = CURSORS_VISITOR if self._role is Role.VISITOR else CURSORS_AGENT
        cursors = self.replica.cursors(limit)
        self._resuming = {(cursor["conversationId"], cursor["log"]) for cursor in cursors}
        self._request("hello", {**self._hello, "cursors": cursors})

    def disconnected(self, code: int, now: float) -> None:
        """The connection ended, or could not be opened (1006). Repeats are ignored."""
        if self.state not in ATTACHED:
            return
        self._resuming.clear()
        self._asking.clear()
        self.outbox.recall()
        self._happenings += map(Unanswered, self._requests.lost())
        if not reconnects(code):
            self._move(Input.REFUSED)
            return
        self._retry_at = max(now + backoff(self._attempt, self._random), self._not_before)
        self._attempt += 1
        self._move(Input.LOST)

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self.state is State.OFFLINE and now >= self._retry_at:
            self._move(Input.RETRY)
        elif self.state in CONNECTED and now >= self._dead_at:
            self.disconnected(CloseCode.ABNORMAL, now)
        else:
            self._send_outbox(now)

    def wake(self, now: float) -> None:
        """The machine slept, or the network came back: try at once, or see if it still lives."""
        if self.state is State.OFFLINE:
            self._retry_at = max(now, self._not_before)
            self.tick(now)
        elif self.state in READY:
            self._requests.say("ping")
            self._dead_at = min(self._dead_at, now + self._answer_within)

    def stop(self) -> None:
        """End for good. The owner closes the connection."""
        self.disconnected(CloseCode.NORMAL, 0.0)
        if self.state is not State.TERMINAL:
            self._move(Input.REFUSED)

    def send_message(
        self,
        client_message_id: str,
        body: str,
        now: float,
        *,
        frame_type: Literal["message", "note"] = "message",
        conversation_id: str | None = None,
        **members: Any,
    ) -> None:
        """Write a message or an agent's note. `Settled` or `Failed` follows, sooner or later.

        `members` are further members of the frame's data, in the wire's names. Raises `OutboxFull`.
        """
        data = {"clientMessageId": client_message_id, "body": body, **members}
        if conversation_id is not None:
            data["conversationId"] = conversation_id
        self.outbox.add(Entry(client_message_id, conversation_id, data, self.epoch, frame_type))
        self._send_outbox(now)

    def request(self, frame_type: str, data: dict[str, Any]) -> str:
        """Send any other frame; `Answered`, `Refused` or `Unanswered` follows under its id."""
        self._check_ready()
        if frame_type == "close":
            for log in ("public", "staff"):
                self.replica.forget((data["conversationId"], log))
        return self._request(frame_type, data)

    def fetch(self, conversation_id: str, log: str = "public") -> None:
        """Ask for the newest page of a log of which nothing is held; it comes as a `Reset`."""
        self._check_ready()
        if (conversation_id, log) not in self.replica.held():
            self._ask((conversation_id, log))
            self._settle_state()

    def receive(self, frame: dict[str, Any], now: float) -> None:
        """A frame came in. What comes after the connection was given up is ignored."""
        if self.state not in CONNECTED:
            return
        self._heard(now)
        data = frame.get("data", {})
        match frame["type"]:
            case "welcome":
                self._welcomed(frame["id"], data)
            case "event":
                self._event(data)
            case "history":
                self._history(data, anew=False)
            case "ack" | "pong":
                self._answered(frame.get("id"), data)
            case "error":
                self._refused(frame.get("id"), frame["error"], now)
            case "ping":
                self._requests.say("pong")
                self._compare_heads(data.get("heads", {}))
            case other:
                self._pushed(other, data, now)
        self._settle_state()
        self._send_outbox(now)

    # What follows from it

    def _pushed(self, frame_type: str, data: dict[str, Any], now: float) -> None:
        if frame_type == "bye":
            self._not_before = now + data["retryAfterMs"] / 1000
        elif frame_type == "sessionReset":
            self._hello.pop("sessionToken", None)
            self._keep_tokens(data)
            if data["reason"] != "rotated":
                self._begin_epoch()
        elif frame_type == "conversations":
            listed = {item["id"] for item in data["items"]}
            gone = [key for key in self.replica.held() if key[0] not in listed]
            for key in gone:
                self._forget(key)
        self._happenings.append(Pushed(frame_type, data))

    def _welcomed(self, frame_id: str, data: dict[str, Any]) -> None:
        self._requests.take(frame_id)
        self._move(Input.WELCOMED)
        self._attempt = 0
        heartbeat = data["heartbeat"]
        self._answer_within = heartbeat["timeoutMs"] / 1000
        self._silence = 1.2 * heartbeat["intervalMs"] / 1000 + self._answer_within
        if data.get("visitorReplaced"):
            self._begin_epoch()
        self._keep_tokens(data)
        self._happenings.append(Pushed("welcome", data))

    def _event(self, event: dict[str, Any]) -> None:
        if self._apply(event) is Verdict.MISSING:
            self._ask((event["conversationId"], event["log"]))

    def _apply(self, event: dict[str, Any]) -> Verdict:
        self._echoed(event)
        verdict = self.replica.receive(event)
        if verdict is Verdict.APPLIED:
            self._happenings.append(Applied(event))
        return verdict

    def _history(self, page: dict[str, Any], *, anew: bool) -> bool:
        """Take in a page; says whether it brought anything."""
        key = (page["conversationId"], page["log"])
        if page["complete"]:
            self._resuming.discard(key)
        if not page["reset"] and not anew:
            return Verdict.APPLIED in [self._apply(event) for event in page["events"]]
        for event in page["events"]:
            self._echoed(event)
        self.replica.replace(page)
        self._happenings.append(Reset(*key, tuple(page["events"])))
        return bool(page["events"])

    def _answered(self, frame_id: str | None, data: dict[str, Any]) -> None:
        request = self._requests.take(frame_id)
        if frame_id is None or request is None:
            return
        if request.client_message_id is not None:
            self._settle(request.client_message_id, data)
        elif request.key is not None:
            self._asking.discard(request.key)
            # A page that brought nothing would be asked for again and again; the next `ping` tells.
            if self._history(data, anew=request.anew) and self.replica.is_behind(request.key):
                self._ask(request.key)
        else:
            self._done(request, data)
            self._happenings.append(Answered(frame_id, data))

    def _done(self, request: Request, data: dict[str, Any]) -> None:
        """The client's own part in what its owner asked for."""
        if request.type == "resetUser" and not data["noop"] and request.epoch == self.epoch:
            self._begin_epoch()
        elif request.type == "open":
            for page in data["history"].values():
                held = self.replica.position((page["conversationId"], page["log"]))
                self._history(page, anew=held is None)
        self._keep_tokens(data)

    def _refused(self, frame_id: str | None, error: dict[str, Any], now: float) -> None:
        request = self._requests.take(frame_id)
        wait = error.get("retryAfterMs", 0) / 1000
        if request is not None and request.client_message_id is not None:
            self._not_taken(request.client_message_id, error["code"], wait, now)
            return
        if request is not None and request.key is not None:
            self._asking.discard(request.key)
            self._resuming.discard(request.key)
            if error["code"] == ErrorCode.NOT_FOUND:
                self._forget(request.key)
            return
        if request is not None and request.type == "hello":
            self._not_before = now + wait
        self._happenings.append(Refused(frame_id, error["code"]))

    def _not_taken(self, client_message_id: str, code: str, wait: float, now: float) -> None:
        entry = self.outbox.get(client_message_id)
        if entry is None:
            return
        if code in PASSING:
            entry.frame_id = None
            entry.not_before = now + max(wait, backoff(entry.attempts, self._random))
            entry.attempts += 1
        else:
            self.outbox.settle(client_message_id)
            self._happenings.append(Failed(client_message_id, code))

    def _settle(self, client_message_id: str, where: dict[str, Any]) -> None:
        entry = self.outbox.settle(client_message_id)
        if entry is not None:
            # An agent's `ack` leaves the conversation out: the agent has named it.
            where_to = str(where.get("conversationId", entry.conversation_id))
            self._happenings.append(Settled(client_message_id, where_to, where["seq"]))

    def _echoed(self, event: dict[str, Any]) -> None:
        """An own message that comes back from the log is as good as its `ack`."""
        if event.get("clientMessageId") is not None:
            self._settle(event["clientMessageId"], event)

    def _compare_heads(self, heads: dict[str, Any]) -> None:
        for conversation_id, of_logs in heads.items():
            logs = {"public": of_logs} if self._role is Role.VISITOR else of_logs
            for log, head in logs.items():
                rewound = self.replica.learn_head(key := (conversation_id, log), head)
                if rewound or self.replica.is_behind(key):
                    self._ask(key, anew=rewound)

    def _ask(self, key: Key, *, anew: bool = False) -> None:
        """Ask for what is missing of a log, a page at a time; of an unknown one for the newest."""
        if key in self._asking:
            return
        self._asking.add(key)
        held = self.replica.position(key)
        data: dict[str, Any] = {"conversationId": key[0], "limit": HISTORY_PAGE_MAX}
        if self._role is Role.AGENT:
            data["log"] = key[1]
        if held is not None and not anew:
            data["afterSeq"] = held.seq
        self._request("history", data, key=key, anew=anew or held is None)

    def _send_outbox(self, now: float) -> None:
        if self.state not in READY:
            return
        for entry in self.outbox.sendable(now):
            entry.frame_id = self._request(
                entry.type, entry.data, client_message_id=entry.client_message_id
            )

    def _settle_state(self) -> None:
        behind = bool(self._resuming or self._asking)
        if self.state is State.CATCHING_UP and not behind:
            self._move(Input.CAUGHT_UP)
        elif self.state is State.LIVE and behind:
            self._move(Input.BEHIND)

    def _begin_epoch(self) -> None:
        """Somebody else is there now: drop all that was held, and what was written and not sent."""
        self.epoch += 1
        for entry in self.outbox.expel(self.epoch):
            self._happenings.append(Failed(entry.client_message_id, None))
        self._requests.drop_pages()
        self._asking.clear()
        self._resuming.clear()
        for key in self.replica.held():
            self._forget(key)

    def _forget(self, key: Key) -> None:
        self._resuming.discard(key)
        self.replica.forget(key)
        self._happenings.append(Reset(*key, ()))

    def _keep_tokens(self, data: dict[str, Any]) -> None:
        if self._role is Role.VISITOR:
            for name in ("visitorId", "visitorToken", "sessionToken"):
                if data.get(name):
                    self._hello[name] = data[name]

    def _request(
        self,
        frame_type: str,
        data: dict[str, Any],
        *,
        client_message_id: str | None = None,
        key: Key | None = None,
        anew: bool = False,
    ) -> str:
        request = Request(frame_type, self.epoch, client_message_id, key, anew)
        return self._requests.ask(request, data)

    def _check_ready(self) -> None:
        if self.state not in READY:
            raise RuntimeError(f"This needs a connection; the client is {self.state.name}.")

    def _heard(self, now: float) -> None:
        self._dead_at = now + self._silence

    def _move(self, event: Input) -> None:
        following = TRANSITIONS.get((self.state, event))
        if following is None:
            raise RuntimeError(f"{event.name} cannot happen to a client that is {self.state.name}.")
        self.state = following
        self._happenings.append(StateChanged(following))
