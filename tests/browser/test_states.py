"""Every named state of our pages is reachable and accessible, light and dark, wide and narrow."""

import pytest

from tests.browser.axe import violations
from tests.browser.harness import Look, OpenSite
from tests.browser.states import HEIGHTS, State, known_states

pytestmark = pytest.mark.adapter

STATES = known_states()
NARROWER = [(state, width) for state in STATES for width in state.widths[1:]]


def look_at(width: int) -> Look:
    return Look(width=width, height=HEIGHTS.get(width, 900))


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
async def test_axe_finds_nothing_at_any_width_in_either_scheme(
    site: OpenSite, state: State
) -> None:
    """The page is brought there once, then made narrower, as a window is."""
    async with site(**state.opens) as s:
        s.watch.expect(*state.expects)
        s.look = look_at(state.widths[0])
        page = await state.bring(s)

        found = await violations(page)
        # Nothing but colours differs between the schemes, and no width has colours of its own.
        await page.emulate_media(color_scheme="dark")
        found += await violations(page, rules=["color-contrast"])
        await page.emulate_media(color_scheme="light")
        for width in state.widths[1:]:
            look = look_at(width)
            await page.set_viewport_size({"width": look.width, "height": look.height})
            found += await violations(page)

        assert not found, "\n".join(found)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("state", "width"), NARROWER, ids=[f"{state.name}-{width}" for state, width in NARROWER]
)
async def test_axe_finds_nothing_where_a_narrow_page_was_opened_so(
    site: OpenSite, state: State, width: int
) -> None:
    async with site(**state.opens) as s:
        s.watch.expect(*state.expects)
        s.look = look_at(width)
        found = await violations(await state.bring(s))

        assert not found, "\n".join(found)
