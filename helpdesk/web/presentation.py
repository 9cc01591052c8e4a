"""How the record looks on the wire; see docs/protocol.md."""

import json
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from helpdesk.desk.chat import View
from helpdesk.desk.events import TypingChanged
from helpdesk.desk.messages import VISIBLE, Accepted
from helpdesk.desk.receipts import TOLD
from helpdesk.desk.search import Found
from helpdesk.desk.standing import Standing
from helpdesk.store.models import Conversation, Message

Json = dict[str, Any]
TYPING_EXPIRES_MS = 5_000
# Each side fetches files with its own proof of who it is.
CONTACTS_FILES = "/api/v1/attachments/"
AGENTS_FILES = "/api/console/attachments/"


def moment(at: datetime) -> str:
    """Return a moment as ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


class Presentation:
    """Renders messages for contacts.

    Args:
        public_url: Where people reach the articles.
    """

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def message(self, message: Message) -> Json:
        """Return a message; payloads of buttons stay here."""
        shown: Json = {
            "seq": message.seq,
            "sender": message.sender.value,
            "kind": message.kind.value,
            "text": message.text,
            "created_at": moment(message.created_at),
        }
        if message.client_id is not None:
            shown["client_id"] = str(message.client_id)
        details = message.details
        if "agent_name" in details:
            shown["name"] = details["agent_name"]
        if "buttons" in details:
            shown["buttons"] = [
                {"id": f"{message.seq}.{number}", "title": button["title"]}
                for number, button in enumerate(details["buttons"])
            ]
        if "article" in details:
            article = details["article"]
            url = f"{self._public_url}/articles/{article['slug']}"
            shown["article"] = {**article, "url": url}
        if "results" in details:
            shown["results"] = details["results"]
        if TOLD in details:
            # As it was written: nothing of what became known since.
            shown["receipts"] = details[TOLD]
        if "attachments" in details:
            shown["attachments"] = files_json(details["attachments"], CONTACTS_FILES)
        return shown

    def messages(self, messages: Iterable[Message]) -> list[Json]:
        """Return those messages that a contact may see."""
        return [self.message(m) for m in messages if m.kind in VISIBLE]

    def shown(self, view: View) -> Json:
        """Return what is joined, with a mark that says how the conversation stands."""
        joined = self.joined(view)
        return {**joined, "standing": mark_of(joined["conversation"])}

    def joined(self, view: View) -> Json:
        """Return a conversation with a page of its messages."""
        conversation = view.conversation
        return {
            "conversation": conversation_json(conversation, view.standing),
            "messages": self.messages(view.page.messages),
            "last_seq": conversation.last_seq,
            "seen_seq": conversation.contact_seen_seq,
            "has_more": view.page.has_more,
        }


def found_json(found: Found, public_url: str) -> Json:
    """Return a search result: the article, and the passage with its hits."""
    return {
        "slug": found.article.slug,
        "title": found.article.title,
        "url": public_url + found.article.path,
        "passage": [{"text": p.text, "hit": p.is_hit} for p in found.passage],
    }


def files_json(files: list[Json], folder: str) -> list[Json]:
    """Return files as they are shown: with their address in one side's folder."""
    return [{**file, "url": folder + file["id"]} for file in files]


def ack(accepted: Accepted) -> Json:
    """Return the acknowledgement of a message."""
    message = accepted.message
    files = message.details.get("attachments")
    carried = {"attachments": files_json(files, CONTACTS_FILES)} if files else {}
    return {
        "client_id": str(message.client_id),
        "seq": message.seq,
        "text": message.text,
        "redactions": message.details.get("redactions", []),
        "created_at": moment(message.created_at),
        **carried,
    }


def typing_json(event: TypingChanged) -> Json:
    """Return who types."""
    named = {"name": event.name} if event.name else {}
    return {
        "sender": event.sender.value,
        "on": event.is_on,
        "expires_in_ms": TYPING_EXPIRES_MS if event.is_on else 0,
        **named,
    }


def mark_of(shown: Json) -> str:
    """Return a mark that is another one whenever a conversation is shown otherwise."""
    return format(zlib.crc32(json.dumps(shown).encode()), "08x")


def conversation_json(conversation: Conversation, standing: Standing) -> Json:
    """Return a conversation without its messages: who has it, what is waited for."""
    shown: Json = {
        "id": str(conversation.id),
        "status": conversation.status.value,
        "owner": conversation.owner.value,
        "created_at": moment(conversation.created_at),
    }
    if standing.agent_name is not None:
        shown["agent"] = {"name": standing.agent_name}
    if standing.position is not None:
        shown["queue"] = {
            "position": standing.position,
            "wait_minutes": standing.wait_minutes,
            "is_open": standing.is_open,
            "opens_at": moment(standing.opens_at) if standing.opens_at else None,
        }
    if standing.asks_rating:
        shown["asks_rating"] = True
    return shown
