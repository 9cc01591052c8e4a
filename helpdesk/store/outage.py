"""Whether the database can be used, said in the log once when that changes."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

log = logging.getLogger(__name__)


class OutageError(exc.SQLAlchemyError):
    """The database is away, full, read-only or busy; later it may not be."""


class Outage:
    """Notices when the database stops and begins to answer; used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began_at: float | None = None

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Watch one piece of work.

        Raises:
            OutageError: It failed because the database cannot be used.
        """
        try:
            yield
        except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
            self._begin(error)
            raise OutageError("The record cannot be used at the moment.") from error
        if self._began_at is not None:
            self._end()

    def _begin(self, error: exc.SQLAlchemyError) -> None:
        with self._lock:
            if self._began_at is not None:
                return
            self._began_at = time.monotonic()
        reason = str(getattr(error, "orig", None) or error).strip()
        log.error("the record cannot be used: %s", reason)

    def _end(self) -> None:
        with self._lock:
            if self._began_at is None:
                return
            lasted_s = time.monotonic() - self._began_at
            self._began_at = None
        log.info("the record can be used again, after %.1f s", lasted_s)
