"""Our own pages and their files: the set-up page, the console, the API's documentation.

In a wheel they lie beside the code, in a checkout beside the package; `static_folder` is the one
place that knows. Nothing is rendered: a page is a file, and what differs is fetched by its script.
"""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

__all__ = ["pages", "static_folder"]


def static_folder() -> Path:
    """Where the files of our pages are."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "static", package.parent / "static"):
        if folder.is_dir():
            return folder
    raise AssertionError("the static files were left out of this installation")


class _Files(StaticFiles):
    """Files that a browser keeps but asks about again: they change with the server's version."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "no-cache"
        return response


def pages() -> list[BaseRoute]:
    """The routes of everything that is a file."""
    folder = static_folder()
    return [
        _page("/setup", folder / "console" / "setup.html"),
        _page("/docs", folder / "docs" / "docs.html"),
        Route("/console", lambda request: RedirectResponse("/console/", 308)),
        Mount("/console", _Files(directory=folder / "console", html=True)),
        Mount("/docs", _Files(directory=folder / "docs")),
    ]


def _page(path: str, file: Path) -> Route:
    async def page(request: Request) -> Response:
        return FileResponse(file, headers={"Cache-Control": "no-cache"})

    return Route(path, page)
