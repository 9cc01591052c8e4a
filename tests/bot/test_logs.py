"""Rasa's log lines: as the other parts write them, and masked."""

import json
import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator

import pytest

from bot import trace
from bot.logs import LogFormatError, log_to_stderr

WANTED = f"00-{'a' * 31}b-{'c' * 16}-01"
SAID = "ana.maria@private.example and " + "t0ken" * 10


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Give the tests' own log handlers back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def warn() -> None:
    with trace.follow(WANTED):
        logging.getLogger("bot.turn").warning("said by %s", SAID)


def test_lines_are_for_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LATCHKEY_LOG_FORMAT", raising=False)
    log_to_stderr()
    warn()
    line = capsys.readouterr().err
    shape = (
        r"\d{4}-\d\d-\d\d [\d:,]{12} WARNING bot\.turn: said by a•••@private\.example "
    )
    assert re.match(shape, line)
    assert line.endswith(f" and […] trace={'a' * 31}b\n")


def test_json_is_an_object_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LATCHKEY_LOG_FORMAT", "json")
    monkeypatch.setenv("LATCHKEY_PROCESS_NAME", "rasa-2")
    log_to_stderr()
    warn()
    try:
        int(SAID)
    except ValueError:
        logging.getLogger("rasa").exception("it failed", stack_info=True)
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert next(iter(first)) == "time"
    assert {key: first[key] for key in first if key != "time"} == {
        "level": "WARNING",
        "logger": "bot.turn",
        "message": "said by a•••@private.example and […]",
        "process": "rasa-2",
        "trace_id": f"{'a' * 31}b",
        "span_id": "c" * 16,
    }
    assert "ValueError" in second["exception"]
    assert "ana.maria" not in json.dumps(second)
    assert "stack" in second
    assert "trace_id" not in second


def test_an_unknown_format_keeps_the_server_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LATCHKEY_LOG_FORMAT", "xml")
    with pytest.raises(LogFormatError, match="must be lines or json, not 'xml'"):
        log_to_stderr()
    started = subprocess.run(
        [
            *(sys.executable, "-m", "bot.serve", "--tracker", "none"),
            *("--model", "none", "--port", "1", "--actions", "http://127.0.0.1:1"),
        ],
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    assert started.returncode == 2
    assert "LATCHKEY_LOG_FORMAT must be lines or json" in started.stderr
