"""The transcript that a contact can keep: plain text."""

from collections.abc import Iterable

from helpdesk.desk.sentences import Sentences, fill
from helpdesk.store.models import Message
from helpdesk.store.words import Sender


def write_transcript(messages: Iterable[Message], sentences: Sentences) -> str:
    """Return the messages as a text, times in UTC."""
    lines = [sentences.transcript_title, ""]
    for message in messages:
        at = message.created_at.strftime("%Y-%m-%d %H:%M UTC")
        files = [
            fill(sentences.file, name=file["name"])
            for file in message.details.get("attachments", [])
        ]
        said = [message.text] if message.text else []
        lines += [f"{at}  {_speaker(message, sentences)}", *said, *files, ""]
    return "\n".join(lines)


def _speaker(message: Message, sentences: Sentences) -> str:
    """Return what whoever wrote a message is called; an agent by name."""
    called = {
        Sender.CONTACT: sentences.you,
        Sender.ASSISTANT: sentences.assistant,
        Sender.AGENT: message.details.get("agent_name", sentences.agent),
        Sender.SYSTEM: sentences.note,
    }
    return str(called[message.sender])
