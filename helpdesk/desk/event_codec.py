"""Events as the processes of one help desk tell them to each other.

During an upgrade an older and a newer version talk: fields that the reader does not know
are left out, columns that the writer did not have get their default, and a kind of event
that the reader does not know is nothing to it.
"""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec
from sqlalchemy import ColumnDefault

from helpdesk.desk.events import Event
from helpdesk.store.models import Base, Conversation, Message
from helpdesk.store.rows import as_row, table_of

log = logging.getLogger(__name__)

KINDS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


class _Envelope(msgspec.Struct):
    kind: str
    event: msgspec.Raw


def encode_event(event: Event) -> bytes:
    """Return an event as JSON."""
    body = msgspec.Raw(_ENCODER.encode(event))
    return _ENCODER.encode(_Envelope(type(event).__name__, body))


def decode_event(text: bytes) -> Event | None:
    """Return the event; None if it is of a kind that this version does not know."""
    try:
        envelope = _ENVELOPES.decode(text)
        decoder = _DECODERS.get(envelope.kind)
        if decoder is not None:
            return decoder.decode(envelope.event)
    except msgspec.MsgspecError as error:
        _complain("broken", type(error).__name__)
    else:
        _complain("unknown", envelope.kind)
    return None


@cache
def _complain(what: str, name: str) -> None:
    """Tell the log, once for each."""
    log.warning("an event of another process is %s: %s", what, name)


def _as_plain(value: Any) -> Any:
    if isinstance(value, Base):
        columns = vars(value).items()
        return {name: each for name, each in columns if not name.startswith("_")}
    raise NotImplementedError(type(value))


def _as_row(kind: type, value: Any) -> Any:
    if not issubclass(kind, Base):
        raise NotImplementedError(kind)
    columns = msgspec.convert(value, _columns_of(kind))
    return as_row(kind, msgspec.structs.asdict(columns))


@cache
def _columns_of(kind: type[Base]) -> type[msgspec.Struct]:
    """Return a structure with the columns of a table, and what stands for a missing one."""
    hints = get_type_hints(kind)
    fields: list[Any] = []
    for column in table_of(kind).c:
        (hint,) = get_args(hints[column.name])
        if column.nullable:
            fields.append((column.name, hint, None))
        elif isinstance(column.default, ColumnDefault) and column.default.is_scalar:
            fields.append((column.name, hint, column.default.arg))
        else:
            fields.append((column.name, hint))
    return msgspec.defstruct(f"{kind.__name__}Columns", fields, kw_only=True)


_ENCODER = msgspec.json.Encoder(enc_hook=_as_plain)
_ENVELOPES = msgspec.json.Decoder(_Envelope)
_DECODERS: Mapping[str, msgspec.json.Decoder[Event]] = {
    name: msgspec.json.Decoder(kind, dec_hook=_as_row) for name, kind in KINDS.items()
}
for _rows in (Conversation, Message):
    _columns_of(_rows)  # while the process starts, not with the first event
