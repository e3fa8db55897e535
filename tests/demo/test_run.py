"""What the terminal says: every address whole, and only what can be done."""

import io

import pytest
from rich.console import Console

from server.demo.run import Told, show

ORIGIN = "http://127.0.0.1:8000"


def shown(told: Told, width: int) -> str:
    out = io.StringIO()
    show(told, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_each_address_is_one_unbroken_line(width: int) -> None:
    secret, key = "dm_" + "x" * 43, "wk_live_" + "y" * 43

    lines = shown(Told(ORIGIN, secret, "su_first", key), width).splitlines()

    assert lines[0] == f"parley is ready on {ORIGIN}"
    assert any(line.endswith(f" {ORIGIN}/demo#{secret}") for line in lines)
    assert any(line.endswith(f" {ORIGIN}/setup#su_first") for line in lines)
    snippet = f'<script async src="{ORIGIN}/widget.js" data-key="{key}"></script>'
    assert any(line.endswith(snippet) for line in lines)


def test_who_owns_the_server_is_offered_no_set_up() -> None:
    text = shown(Told(ORIGIN, "dm_x", None, "wk_live_y"), 80)

    assert "/setup" not in text
    assert "/demo#dm_x" in text
