"""A scripted help desk that speaks docs/console-protocol.md: real sockets, real requests.

It serves the console's real page and files. Tests tell it what happens and what goes
wrong: colleagues who are faster, answers that get lost, sockets that drop.
"""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from uuid import uuid4

from sanic import HTTPResponse, Request, Sanic, Websocket
from sanic.config import Config
from sanic.response import html, text

from helpdesk.settings import HelpdeskSettings
from helpdesk.web.assets import assets
from helpdesk.web.rendering import TEMPLATES, page_headers
from helpdesk.web.widget import widget
from tests.accounts.service import free_port, wait_for
from tests.console.browser.console_acting import OWN_CHAT, OwnChat, add_acting
from tests.console.browser.console_api import add_api
from tests.console.browser.console_record import ANA, ConsoleRecord, Json, Talk
from tests.scripted_site import run_site

NAMES = SimpleNamespace(
    product="SALTO KS",
    support_team="SALTO KS support team",
    support_email="support@saltoks.example",
)
COOKIE = "latchkey_agent"
Result = TypeVar("Result")


@dataclass
class Tab:
    """One open socket: whose it is, and what it shows."""

    agent: str
    watched: str | None = None


@dataclass
class ConsoleServer:
    """The server's state, and what a test may do with it."""

    port: int
    record: ConsoleRecord = field(default_factory=ConsoleRecord)
    own: OwnChat = field(default_factory=OwnChat)
    tabs: dict[Websocket, Tab] = field(default_factory=dict)
    frames: list[Json] = field(default_factory=list)
    requests: list[tuple[str, str, Any]] = field(default_factory=list)
    # (what the path ends with, status, body): each once, in order.
    refusals: list[tuple[str, int, Json]] = field(default_factory=list)
    # What the path ends with: done, but the answer never arrives; each once.
    lost_answers: list[str] = field(default_factory=list)
    is_down: bool = False
    # Agents whose tabs hear nothing, though their sockets stay open.
    deaf: set[str] = field(default_factory=set)
    signed_out: bool = False
    slow: float = 0
    results: list[Json] = field(default_factory=list)
    report: Json = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, method: str, ending: str) -> list[Any]:
        """Return the bodies of the requests to a path."""
        return [b for m, p, b in self.requests if m == method and p.endswith(ending)]

    def wait_for_request(self, method: str, ending: str, count: int = 1) -> Any:
        """Wait until a request has come so often and return its last body."""
        found = wait_for(
            lambda: self.asked(method, ending)[count - 1 :],
            f"request {count} of {method} {ending}",
        )
        return found[0]

    def wait_for_frame(self, kind: str, count: int = 1) -> Json:
        """Wait until `count` frames of a type have come and return the last."""
        found = wait_for(
            lambda: [f for f in self.frames if f["type"] == kind][count - 1 :],
            f"frame {count} of type {kind}",
        )
        return dict(found[0]["data"])

    def say(self, talk: Talk, words: str, sender: str = "contact", **more: Any) -> Json:
        """Let somebody say something, and tell the tabs."""
        message = talk.add(words, sender, **more)
        self.do(self.tell_message(talk, message))
        return message

    def answer(self, words: str = "", **more: Any) -> Json:
        """Let the assistant answer in the agent's own chat, once it was asked."""
        wait_for(self.own.is_asked, "something to answer")
        for message in self.own.messages:
            if message.get("turn", {}).get("state") == "running":
                message["turn"]["state"] = "done"
                self.tell("message", conversation=OWN_CHAT, message=message)
        message = self.own.add(words, **more)
        self.tell("message", conversation=OWN_CHAT, message=message)
        return message

    def changed(self, talk: Talk) -> None:
        """Tell all tabs that a line of the lists has changed."""
        self.do(self.tell_change(talk))

    def notify(self, kind: str, talk: Talk, words: str = "") -> None:
        """Call all agents."""
        data = {"kind": kind, "conversation": talk.summary, "text": words}
        self.do(self.broadcast("notice", data))

    def tell(self, kind: str, /, **data: Any) -> None:
        """Send a frame to all tabs."""
        self.do(self.broadcast(kind, data))

    def drop_sockets(self, code: int = 1011) -> None:
        """Close all sockets."""
        self.do(self.end_sockets(code))

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something in the server's thread."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def tell_message(self, talk: Talk, message: Json) -> None:
        data = {"conversation": talk.id, "message": message}
        for socket, tab in list(self.tabs.items()):
            if tab.watched == talk.id and tab.agent not in self.deaf:
                await send(socket, "message", data)
        await self.tell_change(talk)

    async def tell_change(self, talk: Talk) -> None:
        for socket, tab in list(self.tabs.items()):
            counts = self.record.counts(self.record.agent(tab.agent))
            data = {"conversation": talk.summary, "counts": counts}
            if tab.agent not in self.deaf:
                await send(socket, "conversation", data)

    async def broadcast(self, kind: str, data: Json) -> None:
        for socket in list(self.tabs):
            await send(socket, kind, data)

    async def end_sockets(self, code: int) -> None:
        for socket in list(self.tabs):
            await socket.close(code)


async def send(socket: Websocket, kind: str, data: Json) -> None:
    """Send one frame; a socket that is gone does not matter."""
    with suppress(Exception):
        await socket.send(json.dumps({"type": kind, "data": data}))


async def serve_socket(server: ConsoleServer, socket: Websocket, agent: str) -> None:
    """Answer the frames of one tab."""
    tab = server.tabs[socket] = Tab(agent)
    counts = server.record.counts(server.record.agent(agent))
    await send(socket, "ready", {"counts": counts})
    try:
        async for content in socket:
            frame = json.loads(content or "{}")
            server.frames.append(frame)
            if frame["type"] == "watch":
                tab.watched = frame["data"]["conversation"]
            elif frame["type"] == "ping":
                await send(socket, "pong", {})
    finally:
        del server.tabs[socket]


def add_page(app: Sanic[Any, Any], server: ConsoleServer) -> None:
    """Add the console's page, with the headers that the real one has."""
    settings = SimpleNamespace(
        public_url=server.origin, is_https=False, embed_origins=(), names=NAMES
    )

    @app.get("/console")
    async def show(_request: Request) -> HTTPResponse:
        page = TEMPLATES.get_template("console/console.html")
        body = page.render(names=NAMES, form_token="token")
        return html(body, headers=page_headers(cast(HelpdeskSettings, settings)))

    @app.get("/console/sign-in")
    async def sign_in(request: Request) -> HTTPResponse:
        return html(f"<!doctype html><title>Sign in</title><p>{request.query_string}")

    @app.get("/favicon.ico")
    async def picture(_request: Request) -> HTTPResponse:
        return HTTPResponse(status=204)


def create_app(server: ConsoleServer) -> Sanic[Any, Any]:
    """Put the scripted help desk together."""
    config: Any = Config(
        {"ACCESS_LOG": False, "MOTD": False, "TOUCHUP": False}, env_prefix=""
    )
    app: Sanic[Any, Any] = Sanic(
        f"console_{uuid4().hex}", config=config, configure_logging=False
    )
    app.blueprint(widget)
    app.blueprint(assets)
    add_page(app, server)
    add_api(app, server)
    add_acting(app, server)

    @app.websocket("/api/console/socket")
    async def socket(request: Request, line: Websocket) -> None:
        await serve_socket(server, line, request.cookies.get(COOKIE) or ANA["id"])

    @app.on_request
    async def fail(request: Request) -> HTTPResponse | None:
        if not request.path.startswith("/api/"):
            return None
        if server.slow:
            await asyncio.sleep(server.slow)
        if server.signed_out:
            return HTTPResponse(
                '{"code": "unauthorized"}', 401, content_type="application/json"
            )
        return text("down", status=503) if server.is_down else None

    return app


def run_console_server() -> AbstractContextManager[ConsoleServer]:
    """Run the scripted help desk in a thread; stop it at the end."""
    return run_site(ConsoleServer(free_port()), create_app)
