"""Log lines of Rasa's server, written as the other parts write theirs.

The same two formats, the same masks, so that whoever collects logs reads all of them alike.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from datetime import datetime
from typing import Dict, Text

from bot import trace

FORMATS = ("lines", "json")

_ADDRESS = re.compile(
    r"([^\s@<>\"'(),;:=/\\])[^\s@<>\"'(),;:=/\\]*@([^\s@<>\"'(),;:/\\]+)"
)
_TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{40,}")


class LogFormatError(ValueError):
    """LATCHKEY_LOG_FORMAT names no format; the message says so."""


class OneLineFormatter(logging.Formatter):
    """Writes a record, traceback included, on one line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> Text:
        """Return the masked line."""
        line = super().format(record).replace("\r", "").replace("\n", " | ")
        here = trace.current()
        return f"{mask(line)} trace={here.trace_id}" if here else mask(line)


class JsonFormatter(logging.Formatter):
    """Writes a record as one object on one line."""

    def __init__(self, process: Text) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> Text:
        """Return the masked object."""
        moment = datetime.fromtimestamp(record.created).astimezone()
        fields: Dict[Text, Text] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
            "process": self._process,
        }
        here = trace.current()
        if here:
            fields.update(trace_id=here.trace_id, span_id=here.span_id)
        if record.exc_info:
            fields["exception"] = mask(self.formatException(record.exc_info))
        if record.stack_info:
            fields["stack"] = mask(self.formatStack(record.stack_info))
        return json.dumps(fields, ensure_ascii=False)


def mask(text: Text) -> Text:
    """Mask the addresses in a text, and leave out what looks like a token."""
    return _TOKEN_LIKE.sub("[…]", _ADDRESS.sub(r"\1•••@\2", text))


def log_to_stderr() -> None:
    """Send this process's logs to stderr.

    Raises:
        LogFormatError: the environment asks for a format that there is not.
    """
    name = os.environ.get("LATCHKEY_LOG_FORMAT", "").strip() or FORMATS[0]
    if name not in FORMATS:
        known = " or ".join(FORMATS)
        raise LogFormatError(f"LATCHKEY_LOG_FORMAT must be {known}, not {name!r}.")
    process = os.environ.get("LATCHKEY_PROCESS_NAME", "").strip() or "rasa"
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonFormatter(process) if name == "json" else OneLineFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[lines], force=True)
    # Old packages warn developers, each in several lines of its own form.
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
