"""Trackers on PostgreSQL, for several processes of Rasa.

Statements wait for the network and for the disk of another machine while the event loop goes
on with other turns. Nothing waits for ever: a server that is stopped, or a cable that is cut,
would hold up every conversation.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from typing import Any, Awaitable, Callable, List, Optional, Sequence, Text, TypeVar

import psycopg2
from psycopg2 import extensions

from bot import tracker_rows as sql
from bot.tracker_rows import Row, StoreTroubleError, TrackerRows, mark_of

AT_ONCE_MOST = 4  # connections of this process
PATIENCE_S = 3.0  # for what is done at once, with a new connection if need be

_ARE_MADE = """
SELECT to_regclass('rasa_trackers') IS NOT NULL
    AND to_regclass('rasa_forgotten') IS NOT NULL
"""
# Two processes that make a table at once would stumble over each other.
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('rasa_trackers'))"
_MAKE = f"BEGIN; {_ALONE}; {sql.TABLES}; COMMIT"
# Waits for the turns that are being written, and lets none begin meanwhile.
_NO_WRITERS = "LOCK TABLE rasa_trackers IN SHARE ROW EXCLUSIVE MODE"

_LOST = (psycopg2.OperationalError, psycopg2.InterfaceError)

T = TypeVar("T")

logger = logging.getLogger(__name__)


def is_address(place: Text) -> bool:
    """Tell whether a place for trackers is a PostgreSQL database."""
    return re.match(r"postgres(ql)?(\+\w+)?:", place) is not None


class _Connection:
    """A connection that the event loop waits for."""

    def __init__(self, address: Text) -> None:
        self._raw = psycopg2.connect(
            address, async_=True, application_name="latchkey-rasa"
        )
        self._cursor: Any = None

    async def open(self) -> None:
        """Wait until it is there."""
        await self._finish()
        self._cursor = self._raw.cursor()

    async def run(self, statement: Text, *values: Any) -> Any:
        """Run a statement, a transaction of its own unless one was begun."""
        self._cursor.execute(statement.replace("?", "%s"), values or None)
        await self._finish()
        return self._cursor

    def close(self) -> None:
        """Hang up; what was begun is taken back."""
        self._raw.close()

    async def _finish(self) -> None:
        while True:
            state = self._raw.poll()
            if state == extensions.POLL_OK:
                return
            await _wait(self._raw.fileno(), is_reading=state == extensions.POLL_READ)


async def _wait(line: int, *, is_reading: bool) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    if is_reading:
        loop.add_reader(line, ready.set)
    else:
        loop.add_writer(line, ready.set)
    try:
        await ready.wait()
    finally:
        (loop.remove_reader if is_reading else loop.remove_writer)(line)


class PostgresqlRows(TrackerRows):
    """Rows in a database, whose tables are made if they are missing."""

    def __init__(self, address: Text) -> None:
        self._address = re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", address)
        self._idle: List[_Connection] = []
        self._free = asyncio.Semaphore(AT_ONCE_MOST)

    async def read(self, conversation_id: Text) -> Row:
        """Return a conversation's row; see `TrackerRows`."""
        asked = (conversation_id, mark_of(conversation_id))

        async def work(connection: _Connection) -> Row:
            return Row.of((await connection.run(sql.READ, *asked)).fetchall())

        return await self._do(work)

    async def write(self, conversation_id: Text, row: Row, dialogue: Text) -> Row:
        """Keep a dialogue over a row; see `TrackerRows`."""
        results, now = json.dumps(row.results), time.time()
        goes_on = (dialogue, results, now, conversation_id, row.version)
        first = (conversation_id, dialogue, results, now, mark_of(conversation_id))

        async def work(connection: _Connection) -> bool:
            done = (
                await connection.run(sql.GO_ON, *goes_on)
                if row.version
                else await connection.run(sql.BEGIN, *first)
            )
            return bool(done.rowcount)

        if not await self._do(work):
            await self.read(conversation_id)  # tells if it was forgotten
            raise StoreTroubleError("Another process wrote first.")
        return Row(dialogue, row.results, row.version + 1)

    async def forget(
        self, conversations: Sequence[Text], before: Optional[float]
    ) -> int:
        """Delete conversations; see `TrackerRows`."""
        now = time.time()

        async def work(connection: _Connection) -> int:
            run = connection.run
            await run("BEGIN")
            await run(sql.UNMARK, now - sql.MARKS_LIFE_S)
            for each in conversations:
                await run(sql.MARK, mark_of(each), now)
            await run(_NO_WRITERS)
            known = 0
            for each in conversations:
                known += (await run(sql.DELETE, each)).rowcount
            if before is not None:
                known += (await run(sql.DELETE_IDLE, before)).rowcount
            await run("COMMIT")
            return known

        return await self._do(work)

    async def keys(self) -> List[Text]:
        """Return all conversations."""

        async def work(connection: _Connection) -> List[Text]:
            return [row[0] for row in await connection.run(sql.KEYS)]

        return await self._do(work)

    def close(self) -> None:
        """Hang up."""
        while self._idle:
            self._idle.pop().close()

    async def _do(self, work: Callable[[_Connection], Awaitable[T]]) -> T:
        """Do some work on a connection.

        Raises:
            StoreTroubleError: it could not be done, or nobody knows whether it was.
        """
        try:
            return await asyncio.wait_for(self._do_patiently(work), PATIENCE_S)
        except asyncio.TimeoutError as error:
            problem = f"The tracker store does not answer within {PATIENCE_S} s."
            raise StoreTroubleError(problem) from error
        except psycopg2.Error as error:
            problem = f"The tracker store cannot be used now: {error}"
            raise StoreTroubleError(problem.strip()) from error

    async def _do_patiently(self, work: Callable[[_Connection], Awaitable[T]]) -> T:
        async with self._free:
            if self._idle:
                try:
                    return await self._do_on(self._idle.pop(), work)
                except _LOST:
                    # The server was started again since: the others are lost as well.
                    # To do it again is harmless: what was written is not written over.
                    self.close()
            connection = _Connection(self._address)
            return await self._do_on(connection, lambda c: self._begin_with(c, work))

    async def _do_on(
        self, connection: _Connection, work: Callable[[_Connection], Awaitable[T]]
    ) -> T:
        try:
            done = await work(connection)
        except BaseException:
            # Whatever state it is in, nothing more goes over it.
            connection.close()
            raise
        self._idle.append(connection)
        return done

    async def _begin_with(
        self, connection: _Connection, work: Callable[[_Connection], Awaitable[T]]
    ) -> T:
        await connection.open()
        if not (await connection.run(_ARE_MADE)).fetchone()[0]:
            await connection.run(_MAKE)
        return await work(connection)
