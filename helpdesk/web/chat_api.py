"""The chat over plain HTTP, where WebSockets are blocked; see docs/helpdesk-openapi.yml."""

import asyncio
import contextlib

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, json, text

from helpdesk.desk.chat import Chat, View
from helpdesk.desk.events import Event, TypingChanged, concerns_contact
from helpdesk.desk.transcript import write_transcript
from helpdesk.services import services_of
from helpdesk.store.words import Sender
from helpdesk.web import frames
from helpdesk.web.identifiers import read_id
from helpdesk.web.presentation import (
    Json,
    ack,
    conversation_json,
    mark_of,
    typing_json,
)
from helpdesk.web.query import number_in
from helpdesk.web.visitors import address_of, visitor_of

chat_api = Blueprint("chat_api", url_prefix="/api/v1")

LONGEST_WAIT_S = 25


@chat_api.get("/conversation")
async def show_current(request: Request) -> HTTPResponse:
    """Answer the contact's current conversation; one is made if there is none."""
    after = number_in(request, "after", default="0")
    chat = await _open(request, None)
    view = await chat.read_after(after)
    return json(services_of(request).presentation.shown(view))


@chat_api.post("/conversations")
async def start_over(request: Request) -> HTTPResponse:
    """End the current conversation and begin another."""
    body = frames.read_body(request.body, frames.StartOver)
    chat = await _open(request, None)
    successor, is_new = await chat.start_over(body.client_id)
    view = await successor.read_after(0)
    shown = services_of(request).presentation.shown(view)
    return json(shown, status=201 if is_new else 200)


@chat_api.get("/conversations/<conversation_id:str>/messages")
async def read_messages(request: Request, conversation_id: str) -> HTTPResponse:
    """Answer what is newer than `after`, or older than `before`; wait for it if asked."""
    chat = await _open(request, conversation_id)
    presentation = services_of(request).presentation
    if "before" in request.args:
        page = await chat.read_before(number_in(request, "before", default="0"))
        messages = presentation.messages(page.messages)
        return json({"messages": messages, "has_more": page.has_more})
    after = number_in(request, "after", default="0")
    wait_s = number_in(request, "wait", LONGEST_WAIT_S, default="0")
    view, typing = await _wait_for_news(request, chat, after, wait_s)
    return json({**presentation.shown(view), "typing": typing})


@chat_api.post("/conversations/<conversation_id:str>/messages")
async def send_message(request: Request, conversation_id: str) -> HTTPResponse:
    """Accept a message, as the frame `message` does."""
    body = frames.read_body(request.body, frames.SendMessage)
    chat = await _open(request, conversation_id)
    # The answer to the request is what acknowledges it.
    accepted = await chat.send(body.incoming, address_of(request), lambda _: None)
    return json(ack(accepted), status=201 if accepted.is_new else 200)


@chat_api.put("/conversations/<conversation_id:str>/seen")
async def mark_seen(request: Request, conversation_id: str) -> HTTPResponse:
    """Note what has been looked at."""
    body = frames.read_body(request.body, frames.Seen)
    await (await _open(request, conversation_id)).mark_seen(body.seq)
    return empty()


@chat_api.put("/conversations/<conversation_id:str>/typing")
async def set_typing(request: Request, conversation_id: str) -> HTTPResponse:
    """Note that the contact types, or no longer does."""
    body = frames.read_body(request.body, frames.Typing)
    await (await _open(request, conversation_id)).set_typing(is_on=body.on)
    return empty()


@chat_api.put("/conversations/<conversation_id:str>/rating")
async def rate(request: Request, conversation_id: str) -> HTTPResponse:
    """Take the answer to how it went, as the frame `rate` does."""
    body = frames.read_body(request.body, frames.Rate)
    await (await _open(request, conversation_id)).rate(body.score, body.comment)
    return empty()


@chat_api.get("/conversations/<conversation_id:str>/transcript")
async def download_transcript(request: Request, conversation_id: str) -> HTTPResponse:
    """Answer the whole conversation as a text file to keep."""
    messages = await (await _open(request, conversation_id)).read_all()
    written = write_transcript(messages, services_of(request).sentences)
    disposition = 'attachment; filename="conversation.txt"'
    return text(written, headers={"Content-Disposition": disposition})


async def _open(request: Request, conversation_id: str | None) -> Chat:
    visitor = await visitor_of(request)
    found = None if conversation_id is None else read_id(conversation_id)
    return await services_of(request).desk.open_chat(visitor, found)


async def _wait_for_news(
    request: Request, chat: Chat, after: int, wait_s: int
) -> tuple[View, Json | None]:
    """Return what is newer, waiting for it if there is nothing, and who types.

    How the conversation stands may have changed since the poll before: whoever says what
    they know of it does not wait for that.
    """
    known = request.args.get("standing")
    news = asyncio.Event()
    typing: list[Json] = []

    def notice(event: Event) -> None:
        if isinstance(event, TypingChanged):
            if event.sender is Sender.CONTACT:
                return
            typing.append(typing_json(event))
        elif not concerns_contact(event):
            return
        news.set()

    leave = services_of(request).hub.watch(chat.conversation_id, notice)
    try:
        view = await chat.read_after(after)
        if wait_s and not view.page.messages and _knows(known, view):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), wait_s)
                view = await chat.read_after(after)
        return view, typing[-1] if typing else None
    finally:
        leave()


def _knows(standing: str | None, view: View) -> bool:
    """Tell whether somebody knows how a conversation stands, or does not say."""
    now = mark_of(conversation_json(view.conversation, view.standing))
    return standing in (None, now)
