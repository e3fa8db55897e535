"""The command line, as an operator types it."""

from click.testing import CliRunner

from server.cli import main
from server.version import __version__


def test_version_names_the_program_and_its_version() -> None:
    result = CliRunner().invoke(main, ["--version"])

    assert result.exit_code == 0
    assert result.output == f"parley, version {__version__}\n"
