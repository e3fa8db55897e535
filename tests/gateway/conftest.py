"""The gateway's room: one database made once, a copy of it for each test."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.gateway.room import Room, Template, make_template, open_room

OpenRoom: TypeAlias = Callable[..., AbstractAsyncContextManager[Room]]


@pytest.fixture(scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return await make_template(tmp_path_factory.mktemp("gateway"))


@pytest.fixture
def room(template: Template, tmp_path: Path) -> OpenRoom:
    """`async with room() as r`: a running node."""

    def opened(**settings: Any) -> AbstractAsyncContextManager[Room]:
        return open_room(template, tmp_path, **settings)

    return opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in a room has a database, so it is no part of the unit suite."""
    for item in items:
        if isinstance(item, pytest.Function) and "room" in item.fixturenames:
            item.add_marker(pytest.mark.adapter)
