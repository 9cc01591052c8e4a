"""Buttons: the ids that a browser may send, and the payloads that they stand for.

A browser never sees a payload, so nothing it sends can become one that was not offered.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.desk.articles import Articles
from helpdesk.desk.errors import ButtonExpiredError
from helpdesk.store.models import Message
from helpdesk.store.rows import find
from helpdesk.store.words import Kind, Sender

PERSON = "person"
OF_MESSAGE = re.compile(r"(\d{1,9})\.(\d{1,2})")
OFFER = re.compile(r"offer\.([a-z0-9_]{1,60})\.([a-z_]{1,40})")


@dataclass(frozen=True)
class Pressed:
    """What a button says and does. In agents' own chats it may stand for a `command`."""

    title: str
    payload: str
    command: str | None = None


HANDOFF = "talk_to_human"
FindOffer = Callable[[str | None, str], Pressed | None]


def offer_finder(articles: Articles, talk_to_person: str) -> FindOffer:
    """Return how to find what article pages, and the chat itself, offer.

    Args:
        articles: The articles with their offers.
        talk_to_person: What the contact says by the button that is always there.
    """

    def find_offer(article_id: str | None, action: str) -> Pressed | None:
        if article_id is None:
            is_offered = action == HANDOFF
            return Pressed(talk_to_person, f"/{HANDOFF}") if is_offered else None
        article = articles.by_id.get(article_id)
        for offer in article.offers if article else ():
            if offer.action == action:
                return Pressed(offer.title, f"/{action}")
        return None

    return find_offer


def find_button(
    session: Session, conversation_id: UUID, button: str, find_offer: FindOffer
) -> Pressed:
    """Return what a button stands for.

    Args:
        session: The transaction.
        conversation_id: Where it is pressed.
        button: Its id, as docs/protocol.md says.
        find_offer: Finds what an article offers; with None for the article, what is
            always offered.

    Raises:
        ButtonExpiredError: It cannot be pressed now.
    """
    if button == PERSON:
        found = find_offer(None, HANDOFF)
    elif offer := OFFER.fullmatch(button):
        found = find_offer(offer[1], offer[2])
    elif below := OF_MESSAGE.fullmatch(button):
        found = find_below_message(
            session, conversation_id, int(below[1]), int(below[2])
        )
    else:
        found = None
    if found is None or found.command is not None:
        raise ButtonExpiredError("This button can no longer be pressed.")
    return found


def find_below_message(
    session: Session, conversation_id: UUID, seq: int, number: int
) -> Pressed | None:
    """Return what a button below an answer stands for, while that is the newest."""
    message = find(session, Message, conversation_id=conversation_id, seq=seq)
    if message is None or message.kind is not Kind.OUTGOING:
        return None
    if message.sender is not Sender.ASSISTANT or _has_newer_answer(session, message):
        return None
    buttons = message.details.get("buttons", [])
    if number >= len(buttons):
        return None
    button = buttons[number]
    return Pressed(button["title"], button.get("payload", ""), button.get("command"))


def _has_newer_answer(session: Session, message: Message) -> bool:
    """Tell whether another turn was answered later: its question is the open one."""
    newer = select(Message.seq).where(
        Message.conversation_id == message.conversation_id,
        Message.seq > message.seq,
        Message.kind == Kind.OUTGOING,
        Message.turn_id != message.turn_id,
    )
    return session.scalar(newer.limit(1)) is not None
