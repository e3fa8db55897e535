"""A workspace's settings: their bounds, their defaults, and what of them a widget may know."""

import pytest
from pydantic import ValidationError

from server.api.customer import WidgetSettings
from server.workspace import WorkspaceSettings, widget_settings


def test_every_setting_has_a_default_that_is_valid() -> None:
    defaults = WorkspaceSettings().model_dump()

    assert WorkspaceSettings.model_validate(defaults) == WorkspaceSettings()


def test_an_unknown_name_is_no_silent_no_op() -> None:
    with pytest.raises(ValidationError):
        WorkspaceSettings.model_validate({"greetings": ["Hi"]})


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("https://shop.test", True),
        ("HTTPS://Shop.test", True),
        ("https://shop.test:444", False),
        ("http://shop.test", False),
        ("https://shop.test.evil.test", False),
        ("null", False),
    ],
)
def test_only_listed_origins_may_connect(origin: str | None, allowed: bool) -> None:
    """PROTOCOL §1."""
    settings = WorkspaceSettings(allowed_origins=["https://SHOP.test"])

    assert settings.allows(origin) is allowed


def test_an_empty_list_allows_every_origin() -> None:
    assert WorkspaceSettings().allows("https://anything.test")


def test_greetings_are_trimmed_and_empty_ones_left_out() -> None:
    assert WorkspaceSettings(greeting=[" Hi ", "  "]).greeting == ["Hi"]


def test_what_a_widget_may_know_is_its_contract_and_nothing_more() -> None:
    """HEL-32."""
    settings = WorkspaceSettings(primary_color="#112233", allowed_origins=["https://a.test"])

    told = dict(widget_settings(settings))

    WidgetSettings.model_validate(told, strict=True)
    assert set(told) == set(WidgetSettings.model_fields)
    assert "a.test" not in str(told)
