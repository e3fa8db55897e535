"""Commands are values: the gateway tells them apart by their class alone."""

from typing import get_args

from server.connection import commands
from server.connection.commands import Command


def test_every_command_is_part_of_the_union_that_the_gateway_matches() -> None:
    named = {getattr(commands, name) for name in commands.__all__ if name != "Command"}

    assert named == set(get_args(Command))


def test_commands_with_the_same_members_are_equal() -> None:
    assert commands.Pong("1") == commands.Pong("1")
    assert commands.Pong("1") != commands.Pong("2")
