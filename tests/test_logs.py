"""Logs: how a line looks, and that no secret is in one."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from server import ids, logs
from server.logs import redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEyMyJ9.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def _root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], level = before[0], before[1]
    root.setLevel(level)


@pytest.mark.parametrize(
    "prefix",
    ["wk", "wk_live", "sk", "sk_live", "sk_test", "at", "st", "vt", "ct", "cvt", "ids", "su"],
)
def test_each_kind_of_secret_is_cut_out_and_its_kind_is_left(prefix: str) -> None:
    """SECURITY, "token in URL or log"."""
    secret = ids.fresh_secret(prefix)

    cut = redact(f"GET /x?key={secret}&b=1 by '{secret}'")

    assert secret not in cut
    assert secret[-20:] not in cut
    assert f"key={prefix.partition('_')[0]}_***&b=1" in cut


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        (f"token {JWT}!", "token eyJ***!"),
        ("postgresql://parley:hunter2@db/x", "postgresql://parley:***@db/x"),
        ("redis://:hunter2@cache:6379", "redis://:***@cache:6379"),
        ("https://example.com:8443/a@b", "https://example.com:8443/a@b"),
        ("conversation cv_01a1f930753974c181dd5b3ea0562dca", None),
        ("message seq 44 in at_most_once", None),
        ("nothing to hide", None),
    ],
)
def test_what_is_secret_is_cut_and_what_is_not_stays(text: str, cut: str | None) -> None:
    assert redact(text) == (text if cut is None else cut)


def test_a_line_of_json_has_its_extras_and_its_traceback_without_secrets() -> None:
    stream, secret = io.StringIO(), ids.fresh_secret("sk_live")
    logs.configure("info", "json", stream)
    try:
        raise ValueError(f"bad key {secret}")
    except ValueError:
        logging.getLogger("parley.test").exception(
            "failed for %s", secret, extra={"deep": {"list": [secret, 1, None]}, "route": "/x/{id}"}
        )

    line = json.loads(stream.getvalue())

    assert secret not in stream.getvalue()
    assert line["event"] == "failed for sk_***"
    assert line["deep"] == {"list": ["sk_***", 1, None]}
    assert (line["level"], line["logger"], line["route"]) == ("error", "parley.test", "/x/{id}")
    assert "ValueError: bad key sk_***" in line["exception"]
    assert line["timestamp"].endswith("Z")


def test_a_line_on_the_console_is_readable_and_without_secrets() -> None:
    stream, secret = io.StringIO(), ids.fresh_secret("st")
    logs.configure("info", "console", stream)

    logging.getLogger("parley.test").warning("slow", extra={"who": secret, "odd": {secret}})

    assert "slow" in stream.getvalue()
    assert "who=st_***" in stream.getvalue()
    assert secret not in stream.getvalue()


def test_what_is_deeper_than_anybody_logs_is_redacted_as_text() -> None:
    stream, secret = io.StringIO(), ids.fresh_secret("vt")
    logs.configure("info", "json", stream)
    deep: object = secret
    for _ in range(20):
        deep = {"in": deep}

    logging.getLogger("parley.test").info("deep", extra={"deep": deep})

    assert secret not in stream.getvalue()
    assert "vt_***" in stream.getvalue()


def test_the_level_is_the_least_that_is_written_and_libraries_are_quieter() -> None:
    stream = io.StringIO()
    logs.configure("info", "json", stream)

    logging.getLogger("parley").debug("no")
    logging.getLogger("uvicorn.error").info("no")
    logging.getLogger("parley").info("yes")
    logging.getLogger("uvicorn.error").warning("yes too")

    events = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == ["yes", "yes too"]
