"""What a widget key opens over REST."""

import pytest

from server.api.customer import WidgetSettings
from tests.api.node import TestNode, bearer

pytestmark = pytest.mark.adapter

PATH = "/api/customer/widget/settings"


async def test_a_widget_key_reads_what_a_widget_needs(node: TestNode) -> None:
    """HEL-29, HEL-32."""
    by_header = await node.ask("GET", PATH, {"X-API-Key": node.ours.widget_key})
    by_bearer = await node.ask("GET", PATH, bearer(node.ours.widget_key))

    assert by_header.status_code == 200
    assert by_header.json() == by_bearer.json()
    WidgetSettings.model_validate(by_header.json(), strict=True)
    assert set(by_header.json()) == set(WidgetSettings.model_fields)


async def test_settings_may_be_kept_for_a_minute_but_not_for_another_key(node: TestNode) -> None:
    """HEL-32."""
    answer = await node.ask("GET", PATH, {"X-API-Key": node.ours.widget_key})

    assert answer.headers["cache-control"] == "public, max-age=60"
    assert "X-API-Key" in answer.headers["vary"]


async def test_settings_are_not_counted(node: TestNode) -> None:
    """PROTOCOL §13."""
    answers = [await node.ask("GET", PATH, {"X-API-Key": node.ours.widget_key}) for _ in range(65)]

    assert {answer.status_code for answer in answers} == {200}


async def test_each_key_reads_its_own_workspace(node: TestNode) -> None:
    await node.ask("PATCH", "/api/v1/settings", node.key, json={"primary_color": "#112233"})

    ours = await node.ask("GET", PATH, {"X-API-Key": node.ours.widget_key})
    theirs = await node.ask("GET", PATH, {"X-API-Key": node.theirs.widget_key})

    assert ours.json()["colors"]["primary"] == "#112233"
    assert theirs.json()["colors"]["primary"] != "#112233"
