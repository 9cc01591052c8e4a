"""The lines of a chaos run: they pass everything on, and each trouble is what it says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from cli.chaos.proxy import HOST, Line, Trouble, canned

REQUEST = b"GET / HTTP/1.1\r\n\r\n"
Talk = Callable[[Line, "Upper"], Awaitable[None]]


class Upper:
    """A server that says everything back in capitals, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while said := await reader.read(1000):
            self.heard.append(said)
            writer.write(said.upper())
        writer.close()


@asynccontextmanager
async def line_to_upper() -> AsyncIterator[tuple[Line, Upper]]:
    upper = Upper()
    server = await asyncio.start_server(upper.serve, HOST, 0)
    line = Line("upper", server.sockets[0].getsockname()[1])
    await line.open()
    try:
        yield line, upper
    finally:
        line.close()
        server.close()


def over_a_line(talk: Talk) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), line_to_upper() as (line, upper):
            await talk(line, upper)

    asyncio.run(run())


async def say(
    line: Line, text: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(HOST, line.port)
    writer.write(text)
    return reader, writer


def test_what_is_said_passes_both_ways() -> None:
    async def talk(line: Line, upper: Upper) -> None:
        reader, writer = await say(line, b"hello")
        assert await reader.readexactly(5) == b"HELLO"
        writer.write(b" again")
        assert await reader.readexactly(6) == b" AGAIN"

    over_a_line(talk)


def test_a_cut_ends_what_there_is_and_nothing_else() -> None:
    async def talk(line: Line, upper: Upper) -> None:
        reader, _ = await say(line, b"hello")
        await reader.readexactly(5)
        line.cut()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        reader, _ = await say(line, b"hello")
        assert await reader.readexactly(5) == b"HELLO"

    over_a_line(talk)


def test_a_stalled_line_holds_back_and_then_lets_everything_through() -> None:
    async def talk(line: Line, upper: Upper) -> None:
        old_reader, old_writer = await say(line, b"a")
        await old_reader.readexactly(1)
        line.begin(Trouble.STALL)
        old_writer.write(b"b")
        new_reader, _ = await say(line, b"c")
        reading = asyncio.create_task(new_reader.readexactly(1))
        await asyncio.wait({reading}, timeout=0.1)
        assert not reading.done()
        assert upper.heard == [b"a"]
        await line.heal()
        assert await old_reader.readexactly(1) == b"B"
        assert await reading == b"C"

    over_a_line(talk)


def test_a_refusing_line_takes_nobody_and_is_back_at_the_same_port() -> None:
    async def talk(line: Line, upper: Upper) -> None:
        port = line.port
        line.begin(Trouble.REFUSE)
        with pytest.raises(ConnectionError):
            await say(line, b"hello")
        await line.heal()
        assert line.port == port
        reader, _ = await say(line, b"hello")
        assert await reader.readexactly(5) == b"HELLO"

    over_a_line(talk)


@pytest.mark.parametrize("trouble", [Trouble.ERROR, Trouble.RUBBISH])
def test_a_lying_line_answers_instead_of_the_part(trouble: Trouble) -> None:
    async def talk(line: Line, upper: Upper) -> None:
        line.begin(trouble)
        reader, _ = await say(line, REQUEST)
        assert await reader.read() == canned(trouble)
        assert upper.heard == []

    over_a_line(talk)
    assert b" 500 " in canned(Trouble.ERROR)
    assert b"<html>" in canned(Trouble.RUBBISH)


def test_a_dropped_answer_was_asked_for() -> None:
    async def talk(line: Line, upper: Upper) -> None:
        line.begin(Trouble.DROP)
        reader, _ = await say(line, REQUEST)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        assert upper.heard == [REQUEST]

    over_a_line(talk)


def test_a_slow_line_brings_answers_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.chaos.proxy.ANSWER_DELAY_S", 0.3)

    async def talk(line: Line, upper: Upper) -> None:
        line.begin(Trouble.SLOW)
        reader, _ = await say(line, b"hello")
        began = asyncio.get_running_loop().time()
        assert await reader.readexactly(5) == b"HELLO"
        assert asyncio.get_running_loop().time() - began > 0.2

    over_a_line(talk)


def test_a_busy_mail_server_says_so_before_anything_else() -> None:
    async def talk(line: Line, upper: Upper) -> None:
        line.begin(Trouble.BUSY)
        reader, _ = await asyncio.open_connection(HOST, line.port)
        assert (await reader.readline()).startswith(b"421 ")
        assert upper.heard == []

    over_a_line(talk)


def test_a_line_turns_to_another_server() -> None:
    async def talk(line: Line, upper: Upper) -> None:
        reader, _ = await say(line, b"hello")
        await reader.readexactly(5)
        async with line_to_upper() as (other, its_upper):
            line.turn_to(other.target)
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)
            reader, _ = await say(line, b"there")
            assert await reader.readexactly(5) == b"THERE"
            assert its_upper.heard == [b"there"]

    over_a_line(talk)
