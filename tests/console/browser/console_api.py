"""The requests of docs/console-protocol.md, answered from memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import empty, raw, text
from sanic.response import json as as_json

from tests.console.browser.console_record import CHANGING, PAGE, TEAM, Json, Talk

if TYPE_CHECKING:
    from tests.console.browser.console_server import ConsoleServer

ROOT = "/api/console"
LIMITS = {
    "text": 4000,
    "attachment_bytes": 2_000_000,
    "attachment_types": ["image/png", "image/jpeg", "application/pdf"],
}
VARIABLES = ["contact.name", "agent.name", "product"]
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)


class Api:
    """Finds who asks and what is meant, and refuses as the test has asked."""

    def __init__(self, server: ConsoleServer) -> None:
        self.server = server
        self.uploaded: list[Json] = []

    def me(self, request: Request) -> Json:
        record = self.server.record
        return record.agent(
            request.cookies.get("latchkey_agent") or record.agents[0]["id"]
        )

    def talk(self, key: str) -> Talk | None:
        return self.server.record.talks.get(key)

    def refuse(self, request: Request) -> HTTPResponse | None:
        """Keep what was asked; return the refusal that is due."""
        server = self.server
        body = request.body if "attachments" in request.path else request.json
        server.requests.append((request.method, request.path, body))
        for refusal in server.refusals:
            ending, status, answer = refusal
            if request.path.endswith(ending):
                server.refusals.remove(refusal)
                return as_json(answer, status=status)
        return None

    def lose(self, request: Request) -> HTTPResponse | None:
        """Return what a proxy says that lost our answer, if the test wants that."""
        for ending in self.server.lost_answers:
            if request.path.endswith(ending):
                self.server.lost_answers.remove(ending)
                return text("Bad gateway", 502)
        return None

    async def changed(self, talk: Talk, me: Json) -> HTTPResponse:
        await self.server.tell_change(talk)
        may = self.server.record.may(talk, me)
        return as_json({"conversation": talk.summary, "may": may})


def add_api(app: Sanic[Any, Any], server: ConsoleServer) -> None:
    """Add everything below `/api/console`."""
    api = Api(server)
    add_reading(app, api)
    add_changes(app, api)
    add_person(app, api)
    add_canned(app, api)

    @app.on_request
    async def refuse(request: Request) -> HTTPResponse | None:
        is_asked = request.path.startswith(f"{ROOT}/") and "socket" not in request.path
        return api.refuse(request) if is_asked else None


def add_reading(app: Sanic[Any, Any], api: Api) -> None:
    record = api.server.record

    @app.get(f"{ROOT}/me")
    async def read_me(request: Request) -> HTTPResponse:
        me = api.me(request)
        return as_json(
            {
                "agent": me,
                "teams": [TEAM],
                "agents": record.agents,
                "counts": record.counts(me),
                "hours": {"is_open": True, "opens_at": None},
                "topics": [],
                "limits": LIMITS,
            }
        )

    @app.get(f"{ROOT}/conversations")
    async def read_list(request: Request) -> HTTPResponse:
        me, start = api.me(request), int(request.args.get("after", "0"))
        found = record.view(request.args["view"][0], me)
        stop = start + int(request.args.get("limit", "50"))
        cursor = str(stop) if stop < len(found) else None
        page = {"conversations": found[start:stop], "next": cursor}
        return as_json(page | {"counts": record.counts(me)})

    @app.get(f"{ROOT}/conversations/<key>")
    async def read_one(request: Request, key: str) -> HTTPResponse:
        talk = api.talk(key)
        if talk is None:
            return as_json({"code": "not_found"}, status=404)
        return as_json(record.shown(talk, api.me(request)))

    @app.get(f"{ROOT}/conversations/<key>/messages")
    async def read_messages(request: Request, key: str) -> HTTPResponse:
        messages = record.talks[key].messages
        if "before" in request.args:
            older = messages[: int(request.args["before"][0]) - 1]
            page = {"messages": older[-PAGE:], "has_more": len(older) > PAGE}
        else:
            newer = messages[int(request.args["after"][0]) :]
            page = {"messages": newer[:PAGE], "has_more": len(newer) > PAGE}
        return as_json(page)

    @app.get(f"{ROOT}/conversations/<key>/suggestions")
    async def suggest(_request: Request, key: str) -> HTTPResponse:
        talk = record.talks[key]
        return as_json({"suggestions": talk.suggestions, "of": len(talk.messages)})

    @app.get(f"{ROOT}/search")
    async def search(request: Request) -> HTTPResponse:
        start = int(request.args.get("after", "0"))
        found = api.server.results[start : start + 20]
        more = start + 20 < len(api.server.results)
        return as_json({"results": found, "next": str(start + 20) if more else None})

    @app.get(f"{ROOT}/mentions")
    async def read_mentions(_request: Request) -> HTTPResponse:
        return as_json({"mentions": record.mentions})

    @app.get(f"{ROOT}/reports/ghost")
    async def report(_request: Request) -> HTTPResponse:
        return as_json(api.server.report)


def add_changes(app: Sanic[Any, Any], api: Api) -> None:
    record = api.server.record

    @app.post(f"{ROOT}/conversations/<key>/claim")
    async def claim(request: Request, key: str) -> HTTPResponse:
        talk, me = record.talks[key], api.me(request)
        if {"claim", "take_over"}.isdisjoint(record.may(talk, me)):
            taken = {"code": "taken", "agent": talk.summary["agent"]}
            return as_json(taken, status=409)
        record.change(talk, "claim", {}, me)
        return await api.changed(talk, me)

    @app.post(f"{ROOT}/conversations/<key>/<verb:{'|'.join(CHANGING)}>")
    async def change(request: Request, key: str, verb: str) -> HTTPResponse:
        talk, me, body = record.talks[key], api.me(request), request.json
        if body.pop("epoch") != talk.summary["epoch"]:
            stale = {
                "code": "stale",
                "conversation": talk.summary,
                "may": record.may(talk, me),
            }
            return as_json(stale, status=409)
        record.change(talk, verb, body, me)
        return await api.changed(talk, me)

    @app.post(f"{ROOT}/conversations/<key>/messages")
    async def post(request: Request, key: str) -> HTTPResponse:
        talk, me, body = record.talks[key], api.me(request), request.json
        known = [m for m in talk.messages if m.get("client_id") == body["client_id"]]
        if known:
            return as_json({"message": known[0]})
        if body["kind"] == "reply" and "reply" not in record.may(talk, me):
            owner = {"code": "not_owner", "agent": talk.summary["agent"]}
            return as_json(owner, status=409)
        files = [f for f in api.uploaded if f["id"] in body.get("attachments", [])]
        kind = "note" if body["kind"] == "note" else "outgoing"
        message = talk.add(
            body["text"],
            "agent",
            kind=kind,
            client_id=body["client_id"],
            agent={"id": me["id"], "name": me["name"]},
            mentions=body.get("mentions", []),
            attachments=files,
        )
        await api.server.tell_message(talk, message)
        return api.lose(request) or as_json({"message": message}, status=201)

    @app.put(f"{ROOT}/conversations/<key>/draft")
    async def draft(request: Request, key: str) -> HTTPResponse:
        record.talks[key].drafts[api.me(request)["id"]] = request.json["text"]
        return empty()

    @app.put(f"{ROOT}/conversations/<key>/seen")
    async def seen(_request: Request, key: str) -> HTTPResponse:
        record.talks[key].summary["unread"] = 0
        await api.server.tell_change(record.talks[key])
        return empty()

    @app.put(f"{ROOT}/mentions/seen")
    async def mention_seen(_request: Request) -> HTTPResponse:
        return empty()

    @app.put(f"{ROOT}/me/away")
    async def away(request: Request) -> HTTPResponse:
        api.me(request)["is_away"] = request.json["is_away"]
        await api.server.broadcast("agents", {"agents": record.agents})
        return empty()


def add_person(app: Sanic[Any, Any], api: Api) -> None:
    record = api.server.record

    @app.get(f"{ROOT}/conversations/<key>/person")
    async def read_person(_request: Request, key: str) -> HTTPResponse:
        nothing = {"earlier": [], "account": None, "deliveries": [], "problem": None}
        return as_json(nothing | record.talks[key].about)

    @app.post(f"{ROOT}/conversations/<key>/recoveries")
    async def recover(request: Request, key: str) -> HTTPResponse:
        talk, me = record.talks[key], api.me(request)
        words = f"{me['name']} sent a new invitation to {request.json['email']}."
        message = talk.add(words, "system", event={"name": "recovery"})
        await api.server.tell_message(talk, message)
        return as_json({"message": message}, status=202)

    @app.post(f"{ROOT}/conversations/<key>/attachments")
    async def upload(request: Request, key: str) -> HTTPResponse:
        name = request.args["name"][0]
        is_pdf = name.endswith(".pdf")
        key = str(len(api.uploaded))
        file = {"id": key, "name": name, "size": len(request.body)}
        file["media_type"] = "application/pdf" if is_pdf else "image/png"
        api.uploaded.append(file | {"url": f"{ROOT}/attachments/{key}"})
        return as_json(api.uploaded[-1], status=201)

    @app.get(f"{ROOT}/attachments/<_key>")
    async def download(_request: Request, _key: str) -> HTTPResponse:
        return raw(PICTURE, content_type="image/png")


def add_canned(app: Sanic[Any, Any], api: Api) -> None:
    record = api.server.record

    @app.get(f"{ROOT}/canned_responses")
    async def read_canned(_request: Request) -> HTTPResponse:
        means = [{"name": name, "means": name} for name in VARIABLES]
        return as_json({"canned_responses": record.canned, "variables": means})

    @app.post(f"{ROOT}/canned_responses")
    async def add_canned_one(request: Request) -> HTTPResponse:
        record.canned.append({"id": str(len(record.canned))} | request.json)
        return as_json(record.canned[-1], status=201)

    @app.put(f"{ROOT}/canned_responses/<key>")
    async def change_canned(request: Request, key: str) -> HTTPResponse:
        next(c for c in record.canned if c["id"] == key).update(request.json)
        return as_json({})

    @app.delete(f"{ROOT}/canned_responses/<key>")
    async def remove_canned(_request: Request, key: str) -> HTTPResponse:
        record.canned[:] = [c for c in record.canned if c["id"] != key]
        return empty()
