"""The frames that a browser may send, and how they are read; see docs/protocol.md."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec

from helpdesk.desk.attachments import MOST_FILES
from helpdesk.desk.errors import DeskError
from helpdesk.desk.messages import Incoming
from helpdesk.desk.satisfaction import LONGEST_COMMENT, SCORES

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
    """Say something, send files, or press a button."""

    client_id: UUID
    text: str | None = None
    button: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    attachments: Annotated[list[UUID], msgspec.Meta(max_length=MOST_FILES)] = []

    @property
    def incoming(self) -> Incoming:
        """What it is to the desk."""
        files = tuple(self.attachments)
        return Incoming(self.client_id, self.text, self.button, attachments=files)


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


class Rate(Frame):
    """How it went: 1 is bad, 5 is good."""

    score: Annotated[int, msgspec.Meta(ge=min(SCORES), le=max(SCORES))]
    comment: Annotated[str, msgspec.Meta(max_length=LONGEST_COMMENT)] = ""


class Ping(Frame):
    """Are you there?"""


FrameReader = Callable[[str | bytes], Frame]
FRAMES: dict[str, type[Frame]] = {
    "join": Join,
    "message": SendMessage,
    "typing": Typing,
    "seen": Seen,
    "history": History,
    "start_over": StartOver,
    "rate": Rate,
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
_ENCODER = msgspec.json.Encoder()


def frame_reader(kinds: Mapping[str, type[Frame]]) -> FrameReader:
    """Return a function that reads frames of these kinds.

    It raises `UnknownTypeError` where the protocol has no such frame, and `BadFrameError`
    where one is not as the protocol wants it.
    """
    decoders = {name: msgspec.json.Decoder(kind) for name, kind in kinds.items()}

    def read(text: str | bytes) -> Frame:
        try:
            envelope = _ENVELOPES.decode(text)
            decoder = decoders.get(envelope.type)
            if decoder is None:
                raise UnknownTypeError("There is no frame of this type.")
            return decoder.decode(envelope.data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadFrameError(f"The frame cannot be read: {error}") from error

    return read


read_frame = frame_reader(FRAMES)


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
