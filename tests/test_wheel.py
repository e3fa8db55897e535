"""The wheel: what `make build` makes holds all that a server needs, and nothing else.

It is installed into a folder of its own and run from an empty one, so that not a file of this
checkout can help it.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import httpx2
import pytest

from server.version import __version__
from tests.commands import environment, running

ROOT = Path(__file__).parent.parent
SOURCES = ("server", "protocol", "static", "hatch_build.py", "pyproject.toml", "README.md")

pytestmark = pytest.mark.bootstrap


@dataclass(frozen=True)
class Installed:
    """A wheel, and the folder that it is installed in."""

    wheel: Path
    site: Path

    @property
    def names(self) -> set[str]:
        with ZipFile(self.wheel) as archive:
            return set(archive.namelist())

    def variables(self, data: Path) -> dict[str, str]:
        return environment(data, PYTHONPATH=str(self.site), DRAIN_SECONDS="0")

    @contextmanager
    def running(self, empty: Path, command: str) -> Iterator[httpx2.Client]:
        """A browser of a server that runs from an empty folder."""
        asked = [sys.executable, "-m", "server", command, "--port", "0"]
        with (
            running(asked, self.variables(empty / "data"), empty) as (_, lines),
            httpx2.Client(base_url=lines[0].rpartition(" ")[2], trust_env=False) as browser,
        ):
            yield browser


def ran(command: list[str], folder: Path, variables: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(built: Path, site: Path) -> Installed:
    (wheel,) = built.glob("*.whl")
    ran(
        [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps",
         "--no-index", "--target", str(site), str(wheel)],
        built,
    )  # fmt: skip
    return Installed(wheel, site)


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """As it is made where Node is."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("bundled")
    ran(["scripts/build", "-d", str(folder / "dist")], ROOT)
    return installed(folder / "dist", folder / "site")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """As it is made where Node is not: a tree without bundled pages, and with litter in it."""
    folder = tmp_path_factory.mktemp("plain")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    for litter in (".DS_Store", "widget/chat.js~", "console/.main.js.swp", "notes.md"):
        (folder / "static" / litter).write_text("litter")
    ran([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"], folder)
    return installed(folder / "dist", folder / "site")


@pytest.fixture(params=["bundled", "plain"])
def either(request: pytest.FixtureRequest) -> Installed:
    made: Installed = request.getfixturevalue(request.param)
    return made


def served(root: Path) -> set[str]:
    kinds = {".css", ".html", ".js", ".json", ".png", ".svg", ".txt", ".webmanifest"}
    return {
        f"server/static/{path.relative_to(root).as_posix()}"
        for path in root.rglob("*")
        if path.suffix in kinds and not path.name.startswith(".")
    }


def code() -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for top in ("server", "protocol")
        for path in (ROOT / top).rglob("*.py")
    }


def test_a_plain_wheel_holds_the_code_the_pages_as_they_are_and_nothing_else(
    plain: Installed,
) -> None:
    about = {name for name in plain.names if name.startswith(f"parley-{__version__}.dist-info/")}

    assert plain.names - about == code() | served(ROOT / "static")


def test_a_bundled_wheel_holds_the_code_the_pages_in_few_files_and_nothing_else(
    bundled: Installed,
) -> None:
    about = {name for name in bundled.names if name.startswith(f"parley-{__version__}.dist-info/")}

    pages = bundled.names - about - code()
    scripts = {name.removeprefix("server/static/") for name in pages if name.endswith(".js")}
    whole = {
        "widget.js",
        "widget/chat.js",
        "widget/extras.js",
        "console/main.js",
        "console/setup.js",
    }
    assert code() <= bundled.names
    assert all(name.startswith("server/static/") for name in pages)
    assert scripts == whole | {"docs/docs.js", "demo/demo.js", "demo/shop.js"}
    unbundled = {name for name in served(ROOT / "static") if not name.endswith(".js")}
    assert pages == unbundled | {f"server/static/{name}" for name in scripts}


def test_it_serves_the_widget_and_the_console_from_an_empty_folder(
    either: Installed, tmp_path: Path
) -> None:
    with either.running(tmp_path, "serve") as browser:
        paths = (
            "/widget.js",
            "/widget/chat.js",
            "/console/",
            "/console/main.js",
            "/setup",
            "/docs",
        )
        answers = {path: browser.get(path) for path in paths}

        assert {path: one.status_code for path, one in answers.items()} == dict.fromkeys(paths, 200)
        assert "max-age=300" in answers["/widget.js"].headers["cache-control"]
        assert browser.get("/readyz").status_code == 200


def test_what_a_page_of_a_wheel_names_is_in_it(either: Installed, tmp_path: Path) -> None:
    with either.running(tmp_path, "demo") as browser:
        for page in ("/console/", "/setup", "/docs", "/demo", "/demo/shop"):
            named = re.findall(
                r'(?:<link[^>]*?href|<script[^>]*?src)="(/[^"]+)"', browser.get(page).text
            )
            assert named
            assert {path: browser.get(path).status_code for path in named} == dict.fromkeys(
                named, 200
            )


def test_the_widget_of_a_bundle_asks_for_its_second_half_by_its_hash(
    bundled: Installed, tmp_path: Path
) -> None:
    with bundled.running(tmp_path, "serve") as browser:
        (version,) = set(re.findall(r"\bv=([0-9a-f]{8})\b", browser.get("/widget.js").text))
        half = browser.get(f"/widget/chat.js?v={version}")

        assert half.status_code == 200
        assert half.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert half.headers["access-control-allow-origin"] == "*"


def test_it_brings_a_database_up_to_date(either: Installed, tmp_path: Path) -> None:
    variables = either.variables(tmp_path / "data")
    command = [sys.executable, "-m", "server", "migrate"]

    first, second = (ran(command, tmp_path, variables) for _ in range(2))

    assert first.startswith("applied ")
    assert second == "the database is up to date\n"


def test_it_is_really_the_wheel_that_runs(either: Installed, tmp_path: Path) -> None:
    where = [sys.executable, "-c", "import server; print(server.__file__)"]

    assert ran(where, tmp_path, either.variables(tmp_path)).startswith(str(either.site) + os.sep)
