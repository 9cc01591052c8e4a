"""Runs a scripted help desk of the browser tests: real sockets, in a thread of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from sanic import Sanic

GOING_AWAY = 1001


class ScriptedSite(Protocol):
    """What holds the script."""

    port: int
    loop: asyncio.AbstractEventLoop | None

    async def end_sockets(self, code: int) -> None:
        """Close every socket."""


Site = TypeVar("Site", bound=ScriptedSite)


@contextmanager
def run_site(
    site: Site, create_app: Callable[[Site], Sanic[Any, Any]], host: str = "127.0.0.1"
) -> Iterator[Site]:
    """Serve it in a thread; stop at the end."""
    is_up, is_over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        site.loop = asyncio.get_running_loop()
        running = await create_app(site).create_server(
            host=host, port=site.port, return_asyncio_server=True
        )
        assert running is not None
        await running.startup()
        is_up.set()
        await is_over.wait()
        await site.end_sockets(GOING_AWAY)
        running.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert is_up.wait(60)
    yield site
    assert site.loop is not None
    site.loop.call_soon_threadsafe(is_over.set)
    thread.join(10)
