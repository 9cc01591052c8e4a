"""Log lines on stderr, for people or as JSON, with no address or link token in clear."""

import json
import logging
import os
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from foundation import trace_context
from foundation.addresses import mask_addresses
from foundation.environment import Environment, SettingsError

FORMAT_VARIABLE = "LATCHKEY_LOG_FORMAT"
NAME_VARIABLE = "LATCHKEY_PROCESS_NAME"
TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{40,}")
QUIET_SOURCES = ("sanic", "sanic.root", "sanic.server", "sanic.error", "mail.log")


class LogFormat(StrEnum):
    """How lines are written: `LATCHKEY_LOG_FORMAT`."""

    LINES = "lines"
    JSON = "json"


class OneLineFormatter(logging.Formatter):
    """Writes a record, traceback included, on one line and masks what is private."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the masked line."""
        line = super().format(record).replace("\r", "").replace("\n", " | ")
        here = trace_context.current.get()
        return f"{mask(line)} trace={here.trace_id}" if here else mask(line)


class JsonFormatter(logging.Formatter):
    """Writes a record as one object on one line and masks what is private.

    Args:
        process: What this process is called.
    """

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the masked object. Its time comes first: logs are shortened by that."""
        # With the hour of the place, as the lines for people have it.
        moment = datetime.fromtimestamp(record.created).astimezone()
        fields = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
            "process": self._process,
        }
        here = trace_context.current.get()
        if here:
            fields |= {"trace_id": here.trace_id, "span_id": here.span_id}
        if record.exc_info:
            fields["exception"] = mask(self.formatException(record.exc_info))
        if record.stack_info:
            fields["stack"] = mask(self.formatStack(record.stack_info))
        return json.dumps(fields, ensure_ascii=False)


def mask(text: str) -> str:
    """Mask the addresses in a text, and leave out what looks like a token."""
    return TOKEN_LIKE.sub("[…]", mask_addresses(text))


def process_name(default: str, variables: Mapping[str, str] = os.environ) -> str:
    """Return what this process is called in logs, measures and traces."""
    return Environment(variables).text(NAME_VARIABLE, default)


def read_log_format(variables: Mapping[str, str] = os.environ) -> LogFormat:
    """Return how lines are written.

    Raises:
        SettingsError: The setting names no format.
    """
    text = Environment(variables).text(FORMAT_VARIABLE, LogFormat.LINES)
    try:
        return LogFormat(text)
    except ValueError as error:
        known = " or ".join(LogFormat)
        message = f"{FORMAT_VARIABLE} must be {known}, not {text!r}."
        raise SettingsError(message) from error


def log_to_stderr(part: str = "latchkey", level: int = logging.INFO) -> None:
    """Send this process's logs to stderr, quietly.

    Args:
        part: What the process is called if the environment gives it no name.
        level: What is said at least.

    Raises:
        SettingsError: The environment asks for a format that there is not. Lines for
            people say so.
    """
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(OneLineFormatter())
    logging.basicConfig(level=level, handlers=[lines], force=True)
    for source in QUIET_SOURCES:
        # Start and stop of each worker, and aiosmtpd's dialogue, help nobody here.
        logging.getLogger(source).setLevel(logging.CRITICAL)
    for source in ("alembic", "sanic.access"):
        logging.getLogger(source).setLevel(logging.WARNING)
    if read_log_format() is LogFormat.JSON:
        lines.setFormatter(JsonFormatter(process_name(part)))
