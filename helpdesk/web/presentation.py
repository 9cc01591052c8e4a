"""How the record looks on the wire; see docs/protocol.md."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from helpdesk.desk.events import TypingChanged
from helpdesk.desk.messages import Accepted, Page
from helpdesk.desk.search import Found
from helpdesk.store.models import Conversation, Message
from helpdesk.store.words import Kind

Json = dict[str, Any]
TYPING_EXPIRES_MS = 5_000
VISIBLE = frozenset({Kind.INCOMING, Kind.OUTGOING, Kind.ACTIVITY})


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
        return shown

    def messages(self, messages: Iterable[Message]) -> list[Json]:
        """Return those messages that a contact may see."""
        return [self.message(m) for m in messages if m.kind in VISIBLE]

    def joined(self, conversation: Conversation, page: Page) -> Json:
        """Return a conversation with a page of its messages."""
        return {
            "conversation": conversation_json(conversation),
            "messages": self.messages(page.messages),
            "last_seq": conversation.last_seq,
            "seen_seq": conversation.contact_seen_seq,
            "has_more": page.has_more,
        }


def found_json(found: Found, public_url: str) -> Json:
    """Return a search result: the article, and the passage with its hits."""
    return {
        "slug": found.article.slug,
        "title": found.article.title,
        "url": public_url + found.article.path,
        "passage": [{"text": p.text, "hit": p.is_hit} for p in found.passage],
    }


def ack(accepted: Accepted) -> Json:
    """Return the acknowledgement of a message."""
    message = accepted.message
    return {
        "client_id": str(message.client_id),
        "seq": message.seq,
        "text": message.text,
        "redactions": message.details.get("redactions", []),
        "created_at": moment(message.created_at),
    }


def typing_json(event: TypingChanged) -> Json:
    """Return who types."""
    return {
        "sender": event.sender.value,
        "on": event.is_on,
        "expires_in_ms": TYPING_EXPIRES_MS if event.is_on else 0,
    }


def conversation_json(conversation: Conversation) -> Json:
    """Return a conversation without its messages."""
    return {
        "id": str(conversation.id),
        "status": conversation.status.value,
        "owner": conversation.owner.value,
        "created_at": moment(conversation.created_at),
    }
