"""Places in traces, as headers say them, and the spans that are made of blocks."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.client import AccountsError
from foundation import tracing
from foundation.environment import SettingsError
from foundation.trace_context import (
    TraceContext,
    current,
    current_traceparent,
    in_trace,
    read_traceparent,
    trace_of,
)
from foundation.tracing import ERROR_TYPE, Kind, Span
from helpdesk.assistant_spans import MOST, tell_of

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WANTED = TraceContext(TRACE_ID, SPAN_ID, is_sampled=True)


class Kept:
    """A sink that keeps what it gets."""

    def __init__(self, *, is_wanted: bool = True) -> None:
        self.spans: list[Span] = []
        self.is_wanted = is_wanted

    def samples(self, _trace_id: str) -> bool:
        return self.is_wanted

    def take(self, span: Span) -> None:
        self.spans.append(span)

    def close(self) -> None:
        self.is_wanted = False


@pytest.fixture
def kept() -> Iterator[Kept]:
    sink = Kept()
    tracing.send_spans_to(sink)
    yield sink
    tracing.send_spans_to(None)


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        (f"00-{TRACE_ID}-{SPAN_ID}-01", True),
        (f"00-{TRACE_ID}-{SPAN_ID}-00", False),
        (f"00-{TRACE_ID}-{SPAN_ID}-03", True),
        (f"cc-{TRACE_ID}-{SPAN_ID}-01-what-comes-later", True),
    ],
)
def test_a_header_is_read(header: str, sampled: bool) -> None:
    found = read_traceparent(header)
    assert found == TraceContext(TRACE_ID, SPAN_ID, sampled)
    assert found.traceparent == f"00-{TRACE_ID}-{SPAN_ID}-{'01' if sampled else '00'}"


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "00", "rubbish", f"00-{TRACE_ID}-{SPAN_ID}"),
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01\n",
    ],
)
def test_a_header_that_is_none_is_ignored(header: str | None) -> None:
    assert read_traceparent(header) is None


def test_a_thing_has_one_trace_whoever_asks() -> None:
    thing = uuid4()
    first = trace_of(thing, is_sampled=True)
    assert first == trace_of(UUID(str(thing)), is_sampled=True)
    assert first.trace_id != trace_of(uuid4(), is_sampled=True).trace_id
    assert read_traceparent(first.traceparent) == first
    assert thing.hex not in first.traceparent


def test_traces_of_things_are_spread_evenly_for_samplers() -> None:
    ids = [trace_of(uuid4(), is_sampled=True).trace_id for _ in range(400)]
    below_a_quarter = sum(int(each[16:], 16) < 2**62 for each in ids)
    assert 50 < below_a_quarter < 150


def test_blocks_within_blocks_are_spans_below_spans(kept: Kept) -> None:
    with tracing.within(WANTED):
        with tracing.span("outer", Kind.SERVER, {"a": 1}) as told:
            told["b"] = 2
            with tracing.span("inner"):
                inside = current.get()
        assert current.get() == WANTED
    assert current.get() is None
    inner, outer = kept.spans
    assert (outer.name, outer.kind, outer.parent_id) == ("outer", Kind.SERVER, SPAN_ID)
    assert outer.attributes == {"a": 1, "b": 2}
    assert inner.parent_id == outer.context.span_id
    assert inner.context == inside
    assert {inner.context.trace_id, outer.context.trace_id} == {TRACE_ID}
    assert outer.start_ns <= inner.start_ns <= inner.end_ns <= outer.end_ns


def test_an_error_is_told_by_its_kind_alone(kept: Kept) -> None:
    with (
        tracing.within(WANTED),
        pytest.raises(ValueError, match="ana"),
        tracing.span("a"),
    ):
        raise ValueError("ana@example.com")
    assert kept.spans[0].attributes == {ERROR_TYPE: "ValueError"}
    assert current.get() is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("no_account", "no_account"),
        ("ana@example.com", "AccountsError"),
        ("x" * 51, "AccountsError"),
        (404, "AccountsError"),
        (None, "AccountsError"),
    ],
)
def test_a_code_is_told_if_it_is_a_word(code: Any, told: str, kept: Kept) -> None:
    with tracing.within(WANTED), pytest.raises(AccountsError), tracing.span("a"):
        raise AccountsError(code, "ana@example.com", permanent=True)
    assert kept.spans[0].attributes == {ERROR_TYPE: told}


def test_a_trace_of_its_own_has_no_span_above(kept: Kept) -> None:
    with tracing.within(WANTED), tracing.trace("new") as told:
        told["x"] = True
        assert current_traceparent() != WANTED.traceparent
    (span,) = kept.spans
    assert span.parent_id is None
    assert span.context.trace_id != TRACE_ID


def test_what_is_not_wanted_is_carried_on_and_not_told(kept: Kept) -> None:
    kept.is_wanted = False
    not_wanted = TraceContext(TRACE_ID, SPAN_ID)
    with tracing.within(not_wanted), tracing.span("a"):
        assert current_traceparent() == not_wanted.traceparent
    with tracing.trace("b"):
        assert str(current_traceparent()).endswith("-00")
    with tracing.span("outside of any"):
        assert current_traceparent() is None
    tracing.record(Span("c", Kind.CLIENT, not_wanted, None, 1, 2))
    assert kept.spans == []


def test_nobody_listens_and_nothing_breaks() -> None:
    assert not tracing.samples(TRACE_ID)
    with tracing.within(WANTED), tracing.span("a") as told:
        told["ignored"] = 1
        assert current.get() == WANTED
    tracing.end_tracing()


def test_threads_and_tasks_are_in_the_trace_of_whoever_asked(kept: Kept) -> None:
    def work(text: str) -> str | None:
        with tracing.span(text):
            return current_traceparent()

    async def ask() -> str | None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as threads, tracing.within(WANTED):
            return await loop.run_in_executor(threads, in_trace(work, "there"))

    assert TRACE_ID in str(asyncio.run(ask()))
    assert kept.spans[0].parent_id == SPAN_ID
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(in_trace(current_traceparent)).result() is None


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({tracing.ENDPOINT: "collector:4318"}, tracing.ENDPOINT),
        ({tracing.ENDPOINT_OF_TRACES: "ftp://a"}, tracing.ENDPOINT_OF_TRACES),
    ],
)
def test_a_collector_that_cannot_be_is_refused_at_the_start(
    variables: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=f"{said} must start with http"):
        tracing.begin_tracing("helpdesk", variables)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {tracing.ENDPOINT: " "},
        {tracing.ENDPOINT: "http://127.0.0.1:9", tracing.SDK_DISABLED: "true"},
    ],
)
def test_nothing_is_told_unless_a_collector_is_named(variables: dict[str, str]) -> None:
    tracing.begin_tracing("helpdesk", variables)
    assert not tracing.samples(TRACE_ID)


def test_without_a_collector_nothing_of_opentelemetry_is_loaded() -> None:
    program = (
        "import sys, helpdesk.app, accounts.app\n"
        "from foundation.tracing import begin_tracing\n"
        "begin_tracing('helpdesk', {})\n"
        "print([n for n in sys.modules if n.startswith('opentelemetry')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def said(**more: object) -> dict[str, object]:
    """Return a span as Rasa tells it."""
    ids = {"id": "1" * 16, "parent": "2" * 16}
    times = {"start": 10, "end": 20}
    return {"kind": "client", "name": "POST /webhook", **ids, **times, **more}


def test_spans_of_the_assistant_are_told_as_its_own(kept: Kept) -> None:
    with tracing.within(WANTED):
        tell_of([said(action="action_a", error="TimeoutError")], "127.0.0.1:5005")
    (span,) = kept.spans
    assert span.source == tracing.Source("rasa", "127.0.0.1:5005")
    assert span.context == TraceContext(TRACE_ID, "1" * 16, is_sampled=True)
    assert (span.parent_id, span.start_ns, span.end_ns) == ("2" * 16, 10, 20)
    told = {"latchkey.action.name": "action_a", ERROR_TYPE: "TimeoutError"}
    assert span.attributes == told


@pytest.mark.parametrize(
    "spans",
    [
        *(None, "spans", {}, [None], ["span"], [{}], [[]]),
        [said(id="short")],
        [said(parent="Z" * 16)],
        [said(id=7)],
        [said(start="soon")],
        [said(kind="friend")],
        [said(name="x" * 101)],
        [said(name=None)],
        [said(action={"email": "ana@example.com"})],
        [{key: value for key, value in said().items() if key != "end"}],
    ],
)
def test_what_is_no_span_is_left_out(kept: Kept, spans: object) -> None:
    with tracing.within(WANTED):
        tell_of(spans, "rasa")
    assert kept.spans == []


def test_an_assistant_does_not_tell_without_end(kept: Kept) -> None:
    with tracing.within(WANTED):
        tell_of([said() for _ in range(MOST + 5)], "rasa")
    tell_of([said()], "outside of any trace")
    assert len(kept.spans) == MOST
