"""`bench console`: how fast agents see what is there, and who asks for them."""

import asyncio
import contextlib
import json
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import requests
import typer
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from cli.bench_parts import NO_LIMIT, running
from cli.chat_clients import Question, ShippedChat
from cli.console import err, fail, out, print_json
from cli.full_console import FullConsole, fill_console
from cli.full_store import SEED
from cli.load_figures import Figures, allow_open_files, percentiles
from cli.nlu import Json
from cli.places import ENVIRONMENTS
from cli.processes import Child, ChildNotReadyError
from cli.stack import Ports, Stack
from cli.turn_stand_in import turn_stand_in

API = "/api/console"
COOKIE = "latchkey_agent"
VIEWS = ("queue", "mine", "team", "all", "snoozed", "resolved")
SEARCHES = ("invitation", "last week link", "valid for 72 hours", "registr")
WARM_UP = 5
CONSOLES = 4
QUESTION = Question("What if my invitation has expired?", replies=1)
TALK_EVERY_S = 10.0  # each of the active conversations, about
ASK_EVERY_S = 0.1
PATIENCE_S = 15.0
PING_EVERY_S = 20.0
SPARE_FILES = 200


def bench_console(
    conversations: Annotated[
        int, typer.Option(min=100, help="Conversations in the record.")
    ] = 10_000,
    requests_of_each: Annotated[
        int, typer.Option("--requests", min=10, help="Timed requests of each kind.")
    ] = 100,
    active: Annotated[
        int, typer.Option(min=1, help="Conversations that go on meanwhile.")
    ] = 200,
    handoffs: Annotated[
        int, typer.Option(min=1, help="Contacts who ask for a person.")
    ] = 200,
    as_json: Json = False,
) -> None:
    """Measure the console's views and search, and how soon agents see who asks for them.

    The record is full before. A handoff counts from the moment in which the contact's wish
    is acknowledged to the frame at an agent's socket; the assistant is a stand-in that
    answers at once. Times are milliseconds, as a client sees them.
    """
    allow_open_files(2 * active + SPARE_FILES)
    # Beside the real state: what a commit costs depends on the disk.
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ENVIRONMENTS) as folder:
        stack = Stack.on(Ports.free(), Path(folder))
        try:
            with err.status("Filling a record") as status, turn_stand_in() as assistant:
                full = fill_console(stack.state / "helpdesk.db", conversations)
                status.update("Starting")
                with running(_helpdesk(stack, assistant)):
                    url = stack.url("helpdesk")
                    status.update("Views")
                    views = _measure_views(url, full, requests_of_each)
                    status.update("Handoffs")
                    seen = asyncio.run(_measure_handoffs(url, full, active, handoffs))
        except ChildNotReadyError as error:
            fail(str(error))
    sizes = {"conversations": full.conversations, "messages": full.messages}
    result: Figures = {**sizes, "views": views, "handoff": seen}
    if as_json:
        print_json(result)
    else:
        _print(result)


def _helpdesk(stack: Stack, assistant_url: str) -> Child:
    return stack.helpdesk(
        LATCHKEY_LIMIT_FACTOR=NO_LIMIT,
        LATCHKEY_DATABASE_URL=f"sqlite:///{stack.state / 'helpdesk.db'}",
        LATCHKEY_REDIS_URL="",
        LATCHKEY_RASA_URL=assistant_url,
        LATCHKEY_PUBLIC_URL=stack.url("helpdesk"),
    )


def _measure_views(url: str, full: FullConsole, times: int) -> Figures:
    """Measure what a console opens, one request after the other, kinds mixed."""
    with requests.Session() as session:
        session.trust_env = False
        session.cookies.set(COOKIE, full.tokens[0])
        queue = _get(session, f"{url}{API}/conversations?view=queue")
        opened = [each["id"] for each in queue["conversations"]]
        paths = {
            **{view: [f"{API}/conversations?view={view}"] for view in VIEWS},
            "me": [f"{API}/me"],
            "conversation": [f"{API}/conversations/{id}" for id in opened],
            "search": [f"{API}/search?q={words}" for words in SEARCHES],
        }
        taken: dict[str, list[float]] = {name: [] for name in paths}
        for number in range(WARM_UP + times):
            for name, of_kind in paths.items():
                started = time.perf_counter()
                _get(session, url + of_kind[number % len(of_kind)])
                took_ms = (time.perf_counter() - started) * 1e3
                if number >= WARM_UP:
                    taken[name].append(took_ms)
    return {name: percentiles(values) for name, values in taken.items()}


def _get(session: requests.Session, url: str) -> Figures:
    answer = session.get(url, timeout=60)
    answer.raise_for_status()
    return dict(answer.json())


@dataclass
class Sightings:
    """When agents saw a conversation in the queue, and when they were called to it."""

    accepted: dict[str, float] = field(default_factory=dict)
    lines: dict[str, float] = field(default_factory=dict)
    notices: dict[str, float] = field(default_factory=dict)
    has_more: asyncio.Event = field(default_factory=asyncio.Event)
    failed: int = 0  # wishes that were not accepted

    async def follow(self, console: ClientConnection) -> None:
        """Note what comes to one console."""
        async for written in console:
            now = time.perf_counter()
            frame = json.loads(written)
            data = frame["data"]
            if frame["type"] == "notice" and data["kind"] == "handoff":
                self.notices.setdefault(data["conversation"]["id"], now)
                self.has_more.set()
            elif frame["type"] == "conversation":
                line = data["conversation"]
                if line["owner"] == "queue":
                    self.lines.setdefault(line["id"], now)
                    self.has_more.set()

    def figures(self, seen: dict[str, float]) -> Figures:
        """Return how long it took until something was seen."""
        took = [(seen[id] - at) * 1e3 for id, at in self.accepted.items() if id in seen]
        return {**percentiles(took), "missing": len(self.accepted) - len(took)}

    async def wait(self) -> None:
        """Wait until all that was accepted was seen both ways."""
        while not self.accepted.keys() <= self.lines.keys() & self.notices.keys():
            self.has_more.clear()
            await self.has_more.wait()


async def _measure_handoffs(
    url: str, full: FullConsole, active: int, handoffs: int
) -> Figures:
    """Have contacts ask for a person while all the others go on talking."""
    chance = random.Random(SEED)  # noqa: S311 - the same on every run
    sightings = Sightings()
    async with _chats(url, active + handoffs) as chats, _consoles(url, full, sightings):
        talking, asking = chats[:active], chats[active:]
        talks = [asyncio.create_task(_talk_on(chat, chance)) for chat in talking]
        await asyncio.sleep(TALK_EVERY_S / 2)
        for chat in asking:
            try:
                await chat.press("person")
            except ConnectionClosed:
                sightings.failed += 1
            else:
                sightings.accepted[chat.conversation] = time.perf_counter()
            await asyncio.sleep(ASK_EVERY_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await sightings.wait()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
    return {
        "active": active,
        "handoffs": handoffs,
        "failed": sightings.failed,
        "line": sightings.figures(sightings.lines),
        "notice": sightings.figures(sightings.notices),
    }


async def _talk_on(chat: ShippedChat, chance: random.Random) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * TALK_EVERY_S)
        await chat.ask(QUESTION)


@asynccontextmanager
async def _chats(url: str, number: int) -> AsyncIterator[list[ShippedChat]]:
    """Keep some contacts' chats open."""
    chats: list[ShippedChat] = []

    async def keep_alive() -> None:
        while True:
            await asyncio.sleep(PING_EVERY_S)
            for chat in list(chats):
                with contextlib.suppress(ConnectionClosed):  # counted where it matters
                    await chat.show_life()

    keeping = asyncio.create_task(keep_alive())
    try:
        for _ in range(number):
            chats.append(await ShippedChat.open(url))
        yield chats
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        for chat in chats:
            await chat.close()


@asynccontextmanager
async def _consoles(
    url: str, full: FullConsole, sightings: Sightings
) -> AsyncIterator[None]:
    """Keep some consoles open; what comes to the first is noted."""
    consoles = [
        await connect(
            url.replace("http", "ws", 1) + f"{API}/socket",
            additional_headers={"Cookie": f"{COOKIE}={token}", "Origin": url},
            compression=None,
            ping_interval=None,
            proxy=None,
        )
        for token in full.tokens[:CONSOLES]
    ]
    first, *others = consoles
    tasks = [asyncio.create_task(sightings.follow(first))]
    tasks += [asyncio.create_task(Sightings().follow(each)) for each in others]
    tasks += [asyncio.create_task(_keep_alive(each)) for each in consoles]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for console in consoles:
            await console.close()


async def _keep_alive(console: ClientConnection) -> None:
    while True:
        await asyncio.sleep(PING_EVERY_S)
        await console.send(json.dumps({"type": "ping"}))


def _print(result: Figures) -> None:
    table = Table("", "p50 ms", "p95 ms", "p99 ms")
    seen = {
        f"handoff to {kind}": result["handoff"][kind] for kind in ("line", "notice")
    }
    for name, figures in {**result["views"], **seen}.items():
        row = (figures[each] for each in ("p50_ms", "p95_ms", "p99_ms"))
        table.add_row(name, *("–" if each is None else f"{each:.1f}" for each in row))
    out.print(table)
    out.print(f"{result['conversations']} conversations, {result['messages']} messages")
