"""A person at the chat: says things, presses buttons, reads what comes back."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from helpdesk.assistant import AssistantClient, Turn


@dataclass(frozen=True)
class Answer:
    """What one turn brought."""

    raw: dict[str, Any]
    seconds: float

    @property
    def text(self) -> str:
        """Everything that was said, a line for each message."""
        return "\n".join(reply["text"] for reply in self.raw["replies"])

    @property
    def buttons(self) -> dict[str, str]:
        """The payload of each button, by its title."""
        found = [b for reply in self.raw["replies"] for b in reply.get("buttons", [])]
        return {button["title"]: button["payload"] for button in found}

    @property
    def intent(self) -> str:
        """What was understood."""
        return str(self.raw["nlu"]["intent"])

    @property
    def articles(self) -> list[str]:
        """The ids of the articles that were answered from."""
        linked = [r["article"] for r in self.raw["replies"] if "article" in r]
        return [article["slug"].replace("-", "_") for article in linked]

    @property
    def has_trouble(self) -> bool:
        """Whether the assistant reports that a part was down."""
        return bool(self.raw["trouble"])


class Chat:
    """One conversation."""

    def __init__(self, assistant: AssistantClient) -> None:
        self.assistant = assistant
        self.conversation_id = str(uuid4())
        self.latest: Answer | None = None

    def say(self, text: str) -> Answer:
        """Type something."""
        return self.take(Turn(self.conversation_id, str(uuid4()), text=text))

    def press(self, title: str) -> Answer:
        """Press one of the buttons under the latest answer."""
        assert self.latest, "nothing was said yet"
        payload = self.latest.buttons[title]
        return self.take(Turn(self.conversation_id, str(uuid4()), payload=payload))

    def take(self, turn: Turn) -> Answer:
        """Send a turn as it is."""
        begin = time.monotonic()
        raw = self.assistant.take_turn(turn)
        self.latest = Answer(raw, time.monotonic() - begin)
        return self.latest

    def ask_for_invite(self, email: str) -> Answer:
        """Ask for a new invitation, up to the question whether to send it."""
        return self.say(f"resend my invite, it's {email}")

    def ask_for_reset(self, email: str) -> Answer:
        """Ask for a password reset, up to the question whether to send it."""
        return self.say(f"please reset the password of {email}")
