"""Agents, their tokens and set-up links."""

from dataclasses import replace

from server.identity.model import Role
from server.store.agents import agents_by_id
from server.store.connection import Connection
from server.store.transaction import SqlTransaction
from tests.store.scenes import AGENT, NOW


def test_an_agent_is_changed_in_its_own_workspace_only(tx: SqlTransaction) -> None:
    tx.agents.insert(AGENT)

    changed = [
        tx.agents.update("ws_2", "ag_1", {"name": "Eve"}),
        tx.agents.update("ws_1", "ag_1", {"role": Role.ADMIN}),
    ]

    assert changed == [False, True]
    assert tx.agents.get("ws_1", "ag_1") == replace(AGENT, role=Role.ADMIN)


def test_a_token_counts_while_it_is_live_and_its_agent_enabled(tx: SqlTransaction) -> None:
    tx.agents.insert(AGENT)
    tx.agents.insert_token("brief", AGENT, created_at=NOW, expires_at=NOW + 10)
    tx.agents.insert_token("lasting", AGENT, created_at=NOW, expires_at=None)
    live = [tx.agents.by_token(token, NOW + 9) for token in ("brief", "lasting")]
    later = [tx.agents.by_token(token, NOW + 10) for token in ("brief", "lasting")]

    revoked = [tx.agents.revoke_token("brief", NOW), tx.agents.revoke_token("brief", NOW)]
    tx.agents.update("ws_1", "ag_1", {"disabled_at": NOW})

    assert live == [AGENT, AGENT]
    assert later == [None, AGENT]
    assert revoked == [True, False]
    assert tx.agents.by_token("brief", NOW) is None
    assert tx.agents.by_token("lasting", NOW) is None


def test_one_address_may_serve_several_workspaces(tx: SqlTransaction) -> None:
    other = replace(AGENT, workspace_id="ws_2", id="ag_2", created_at=NOW + 1)
    tx.agents.insert(AGENT)
    tx.agents.insert(other)

    assert tx.agents.by_email("sam@acme.test") == [AGENT, other]
    assert tx.agents.of_workspace("ws_2") == [other]


def test_several_agents_are_read_at_once(tx: SqlTransaction, db: Connection) -> None:
    tx.agents.insert(AGENT)

    assert agents_by_id(db, ["ag_1", "ag_1", "ag_nobody"]) == {"ag_1": AGENT}


def test_a_setup_link_works_once_and_in_time(tx: SqlTransaction) -> None:
    for name in ("in time", "late", "dropped"):
        tx.agents.insert_setup(name, "ws_1", NOW + 10)

    taken = [
        tx.agents.take_setup("in time", NOW),
        tx.agents.take_setup("in time", NOW),
        tx.agents.take_setup("late", NOW + 10),
    ]
    tx.agents.drop_setups("ws_1")

    assert taken == ["ws_1", None, None]
    assert tx.agents.take_setup("dropped", NOW) is None


def test_every_token_of_one_agent_can_be_ended_at_once(tx: SqlTransaction) -> None:
    other = replace(AGENT, id="ag_other", email="ann@acme.test")
    for agent, tokens in ((AGENT, ("a", "b", "dead")), (other, ("c",))):
        tx.agents.insert(agent)
        for token in tokens:
            tx.agents.insert_token(token, agent, created_at=NOW, expires_at=None)
    tx.agents.revoke_token("dead", NOW)

    ended = [tx.agents.revoke_tokens(workspace, AGENT.id, NOW) for workspace in ("ws_2", "ws_1")]

    assert ended == [0, 2]
    assert [tx.agents.by_token(token, NOW) for token in ("a", "b", "c")] == [None, None, other]
