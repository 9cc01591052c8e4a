"""An agent's own chat with the assistant, and the commands; see docs/console-openapi.yml."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy.orm import Session

from helpdesk.commands.catalogue import allowed_for
from helpdesk.commands.completion import complete
from helpdesk.commands.registry import Command
from helpdesk.commands.typed import Typed
from helpdesk.desk.agent_transcript import (
    entries_after,
    entries_before,
    read_entries,
)
from helpdesk.desk.bulk_runs import progress_of, runs_of
from helpdesk.desk.errors import BadRangeError, ForbiddenError
from helpdesk.desk.own_chat import find_own_chat, open_own_chat
from helpdesk.desk.staff import read_staff
from helpdesk.desk.typed_text import LONGEST_TEXT
from helpdesk.services import services_of
from helpdesk.store.models import Conversation
from helpdesk.web import console_frames as bodies
from helpdesk.web.console_presentation import run_json
from helpdesk.web.console_requests import asking
from helpdesk.web.frames import read_body
from helpdesk.web.presentation import Json
from helpdesk.web.query import number_in

console_commands = Blueprint("console_commands", url_prefix="/api/console")


@console_commands.get("/assistant")
async def show_own_chat(request: Request) -> HTTPResponse:
    """Answer the agent's own chat with the assistant, or a stretch of it."""
    agent = await asking(request)
    if not agent.may_change:
        raise ForbiddenError("Your role may look, and change nothing.")
    services, now = services_of(request), services_of(request).clock.now()
    if "after" in request.args and "before" in request.args:
        raise BadRangeError("Ask for `before` or `after`.")
    after = number_in(request, "after") if "after" in request.args else None
    before = number_in(request, "before") if "before" in request.args else None
    own = await services.record.read(lambda s: find_own_chat(s, agent.id))
    if own is None:
        own = await services.record.write(lambda s: open_own_chat(s, agent.id, now))
    chat: Conversation = own

    def read(session: Session) -> Json:
        page = (
            entries_before(session, chat.id, before)
            if after is None
            else entries_after(session, chat.id, after)
        )
        staff = read_staff(session, now)
        runs = runs_of(session, agent.id)
        return {
            "conversation": str(chat.id),
            "messages": services.console_presentation.messages(page.entries, staff),
            "has_more": page.has_more,
            "runs": [run_json(progress_of(session, run)) for run in runs],
        }

    return json(await services.record.read(read))


@console_commands.post("/commands")
async def give_command(request: Request) -> HTTPResponse:
    """Take a command, a button, or plain language for the assistant."""
    agent = await asking(request)
    body = read_body(request.body, bodies.GiveCommand)
    services, now = services_of(request), services_of(request).clock.now()
    typed = Typed(body.client_id, body.text, body.button, shown=body.conversation)
    accepted = await services.command_line.send(agent, typed)
    own, seq = accepted.conversation.id, accepted.message.seq

    def read(session: Session) -> Json:
        entries = read_entries(session, own, [seq], [])
        staff = read_staff(session, now)
        shown = services.console_presentation.messages(entries, staff)
        return {"conversation": str(own), "message": shown[0]}

    status = 201 if accepted.is_new else 200
    return json(await services.record.read(read), status=status)


@console_commands.get("/commands")
async def list_commands(request: Request) -> HTTPResponse:
    """Answer what the agent may type behind a slash."""
    agent = await asking(request)
    return json({"commands": [_command(each) for each in allowed_for(agent.role)]})


@console_commands.get("/commands/completions")
async def complete_line(request: Request) -> HTTPResponse:
    """Answer what a line may become."""
    agent = await asking(request)
    text = (request.args.get("text") or "")[:LONGEST_TEXT]
    completed = complete(text, allowed_for(agent.role))
    return json(
        {
            "completions": [vars(each) for each in completed.completions],
            "did_you_mean": completed.did_you_mean,
        }
    )


def _command(it: Command) -> Json:
    return {
        "name": it.name,
        "usage": it.usage,
        "help": it.help,
        "role": it.role.value,
        "risk": it.risk.value,
        "options": [{"name": each.flag, "help": each.help} for each in it.options],
    }
