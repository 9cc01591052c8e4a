"""What one contact said, heard and got: all that the counting looks at."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

ADDRESS = "{email}"  # as in domain.yml


@dataclass(frozen=True)
class Heard:
    """One message of a conversation, as the contact or the record has it."""

    seq: int
    sender: str
    text: str
    client_id: str = ""


@dataclass
class Asked:
    """One message of the contact.

    Attributes:
        client_id: Its name for the help desk.
        name: What it is in its script.
        expected: What it is answered with in calm; None where that is not known yet.
        instead: What may be said instead of all of it; "" if nothing may.
        group: Equal for messages that were sent without waiting for an answer in between.
        asked_at: When it was sent for the first time.
        seq: Its number; None as long as it is not acknowledged.
        word_at: When there was a first word of any kind.
        answered_at: When the answer came, or all that did of it.
    """

    client_id: str
    name: str
    expected: tuple[str, ...] | None
    instead: str
    group: int
    asked_at: float
    seq: int | None = None
    word_at: float | None = None
    answered_at: float | None = None

    @property
    def heads(self) -> tuple[str, ...]:
        """The texts of which one begins an answer to it."""
        return ((self.expected or ())[:1]) + ((self.instead,) if self.instead else ())


@dataclass
class Story:
    """One conversation.

    Attributes:
        email: The address that a mail was asked for.
        asked: What the contact sent, in order.
        heard: What came over the line, by number.
        record: What the help desk has in the end; None if that is not known.
        wanted: How many mails the assistant has promised.
        may_want: How many more were asked for, with no answer until the end.
        mails: The Message-IDs of the mails that came.
        end_at: When nobody waited any more.
    """

    email: str = ""
    asked: list[Asked] = field(default_factory=list)
    heard: dict[int, Heard] = field(default_factory=dict)
    record: list[Heard] | None = None
    wanted: int = 0
    may_want: int = 0
    mails: list[str] = field(default_factory=list)
    end_at: float = 0.0

    def plain(self, text: str) -> str:
        """Return a text as it is for whoever has another address."""
        return text.replace(self.email, ADDRESS) if self.email else text


def write_stories(stories: Iterable[Story], path: Path) -> None:
    """Leave them for whoever wants to know what a figure is made of."""
    kept = [asdict(each) for each in stories]
    path.write_text(json.dumps(kept, indent=1), encoding="utf-8")
