"""A scripted help desk that speaks docs/protocol.md: real sockets, real requests, no rules.

It serves the widget's real files and pages of its own to put the widget on. Tests tell it
what the assistant says and what goes wrong: sockets that drop, acknowledgements that get
lost, a proxy that refuses sockets.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from sanic import HTTPResponse, Request, Sanic, Websocket
from sanic.config import Config
from sanic.response import json as as_json
from sanic.response import raw, text

from helpdesk.web.widget import widget
from tests.accounts.service import free_port, wait_for
from tests.scripted_site import run_site
from tests.widget.chat_mail import MailWish
from tests.widget.chat_pages import add_pages
from tests.widget.chat_record import Refused, Talk

SITE = {
    "product": "SALTO KS",
    "support_team": "SALTO KS support team",
    "support_email": "support@saltoks.example",
}
Result = TypeVar("Result")
Answer = Callable[[Request], Coroutine[Any, Any, HTTPResponse]]


@dataclass
class ChatServer:
    """The server's state, and what a test may do with it."""

    port: int
    talk: Talk = field(default_factory=Talk)
    sockets: dict[Websocket, bool] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    refuses_sockets: bool = False
    is_down: bool = False
    loses_acks: bool = False
    refusals: list[dict[str, Any]] = field(default_factory=list)
    visit_refusals: list[int] = field(default_factory=list)
    refuses_identities: bool = False
    is_listed: bool = True
    holds_uploads: bool = False
    mail: MailWish = field(default_factory=MailWish)
    upload_refusals: list[dict[str, Any]] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def origin(self) -> str:
        """Where the help desk is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def other_origin(self) -> str:
        """The same server by another name: a site that embeds the chat."""
        return f"http://localhost:{self.port}"

    def frames_of(self, kind: str) -> list[dict[str, Any]]:
        """Return the data of the frames of a type that browsers sent."""
        return [frame["data"] for frame in self.frames if frame["type"] == kind]

    def wait_for_frame(self, kind: str, count: int = 1) -> dict[str, Any]:
        """Wait until `count` frames of a type have come and return the last."""
        found = wait_for(
            lambda: self.frames_of(kind)[count - 1 :], f"frame {count} of type {kind}"
        )
        return found[0]

    def say(self, words: str, sender: str = "assistant", **more: Any) -> dict[str, Any]:
        """Let the assistant or an agent say something to all tabs."""
        return self.do(self._say(words, sender, more))

    def tell(self, kind: str, /, **data: Any) -> None:
        """Send a frame to all tabs."""
        self.do(self.broadcast(kind, data))

    def stand(self, owner: str, status: str = "open", **standing: Any) -> None:
        """Let the conversation stand otherwise, and tell all tabs."""
        self.talk.owner, self.talk.status = owner, status
        self.talk.standing = standing
        self.tell("conversation", conversation=self.talk.conversation)

    def let_uploads_go(self) -> None:
        """Answer the uploads that were held."""
        self.holds_uploads = False
        self.do(self.broadcast("pong", {}))

    def record(self, words: str, sender: str = "assistant", **more: Any) -> None:
        """Put a message into the record without telling anybody."""
        self.talk.add(words, sender, **more)

    def drop_sockets(self, code: int = 1011) -> None:
        """Close all sockets."""
        self.do(self.end_sockets(code))

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something in the server's thread."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def broadcast(self, kind: str, data: dict[str, Any]) -> None:
        """Send a frame to all who have joined."""
        for socket in [s for s, joined in self.sockets.items() if joined]:
            await send(socket, kind, data)
        async with self.changed:
            self.changed.notify_all()

    async def _say(
        self, words: str, sender: str, more: dict[str, Any]
    ) -> dict[str, Any]:
        message = self.talk.add(words, sender, **more)
        await self.broadcast("message", message)
        return message

    async def end_sockets(self, code: int) -> None:
        for socket in list(self.sockets):
            await socket.close(code)


async def send(socket: Websocket, kind: str, data: dict[str, Any]) -> None:
    """Send one frame; a socket that is gone does not matter."""
    with suppress(Exception):
        await socket.send(json.dumps({"type": kind, "data": data}))


async def serve_socket(server: ChatServer, socket: Websocket) -> None:
    """Answer the frames of one browser."""
    server.sockets[socket] = False
    try:
        async for content in socket:
            frame = json.loads(content or "{}")
            server.frames.append(frame)
            await answer_frame(server, socket, frame["type"], frame["data"])
    finally:
        del server.sockets[socket]


async def answer_frame(
    server: ChatServer, socket: Websocket, kind: str, data: dict[str, Any]
) -> None:
    """Do what the protocol says for one frame."""
    talk = server.talk
    if kind == "join":
        server.sockets[socket] = True
        await send(socket, "joined", talk.joined(data.get("after", 0)))
    elif kind == "ping":
        await send(socket, "pong", {})
    elif kind == "seen":
        talk.seen_seq = max(talk.seen_seq, data["seq"])
        await server.broadcast("seen", data)
    elif kind == "history":
        await send(socket, "history", talk.history(data["before"]))
    elif kind == "start_over":
        talk.start_over()
        await server.broadcast("joined", talk.joined(0))
    elif kind == "rate":
        await take_rating(server)
    elif kind == "message":
        await take_message(server, socket, data)


async def take_rating(server: ChatServer) -> None:
    """Note that it is answered, and tell all tabs."""
    server.talk.standing.pop("asks_rating", None)
    await server.broadcast("conversation", {"conversation": server.talk.conversation})


async def take_message(
    server: ChatServer, socket: Websocket, data: dict[str, Any]
) -> None:
    """Keep a message and acknowledge it, or refuse it as the test has asked."""
    if server.refusals:
        refusal = {"client_id": data["client_id"], **server.refusals.pop(0)}
        return await send(socket, "error", refusal)
    try:
        ack, message = server.talk.take(data)
    except Refused as refused:
        fields = {"client_id": data["client_id"], **refused.fields}
        return await send(socket, "error", fields)
    if server.loses_acks:
        return None
    await send(socket, "ack", ack)
    if message:
        await server.broadcast("message", message)
    return None


def add_api(app: Sanic[Any, Any], server: ChatServer) -> None:
    """Add the operations of the protocol over HTTP."""
    talk = server.talk

    @app.post("/api/v1/visits")
    async def begin(request: Request) -> HTTPResponse:
        server.frames.append({"type": "visit", "data": request.json})
        server.bearers.append(request.headers.get("authorization", ""))
        if server.visit_refusals:
            status = server.visit_refusals.pop(0)
            return as_json({"code": "x", "retry_in_ms": 50}, status=status)
        if server.refuses_identities and "identity" in request.json:
            return as_json({"code": "unauthorized"}, status=401)
        if not request.cookies.get("latchkey_visit"):
            talk.visits += 1
        token = f"visit-{talk.visits}"
        answer = as_json({"token": token, "expires_at": "2099", "site": SITE})
        answer.add_cookie("latchkey_visit", token, secure=False, samesite="Lax")
        return answer

    @app.get("/api/v1/conversation")
    async def read(request: Request) -> HTTPResponse:
        return as_json(talk.joined(int(request.args.get("after", "0"))))

    @app.get("/api/v1/conversations/<_name>/messages")
    async def poll(request: Request, _name: str) -> HTTPResponse:
        if "before" in request.args:
            return as_json(talk.history(int(request.args["before"][0])))
        after, wait_s = (float(request.args[name][0]) for name in ("after", "wait"))
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s), server.changed:
                stands = talk.conversation
                if wait_s:
                    server.frames.append({"type": "poll", "data": {"after": after}})
                await server.changed.wait_for(
                    lambda: talk.last_seq > after or talk.conversation != stands
                )
        return as_json(talk.joined(int(after)) | {"typing": None})

    @app.post("/api/v1/conversations/<_name>/messages")
    async def post(request: Request, _name: str) -> HTTPResponse:
        server.bearers.append(request.headers.get("authorization", ""))
        server.frames.append({"type": "post", "data": request.json})
        ack, message = talk.take(request.json)
        if message:
            await server.broadcast("message", message)
        return as_json(ack)

    @app.put("/api/v1/conversations/<_name>/<what:seen|typing|rating>")
    async def put(request: Request, _name: str, what: str) -> HTTPResponse:
        kind = "rate" if what == "rating" else what
        server.frames.append({"type": kind, "data": request.json})
        if kind == "rate":
            await take_rating(server)
        return as_json({})

    @app.post("/api/v1/conversations")
    async def start_over(_request: Request) -> HTTPResponse:
        talk.start_over()
        return as_json(talk.joined(0))

    @app.get("/api/v1/conversations/<_name>/transcript")
    async def transcript(_request: Request, _name: str) -> HTTPResponse:
        return text("\n".join(m["text"] for m in talk.messages))


def add_files(app: Sanic[Any, Any], server: ChatServer) -> None:
    """Add taking and giving files."""

    @app.post("/api/v1/conversations/<_name>/attachments")
    async def take(request: Request, _name: str) -> HTTPResponse:
        server.bearers.append(request.headers.get("authorization", ""))
        async with server.changed:
            await server.changed.wait_for(lambda: not server.holds_uploads)
        if server.upload_refusals:
            return as_json(server.upload_refusals.pop(0), status=409)
        try:
            name = request.args.get("name", "")
            return as_json(server.talk.keep_file(name, request.body), status=201)
        except Refused as refused:
            return as_json(refused.fields, status=409)

    @app.get("/api/v1/attachments/<name>")
    async def give(request: Request, name: str) -> HTTPResponse:
        server.bearers.append(request.headers.get("authorization", ""))
        if name not in server.talk.files:
            return as_json({"code": "not_found", "message": "No."}, status=404)
        known, content = server.talk.files[name]
        return raw(content, content_type=known["media_type"])


def create_app(server: ChatServer) -> Sanic[Any, Any]:
    """Put the scripted help desk together."""
    config: Any = Config(
        {"ACCESS_LOG": False, "MOTD": False, "TOUCHUP": False}, env_prefix=""
    )
    app: Sanic[Any, Any] = Sanic(
        f"chat_{uuid4().hex}", config=config, configure_logging=False
    )
    app.blueprint(widget)
    add_pages(app, server)
    add_api(app, server)
    server.mail.add_to(app)
    add_files(app, server)

    @app.websocket("/api/v1/socket")
    async def socket(_request: Request, line: Websocket) -> None:
        await serve_socket(server, line)

    @app.on_request
    async def fail(request: Request) -> HTTPResponse | None:
        server.requests.append(request.path)
        is_api = request.path.startswith("/api/")
        if request.method == "OPTIONS" and is_api:
            return HTTPResponse(status=204)
        if server.is_down and is_api:
            return text("down", status=503)
        if server.refuses_sockets and request.path == "/api/v1/socket":
            return text("no sockets here", status=403)
        return None

    @app.on_response
    async def allow(request: Request, response: HTTPResponse) -> None:
        is_asked = request.path.startswith("/api/") and request.headers.get("origin")
        if is_asked and server.is_listed:
            response.headers["Access-Control-Allow-Origin"] = server.other_origin
            response.headers["Access-Control-Allow-Headers"] = (
                "authorization, content-type"
            )
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, DELETE"

    return app


def run_chat_server() -> AbstractContextManager[ChatServer]:
    """Run the scripted help desk in a thread; stop it at the end."""
    return run_site(ChatServer(free_port()), create_app, host="0.0.0.0")
