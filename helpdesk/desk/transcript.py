"""The transcript that a contact can keep: plain text."""

from collections.abc import Iterable

from helpdesk.desk.sentences import Sentences
from helpdesk.store.models import Message
from helpdesk.store.words import Sender


def write_transcript(messages: Iterable[Message], sentences: Sentences) -> str:
    """Return the messages as a text, times in UTC."""
    lines = [sentences.transcript_title, ""]
    for message in messages:
        at = message.created_at.strftime("%Y-%m-%d %H:%M UTC")
        is_contact = message.sender is Sender.CONTACT
        who = sentences.you if is_contact else sentences.assistant
        lines += [f"{at}  {who}", message.text, ""]
    return "\n".join(lines)
