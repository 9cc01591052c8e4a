"""A wire: frames in, frames out, and when it has to end; contacts and consoles alike.

What the frames mean is the connections' business.
"""

import asyncio
import contextlib
import logging
from typing import Any
from uuid import UUID, uuid4

from sanic import Websocket
from sqlalchemy.exc import SQLAlchemyError
from websockets.exceptions import ConnectionClosed

from helpdesk.desk.errors import DeskError, TooFastError, UnauthorizedError
from helpdesk.desk.limits import Limit
from helpdesk.services import Services
from helpdesk.store.outage import OutageError
from helpdesk.web import frames
from helpdesk.web.close_codes import (
    BAD_FRAMES,
    OVERRUN,
    RESTARTING,
    SILENT,
    TOO_FAST,
    UNAUTHORIZED,
)

log = logging.getLogger(__name__)

MOST_BAD_FRAMES = 10
MOST_REFUSED_FRAMES = 50
WAITING_FRAMES = 1_000  # a browser that reads slower than this is cut off; it resumes
BEGIN_WITHIN_S = 10.0
SILENCE_S = 60.0


class ClosedError(Exception):
    """The connection has to end, with this close code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Wire:
    """The state of one socket, whoever is behind it.

    Args:
        services: The parts of the help desk.
        read: How a frame is read.
    """

    def __init__(self, services: Services, read: frames.FrameReader) -> None:
        self.outgoing: asyncio.Queue[str] = asyncio.Queue(WAITING_FRAMES)
        self.is_joined = False
        self.ends_with: int | None = None  # after what waits to be sent
        self.services = services
        self._read = read
        self._id = uuid4().hex
        self._bad = 0
        self._refused = 0

    async def begin(self) -> None:
        """Do what comes before the first frame.

        Raises:
            ClosedError: The socket must close.
        """

    async def handle(self, frame: frames.Frame) -> None:
        """Do what a frame says.

        Raises:
            DeskError: It is refused.
            ClosedError: The socket must close.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Stop watching."""
        raise NotImplementedError

    async def receive(self, text: str | bytes) -> None:
        """Do what a frame says; a refusal is answered, not raised.

        Raises:
            ClosedError: The socket must close.
        """
        frame: frames.Frame | None = None
        try:
            self.services.limits.count(Limit.FRAMES, self._id)
            frame = self._read(text)
            await self.handle(frame)
            self._bad = self._refused = 0
        except TooFastError as error:
            self._refuse(error, frame, retry_in_ms=error.retry_in_ms)
            self._refused += 1
            if self._refused >= MOST_REFUSED_FRAMES:
                raise ClosedError(TOO_FAST) from error
        except (frames.BadFrameError, frames.UnknownTypeError) as error:
            self._refuse(error, frame)
            self._bad += 1
            if self._bad >= MOST_BAD_FRAMES:
                raise ClosedError(BAD_FRAMES) from error
        except UnauthorizedError as error:
            self._refuse(error, frame)
            raise ClosedError(UNAUTHORIZED) from error
        except DeskError as error:
            self._refuse(error, frame)
        except SQLAlchemyError as error:
            if not isinstance(error, OutageError):  # which the record tells the log
                log.exception("the record refuses a frame")
            self._say_error(frame, "unavailable", "Please send that again in a moment.")
        except ClosedError:
            raise
        except Exception:
            number = uuid4().hex[:8]
            self.services.metrics.errors.inc()
            log.exception("error %s while handling a frame", number)
            self._say_error(frame, "internal_error", f"Our mistake, number {number}.")

    def send(self, name: str, data: Any = None) -> None:
        """Send a frame."""
        self.send_written(frames.write_frame(name, data))

    def send_written(self, frame: str) -> None:
        """Send a frame that was written for several wires at once."""
        try:
            self.outgoing.put_nowait(frame)
        except asyncio.QueueFull:
            self.ends_with = OVERRUN  # the writer closes; the browser resumes
            self.close()

    def end(self, error: DeskError, code: int) -> None:
        """Say why, and close; for what does not come from a frame."""
        self.ends_with = code
        self._refuse(error, None)

    def _refuse(
        self, error: DeskError, frame: frames.Frame | None, **more: object
    ) -> None:
        self._say_error(frame, error.code, error.message, **more)

    def _say_error(
        self, frame: frames.Frame | None, code: str, message: str, **more: object
    ) -> None:
        client_id: UUID | None = getattr(frame, "client_id", None)
        named = {"client_id": str(client_id)} if client_id else {}
        self.send("error", {"code": code, "message": message, **named, **more})


async def serve(wire: Wire, ws: Websocket) -> None:
    """Carry frames both ways until either side ends it."""
    writer = asyncio.create_task(_write(wire, ws))
    wire.services.metrics.sockets.inc()
    code = RESTARTING  # what ends this task from outside is the end of the process
    try:
        await wire.begin()
        code = await _listen(wire, ws)
    except ClosedError as closed:
        code = closed.code
        await _flush(wire)
    except ConnectionClosed:
        pass
    finally:
        wire.services.metrics.sockets.dec()
        wire.close()
        writer.cancel()
        with contextlib.suppress(ConnectionClosed):
            await ws.close(code)


async def _listen(wire: Wire, ws: Websocket) -> int:
    while True:
        patience_s = SILENCE_S if wire.is_joined else BEGIN_WITHIN_S
        frame = await ws.recv(patience_s)
        if frame is None:
            return SILENT
        await wire.receive(frame)


async def _write(wire: Wire, ws: Websocket) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            frame = await wire.outgoing.get()
            await ws.send(frame)
            wire.outgoing.task_done()
            is_last = wire.ends_with == OVERRUN or wire.outgoing.empty()
            if wire.ends_with is not None and is_last:
                await ws.close(wire.ends_with)
                return


async def _flush(wire: Wire) -> None:
    """Let the last frames out before the close."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wire.outgoing.join(), 1.0)
