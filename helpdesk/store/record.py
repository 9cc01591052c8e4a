"""Runs work on the record off the event loop, each piece in a transaction of its own."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.store.outage import Outage

Result = TypeVar("Result")
Work = Callable[[Session], Result]
Begin = Callable[[], AbstractContextManager[Session]]

READERS = 4
WRITERS = 8
TRIES = 4
SOON_S = 1.0
# Why PostgreSQL undoes a transaction that has done no wrong: two waited for each other, or
# this process was held up in the middle of one, and others waited for it.
UNDONE = frozenset({"40P01", "40001", "25P03"})


class Record:
    """The tables, as the event loop uses them.

    SQLite has one writer at a time; a queue in front of it is fairer and faster than
    threads that wait for its lock.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._outage = Outage()
        writers = 1 if database.is_embedded else WRITERS
        self._writers = ThreadPoolExecutor(writers, "record-writer")
        self._readers = ThreadPoolExecutor(READERS, "record-reader")

    async def write(self, work: Work[Result]) -> Result:
        """Run work that may change rows; it is committed when this returns.

        It may be run again, if the database has undone it in favour of another process.

        Raises:
            OutageError: The database cannot be used at the moment.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writers, self._in_transaction, work)

    async def read(self, work: Work[Result]) -> Result:
        """Run work that only looks.

        Raises:
            OutageError: The database cannot be used at the moment.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._in_reading, work)

    def close(self) -> None:
        """Finish what was begun and give the connections back."""
        self._writers.shutdown()
        self._readers.shutdown()
        self.database.close()

    def _in_transaction(self, work: Work[Result]) -> Result:
        return self._run(self.database.transaction, work)

    def _in_reading(self, work: Work[Result]) -> Result:
        return self._run(self.database.reading, work)

    def _run(self, begin: Begin, work: Work[Result]) -> Result:
        with self._outage.noticed():
            tries = 0
            while True:
                tries, began = tries + 1, time.monotonic()
                try:
                    with begin() as session:
                        return work(session)
                except (OperationalError, InternalError) as error:
                    is_soon = time.monotonic() < began + SOON_S
                    if tries == TRIES or not _has_done_nothing(error, is_soon=is_soon):
                        raise


def _has_done_nothing(error: DBAPIError, *, is_soon: bool) -> bool:
    """Tell whether a transaction failed through no fault of its own and left no trace.

    A line that broke at a statement had not come to the commit, which is none. If that took
    long the server is away, and whoever waits is told so.
    """
    is_cut = error.connection_invalidated and error.statement is not None
    return (is_cut and is_soon) or getattr(error.orig, "sqlstate", None) in UNDONE
