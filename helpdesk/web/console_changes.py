"""What agents do, each verb a request; see docs/console-openapi.yml.

The rules are the desk's; here a body becomes their arguments.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC
from uuid import UUID

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, json

from helpdesk.desk.agent_messages import AgentMessage
from helpdesk.desk.agent_reading import mark_agent_seen, mark_mention_seen
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.assignment import Receiver
from helpdesk.desk.drafts import keep_draft
from helpdesk.desk.errors import BadRangeError
from helpdesk.services import services_of
from helpdesk.store.models import Conversation
from helpdesk.store.words import Kind
from helpdesk.web import console_frames as bodies
from helpdesk.web.console_requests import (
    answer_change,
    asking,
    refusing,
    shown_message,
)
from helpdesk.web.frames import Seen, read_body
from helpdesk.web.identifiers import read_id

console_changes = Blueprint("console_changes", url_prefix="/api/console")

Verb = Callable[[SignedInAgent, UUID, int], Awaitable[Conversation]]
KINDS = {"reply": Kind.OUTGOING, "note": Kind.NOTE}


@console_changes.post("/conversations/<conversation_id:str>/claim")
async def claim(request: Request, conversation_id: str) -> HTTPResponse:
    """Take a conversation."""
    agent, wanted = await asking(request), read_id(conversation_id)
    body = read_body(request.body, bodies.Claim)
    change = services_of(request).agent_desk.claim(agent, wanted, body.epoch)
    return await answer_change(request, agent, change, wanted)


@console_changes.post("/conversations/<conversation_id:str>/messages")
async def send_message(request: Request, conversation_id: str) -> HTTPResponse:
    """Say something to the contact, or to colleagues."""
    agent, wanted = await asking(request), read_id(conversation_id)
    body = read_body(request.body, bodies.SendAgentMessage)
    services = services_of(request)
    message = AgentMessage(
        body.client_id,
        body.text,
        KINDS[body.kind],
        mentions=body.mentions,
        attachments=body.attachments,
        ghost_seq=body.ghost_seq,
        epoch=body.epoch,
    )

    async def send() -> HTTPResponse:
        sent = await services.agent_desk.send(agent, wanted, message)
        shown = await shown_message(request, wanted, sent.message.seq)
        return json({"message": shown}, status=201 if sent.is_new else 200)

    return await refusing(request, send)


@console_changes.post("/conversations/<conversation_id:str>/transfer")
async def transfer(request: Request, conversation_id: str) -> HTTPResponse:
    """Give a conversation to a colleague, or to a team."""
    agent, wanted = await asking(request), read_id(conversation_id)
    body = read_body(request.body, bodies.Transfer)
    if (body.agent is None) == (body.team is None):
        raise BadRangeError("A conversation goes to an `agent` or to a `team`.")
    receiver = Receiver(body.agent, body.team)
    change = services_of(request).agent_desk.transfer(
        agent, wanted, receiver, body.epoch, note=body.note or ""
    )
    return await answer_change(request, agent, change, wanted)


@console_changes.post("/conversations/<conversation_id:str>/release")
async def release(request: Request, conversation_id: str) -> HTTPResponse:
    """Put a conversation back into the queue."""
    verb = services_of(request).agent_desk.release
    return await _change_at_epoch(request, conversation_id, verb)


@console_changes.post("/conversations/<conversation_id:str>/hand_back")
async def hand_back(request: Request, conversation_id: str) -> HTTPResponse:
    """Give a conversation back to the assistant."""
    verb = services_of(request).agent_desk.hand_back
    return await _change_at_epoch(request, conversation_id, verb)


@console_changes.post("/conversations/<conversation_id:str>/snooze")
async def snooze(request: Request, conversation_id: str) -> HTTPResponse:
    """Put a conversation away until a moment."""
    agent, wanted = await asking(request), read_id(conversation_id)
    body = read_body(request.body, bodies.Snooze)
    if body.until.tzinfo is None:
        raise BadRangeError("`until` needs a time zone.")
    until = body.until.astimezone(UTC)
    change = services_of(request).agent_desk.snooze(agent, wanted, until, body.epoch)
    return await answer_change(request, agent, change, wanted)


@console_changes.post("/conversations/<conversation_id:str>/resolve")
async def resolve(request: Request, conversation_id: str) -> HTTPResponse:
    """Note that a conversation is done."""
    verb = services_of(request).agent_desk.resolve
    return await _change_at_epoch(request, conversation_id, verb)


@console_changes.post("/conversations/<conversation_id:str>/reopen")
async def reopen(request: Request, conversation_id: str) -> HTTPResponse:
    """Go on with a conversation that was done."""
    verb = services_of(request).agent_desk.reopen
    return await _change_at_epoch(request, conversation_id, verb)


@console_changes.put("/conversations/<conversation_id:str>/draft")
async def set_draft(request: Request, conversation_id: str) -> HTTPResponse:
    """Keep what the agent has begun to write."""
    agent, wanted = await asking(request), read_id(conversation_id)
    body = read_body(request.body, bodies.KeepDraft)
    services = services_of(request)
    now = services.clock.now()
    await services.record.write(
        lambda session: keep_draft(session, agent.id, wanted, body.text, now)
    )
    return empty()


@console_changes.put("/conversations/<conversation_id:str>/seen")
async def set_seen(request: Request, conversation_id: str) -> HTTPResponse:
    """Note what an agent has looked at."""
    _agent, wanted = await asking(request), read_id(conversation_id)
    body = read_body(request.body, Seen)
    services = services_of(request)
    is_news = await services.record.write(
        lambda session: mark_agent_seen(session, wanted, body.seq)
    )
    if is_news:
        services.console_news.note_change(wanted)
    return empty()


@console_changes.put("/me/away")
async def set_away(request: Request) -> HTTPResponse:
    """Take nothing new, or take it again."""
    agent = await asking(request)
    body = read_body(request.body, bodies.SetAway)
    services = services_of(request)
    await services.agent_desk.set_away(agent, is_away=body.is_away)
    services.console_news.note_staff(agent.id)
    return empty()


@console_changes.put("/mentions/seen")
async def set_mention_seen(request: Request) -> HTTPResponse:
    """Note that the agent has looked at a note that mentions them."""
    agent = await asking(request)
    body = read_body(request.body, bodies.SeeMention)
    services = services_of(request)
    now = services.clock.now()
    is_news = await services.record.write(
        lambda session: mark_mention_seen(
            session, agent.id, body.conversation, body.seq, now
        )
    )
    if is_news:
        services.console_news.note_change(body.conversation)
    return empty()


async def _change_at_epoch(
    request: Request, conversation_id: str, verb: Verb
) -> HTTPResponse:
    """Do what needs nothing but the epoch that the agent has seen."""
    agent, wanted = await asking(request), read_id(conversation_id)
    body = read_body(request.body, bodies.AtEpoch)
    change = verb(agent, wanted, body.epoch)
    return await answer_change(request, agent, change, wanted)
