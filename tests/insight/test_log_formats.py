"""Log lines as they are asked for: for people or as JSON, masked in either case."""

import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundation.environment import SettingsError
from foundation.logs import log_to_stderr
from foundation.trace_context import TraceContext
from foundation.tracing import within
from helpdesk.desk.log_files import blot_out, drop_older
from tests.accounts.service import START_SECONDS
from tests.accounts.test_settings import GOOD as ACCOUNTS
from tests.forking import ForkedModule
from tests.helpdesk.test_installations import VARIABLES
from tests.insight.reading import LOG_FIELDS, json_lines

HERE = TraceContext("a" * 31 + "b", "c" * 16)
TOKEN = "t0ken" * 10
SAID = f"ana.maria@private.example and {TOKEN}"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Give the tests' own log handlers back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Path:
    """A log in JSON: a line within a trace, and one with a traceback."""
    monkeypatch.setenv("LATCHKEY_LOG_FORMAT", "json")
    log_to_stderr("helpdesk")
    with within(HERE):
        logging.getLogger("helpdesk.desk").warning("said by %s\nand\r more", SAID)
    try:
        int(SAID)
    except ValueError:
        logging.getLogger("helpdesk").exception("it failed", stack_info=True)
    path = tmp_path / "helpdesk.log"
    path.write_text(capsys.readouterr().err, "utf-8")
    return path


def test_json_is_one_object_a_line(lines: Path) -> None:
    first, second = json_lines(lines)
    assert first["message"] == "said by a•••@private.example and […]\nand\r more"
    assert (first["level"], first["logger"]) == ("WARNING", "helpdesk.desk")
    assert first["process"] == "helpdesk"
    assert (first["trace_id"], first["span_id"]) == (HERE.trace_id, HERE.span_id)
    assert set(second) == {*LOG_FIELDS, "exception", "stack"}
    assert "Traceback" in second["exception"]


def test_json_names_nobody(lines: Path) -> None:
    text = lines.read_text("utf-8")
    assert "ana.maria" not in text
    assert TOKEN not in text


def test_the_process_has_the_name_that_it_was_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LATCHKEY_LOG_FORMAT", "json")
    monkeypatch.setenv("LATCHKEY_PROCESS_NAME", "helpdesk-2")
    log_to_stderr("helpdesk")
    logging.getLogger("a").info("b")
    assert json.loads(capsys.readouterr().err)["process"] == "helpdesk-2"


@pytest.mark.parametrize("chosen", ["", "lines"])
def test_lines_for_people_name_the_trace_at_their_end(
    chosen: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LATCHKEY_LOG_FORMAT", chosen)
    log_to_stderr()
    with within(HERE):
        logging.getLogger("a").info("said by %s", SAID)
    logging.getLogger("a").info("nobody in particular")
    first, second = capsys.readouterr().err.splitlines()
    said = f" INFO a: said by a•••@private.example and […] trace={HERE.trace_id}"
    assert first.endswith(said)
    assert second.endswith(" INFO a: nobody in particular")


def test_an_unknown_format_is_said_in_a_line_for_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LATCHKEY_LOG_FORMAT", "xml")
    with pytest.raises(SettingsError, match="must be lines or json, not 'xml'"):
        log_to_stderr()


@pytest.mark.parametrize("part", ["helpdesk", "accounts", "accounts.outbox", "actions"])
def test_no_part_starts_with_an_unknown_format(part: str, tmp_path: Path) -> None:
    variables = {**os.environ, **VARIABLES, **ACCOUNTS, "LATCHKEY_LOG_FORMAT": "xml"}
    log = tmp_path / "part.log"
    assert ForkedModule(part, variables, log).wait(START_SECONDS) == 2
    said = log.read_text("utf-8")
    assert "LATCHKEY_LOG_FORMAT must be lines or json, not 'xml'" in said
    assert "Traceback" not in said


def test_retention_and_erasure_reach_into_json(lines: Path) -> None:
    moment = datetime.now(UTC)
    old = json.loads(lines.read_text("utf-8").splitlines()[0])
    then = (moment - timedelta(days=40)).astimezone()
    old["time"] = then.isoformat(timespec="milliseconds")
    old["message"] = "the old one"
    text = json.dumps(old) + "\n" + lines.read_text("utf-8")
    lines.write_text(text.replace("it failed", "it failed for Zoë"), "utf-8")
    assert drop_older(lines.parent, moment - timedelta(days=30)) > 0
    assert len(json_lines(lines)) == 2
    assert blot_out(lines.parent, ["Zoë"]) >= 1
    assert "Zoë" not in lines.read_text("utf-8")
    assert len(json_lines(lines)) == 2
