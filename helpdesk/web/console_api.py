"""What consoles read; see docs/console-openapi.yml."""

from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json
from sqlalchemy.orm import Session

from helpdesk.desk.agent_reading import Mentioned, read_mentions
from helpdesk.desk.agent_transcript import EntryPage, entries_after, entries_before
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.conversation_counts import count_conversations
from helpdesk.desk.conversation_lines import get_line
from helpdesk.desk.conversation_lists import (
    LONGEST_PAGE,
    USUAL_PAGE,
    View,
    Wanted,
    list_conversations,
)
from helpdesk.desk.conversation_view import view_conversation
from helpdesk.desk.errors import BadRangeError
from helpdesk.desk.file_types import EXTENSIONS, LARGEST_FILE_BYTES
from helpdesk.desk.list_cursors import read_cursor
from helpdesk.desk.permissions import allowed
from helpdesk.desk.staff import Staff, read_staff
from helpdesk.desk.typed_text import LONGEST_TEXT
from helpdesk.services import Services, services_of
from helpdesk.web.console_presentation import (
    agent_json,
    agents_json,
    counts_json,
    teams_json,
    viewers_json,
)
from helpdesk.web.console_requests import asking
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import Json, moment
from helpdesk.web.query import number_in

console_api = Blueprint("console_api", url_prefix="/api/console")


@console_api.get("/me")
async def show_me(request: Request) -> HTTPResponse:
    """Answer who has signed in, and what a console needs to know at its start."""
    agent = await asking(request)
    services = services_of(request)
    now = services.clock.now()
    staff, tally = await services.record.read(
        lambda session: (read_staff(session, now), count_conversations(session))
    )
    opens_at = services.office.hours.opens_at(now)
    return json(
        {
            "agent": agent_json(staff.agents[agent.id]),
            "teams": teams_json(staff),
            "agents": agents_json(staff),
            "counts": counts_json(tally.of(agent, staff)),
            "hours": {
                "is_open": services.office.hours.is_open(now),
                "opens_at": moment(opens_at) if opens_at else None,
            },
            "topics": services.console_presentation.topics(),
            "limits": {
                "text": LONGEST_TEXT,
                "attachment_bytes": LARGEST_FILE_BYTES,
                "attachment_types": list(EXTENSIONS),
            },
        }
    )


@console_api.get("/conversations")
async def show_list(request: Request) -> HTTPResponse:
    """Answer a page of a view."""
    agent = await asking(request)
    services, wanted = services_of(request), _wanted(request)
    now = services.clock.now()

    def read(session: Session) -> Json:
        page = list_conversations(session, agent, wanted)
        staff, tally = read_staff(session, now), count_conversations(session)
        summary = services.console_presentation.summary
        return {
            "conversations": [summary(line, staff) for line in page.lines],
            "next": str(page.next) if page.next else None,
            "counts": counts_json(tally.of(agent, staff)),
        }

    return json(await services.record.read(read))


@console_api.get("/conversations/<conversation_id:str>")
async def show_conversation(request: Request, conversation_id: str) -> HTTPResponse:
    """Answer one conversation, with all that an agent sees of it."""
    agent = await asking(request)
    services, wanted = services_of(request), read_id(conversation_id)
    now = services.clock.now()

    def read(session: Session) -> Json:
        view = view_conversation(session, agent.id, wanted)
        staff = read_staff(session, now)
        return {
            **services.console_presentation.conversation(view, staff),
            "presence": _presence(services, agent, wanted, staff),
            "may": allowed(agent, view.line.conversation),
        }

    return json(await services.record.read(read))


@console_api.get("/conversations/<conversation_id:str>/messages")
async def show_messages(request: Request, conversation_id: str) -> HTTPResponse:
    """Answer what is older than `before`, or newer than `after`."""
    await asking(request)
    services, wanted = services_of(request), read_id(conversation_id)
    is_back = "before" in request.args
    if is_back == ("after" in request.args):
        raise BadRangeError("Ask for `before` or `after`.")
    number = number_in(request, "before" if is_back else "after")
    now = services.clock.now()

    def read(session: Session) -> tuple[EntryPage, Staff]:
        get_line(session, wanted)
        find = entries_before if is_back else entries_after
        return find(session, wanted, number), read_staff(session, now)

    page, staff = await services.record.read(read)
    messages = services.console_presentation.messages(page.entries, staff)
    return json({"messages": messages, "has_more": page.has_more})


@console_api.get("/mentions")
async def show_mentions(request: Request) -> HTTPResponse:
    """Answer the newest notes that mention the agent."""
    agent = await asking(request)
    services = services_of(request)
    now = services.clock.now()
    mentions, staff = await services.record.read(
        lambda session: (read_mentions(session, agent.id), read_staff(session, now))
    )
    return json({"mentions": [_mention(services, each, staff) for each in mentions]})


def _wanted(request: Request) -> Wanted:
    args = request.args
    try:
        view = View(args.get("view", View.QUEUE.value))
        team = UUID(args.get("team")) if args.get("team") else None
    except ValueError as error:
        raise BadRangeError("There is no such view, or no such team.") from error
    after = args.get("after")
    limit = number_in(request, "limit", LONGEST_PAGE) if "limit" in args else USUAL_PAGE
    return Wanted(view, team, read_cursor(after) if after else None, max(1, limit))


def _presence(
    services: Services, agent: SignedInAgent, conversation_id: UUID, staff: Staff
) -> list[Json]:
    viewers = services.console_news.viewers.of(conversation_id)
    return viewers_json(viewers, staff, without=agent.id)


def _mention(services: Services, mention: Mentioned, staff: Staff) -> Json:
    note = mention.note
    by = staff.agents.get(note.agent_id) if note.agent_id else None
    return {
        "conversation": services.console_presentation.summary(mention.line, staff),
        "seq": note.seq,
        "by": agent_json(by) if by else None,
        "text": note.text,
        "created_at": moment(note.created_at),
        "is_seen": mention.is_seen,
    }
