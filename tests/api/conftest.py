"""One node per test, on a copy of a database that is made once."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.api.node import Template, TestNode, make_template, running_node


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hashes that cost nothing: the real ones are tested once, in `tests/test_passwords.py`."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("server.passwords._HASHER", cheap)
        patch.setattr("server.passwords._NOBODYS", cheap.hash("nobody's"))
        yield


@pytest.fixture(scope="session")
async def template(cheap_passwords: None, tmp_path_factory: pytest.TempPathFactory) -> Template:
    return await make_template(tmp_path_factory.mktemp("api"))


@pytest.fixture
async def node(template: Template, tmp_path: Path) -> AsyncIterator[TestNode]:
    # The generator ends in the task that began it: pytest-asyncio runs both on the session's loop.
    async with running_node(template, tmp_path) as running:
        yield running
