"""The help desk's spans: told to a collector, or dropped while that is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from tests.accounts.service import free_port, wait_for
from tests.helpdesk.chat_client import ChatClient, begin_visit
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.helpdesk.scripted_server import reply, run_scripted_server
from tests.insight.collector import Collector, Told, run_collector

AWAY = "the collector of traces does not answer"
BACK = "the collector of traces answers again"
CLAIMED = f"00-{'e' * 32}-{'f' * 16}-01"
QUESTION = "my invitation has expired"
RASAS = [
    {
        **{"id": "1" * 16, "parent": "2" * 16, "kind": "server"},
        **{"name": "POST /webhooks/latchkey/turn", "start": 10, "end": 20},
    }
]


@contextmanager
def running(
    folder: Path, assistant: ScriptedAssistant, url: str, **more: str
) -> Iterator[HelpdeskRun]:
    assistant.reset()
    with run_helpdesk(
        folder,
        LATCHKEY_RASA_URL=assistant.url,
        OTEL_EXPORTER_OTLP_ENDPOINT=url,
        **{"OTEL_BSP_SCHEDULE_DELAY": "50", **more},
    ) as run:
        yield run


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with run_collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def helpdesk(
    tmp_path_factory: pytest.TempPathFactory,
    assistant: ScriptedAssistant,
    collector: Collector,
) -> Iterator[HelpdeskRun]:
    folder = tmp_path_factory.mktemp("helpdesk")
    more = {"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test"}
    more |= {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}
    with running(folder, assistant, collector.server.url, **more) as run:
        yield run


@pytest.fixture
def chat(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> Iterator[ChatClient]:
    assistant.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        yield client


def finished(collector: Collector, turn_id: str) -> list[Told]:
    """Wait for the end of a turn, and return its spans."""

    def all_of_it() -> list[Told] | None:
        spans = collector.trace_of(turn_id)
        return spans if any(span.name == "turn" for span in spans) else None

    return wait_for(all_of_it, "the end of a turn")


def test_every_attempt_at_a_turn_is_below_the_same_span(
    chat: ChatClient, assistant: ScriptedAssistant, collector: Collector
) -> None:
    assistant.has_trouble = True
    chat.post(QUESTION)
    wait_for(lambda: len(assistant.turns) > 1, "a second attempt")
    assistant.has_trouble = False
    chat.hear()
    spans = finished(collector, assistant.turns[0]["message_id"])
    (turn,) = [span for span in spans if span.name == "turn"]

    def attempts() -> list[Told] | None:
        seen = collector.trace_of(assistant.turns[0]["message_id"])
        found = [span for span in seen if span.name == "turn attempt"]
        return found if len(found) == len(assistant.turns) else None

    found = wait_for(attempts, "the attempts")
    assert {each.parent_id for each in found} == {turn.span_id}
    numbers = sorted(each.attributes["latchkey.turn.attempt"] for each in found)  # type: ignore[type-var]
    assert numbers == list(range(1, len(found) + 1))
    assert turn.attributes["latchkey.turn.attempts"] == len(found)
    assert turn.attributes["latchkey.turn.end"] == "answered"


def test_what_an_assistant_refuses_has_failed(
    chat: ChatClient, assistant: ScriptedAssistant, collector: Collector
) -> None:
    assistant.refusal = (400, b'{"code": "invalid_turn", "message": "no"}')
    chat.ask(QUESTION)
    spans = finished(collector, assistant.turns[0]["message_id"])
    by_name = {span.name: span for span in spans}
    asked = by_name["POST /webhooks/latchkey/turn"]
    assert asked.has_failed
    assert asked.attributes["error.type"] == "invalid_turn"
    assert asked.attributes["http.response.status_code"] == 400
    assert by_name["turn"].has_failed
    assert by_name["turn"].attributes["latchkey.turn.end"] == "failed"


def test_the_assistants_spans_come_under_its_own_name(
    chat: ChatClient, assistant: ScriptedAssistant, collector: Collector
) -> None:
    assistant.more = lambda _turn: {"spans": RASAS}
    chat.ask(QUESTION)
    turn_id = assistant.turns[0]["message_id"]

    def find() -> Told | None:
        spans = collector.trace_of(turn_id)
        return next((span for span in spans if span.service == "rasa"), None)

    told = wait_for(find, "a span of the assistant")
    assert told.instance == assistant.url.removeprefix("http://")
    assert (told.span_id, told.parent_id) == ("1" * 16, "2" * 16)
    assert (told.start, told.end) == (10, 20)


def test_what_a_browser_says_of_traces_is_not_believed(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant, collector: Collector
) -> None:
    assistant.reset()
    token = begin_visit(helpdesk.base_url)
    headers = {"Authorization": f"Bearer {token}", "traceparent": CLAIMED}
    url = f"{helpdesk.base_url}/api/v1/conversations"
    new = {"client_id": str(uuid4())}
    begun = requests.post(url, json=new, headers=headers, timeout=10).json()
    said = {"client_id": str(uuid4()), "text": QUESTION}
    path = f"{url}/{begun['conversation']['id']}/messages"
    assert requests.post(path, json=said, headers=headers, timeout=10).ok
    wait_for(lambda: assistant.turns, "the turn")
    spans = finished(collector, assistant.turns[0]["message_id"])
    assert CLAIMED[3:35] not in {span.trace_id for span in spans}


def test_a_share_of_the_turns_can_be_sampled(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    none = {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}
    with run_collector() as collector:
        with (
            running(tmp_path, assistant, collector.server.url, **none) as run,
            ChatClient.of_new_contact(run.base_url) as chat,
        ):
            assert chat.ask(QUESTION)
        assert collector.spans == []


@pytest.fixture(params=["gone", "hanging"])
def away(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where a collector was, or is and says nothing."""
    if request.param == "gone":
        yield f"http://127.0.0.1:{free_port()}"
        return
    with run_scripted_server() as server:
        server.script = server.hang
        yield server.url


def test_without_its_collector_a_help_desk_answers_and_stops_as_ever(
    tmp_path: Path, assistant: ScriptedAssistant, away: str
) -> None:
    more = {"OTEL_EXPORTER_OTLP_TIMEOUT": "1", "OTEL_BSP_MAX_QUEUE_SIZE": "8"}
    more |= {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2"}
    with running(tmp_path, assistant, away, **more) as run:
        with ChatClient.of_new_contact(run.base_url) as chat:
            for number in range(12):
                said = chat.ask(f"{QUESTION} number {number}")
                assert said["text"] == f"You said: {QUESTION} number {number}"
        wait_for(lambda: AWAY in run.process.log, "a word of it")
        run.process.stop()  # within ten seconds
        assert run.process.log.count(AWAY) == 1
        assert "Traceback" not in run.process.log
        lines = run.process.log.splitlines()
        assert [line for line in lines if "opentelemetry" in line] == []


def test_a_collector_that_comes_back_is_told_again(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    with run_collector() as collector:
        collector.server.script = reply(400, b"")
        with running(tmp_path, assistant, collector.server.url) as run:
            with ChatClient.of_new_contact(run.base_url) as chat:
                chat.ask(QUESTION)
                wait_for(lambda: AWAY in run.process.log, "a word of it")
                collector.server.script = reply(200, b"")
                chat.ask("and once more")
                wait_for(lambda: BACK in run.process.log, "a word of its return")
            finished(collector, assistant.turns[-1]["message_id"])


def test_what_is_left_is_told_at_the_end(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    later = {"OTEL_BSP_SCHEDULE_DELAY": "600000"}
    with run_collector() as collector:
        with (
            running(tmp_path, assistant, collector.server.url, **later) as run,
            ChatClient.of_new_contact(run.base_url) as chat,
        ):
            chat.ask(QUESTION)
            assert collector.spans == []
        spans = collector.trace_of(assistant.turns[0]["message_id"])
        assert "turn" in {span.name for span in spans}
