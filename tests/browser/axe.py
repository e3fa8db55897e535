"""axe-core in a page: what it finds against WCAG 2.2 AA, and its list of good habits."""

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Page

__all__ = ["violations"]

_SCRIPT: Final = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_TAGS: Final = (
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
)  # fmt: skip
_RUN: Final = """async ([only, within]) => {
  const options = { resultTypes: ["violations"], runOnly: only };
  const found = await window.axe.run(within ?? document, options);
  return found.violations.map(({ id, help, nodes }) => ({
    id, help, at: nodes.map(({ target, failureSummary }) => [target.flat(), failureSummary]),
  }));
}"""


async def violations(
    page: Page, *, within: str | None = None, rules: Sequence[str] | None = None
) -> list[str]:
    """What axe finds in this page, in its frames and in shadow trees, one line each.

    `within` is a selector to stay in; `rules` are the only ones to look at, by default all.
    """
    for frame in page.frames:
        # Evaluated by the debugger, so that the page's own policy stays as strict as it is.
        if not await frame.evaluate("() => 'axe' in window"):
            await frame.evaluate(_script())
    only = (
        {"type": "tag", "values": list(_TAGS)}
        if rules is None
        else {"type": "rule", "values": list(rules)}
    )
    found: list[dict[str, Any]] = await page.evaluate(_RUN, [only, within])
    return [
        f"{one['id']}: {one['help']}\n    at {json.dumps(target)}: {summary}"
        for one in found
        for target, summary in one["at"]
    ]


@functools.cache
def _script() -> str:
    if not _SCRIPT.exists():
        pytest.skip("axe-core is not installed; run scripts/tools")
    return _SCRIPT.read_text()
