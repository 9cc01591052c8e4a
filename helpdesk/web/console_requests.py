"""What every request of the console's API begins and ends with."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sanic import HTTPResponse, Request
from sanic.response import json
from sqlalchemy.orm import Session

from helpdesk.desk.agent_transcript import Entry, read_entries
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.conversation_lines import get_line
from helpdesk.desk.errors import (
    NotOwnerError,
    StaleError,
    TakenError,
)
from helpdesk.desk.limits import Limit
from helpdesk.desk.permissions import allowed
from helpdesk.desk.staff import Staff, read_staff
from helpdesk.services import services_of
from helpdesk.web.agents import agent_of
from helpdesk.web.console_presentation import agent_json
from helpdesk.web.presentation import Json


async def asking(request: Request) -> SignedInAgent:
    """Return the agent who asks, unless they ask too much.

    Raises:
        DeskError: Nobody has signed in, their role may not, or it was too much.
    """
    is_change = request.method not in {"GET", "HEAD"}
    agent = await agent_of(request, changing=is_change)
    services_of(request).limits.count(Limit.AGENT_REQUESTS, str(agent.session_id))
    return agent


async def answer_change(
    request: Request,
    agent: SignedInAgent,
    change: Awaitable[Any],
    conversation_id: UUID,
) -> HTTPResponse:
    """Make a change and answer how the conversation stands then, or what is in the way."""
    try:
        await change
    except StaleError as error:
        return json(
            {**_refusal(error), **await standing(request, agent, conversation_id)},
            status=error.status,
        )
    except (TakenError, NotOwnerError) as error:
        return await _answer_taken(request, error)
    return json(await standing(request, agent, conversation_id))


async def refusing(
    request: Request, work: Callable[[], Awaitable[HTTPResponse]]
) -> HTTPResponse:
    """Answer who has a conversation, where that is why something is refused."""
    try:
        return await work()
    except (TakenError, NotOwnerError) as error:
        return await _answer_taken(request, error)


async def standing(
    request: Request, agent: SignedInAgent, conversation_id: UUID
) -> Json:
    """Return the line of a conversation, and what an agent may do with it now."""
    services = services_of(request)
    now = services.clock.now()
    line, staff = await services.record.read(
        lambda session: (get_line(session, conversation_id), read_staff(session, now))
    )
    summary = services.console_presentation.summary(line, staff)
    return {"conversation": summary, "may": allowed(agent, line.conversation)}


async def shown_message(request: Request, conversation_id: UUID, seq: int) -> Json:
    """Return a message as agents see it."""
    services = services_of(request)
    now = services.clock.now()

    def read(session: Session) -> tuple[list[Entry], Staff]:
        entries = read_entries(session, conversation_id, [seq], [])
        return entries, read_staff(session, now)

    (entry,), staff = await services.record.read(read)
    return services.console_presentation.message(entry, staff)


async def _answer_taken(
    request: Request, error: TakenError | NotOwnerError
) -> HTTPResponse:
    services = services_of(request)
    now = services.clock.now()
    staff = await services.record.read(lambda session: read_staff(session, now))
    who = staff.agents.get(error.agent_id) if error.agent_id else None
    body = {**_refusal(error), "agent": agent_json(who) if who else None}
    return json(body, status=error.status)


def _refusal(error: TakenError | NotOwnerError | StaleError) -> Json:
    return {"code": error.code, "message": error.message}
