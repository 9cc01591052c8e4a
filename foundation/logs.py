"""Log lines: one line each on stderr, with no address or link token in clear."""

import logging
import re
import sys

from foundation.addresses import mask_addresses

TOKEN_LIKE = re.compile(r"[A-Za-z0-9_-]{40,}")
QUIET_SOURCES = ("sanic", "sanic.root", "sanic.server", "sanic.error", "mail.log")


class OneLineFormatter(logging.Formatter):
    """Writes a record, traceback included, on one line and masks what is private."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the masked line."""
        line = super().format(record).replace("\r", "").replace("\n", " | ")
        return TOKEN_LIKE.sub("[…]", mask_addresses(line))


def log_to_stderr() -> None:
    """Send this process's logs to stderr, quietly."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(OneLineFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)
    for source in QUIET_SOURCES:
        # Start and stop of each worker, and aiosmtpd's dialogue, help nobody here.
        logging.getLogger(source).setLevel(logging.CRITICAL)
    for source in ("alembic", "sanic.access"):
        logging.getLogger(source).setLevel(logging.WARNING)
