"""The frames of the console's socket, and the bodies of its requests.

See docs/console-protocol.md.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from helpdesk.web.frames import Frame, Ping, Seq, Typing, frame_reader

Epoch = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Text = Annotated[str, msgspec.Meta(max_length=20_000)]  # the desk has the real limit
Named = Annotated[tuple[UUID, ...], msgspec.Meta(max_length=20)]


class Watch(Frame):
    """What this tab shows."""

    conversation: UUID | None


CONSOLE_FRAMES: dict[str, type[Frame]] = {
    "watch": Watch,
    "typing": Typing,
    "ping": Ping,
}
CONSOLE_SENT = (
    "ready",
    "conversation",
    "message",
    "typing",
    "presence",
    "seen",
    "notice",
    "run",
    "agents",
    "approval",
    "pong",
    "error",
)
read_console_frame = frame_reader(CONSOLE_FRAMES)


class Claim(Frame):
    """What the console has seen, if it says so."""

    epoch: Epoch | None = None


class SendAgentMessage(Frame):
    """A reply or a note."""

    client_id: UUID
    text: Text
    kind: Literal["reply", "note"]
    attachments: Named = ()
    mentions: Named = ()
    ghost_seq: Seq | None = None
    epoch: Epoch | None = None


class AtEpoch(Frame):
    """A change of what the console has seen."""

    epoch: Epoch


class Transfer(Frame):
    """To whom; exactly one of `agent` and `team`."""

    epoch: Epoch
    agent: UUID | None = None
    team: UUID | None = None
    note: Text | None = None


class Snooze(Frame):
    """Until when."""

    until: datetime
    epoch: Epoch


class KeepDraft(Frame):
    """What was written so far."""

    text: Text


class SetAway(Frame):
    """Whether new conversations are for others."""

    is_away: bool


class SeeMention(Frame):
    """The note that was looked at."""

    conversation: UUID
    seq: Seq


class RequestRecovery(Frame):
    """A mail that the contact is to get."""

    client_id: UUID
    kind: Literal["invite", "password_reset"]
    email: Annotated[str, msgspec.Meta(max_length=600)]


class GiveCommand(Frame):
    """What an agent types to the assistant, or presses; exactly one of both."""

    client_id: UUID
    text: Text | None = None
    button: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    conversation: UUID | None = None


class Decide(Frame):
    """What a colleague wants is agreed to, or not; the address says which."""


class Withdraw(Frame):
    """What was sent is taken back; the address says which."""


class WriteCannedResponse(Frame):
    """A canned response."""

    short_code: Text
    title: Text
    text: Text
