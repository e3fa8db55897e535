"""What the Python client does, written down for the client in JavaScript to repeat.

A trace is everything that one client was handed and everything it gave back. They come from two
sources: each rule of `test_client.py`, and walks of the naive server of
`test_client_converges.py` with a seed instead of Hypothesis, so that the two clients are compared
where nobody thought of looking. `python -m tests.protocol.recorder` writes them to
`tests/vectors/client.jsonl`, a trace per line; `tests/js/protocol/client.test.js` plays them.
"""

import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import orjson
import pytest
from pydantic.alias_generators import to_camel

from protocol.client import Client, Role
from protocol.happenings import Happening
from protocol.states import CONNECTED, State
from tests.protocol import test_client, test_client_converges

__all__ = ["VECTORS", "lines"]

VECTORS: Final = Path(__file__).parent.parent / "vectors" / "client.jsonl"

_CALLS: Final = (
    "connected", "disconnected", "fetch", "frames_to_send", "happenings", "receive", "request",
    "send_message", "stop", "tick", "wake",
)  # fmt: skip
_WALKS: Final = 12
_STEPS: Final = 60


def lines() -> list[bytes]:
    """All traces, each a line of JSON."""
    traces: list[dict[str, Any]] = []
    for module, run in ((test_client, _rules), (test_client_converges, _walks)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "Client", _recording(traces))
            run()
    return [orjson.dumps(trace) for trace in traces if trace["steps"]]


def _recording(traces: list[dict[str, Any]]) -> Callable[..., Client]:
    """A maker of clients that write down what they are handed and what they give."""

    def make(role: Role, hello: Mapping[str, Any], *, random: Callable[[], float]) -> Client:
        draws: list[float] = []

        def draw() -> float:
            draws.append(random())
            return draws[-1]

        client = Client(role, hello, random=draw)
        steps: list[Any] = []
        traces.append({"role": role.value, "hello": hello, "draws": draws, "steps": steps})
        within: list[str] = []
        for name in _CALLS:
            setattr(client, name, _watched(client, name, steps, within))
        return client

    return make


def _watched(client: Client, name: str, steps: list[Any], within: list[str]) -> Callable[..., Any]:
    """The method, writing down each call that is not made `within` another one."""
    method = getattr(client, name)

    def call(*args: Any, **members: Any) -> Any:
        if within:
            return method(*args, **members)
        step = {"call": to_camel(name), "args": [*args, *([_camel(members)] if members else [])]}
        step = orjson.loads(orjson.dumps(step))  # As it is now, whatever becomes of it.
        within.append(name)
        try:
            gave = method(*args, **members)
        except Exception:
            steps.append({**step, "raises": True})
            raise
        finally:
            within.pop()
        told = [_told(one) for one in gave] if name == "happenings" else gave
        steps.append(
            orjson.loads(
                orjson.dumps(
                    {
                        **step,
                        "gives": told,
                        "state": client.state.name,
                        "deadline": client.next_deadline(),
                    }
                )
            )
        )
        return gave

    return call


def _camel(members: Mapping[str, Any]) -> dict[str, Any]:
    return {"type" if key == "frame_type" else to_camel(key): members[key] for key in members}


def _told(happening: Happening) -> dict[str, Any]:
    """A happening as JavaScript has it."""
    name = type(happening).__name__
    told: dict[str, Any] = {"kind": name[0].lower() + name[1:]}
    for field in fields(happening):
        value = getattr(happening, field.name)
        told[to_camel(field.name)] = value.name if isinstance(value, State) else value
    return told


def _rules() -> None:
    """Every rule, with each of its parameters."""
    for name, rule in inspect.getmembers(test_client, inspect.isfunction):
        if name.startswith("test_"):
            for arguments in _parameters(rule):
                rule(**arguments)


def _parameters(rule: Callable[..., None]) -> Iterator[dict[str, Any]]:
    marks = [mark for mark in getattr(rule, "pytestmark", []) if mark.name == "parametrize"]
    if not marks:
        yield {}
        return
    (mark,) = marks
    names, values = mark.args
    for value in values:
        yield {names: value}


def _walks() -> None:
    """Seeded walks: the same faults as the property test's, on every machine the same."""
    for seed in range(_WALKS):
        _walk(test_client_converges.Delivery(), random.Random(seed))


def _walk(scene: test_client_converges.Delivery, dice: random.Random) -> None:
    for _ in range(_STEPS):
        conversation_id = dice.choice(["cv_1", "cv_2"])
        match dice.randrange(9):
            case 0:
                scene.somebody_writes(conversation_id, dice.choice(["arrives", "lost"]))
            case 1:
                scene.the_client_writes(conversation_id)
            case 2:
                scene.time_passes(dice.choice([0.1, 1.0, 5.0]))
            case 3 if scene.client.state not in CONNECTED:
                scene.a_connection_is_tried(dice.choice([True, True, False]))
            case 4 if scene.client.state in CONNECTED:
                scene.the_server_tells_its_heads()
            case 5 | 6:
                scene.the_server_reads()
                scene.frames_arrive(dice.choice([1, 3, 20]))
            case 7 if scene.client.state in CONNECTED and dice.random() < 0.4:
                scene.the_connection_breaks(dice.choice([None, None, "cv_1", "cv_2"]))
            case 8:
                scene.the_server_takes_messages_or_not(dice.random() < 0.3)
            case _:
                pass  # The rule does not apply here; the walk goes on.
    scene.teardown()


if __name__ == "__main__":
    VECTORS.write_bytes(b"\n".join(lines()) + b"\n")
