"""The command line, as an operator types it. What cannot be is one line and exit code 2."""

import json
import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import httpx2
import pytest
from click.testing import CliRunner

from server.api.routes import OPERATIONS
from server.cli import _reachable, main
from server.version import __version__
from tests.commands import environment, init, parley, serving


def test_version_names_the_program_and_its_version() -> None:
    result = CliRunner().invoke(main, ["--version"])

    assert result.exit_code == 0
    assert result.output == f"parley, version {__version__}\n"


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append((*path, name))
    return found


@pytest.mark.parametrize("command", commands(main), ids=" ".join)
def test_every_command_says_what_it_does_and_shows_an_example(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"])

    assert result.exit_code == 0
    assert "Example:" in result.output


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "localhost"),  # noqa: S104
        ("::", "localhost"),
        ("::1", "[::1]"),
    ],
)
def test_a_link_names_a_host_that_a_browser_can_reach(host: str, shown: str) -> None:
    assert _reachable(host) == shown


def test_the_contracts_are_printed_as_they_are_served() -> None:
    rest = CliRunner().invoke(main, ["openapi"])
    sockets = CliRunner().invoke(main, ["asyncapi"])

    assert len(json.loads(rest.output)["paths"]) == len({one.path for one in OPERATIONS})
    assert json.loads(sockets.output)["asyncapi"] == "3.0.0"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--agent-email", "sam@acme.test"], "go together"),
        (["--agent-email", "sam", "--agent-password", "open sesame"], "not an e-mail"),
        (["--agent-email", "sam@acme.test", "--agent-password", "short"], "8 characters"),
    ],
)
def test_an_owner_that_cannot_be_is_refused_in_one_line(arguments: list[str], fault: str) -> None:
    result = CliRunner().invoke(main, ["init", "--workspace", "Acme", *arguments])

    assert result.exit_code == 2
    assert result.output.startswith("parley: ")
    assert fault in result.output
    assert result.output.count("\n") == 1


# From here on with processes


STRONG = "0123456789abcdef" * 2


def only_line(folder: Path, *arguments: str, **variables: str) -> str:
    """The line that a refused command prints; nothing else may be printed."""
    refused = parley(folder, *arguments, **variables)
    assert refused.returncode == 2, refused
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert refused.stderr.startswith("parley: ")
    return refused.stderr


@pytest.mark.adapter
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "x"),
        ("DATABASE_URL", "mysql://db/x"),
        ("DATABASE_URL", "sqlite:///"),
        ("PUBLIC_URL", "chat.example.com"),
        ("SECRET_KEY", "secret"),
        ("REDIS_URL", "redis://localhost"),
        ("TRUSTED_PROXIES", "everybody"),
        ("LOG_LEVEL", "loud"),
        ("RATE_LIMITS", "maybe"),
    ],
)
def test_a_wrong_variable_stops_the_start_by_its_name(
    tmp_path: Path, name: str, value: str
) -> None:
    """PROTOCOL §12."""
    assert name in only_line(tmp_path, "serve", **{name: value})


@pytest.mark.adapter
def test_a_port_in_use_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        line = only_line(tmp_path, "serve", "--port", port)

    assert port in line
    assert "in use" in line


@pytest.mark.adapter
def test_a_data_directory_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert "DATA_DIR" in only_line(tmp_path / "file" / "data", "serve")
    assert "DATA_DIR" in only_line(tmp_path / "file" / "data", "serve", SECRET_KEY=STRONG)


@pytest.mark.adapter
def test_another_secret_key_than_the_databases_stops_the_start(tmp_path: Path) -> None:
    init(tmp_path)

    assert "SECRET_KEY" in only_line(tmp_path, "serve", "--port", "0", SECRET_KEY=STRONG)


@pytest.mark.adapter
def test_a_database_of_a_later_version_stops_the_start_and_is_left_alone(tmp_path: Path) -> None:
    init(tmp_path)
    with sqlite3.connect(tmp_path / "parley.db") as database:
        database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('min_code', '99')")
    database.close()

    for command in ("serve", "migrate"):
        assert "99" in only_line(tmp_path, command)


@pytest.mark.adapter
def test_a_second_server_on_the_same_database_stops_at_its_start(tmp_path: Path) -> None:
    with serving(tmp_path):
        line = only_line(tmp_path, "serve", "--port", "0")
        admin = only_line(tmp_path, "keys", "create", "--name", "x", "--scope", "*")

    assert "another Parley is running" in line
    assert "stop it first" in admin


@pytest.mark.adapter
def test_the_first_start_prints_one_link_by_which_the_owner_is_made(tmp_path: Path) -> None:
    """No default password: the link is the only way in."""
    with serving(tmp_path) as lines:
        origin = lines[0].rpartition(" ")[2]
        # The second line is there before anybody is served: it is printed with the first.
        page = httpx2.get(f"{origin}/setup", trust_env=False)
    link = re.search(r"(http://[^ ]+)/setup#(su_[\w-]+)", lines[1])

    assert page.status_code == 200
    assert len(lines) == 2
    assert link is not None
    assert link[1] == origin


@pytest.mark.adapter
def test_the_link_works_once_and_is_not_printed_again(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "server", "serve", "--port", "0"],
        env=environment(tmp_path, DRAIN_SECONDS="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        origin = process.stdout.readline().split()[-1]
        link = process.stdout.readline().split()[-1]
        owner = {
            "secret": link.partition("#")[2],
            "name": "Kim",
            "email": "kim@acme.test",
            "password": "long enough",
        }
        with httpx2.Client(base_url=origin, trust_env=False) as client:
            made = client.post("/api/v1/setup", json=owner)
            again = client.post("/api/v1/setup", json=owner)
            listed = client.get("/api/v1/conversations")
    finally:
        process.terminate()
        _, log = process.communicate(timeout=30)

    assert link.startswith(f"{origin}/setup#su_")
    assert (made.status_code, again.status_code) == (201, 403)
    assert listed.status_code == 200  # by the cookie
    for secret in (owner["secret"], made.json()["token"], owner["password"]):
        assert secret not in log
    with serving(tmp_path) as lines:
        pass
    assert len(lines) == 1


@pytest.mark.adapter
def test_a_public_url_is_what_the_link_begins_with(tmp_path: Path) -> None:
    with serving(tmp_path, PUBLIC_URL="https://chat.acme.test") as lines:
        pass

    assert "https://chat.acme.test/setup#su_" in lines[1]


@pytest.mark.adapter
def test_init_answers_with_everything_that_a_site_needs(tmp_path: Path) -> None:
    """PROTOCOL §12."""
    owner = ("--agent-email", "sam@acme.test", "--agent-password", "open sesame")
    made = parley(tmp_path, "init", "--workspace", "Acme", *owner, "--json")

    answer = json.loads(made.stdout)

    assert set(answer) == {"workspaceId", "widgetKey", "secretKey", "identitySecret", "agent"}
    assert set(answer["agent"]) == {"id", "email", "token"}
    assert answer["widgetKey"].startswith("wk_live_")
    plain = parley(tmp_path, "init", "--workspace", "Other")
    assert "widgetKey: wk_live_" in plain.stdout


@pytest.mark.adapter
def test_migrate_says_what_it_did_and_does_nothing_twice(tmp_path: Path) -> None:
    first = parley(tmp_path, "migrate")
    second = parley(tmp_path, "migrate")

    assert first.stdout.startswith("applied 0001")
    assert second.stdout == "the database is up to date\n"


@pytest.mark.adapter
def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        sick = parley(tmp_path, "doctor", PORT=str(taken.getsockname()[1]))
    well = parley(tmp_path, "doctor", PORT="0")

    assert well.returncode == 0, well.stdout
    assert all(line.startswith("ok ") for line in well.stdout.splitlines())
    assert sick.returncode == 1
    assert [line for line in sick.stdout.splitlines() if line.startswith("FAIL")]
