"""A node with the demo's pages, as `parley demo` puts it together, with other workspaces beside."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.clock import SystemClock
from server.demo.pages import demo_pages, issue_link
from server.demo.telling import workspace_of
from server.store.engine import open_store
from tests.api.node import Template, TestNode, make_template, running_node

KEY = 'wk_live_"of<the>demo'


@dataclass
class Demo:
    """The node, and the demo's workspace in it."""

    node: TestNode
    workspace_id: str

    async def link(self) -> str:
        """The secret of a fresh link."""
        return await self.node.store.write(lambda tx: issue_link(tx, self.node.clock.now_ms()))


@pytest.fixture(scope="session")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Template, str]:
    """A database with the demo's workspace beside two others."""
    template = await make_template(tmp_path_factory.mktemp("demo"))
    store = open_store(f"sqlite:///{template.path}", clock=SystemClock())
    try:
        return template, await store.write(workspace_of)
    finally:
        await store.close()


@pytest.fixture
async def demo(opened: tuple[Template, str], tmp_path: Path) -> AsyncIterator[Demo]:
    template, workspace_id = opened
    async with running_node(
        template, tmp_path, beside=lambda api: demo_pages(api, workspace_id, KEY)
    ) as node:
        yield Demo(node, workspace_id)
