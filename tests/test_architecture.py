"""The house's rules, enforced: who may import whom, and what no file may be.

Two looks at imports. Direct ones by `ast`, against one table. And each pure package is imported in
a fresh process, in which `sys.modules` must not hold what it may never touch, however indirectly.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for top in ("protocol", "server") for path in (ROOT / top).rglob("*.py"))
THIRD_PARTY = {
    "alembic", "anyio", "argon2", "click", "cryptography", "jwt", "msgpack", "orjson",
    "prometheus_client", "psycopg", "pydantic", "pydantic_core", "pydantic_settings", "redis",
    "rich", "sqlalchemy", "starlette", "structlog", "uuid_utils", "uvicorn", "uvloop",
    "websockets",
}  # fmt: skip
ASYNC = {"asyncio", "anyio"}

# Longest prefix wins. A module may import: itself and its package, the standard library without
# asyncio unless it is listed, and what is named here.
ALLOWED: dict[str, set[str]] = {
    "protocol": {"orjson", "msgpack", "pydantic", "pydantic_core"},
    "server.clock": set(),
    "server.ids": {"uuid_utils"},
    "server.metrics": set(),
    "server.logs": {"structlog"},
    "server.version": set(),
    "server.workspace": {"pydantic", "server.identity.visibility"},
    "server.settings": {"pydantic", "pydantic_settings"},
    "server.bootstrap": {
        "server.ids", "server.identity.model",
        "server.passwords", "server.store.port", "server.vault",
    },
    "server.passwords": {"anyio", "argon2"},
    "server.vault": {"cryptography"},
    "server.connection": {"protocol"},
    "server.chat": set(),
    "server.identity": set(),
    "server.chat.model": {"server.identity.model"},
    "server.chat.policy": {"server.chat.model"},
    "server.chat.service": {
        "asyncio", "server.chat.model", "server.chat.policy", "server.clock", "server.ids",
        "server.identity.model", "server.store.port",
    },
    "server.identity.model": set(),
    "server.identity.transitions": {"server.identity.model"},
    "server.identity.visibility": {"server.identity.claims", "server.identity.model"},
    "server.identity.claims": {"server.identity.model"},
    "server.identity.linking": {"server.identity.model"},
    "server.identity.tokens": {"jwt", "server.identity.model"},
    "server.identity.keyring": {"server.identity", "server.store.port"},
    "server.identity.people": {
        "server.chat.model", "server.ids", "server.identity", "server.store.port",
    },
    "server.identity.linker": {
        "server.chat.model", "server.ids", "server.identity", "server.store.port",
    },
    "server.identity.identifying": {"server.ids", "server.identity", "server.store.port"},
    "server.identity.service": {
        "server.clock", "server.ids", "server.identity", "server.store.port",
    },
    "server.hub": {"asyncio", "protocol", "server.clock", "server.transport.port"},
    "server.bus": {"asyncio"},
    "server.jobs": {
        "asyncio", "server.chat", "server.clock", "server.ids", "server.store.port",
    },
    "server.limits": {"protocol", "server.clock", "server.connection.buckets"},
    "server.gateway": {
        "asyncio", "protocol", "server.bus.port", "server.chat", "server.clock",
        "server.connection", "server.hub", "server.identity",
        "server.ids", "server.limits.port", "server.metrics",
        "server.store.port", "server.transport.port", "server.workspace",
    },
    "server.store.port": {"server.chat.model", "server.identity"},
    "server.store.identity_port": {"server.identity.model"},
    "server.store": {
        "asyncio", "alembic", "orjson", "psycopg", "sqlalchemy", "server.chat.model",
        "server.chat.policy", "server.clock", "server.ids", "server.identity.model",
        "server.identity.visibility",
    },
    "server.transport": {"asyncio", "starlette", "uvicorn", "uvloop", "websockets"},
    "server.api": {
        "asyncio", "anyio", "orjson", "prometheus_client", "pydantic", "pydantic_core",
        "starlette", "structlog", "protocol", "server.chat", "server.clock",
        "server.connection.states", "server.gateway", "server.ids", "server.identity",
        "server.limits.address", "server.limits.port", "server.metrics", "server.logs",
        "server.bootstrap", "server.passwords", "server.store.port",
        "server.transport.admission", "server.transport.asgi", "server.transport.port",
        "server.version", "server.workspace",
    },
}  # fmt: skip
COMPOSITION = {
    "server.app", "server.cli", "server.__main__", "server.demo", "server.demo.pages",
    "server.demo.run", "server.demo.stories", "server.demo.telling", "server.doctor",
    "server.people", "server.shell",
}  # fmt: skip
"""The composition root knows everything; nobody knows it."""

PURE = {
    "protocol": {"server", "asyncio", "starlette", "sqlalchemy", "redis"},
    "server.connection.machine": {"asyncio", "anyio", "starlette", "redis", "sqlalchemy"},
    "server.chat.policy": {"protocol", "asyncio", "starlette", "sqlalchemy", "pydantic"},
    "server.identity.visibility": {"protocol", "asyncio", "starlette", "sqlalchemy", "pydantic"},
    "server.identity.linking": {"protocol", "asyncio", "starlette", "sqlalchemy", "pydantic"},
    "server.identity.claims": {"protocol", "asyncio", "starlette", "sqlalchemy", "pydantic"},
    "server.identity.transitions": {"protocol", "asyncio", "starlette", "sqlalchemy", "pydantic"},
    "server.chat.service": {"protocol", "starlette", "redis", "sqlalchemy", "server.hub"},
    "server.hub.hub": {"starlette", "sqlalchemy", "server.store", "server.chat"},
    "server.gateway.visitor": {"starlette", "redis", "sqlalchemy"},
    "server.gateway.agent": {"starlette", "redis", "sqlalchemy"},
}

LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
BANNED_NAMES = {"utils", "util", "helpers", "common", "misc", "manager", "base"}
BARE_START = re.compile(r"\.create_task\(")
STARTS_TASKS = {
    "server/gateway/context.py": "its own TaskGroup, in `run`",
    "server/transport/server.py": "its own TaskGroup, in `serve`",
    "server/transport/asgi.py": "its own TaskGroup, in `run`",
    "server/transport/uvicorn_protocol.py": "the handshake's ASGI task, in `server_state.tasks`",
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def direct_imports(path: Path) -> Iterator[str]:
    """What a file imports, as far as it runs: not what only type checkers see."""
    tree = ast.parse(path.read_text())
    hidden = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.unparse(guard.test)
        for node in ast.walk(guard)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if (ROOT / (inner.replace(".", "/") + ".py")).exists() else node.module


def is_watched(name: str) -> bool:
    top = name.partition(".")[0]
    return top in THIRD_PARTY | ASYNC | {"server", "protocol"}


def rule_of(module: str) -> tuple[str, set[str]]:
    prefix = max(
        (known for known in ALLOWED if module == known or module.startswith(f"{known}.")),
        key=len,
        default="",
    )
    return prefix, ALLOWED.get(prefix, set())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_floor_allows(path: Path) -> None:
    module = module_name(path)
    if module in COMPOSITION or module == "server":
        return
    package, allowed = rule_of(module)
    own = module.rpartition(".")[0] if not (ROOT / module.replace(".", "/")).is_dir() else module

    wrong = {
        name
        for name in direct_imports(path)
        if is_watched(name)
        and not any(
            name == one or name.startswith(f"{one}.") for one in allowed | {package or module, own}
        )
    }

    assert package, f"{module} has no rule in ALLOWED"
    assert not wrong


def test_nothing_below_imports_the_composition_root() -> None:
    importers = {
        (module_name(path), name)
        for path in SOURCES
        for name in direct_imports(path)
        if name in COMPOSITION and module_name(path) not in COMPOSITION
    }

    assert not importers


@pytest.mark.adapter
@pytest.mark.parametrize("module", PURE)
def test_importing_a_pure_module_loads_nothing_it_may_never_touch(module: str) -> None:
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = answer.stdout.split()

    touched = {
        name
        for name in loaded
        for never in PURE[module]
        if name == never or name.startswith(f"{never}.")
    }

    # A package's `__init__` and the port's records are loaded with their package.
    assert not {name for name in touched if name not in ("server.store", "server.store.port")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_well_named_and_says_what_it_is_for(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    text = path.read_text()
    tree = ast.parse(text)

    assert len(text.splitlines()) <= 400 or name in LONG_FILES
    assert not BANNED_NAMES & set(path.relative_to(ROOT).with_suffix("").parts)
    assert ast.get_docstring(tree), "a file opens with its reason"
    long = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 60
    }
    assert {f"{name}:{function}" for function in long} <= set(LONG_FUNCTIONS)


def test_no_task_is_started_outside_a_group_that_is_on_screen() -> None:
    starters = {
        str(path.relative_to(ROOT)) for path in SOURCES if BARE_START.search(path.read_text())
    }

    assert starters <= set(STARTS_TASKS)


def test_the_hub_has_never_heard_of_agents() -> None:
    for path in (ROOT / "server" / "hub").glob("*.py"):
        assert "agent" not in path.read_text().lower(), path.name


def test_every_source_file_has_its_test_file() -> None:
    missing = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        # Packages, the entry point, ports (their adapters have the tests), the version, the tables
        # of people, which are part of `tables.py`, and migrations, which
        # `tests/store/test_migrate.py` holds against the tables.
        if path.name not in ("__init__.py", "__main__.py", "columns.py", "version.py")
        and not path.name.endswith(("port.py", "_tables.py"))
        and "migrations" not in path.parts
        and not _test_of(path).exists()
    ]

    assert not missing


def _test_of(path: Path) -> Path:
    relative = path.relative_to(ROOT)
    parts = relative.parts[1:] if relative.parts[0] == "server" else relative.parts
    return ROOT.joinpath("tests", *parts[:-1], f"test_{parts[-1]}")


PAGES = sorted(path for path in (ROOT / "static").rglob("*.js") if "vendor" not in path.parts)
PURE_NAMES = {
    "protocol": {"connection.js", "logs.js", "outbox.js", "replica.js", "states.js"},
    "widget": {"model.js", "rows.js", "thread.js", "unread.js", "words.js"},
}
PURE_PAGES = [
    path
    for path in PAGES
    if path.parent.name in ("markup", "model") or path.name in PURE_NAMES.get(path.parent.name, ())
]
IMPURE = re.compile(
    r"\b(?:window|document|location|navigator|localStorage|sessionStorage|WebSocket|"
    r"setTimeout|setInterval|requestAnimationFrame|Date\.now|performance)\b"
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_script_is_short_says_what_it_is_for_and_builds_no_markup(path: Path) -> None:
    text = path.read_text()

    assert len(text.splitlines()) <= 400
    assert text.startswith("/**"), "a file opens with its reason"
    assert not re.search(
        r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|eval|document\.write)\b", text
    )


@pytest.mark.parametrize("path", PURE_PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_pure_script_knows_no_browser_and_no_time(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(), flags=re.S)
    imported = re.findall(r"from \"([^\"]+)\"", code)

    assert not IMPURE.findall(code)
    assert {(path.parent / name).resolve() for name in imported} <= {
        one.resolve() for one in PURE_PAGES
    }


def test_every_path_that_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text()
    named = set(re.findall(r"`((?:server|protocol|static|tests|docs|scripts)/[\w./-]*)`", text))

    assert not {name for name in named if not (ROOT / name).exists()}
