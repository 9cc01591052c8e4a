"""What the assistant says it was busy with during a turn, as spans of its own process.

Its environment is too old for OpenTelemetry, so it only measures and this tells.
"""

from typing import Any

from foundation.trace_context import TraceContext, current
from foundation.tracing import ERROR_TYPE, Attributes, Kind, Source, Span, record

SERVICE = "rasa"
MOST = 50
LONGEST_NAME = 100
HEX = frozenset("0123456789abcdef")


def tell_of(spans: Any, instance: str) -> None:
    """Pass on the spans that come with an answer; what is none is left out.

    Args:
        spans: What the answer has.
        instance: Which process answered.
    """
    here = current.get()
    if here is None or not here.is_sampled or not isinstance(spans, list):
        return
    source = Source(SERVICE, instance)
    for each in spans[:MOST]:
        made = _read(each, here.trace_id, source)
        if made is not None:
            record(made)


def _read(said: Any, trace_id: str, source: Source) -> Span | None:
    try:
        start, end = int(said["start"]), int(said["end"])
        ids, kind = (said["id"], said["parent"]), Kind(said["kind"])
        name, action = said["name"], said.get("action")
        error = said.get("error")
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    words = [name, *filter(None, (action, error))]
    if not all(isinstance(word, str) and len(word) <= LONGEST_NAME for word in words):
        return None
    if not all(isinstance(i, str) and len(i) == 16 and set(i) <= HEX for i in ids):
        return None
    attributes: Attributes = {}
    if action:
        attributes["latchkey.action.name"] = action
    if error:
        attributes[ERROR_TYPE] = error
    context = TraceContext(trace_id, ids[0], is_sampled=True)
    return Span(name, kind, context, ids[1], start, end, attributes, source)
