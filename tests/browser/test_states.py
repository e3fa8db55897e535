"""Every named state of our pages is reachable and accessible, light and dark, wide and narrow."""

import pytest

from tests.browser.axe import violations
from tests.browser.harness import Look, OpenSite
from tests.browser.states import HEIGHTS, State, known_states

pytestmark = pytest.mark.adapter

VIEWS = [(state, width) for state in known_states() for width in state.widths]


@pytest.mark.parametrize(
    ("state", "width"), VIEWS, ids=[f"{state.name}-{width}" for state, width in VIEWS]
)
async def test_axe_finds_nothing_in_either_scheme(site: OpenSite, state: State, width: int) -> None:
    async with site(**state.opens) as s:
        s.watch.expect(*state.expects)
        s.look = Look("light", width, HEIGHTS.get(width, 900))
        page = await state.bring(s)

        found = await violations(page)
        if width == state.widths[0]:
            # Nothing but colours differs between the schemes, and no width has colours of its own.
            await page.emulate_media(color_scheme="dark")
            found += await violations(page, rules=["color-contrast"])

        assert not found, "\n".join(found)
