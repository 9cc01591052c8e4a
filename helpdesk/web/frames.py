"""The frames that a browser may send, and how they are read; see docs/protocol.md."""

from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec

from helpdesk.desk.errors import DeskError

Body = TypeVar("Body")
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Frame(msgspec.Struct, forbid_unknown_fields=True):
    """The data of a frame."""


class Join(Frame):
    """Begin or resume."""

    token: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    conversation: UUID | None = None
    after: Seq = 0


class SendMessage(Frame):
    """Say something, or press a button."""

    client_id: UUID
    text: str | None = None
    button: Annotated[str, msgspec.Meta(max_length=120)] | None = None


class Typing(Frame):
    """The contact begins or stops to type."""

    on: bool


class Seen(Frame):
    """Everything up to `seq` has been looked at."""

    seq: Seq


class History(Frame):
    """The messages before a number."""

    before: Seq


class StartOver(Frame):
    """End this conversation, begin another."""

    client_id: UUID


class Ping(Frame):
    """Are you there?"""


FRAMES: dict[str, type[Frame]] = {
    "join": Join,
    "message": SendMessage,
    "typing": Typing,
    "seen": Seen,
    "history": History,
    "start_over": StartOver,
    "ping": Ping,
}
SENT = (
    "joined",
    "ack",
    "message",
    "typing",
    "seen",
    "history",
    "conversation",
    "pong",
    "error",
)


class BadFrameError(DeskError):
    """The frame cannot be read."""

    code = "bad_frame"


class UnknownTypeError(DeskError):
    """There is no such frame."""

    code = "unknown_type"


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


_ENVELOPES = msgspec.json.Decoder(_Envelope)
_DATA = {name: msgspec.json.Decoder(kind) for name, kind in FRAMES.items()}
_ENCODER = msgspec.json.Encoder()


def read_frame(text: str | bytes) -> Frame:
    """Return what a frame says.

    Raises:
        BadFrameError: It is not as the protocol wants it.
        UnknownTypeError: The protocol has no such frame.
    """
    try:
        envelope = _ENVELOPES.decode(text)
        decoder = _DATA.get(envelope.type)
        if decoder is None:
            raise UnknownTypeError("There is no frame of this type.")
        return decoder.decode(envelope.data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadFrameError(f"The frame cannot be read: {error}") from error


def read_body(body: bytes, kind: type[Body]) -> Body:
    """Return what the body of a request says; an empty one says nothing.

    Raises:
        BadFrameError: It is not as the protocol wants it.
    """
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadFrameError(f"The body cannot be read: {error}") from error


def write_frame(name: str, data: Any = None) -> str:
    """Return a frame as it is sent."""
    return _ENCODER.encode({"type": name, "data": data or {}}).decode()
