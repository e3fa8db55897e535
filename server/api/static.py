"""Our own pages and their files: the widget, the console, the API's documentation.

In a wheel they lie beside the code, in a checkout beside the package; `static_folder` is the one
place that knows. Nothing is rendered: a page is a file, and what differs is fetched by its script.

There are two audiences. The widget, the protocol's client and the Markdown parser are loaded by
other sites' pages, so every origin may read them; the console and the documentation are for our
own pages alone. The one idea: a file's name in a cache is the hash of its bytes. A browser asks
again with the hash and is told 304 in a few bytes; who names the hash itself (`?v=`) may keep the
file for a year, and nobody can be served a new file under an old name.

A path is matched against what our files may be called and only then joined to a folder, so there is
no `..`, no hidden file and no folder's listing to refuse one by one.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

__all__ = ["Files", "console_pages", "folder_of", "pages", "static_folder"]

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
"""What we serve, and nothing else. Set here: the system's own table may call a script text/plain,
and with `nosniff` no browser runs that."""
_PACKED_ALREADY: Final = frozenset({".png"})
_PATH: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")
_LONGEST_PATH: Final = 200
_WORTH_PACKING: Final = 600
"""Bytes; below it gzip saves no packet."""
_HASH: Final = 16
"""Hexadecimal digits of a hash that name a version."""
_SHORT_HASH: Final = 8
"""So many of them are enough in an address: they only tell versions of one file apart."""

_ASK_AGAIN: Final = "no-cache"
_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_FOR_MINUTES: Final = "public, max-age=300, stale-while-revalidate=600"
"""For the one address that sites paste: a page view in the same five minutes asks nothing."""

_FOR_EVERY_SITE: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_FOR_OURSELVES: Final = {"Cross-Origin-Resource-Policy": "same-origin"}


def static_folder() -> Path:
    """Where the files of our pages are."""
    return next(folder for folder in _candidates() if folder.is_dir())


def _candidates() -> tuple[Path, Path]:
    package = Path(__file__).resolve().parent.parent
    return package / "static", package.parent / "static"


def _is_released() -> bool:
    """Whether the files came with a wheel and change with it only."""
    return static_folder() == _candidates()[0]


@dataclass(frozen=True, slots=True)
class _File:
    """A file's bytes as they leave, plain and packed, and what it is known by."""

    plain: bytes
    packed: bytes | None
    version: str
    media_type: str


class Files:
    """A folder's files, kept in memory as they leave."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def get(self, path: str) -> _File:
        """The file at `path` below the folder, as it is now. Raises a 404 if there is none."""
        if len(path) > _LONGEST_PATH or not _PATH.fullmatch(path):
            raise HTTPException(404)
        return await anyio.to_thread.run_sync(self._read, path)

    def _read(self, path: str) -> _File:
        file = (self._folder / path).resolve()
        media_type = _TYPES.get(file.suffix)
        if media_type is None or not file.is_relative_to(self._folder) or not file.is_file():
            raise HTTPException(404)
        return _packed(file, file.stat().st_mtime_ns, media_type)


@lru_cache(maxsize=512)
def _packed(file: Path, changed_at: int, media_type: str) -> _File:
    """The file as it is since `changed_at`. Read and packed once: there are fewer files than
    places.
    """
    plain = file.read_bytes()
    packed = None
    if file.suffix not in _PACKED_ALREADY and len(plain) >= _WORTH_PACKING:
        packed = gzip.compress(plain, mtime=0)
    return _File(plain, packed, hashlib.sha256(plain).hexdigest()[:_HASH], media_type)


def pages() -> list[BaseRoute]:
    """The routes of everything that is a file."""
    folder = static_folder()
    entry = _FOR_MINUTES if _is_released() else _ASK_AGAIN
    return [
        _one("/widget.js", folder, "widget.js", _FOR_EVERY_SITE, keep=entry),
        *(
            folder_of(f"/{name}", folder / name, _FOR_EVERY_SITE)
            for name in ("widget", "protocol", "markup")
        ),
        _one("/setup", folder / "console", "setup.html", _FOR_OURSELVES),
        _one("/docs", folder / "docs", "docs.html", _FOR_OURSELVES),
        folder_of("/docs", folder / "docs"),
        *console_pages({}),
    ]


def console_pages(headers: Mapping[str, str]) -> list[BaseRoute]:
    """The console's routes, whose answers carry these headers too."""
    folder, own = static_folder() / "console", {**_FOR_OURSELVES, **headers}
    return [
        Route("/console", lambda request: RedirectResponse("/console/", 308)),
        _one("/console/", folder, "index.html", own),
        folder_of("/console", folder, own),
    ]


def _one(
    path: str, folder: Path, name: str, headers: Mapping[str, str], *, keep: str = _ASK_AGAIN
) -> Route:
    """A file at an address of its own."""
    files = Files(folder)

    async def file(request: Request) -> Response:
        return _answer(request, await files.get(name), headers, keep)

    return Route(path, file)


def folder_of(path: str, folder: Path, headers: Mapping[str, str] = _FOR_OURSELVES) -> Route:
    """A folder's files at their names below `path`; for our own pages, if not said otherwise."""
    files = Files(folder)

    async def file(request: Request) -> Response:
        found = await files.get(request.path_params["file"])
        return _answer(request, found, headers, _ASK_AGAIN)

    return Route(f"{path}/{{file:path}}", file)


def _answer(request: Request, file: _File, headers: Mapping[str, str], keep: str) -> Response:
    is_packed = file.packed is not None and _takes_gzip(request.headers)
    etag = f'"{file.version}-gz"' if is_packed else f'"{file.version}"'
    own = {**headers, "ETag": etag, "Cache-Control": keep}
    asked = request.query_params.get("v", "")
    if len(asked) >= _SHORT_HASH and file.version.startswith(asked):
        own["Cache-Control"] = _FOR_A_YEAR
    if file.packed is not None:
        own["Vary"] = "Accept-Encoding"
    if _has_it(request.headers, etag):
        # With its type, by which a page gets its policy: a browser keeps what it is not told anew.
        return Response(status_code=304, headers=own, media_type=file.media_type)
    if is_packed:
        own["Content-Encoding"] = "gzip"
    content = file.packed if is_packed else file.plain
    return Response(content, headers=own, media_type=file.media_type)


def _takes_gzip(headers: Mapping[str, str]) -> bool:
    for offer in headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = offer.partition(";")
        if name.strip() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return False


def _has_it(headers: Mapping[str, str], etag: str) -> bool:
    """Whether the browser named this version; a proxy may have made its name weak."""
    named = headers.get("if-none-match", "")
    return etag in (one.strip().removeprefix("W/") for one in named.split(","))
