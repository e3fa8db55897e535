"""Which agents are there, and who looks at which conversation. Volatile: a restart forgets it.

Pure: the callers tell what happened and send what comes back.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from server.connection.buckets import Rates

__all__ = ["AgentPresence", "Viewer"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """One agent on one conversation."""

    agent_id: str
    typing: bool = False
    note: bool = False


class AgentPresence:
    """Agents by workspace, and the viewers of a conversation."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, str]] = defaultdict(dict)
        self._sockets: dict[str, int] = defaultdict(int)
        self._viewers: dict[str, dict[int, Viewer]] = {}
        self._rates: dict[str, Rates] = {}

    def arrived(self, workspace_id: str, agent_id: str, state: str | None) -> bool:
        """A socket of an agent came; whether the agent's state changed. None keeps the state."""
        self._sockets[agent_id] += 1
        before = self._states[workspace_id].get(agent_id)
        after = state or before or "online"
        self._states[workspace_id][agent_id] = after
        return after != before

    def left(self, workspace_id: str, agent_id: str) -> bool:
        """A socket of an agent went; whether it was the last, so that the agent is offline."""
        self._sockets[agent_id] -= 1
        if self._sockets[agent_id] > 0:
            return False
        del self._sockets[agent_id]
        self._rates.pop(agent_id, None)
        return self._states[workspace_id].pop(agent_id, "offline") != "offline"

    def set_state(self, workspace_id: str, agent_id: str, state: str) -> bool:
        """The agent says how available they are; whether that is news."""
        before = self._states[workspace_id].get(agent_id)
        self._states[workspace_id][agent_id] = state
        return before != state

    def state(self, workspace_id: str, agent_id: str) -> str:
        return self._states[workspace_id].get(agent_id, "offline")

    def states(self, workspace_id: str) -> Mapping[str, str]:
        return dict(self._states[workspace_id])

    def rates(self, agent_id: str, fresh: Callable[[], Rates]) -> Rates:
        """What an agent may send, over all their sockets; `fresh` makes it for the first one."""
        rates = self._rates.get(agent_id)
        if rates is None:
            rates = self._rates[agent_id] = fresh()
        return rates

    def online(self, workspace_id: str) -> int:
        """How many agents take conversations now."""
        return sum(state == "online" for state in self._states[workspace_id].values())

    def view(self, conversation_id: str, socket: int, viewer: Viewer | None) -> bool:
        """A socket opened, typed in or (None) closed a conversation; whether that is news."""
        viewers = self._viewers.setdefault(conversation_id, {})
        before = viewers.get(socket)
        if viewer is None:
            viewers.pop(socket, None)
            if not viewers:
                del self._viewers[conversation_id]
        else:
            viewers[socket] = viewer
        return before != viewer

    def viewers(self, conversation_id: str) -> Sequence[Viewer]:
        """Each agent once, as busy as in their busiest tab."""
        merged: dict[str, Viewer] = {}
        for viewer in self._viewers.get(conversation_id, {}).values():
            known = merged.get(viewer.agent_id)
            if known is None or (viewer.typing and not known.typing):
                merged[viewer.agent_id] = viewer
        return tuple(merged.values())
