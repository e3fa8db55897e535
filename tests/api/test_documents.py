"""The contracts as they are served."""

import pytest

from protocol.asyncapi import document
from server.api.openapi import openapi
from server.api.routes import OPERATIONS
from server.version import __version__
from tests.api.node import TestNode

pytestmark = pytest.mark.adapter


async def test_the_rest_contract_is_served(node: TestNode) -> None:
    answer = await node.ask("GET", "/openapi.json")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == openapi(OPERATIONS, __version__)


async def test_the_sockets_contract_is_served(node: TestNode) -> None:
    answer = await node.ask("GET", "/asyncapi.json")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == document(__version__)
