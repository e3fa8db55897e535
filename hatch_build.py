"""What a wheel carries of our pages: the bundled files if there are any, else the sources.

Only what the server serves is taken, so that no editor's or system's stray file is published.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SERVED = {".css", ".html", ".js", ".json", ".png", ".svg", ".txt", ".webmanifest"}


class StaticFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Puts them where `server/api/static.py` looks in an installed package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # A checkout's files are served from where they are.
        bundled = Path(self.root) / "build" / "static"
        folder = bundled if bundled.is_dir() else Path(self.root) / "static"
        for file in sorted(folder.rglob("*")):
            if file.suffix in SERVED and not file.name.startswith("."):
                place = Path("server/static") / file.relative_to(folder)
                build_data["force_include"][str(file)] = place.as_posix()
