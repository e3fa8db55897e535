"""The judge is judged: a whole exchange passes it, and each thing it watches for fails it."""

import pytest

from tests.wire.harness import Running

pytestmark = pytest.mark.adapter


async def test_a_message_goes_from_a_visitor_to_an_agent_and_an_answer_comes_back(
    serve: Running,
) -> None:
    async with serve() as server, server.visitor() as jane, server.agent() as sam:
        said = await jane.say("Hello")
        opened = await sam.open(said["conversationId"])
        answered = await sam.say(said["conversationId"], "Hi Jane")
        event = await jane.event(seq=answered["seq"])

        assert opened["history"]["public"]["events"][0]["body"] == "Hello"
        assert (event["body"], event["author"]["name"]) == ("Hi Jane", "Sam")
