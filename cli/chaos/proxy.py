"""Lines that can be cut: each stands between two parts and passes bytes on, or does not."""

import asyncio
import contextlib
from enum import StrEnum

HOST = "127.0.0.1"
CHUNK = 65_536
ANSWER_DELAY_S = 3.0
GATHER_S = 0.05  # a request may come in two pieces
REOPEN_S = 0.1
BUSY = b"421 4.3.2 Too busy just now, try again later\r\n"
RUBBISH = b"<html><h1>It works!</h1><p>Apache/2.2 server at localhost</p></html>"
_ANSWER = (
    "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n"
    "Content-Length: {length}\r\nConnection: close\r\n\r\n"
)


class Trouble(StrEnum):
    """What a line can do besides passing everything on."""

    STALL = "stall"  # connections are taken, and nothing passes
    REFUSE = "refuse"  # nobody listens
    SLOW = "slow"  # answers come late
    ERROR = "error"  # each request is answered with status 500
    RUBBISH = "rubbish"  # each request is answered with something else
    DROP = "drop"  # requests arrive, and what is answered is lost
    BUSY = "busy"  # a mail server that says 421


class Line:
    """One line, from a port of its own to a port of a part.

    Args:
        name: The part behind it.
        target: The part's port.
    """

    def __init__(self, name: str, target: int) -> None:
        self.name = name
        self.target = target
        self.port = 0
        self._trouble: Trouble | None = None
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()

    async def open(self) -> None:
        """Begin to listen; always at the same port."""
        self._server = await asyncio.start_server(self._connect, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """End it."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.cut()

    def cut(self) -> None:
        """End every connection that there is."""
        for end in list(self._ends):
            end.transport.abort()

    def turn_to(self, target: int) -> None:
        """Lead to another port from now on."""
        self.target = target
        self.cut()

    def begin(self, trouble: Trouble) -> None:
        """Be in trouble, until `heal`."""
        self._trouble = trouble
        if trouble is Trouble.STALL:
            self._flows.clear()
        elif trouble is Trouble.REFUSE:
            self.close()

    async def heal(self) -> None:
        """Pass everything on again, also what was held back."""
        self._trouble = None
        self._flows.set()
        while self._server is None:
            try:
                await self.open()
            except OSError:  # somebody passes by with this port
                await asyncio.sleep(REOPEN_S)

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            self._ends.add(writer)
            try:
                await self._flows.wait()
                if self._trouble is Trouble.BUSY:
                    writer.write(BUSY)
                    await writer.drain()
                else:
                    await self._join(reader, writer)
            finally:
                self._ends.discard(writer)
                writer.close()

    async def _join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass on both ways until one side hangs up."""
        up_reader, up_writer = await asyncio.open_connection(HOST, self.target)
        self._ends.add(up_writer)
        there = asyncio.create_task(self._ask(reader, writer, up_writer))
        back = asyncio.create_task(self._answer(up_reader, writer))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            self._ends.discard(up_writer)
            up_writer.close()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        up_writer: asyncio.StreamWriter,
    ) -> None:
        while chunk := await reader.read(CHUNK):
            await self._flows.wait()
            if self._trouble in (Trouble.ERROR, Trouble.RUBBISH):
                await asyncio.sleep(GATHER_S)
                writer.write(canned(self._trouble))
                await writer.drain()
                return
            up_writer.write(chunk)
            await up_writer.drain()

    async def _answer(
        self, up_reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while chunk := await up_reader.read(CHUNK):
            if self._trouble is Trouble.SLOW:
                await asyncio.sleep(ANSWER_DELAY_S)
            await self._flows.wait()
            if self._trouble is Trouble.DROP:
                writer.transport.abort()
                return
            writer.write(chunk)
            await writer.drain()


def canned(trouble: Trouble | None) -> bytes:
    """Return what is answered instead of the truth."""
    if trouble is Trouble.RUBBISH:
        body, status, kind = RUBBISH, "200 OK", "text/html"
    else:
        body, status, kind = b"{}", "500 Internal Server Error", "application/json"
    head = _ANSWER.format(status=status, kind=kind, length=len(body))
    return head.encode() + body
