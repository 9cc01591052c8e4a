"""Prepares a process of the Rasa room; every entry point calls it first."""

from __future__ import annotations

import logging
import os
import sys
import warnings

from bot.without_tensorflow import leave_out


def prepare(*, with_tensorflow: bool = False) -> None:
    """Leave TensorFlow out, keep stdout free of logs, keep telemetry off.

    Args:
        with_tensorflow: for the stock pipeline, which needs it.
    """
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    warnings.simplefilter("ignore")
    if not with_tensorflow:
        leave_out()
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s"
    )
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)
