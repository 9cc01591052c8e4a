"""An agent's own chat, receipts and approvals of the scripted console server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sanic import HTTPResponse, Request, Sanic
from sanic.response import json as as_json

from tests.console.browser.console_record import BEN, CARLA, Json, moment

if TYPE_CHECKING:
    from tests.console.browser.console_server import ConsoleServer

ROOT = "/api/console"
OWN_CHAT = "00000000-0000-4000-8000-00000000c4a7"
SITES = ("Harbour House", "Hillside", "North Quay")


def command(name: str, usage: str, words: str, risk: str = "none") -> Json:
    """Return a command as the protocol has one."""
    known = {"name": name, "usage": usage, "help": words, "role": "admin"}
    options = [{"name": "--json", "help": "Answer with one JSON object."}]
    return known | {"risk": risk, "options": options}


COMMANDS = [
    command("resend", "<address>", "Send a new invitation.", "mail"),
    command(
        "resend expired",
        "[site]",
        "Send everybody whose one ran out a new one.",
        "bulk",
    ),
    command("reset", "<address>", "Send a password reset.", "mail"),
    command("status", "<address>", "Say how an account stands."),
    command("deliveries", "<address>", "Say what became of the mails."),
    command("bot", "on|off", "Let the assistant answer, or answer yourself."),
    command("help", "[command]", "Say what can be typed."),
]


def ahead(**time: float) -> str:
    """Return a moment to come, as the protocol writes it."""
    return moment(datetime.now(UTC) + timedelta(**time))


def receipt(state: str = "sent", **more: Any) -> Json:
    """Return a receipt as agents see it."""
    key = str(uuid4())
    return {
        "id": key,
        "number": key[:8],
        "action": "recovery.requested",
        "kind": "invite",
        "target": "n•••@example.com",
        "by": None,
        "at": ahead(minutes=-3),
        "expires_at": ahead(hours=71, minutes=20),
        "state": state,
        "reason": None,
        "undone_at": None,
        "may_undo": state in {"requested", "sent", "deferred"},
    } | more


def bulk_run(state: str = "running", **more: Any) -> Json:
    """Return a bulk run as its agent sees it."""
    key = str(uuid4())
    return {
        "id": key,
        "number": key[:8],
        "command": "resend expired",
        "state": state,
        "total": 500,
        "done": 0,
        "failed": 0,
        "skipped": 0,
        "started_at": ahead(minutes=-2),
        "ends_at": ahead(minutes=6, seconds=30),
        "per_minute": 60,
        "is_held_up": False,
        "may": ["stop"] if state == "running" else ["start", "stop"],
    } | more


def approval(state: str = "waiting", **more: Any) -> Json:
    """Return something that waits for a second person."""
    key = str(uuid4())
    return {
        "id": key,
        "number": key[:8],
        "requested_by": BEN,
        "requested_at": ahead(minutes=-4),
        "expires_at": ahead(minutes=26),
        "command": "recovery",
        "summary": "A new invitation to n•••@example.com",
        "reasons": ["3 different people have asked for this address within a day."],
        "conversation": OWN_CHAT,
        "may_decide": state == "waiting",
        "state": state,
        "decided_by": None,
        "decided_at": None,
    } | more


@dataclass
class OwnChat:
    """What an agent and the assistant have said, and what waits for a second person."""

    messages: list[Json] = field(default_factory=list)
    runs: list[Json] = field(default_factory=list)
    approvals: list[Json] = field(default_factory=list)
    early_answer: str = ""  # arrives before the request that asks is answered

    def is_asked(self) -> bool:
        """Tell whether the newest message waits for an answer."""
        turn = self.messages[-1].get("turn", {}) if self.messages else {}
        return turn.get("state") == "running"

    def add(self, text: str, sender: str = "assistant", **more: Any) -> Json:
        """Put a message at the end."""
        message = {
            "seq": len(self.messages) + 1,
            "sender": sender,
            "kind": "incoming" if sender == "contact" else "outgoing",
            "text": text,
            "created_at": ahead(),
            "receipts": [],
            "run": None,
        } | more
        self.messages.append(message)
        return message


def add_acting(app: Sanic[Any, Any], server: ConsoleServer) -> None:
    """Add the requests of the own chat, of receipts and of approvals."""
    own = server.own

    @app.get(f"{ROOT}/assistant")
    async def read_own(request: Request) -> HTTPResponse:
        before = int(request.args.get("before", len(own.messages) + 1))
        found = [each for each in own.messages if each["seq"] < before]
        page = {"messages": found[-100:], "has_more": len(found) > 100}
        # As with the help desk, there is none before something is said.
        begun = OWN_CHAT if own.messages or not own.early_answer else None
        return as_json({"conversation": begun, "runs": own.runs} | page)

    @app.get(f"{ROOT}/commands")
    async def read_commands(_request: Request) -> HTTPResponse:
        return as_json({"commands": COMMANDS})

    @app.get(f"{ROOT}/commands/completions")
    async def complete(request: Request) -> HTTPResponse:
        return as_json(completions_of(request.args["text"][0]))

    @app.post(f"{ROOT}/commands")
    async def take(request: Request) -> HTTPResponse:
        said = request.json
        known = [m for m in own.messages if m.get("client_id") == said["client_id"]]
        words = said.get("text") or title_of(own, said["button"])
        turn = {"state": "running", "intent": None, "actions": []}
        message = (known or [None])[0] or own.add(
            words, "contact", client_id=said["client_id"], turn=turn
        )
        answer = {"conversation": OWN_CHAT, "message": message}
        if own.early_answer:
            said_first = own.add(own.early_answer)
            await server.broadcast("message", answer | {"message": said_first})
        return as_json(answer, status=200 if known else 201)

    @app.post(f"{ROOT}/receipts/<key>/withdraw")
    async def withdraw(_request: Request, key: str) -> HTTPResponse:
        talks = server.record.talks.values()
        said = [*own.messages, *(m for talk in talks for m in talk.messages)]
        found = [r for m in said for r in m.get("receipts", []) if r["id"] == key]
        found[0].update(state="undone", undone_at=ahead(), may_undo=False)
        return as_json({"receipt": found[0]})

    @app.get(f"{ROOT}/approvals")
    async def read_approvals(_request: Request) -> HTTPResponse:
        return as_json({"approvals": own.approvals})

    @app.post(f"{ROOT}/approvals/<key>/<verb:approve|refuse>")
    async def decide(_request: Request, key: str, verb: str) -> HTTPResponse:
        found = next(each for each in own.approvals if each["id"] == key)
        found.update(state=f"{verb}d", may_decide=False, decided_by=CARLA)
        return as_json({"approval": found})


def title_of(own: OwnChat, button: str) -> str:
    """Return what a button of the assistant says."""
    offered = [b for m in own.messages for b in m.get("buttons", [])]
    return next(str(each["title"]) for each in offered if each["id"] == button)


def completions_of(line: str) -> Json:
    """Return what can follow a line, and what was meant."""
    start = "/resend expired "
    if line.startswith(start):
        sites = [s for s in SITES if s.lower().startswith(line[len(start) :].lower())]
        found = [{"text": f"{start}{s}", "title": "expired invitations"} for s in sites]
        return {"completions": found, "did_you_mean": None}
    meant = "/resend ana@example.com" if line.startswith("/resned") else None
    return {"completions": [], "did_you_mean": meant}
