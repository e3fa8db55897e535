"""What was said in the shop makes sense: somebody begins, time goes on, and every name is known."""

import pytest

from server.demo.stories import AGENTS, STORIES, Story


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.steps[0].text[:24])
def test_a_visitor_begins_and_time_goes_on_until_now(story: Story) -> None:
    times = [step.ago for step in story.steps]

    assert (story.steps[0].who, story.steps[0].does) == ("visitor", "writes")
    assert times == sorted(times, reverse=True)
    assert times[-1] > 0


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.steps[0].text[:24])
def test_only_who_is_there_does_anything(story: Story) -> None:
    assert {step.who for step in story.steps} <= {"visitor", *AGENTS}
    assert {step.text for step in story.steps if step.does == "assigns"} <= set(AGENTS)
