"""One node per test, on a copy of a database that is made once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.node import Template, TestNode, make_template, running_node


@pytest.fixture(scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return await make_template(tmp_path_factory.mktemp("api"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
async def node(template: Template, tmp_path: Path) -> AsyncIterator[TestNode]:
    # The generator ends in the task that began it: pytest-asyncio runs both on the session's loop.
    async with running_node(template, tmp_path) as running:
        yield running
