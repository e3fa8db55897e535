"""The machine against every order of events: what holds whatever a client does."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from protocol.errors import ErrorCode, Problem
from protocol.frames.frame import Frame
from protocol.frames.shared import Ping
from server.connection.commands import Abort, Command, Perform, Pong, Refuse, Shut
from server.connection.machine import Heartbeat, Machine
from server.connection.states import State

KINDS = st.sampled_from(["message", "history", "typing", "read", "ping", "pong", "hello"])
BROKEN = Problem(ErrorCode.INVALID_INPUT, "not a frame")


class Connections(RuleBasedStateMachine):
    """A client that sends anything at any time, and a gateway that does what it is told.

    The model is one list: the ids that are owed an answer, in the order they were sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.machine = Machine(Heartbeat(25.0, 10.0), self.now)
        self.sent: list[str] = []
        self.handled: list[str] = []
        self.over = False

    def obey(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            match command:
                case Perform(frame):
                    assert not self.over
                    expected = State.GREETING if frame.type == "hello" else State.LIVE
                    assert self.machine.state is expected
                    self.handled.append(str(frame.id))
                    if frame.type == "history":
                        self.machine.read_started()
                case Refuse(frame_id, _) | Pong(frame_id):
                    if frame_id is not None:
                        self.handled.append(frame_id)
                case Shut() | Abort():
                    self.machine.closing()
                    self.over = True
                case _:
                    pass

    def release(self) -> None:
        while (commands := self.machine.next_held(self.now)) is not None:
            self.obey(commands)

    @rule(kind=KINDS)
    def send(self, kind: str) -> None:
        name = str(len(self.sent))
        if not self.over:
            self.sent.append(name)
        frame: Frame[Any] = Frame(kind, name, Ping())
        self.obey(self.machine.receive(frame, 100, self.now))

    @rule()
    def send_garbage(self) -> None:
        self.obey(self.machine.malformed(BROKEN, self.now))

    @precondition(lambda self: self.machine.state is State.GREETING)
    @rule(welcome=st.booleans())
    def hello_was_handled(self, welcome: bool) -> None:
        if welcome:
            self.machine.welcomed(None, self.now)
        else:
            self.machine.hello_refused()
        self.release()

    @precondition(lambda self: self.machine.state is State.READING)
    @rule()
    def read_was_answered(self) -> None:
        self.machine.read_finished(self.now)
        self.release()

    @rule(seconds=st.floats(0.0, 40.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self.machine.deadline:
            self.obey(self.machine.tick(self.now))

    @precondition(lambda self: self.machine.state is not State.LOST)
    @rule()
    def drop(self) -> None:
        self.machine.lost()
        self.over = True

    @invariant()
    def frames_are_handled_in_the_order_they_were_sent(self) -> None:
        assert self.handled == self.sent[: len(self.handled)]

    @invariant()
    def nothing_is_forgotten_while_live(self) -> None:
        if self.machine.state is State.LIVE:
            assert self.handled == self.sent


Connections.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, derandomize=True, deadline=None
)
TestConnections = Connections.TestCase
