"""What a command is given, and what it returns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from helpdesk.commands.words import CommandWords
from helpdesk.desk.account_words import AccountWords
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_desk import After, ApprovalDesk
from helpdesk.desk.approvals import Approvals
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.changes import Change
from helpdesk.desk.office import Office
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.radar import Radar
from helpdesk.desk.target_limits import TargetLimits


@dataclass(frozen=True)
class Button:
    """Something to press below an answer: what it says, and the line that it stands for."""

    title: str
    command: str


@dataclass(frozen=True)
class Answer:
    """What the help desk itself answers, in Markdown."""

    text: str
    buttons: Sequence[Button] = ()
    facts: dict[str, Any] = field(default_factory=dict)  # for the message's details


@dataclass(frozen=True)
class Ask:
    """What the assistant is to do: it has the account backend asked."""

    command: str
    arguments: dict[str, Any]

    @property
    def is_dry(self) -> bool:
        """Whether it is only to say what it would do."""
        return self.arguments.get("dry_run") is True


Result = Answer | Ask


@dataclass(frozen=True)
class Room:
    """What commands stand on.

    `per_minute` is how many people of a bulk command are served in a minute.
    """

    office: Office
    words: CommandWords
    account_words: AccountWords
    pseudonyms: Pseudonyms
    radar: Radar
    target_limits: TargetLimits
    approval_desk: ApprovalDesk
    per_minute: int

    @property
    def approvals(self) -> Approvals:
        """The rules of asking a second person."""
        return self.approval_desk.approvals


@dataclass(frozen=True)
class Note:
    """A line for the audit record, which is written at the end of the transaction."""

    action: str
    target: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One command that an agent gives; the role is checked before.

    `step` is the change of the agent's own chat, `shown` the conversation on the screen.
    `wish_id` names what is wanted: the same one twice is one wish. What a command does is
    in `step`; `notes` and `afters` are what is audited, and done after the commit.
    """

    session: Session
    agent: SignedInAgent
    step: Change
    room: Room
    wish_id: UUID
    shown: UUID | None = None
    notes: list[Note] = field(default_factory=list)
    afters: list[After] = field(default_factory=list)

    def note(self, action: str, target: str, details: dict[str, Any]) -> None:
        """Have something audited."""
        self.notes.append(Note(action, target, details))

    def write(self) -> None:
        """Put the change and what is audited into the record; nothing comes after."""
        self.step.write(self.session)
        who, now = Who.of(self.agent), self.step.now
        for it in self.notes:
            write_audit(
                self.session, who, it.action, it.target, now, details=it.details
            )
