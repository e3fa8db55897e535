"""The `parley` command: what an operator types."""

import click

from server.version import __version__

__all__ = ["main"]


@click.group()
@click.version_option(__version__, prog_name="parley")
def main() -> None:
    """Parley, a self-hosted realtime chat server for websites."""
