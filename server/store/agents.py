"""Queries about agents, their tokens and one-time set-up links.

Tokens are known by their hashes only. A token counts while it is unexpired, unrevoked and its agent
is enabled, all asked in one statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, or_, select, update

from server.identity.model import AgentRow
from server.store import rows, tables
from server.store.connection import Connection, Prepared

__all__ = ["AgentQueries", "agents_by_id"]

_a, _t, _s = tables.agent.c, tables.agent_token.c, tables.setup_token.c

_GET: Final = Prepared(
    select(tables.agent).where(
        _a.id == bindparam("agent_id"), _a.workspace_id == bindparam("workspace_id")
    )
)
_BY_EMAIL: Final = Prepared(
    select(tables.agent).where(_a.email == bindparam("email")).order_by(_a.created_at, _a.id)
)
_OF_WORKSPACE: Final = Prepared(
    select(tables.agent)
    .where(_a.workspace_id == bindparam("workspace_id"))
    .order_by(_a.created_at, _a.id)
)
_INSERT: Final = Prepared(insert(tables.agent))
_INSERT_TOKEN: Final = Prepared(insert(tables.agent_token))
_BY_TOKEN: Final = Prepared(
    select(tables.agent)
    .join_from(tables.agent_token, tables.agent, _t.agent_id == _a.id)
    .where(
        _t.token_hash == bindparam("token_hash"),
        _t.revoked_at.is_(None),
        or_(_t.expires_at.is_(None), _t.expires_at > bindparam("now")),
        _a.disabled_at.is_(None),
    )
)
_REVOKE_TOKEN: Final = Prepared(
    update(tables.agent_token)
    .values(revoked_at=bindparam("at"))
    .where(_t.token_hash == bindparam("hashed"), _t.revoked_at.is_(None))
)
_REVOKE_TOKENS: Final = Prepared(
    update(tables.agent_token)
    .values(revoked_at=bindparam("at"))
    .where(
        _t.workspace_id == bindparam("in_workspace"),
        _t.agent_id == bindparam("of_agent"),
        _t.revoked_at.is_(None),
    )
)
_INSERT_SETUP: Final = Prepared(insert(tables.setup_token))
_TAKE_SETUP: Final = Prepared(
    delete(tables.setup_token)
    .where(_s.token_hash == bindparam("hashed"), _s.expires_at > bindparam("now"))
    .returning(_s.workspace_id)
)
_DROP_SETUPS: Final = Prepared(
    delete(tables.setup_token).where(_s.workspace_id == bindparam("in_workspace"))
)


_MANY: Final = Prepared(select(tables.agent).where(_a.id.in_(bindparam("ids", expanding=True))))


def agents_by_id(db: Connection, ids: Iterable[str]) -> dict[str, AgentRow]:
    """Several agents in one statement; unknown ones are left out."""
    found = (rows.agent(row) for row in db.rows(_MANY, ids=sorted(set(ids))))
    return {agent.id: agent for agent in found}


class AgentQueries:
    """`port.Agents`."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, workspace_id: str, agent_id: str) -> AgentRow | None:
        row = self._db.row(_GET, workspace_id=workspace_id, agent_id=agent_id)
        return None if row is None else rows.agent(row)

    def by_email(self, email: str) -> Sequence[AgentRow]:
        return [rows.agent(row) for row in self._db.rows(_BY_EMAIL, email=email)]

    def of_workspace(self, workspace_id: str) -> Sequence[AgentRow]:
        return [rows.agent(row) for row in self._db.rows(_OF_WORKSPACE, workspace_id=workspace_id)]

    def insert(self, row: AgentRow) -> None:
        self._db.run(
            _INSERT,
            id=row.id,
            workspace_id=row.workspace_id,
            name=row.name,
            email=row.email,
            role=row.role.value,
            password_hash=row.password_hash,
            created_at=row.created_at,
            avatar_url=row.avatar_url,
            disabled_at=row.disabled_at,
        )

    def update(self, workspace_id: str, agent_id: str, changes: Mapping[str, Any]) -> bool:
        changed = self._db.change(
            update(tables.agent)
            .values(rows.changed_columns(changes))
            .where(_a.id == agent_id, _a.workspace_id == workspace_id)
        )
        return changed > 0

    def insert_token(
        self, token_hash: str, agent: AgentRow, *, created_at: int, expires_at: int | None
    ) -> None:
        self._db.run(
            _INSERT_TOKEN,
            token_hash=token_hash,
            workspace_id=agent.workspace_id,
            agent_id=agent.id,
            created_at=created_at,
            expires_at=expires_at,
            revoked_at=None,
        )

    def by_token(self, token_hash: str, now: int) -> AgentRow | None:
        row = self._db.row(_BY_TOKEN, token_hash=token_hash, now=now)
        return None if row is None else rows.agent(row)

    def revoke_token(self, token_hash: str, at: int) -> bool:
        return self._db.run(_REVOKE_TOKEN, hashed=token_hash, at=at) > 0

    def revoke_tokens(self, workspace_id: str, agent_id: str, at: int) -> int:
        return self._db.run(_REVOKE_TOKENS, in_workspace=workspace_id, of_agent=agent_id, at=at)

    def insert_setup(self, token_hash: str, workspace_id: str, expires_at: int) -> None:
        self._db.run(
            _INSERT_SETUP, token_hash=token_hash, workspace_id=workspace_id, expires_at=expires_at
        )

    def take_setup(self, token_hash: str, now: int) -> str | None:
        row = self._db.row(_TAKE_SETUP, hashed=token_hash, now=now)
        return None if row is None else str(row[0])

    def drop_setups(self, workspace_id: str) -> None:
        self._db.run(_DROP_SETUPS, in_workspace=workspace_id)
