"""`bench chat`: figures, failures that are counted, and our half of it, really, but small."""

import asyncio
import json
import os
import sqlite3
from pathlib import Path

import pytest

from cli import chat_sections as sections
from cli.bench_parts import Parts
from cli.chat_clients import Chat, HttpLine, LoadError, Question, ShippedChat, StockChat
from cli.chat_load import (
    DifferentAnswersError,
    Expected,
    alternate,
    open_many,
    plan,
    press,
)
from cli.chat_sections import open_shipped, open_stock
from cli.full_store import fill_store
from cli.load_figures import Tally, allow_open_files, cpu_s, percentiles, ratio
from cli.places import PROJECT
from cli.processes import Child
from cli.wordings import Wordings
from helpdesk.store import open_database
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.helpdesk.scripted_server import reply, run_scripted_server

ANSWER = "A link is valid for 72 hours."
ONE = Question("Does anybody answer this question?", replies=1)


@pytest.fixture(autouse=True)
def two_replies(assistant: ScriptedAssistant) -> None:
    assistant.reset()
    assistant.say({"text": ANSWER}, {"text": "Did that help?"})


def word_for_word() -> Expected:
    return Expected(tuple)


class Scripted:
    """A conversation that says what a list says, and fails where that has an error."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.is_closed = False

    async def ask(self, question: Question) -> list[str]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [answer]

    async def close(self) -> None:
        self.is_closed = True


def press_on(
    chats: list[Chat], *, each: int, expected: Expected | None = None
) -> Tally:
    tally = Tally()
    scripts = plan([ONE], each * len(chats), len(chats), each)
    asyncio.run(press(chats, scripts, 2, expected or word_for_word(), tally))
    return tally


def test_percentiles_are_times_that_did_occur() -> None:
    assert percentiles([float(n) for n in range(1, 101)]) == {
        "p50_ms": 50.0,
        "p95_ms": 95.0,
        "p99_ms": 99.0,
    }
    assert percentiles([3.0]) == {"p50_ms": 3.0, "p95_ms": 3.0, "p99_ms": 3.0}
    assert percentiles([2.0, 1.0, 9.0])["p50_ms"] == 2.0
    assert percentiles([]) == {"p50_ms": None, "p95_ms": None, "p99_ms": None}


def test_a_ratio_to_nothing_is_unknown() -> None:
    assert ratio(6.0, 2.0) == 3.0
    assert ratio(6.0, 0.0) is None
    assert ratio(None, 2.0) is None


def test_throughput_counts_answered_messages_only() -> None:
    tally = Tally([10.0, 20.0])
    tally.failures["TimeoutError"] = 3
    tally.seconds = 4.0
    tally.add(Tally([30.0], seconds=2.0))
    figures = tally.throughput()
    assert figures["messages_per_s"] == 0.5
    assert figures["turns"] == 3
    assert figures["failed"] == 3
    assert figures["failures"] == {"TimeoutError": 3}


def test_a_plan_has_every_message_and_enough_conversations() -> None:
    for messages, at_once in ((320, 64), (320, 1), (64, 16), (7, 16), (33, 4)):
        scripts = plan([ONE], messages, at_once, 5)
        assert sum(map(len, scripts)) == messages
        assert len(scripts) >= min(messages, at_once)
        assert max(map(len, scripts)) <= 5


def test_a_turn_that_fails_is_counted_and_ends_its_conversation() -> None:
    lost = Scripted("yes", ConnectionResetError(), "never asked")
    tally = press_on([Scripted("yes", "yes", "yes"), lost], each=3)
    assert len(tally.times_ms) == 4
    assert tally.failures == {"ConnectionResetError": 1, "not asked": 1}


def test_another_answer_under_load_is_a_failure() -> None:
    expected = word_for_word()
    expected.agree(ONE, ["yes"])
    tally = press_on([Scripted("yes", "Sorry, not now.")], each=2, expected=expected)
    assert tally.failures == {"other answer": 1}


def test_conversations_that_cannot_be_opened_are_counted() -> None:
    async def run() -> Tally:
        tally, doors = Tally(), iter([Scripted("yes"), LoadError("status 503")])

        async def open_() -> Chat:
            door = next(doors)
            if isinstance(door, Exception):
                raise door
            return door

        chats = await open_many(open_, 2, tally)
        await press(chats, plan([ONE], 2, 2, 1), 2, word_for_word(), tally)
        return tally

    tally = asyncio.run(run())
    assert len(tally.times_ms) == 1
    assert tally.failures == {"not opened: status 503": 1, "not asked": 1}


def test_two_that_say_different_things_are_not_compared() -> None:
    async def ours() -> Chat:
        return Scripted("72 hours")

    async def theirs() -> Chat:
        return Scripted("two weeks")

    opens = {"shipped": ours, "stock": theirs}
    with pytest.raises(DifferentAnswersError, match="two weeks"):
        asyncio.run(alternate(opens, [ONE], 1, 1, word_for_word()))


def test_another_wording_of_the_same_response_is_the_same_answer() -> None:
    wordings = Wordings.of_project(PROJECT)
    first, second = "Did that help?", "Does that answer it?"
    assert wordings.same([ANSWER, first]) == wordings.same([f"{ANSWER}\n", second])
    assert wordings.same([first]) != wordings.same([ANSWER])
    assert wordings.same([second]) == (wordings.of("utter_ask_if_helped"),)


def test_our_half_really_runs(helpdesk: HelpdeskRun, process: Child) -> None:
    opens = {"shipped": open_shipped(helpdesk.base_url)}
    expected = word_for_word()
    tallies = asyncio.run(alternate(opens, sections.FAQ, 3, 2, expected))
    assert tallies["shipped"].figures()["turns"] == 3
    opens["stock"] = opens["shipped"]
    both = sections.compare_throughput(opens, 32, {"helpdesk": process}, expected)
    figures = asyncio.run(both)
    assert set(figures) == {"1", "16", "64"}
    for level in figures.values():
        assert level["shipped"]["turns"] == 32
        assert level["shipped"]["failed"] == 0
        assert level["ratio"] > 0


def test_a_late_turn_is_measured_beside_an_early_one(helpdesk: HelpdeskRun) -> None:
    measuring = sections.compare_late_turns(
        open_shipped(helpdesk.base_url),
        word_for_word(),
        early=2,
        late=6,
        neighbours=1,
        conversations=1,
    )
    figures = asyncio.run(measuring)
    assert set(figures) == {"message_2", "message_6", "ratio"}
    assert figures["ratio"] > 0


def test_held_sockets_answer(helpdesk: HelpdeskRun, process: Child) -> None:
    figures = asyncio.run(sections.hold_sockets(helpdesk.base_url, 20, process))
    assert figures["sockets"] == figures["answer_ping"] == 20
    assert figures["message_answered"] is True
    assert figures["failures"] == {}


def test_a_socket_that_fails_is_counted(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    async def run() -> Tally:
        tally = Tally()
        good, bad = [await ShippedChat.open(helpdesk.base_url) for _ in range(2)]
        await bad.close()
        scripts = plan(sections.FAQ, 4, 2, 2)
        await press([good, bad], scripts, 2, word_for_word(), tally)
        await good.close()
        return tally

    tally = asyncio.run(run())
    assert len(tally.times_ms) == 2
    assert tally.failures == {"ConnectionClosedOK": 1, "not asked": 1}


def test_a_refused_message_is_counted(helpdesk: HelpdeskRun) -> None:
    async def run() -> Tally:
        tally, chat = Tally(), await ShippedChat.open(helpdesk.base_url)
        too_long = Question("word " * 1_000, replies=1)
        await press([chat], plan([too_long], 1, 1, 1), 1, word_for_word(), tally)
        await chat.close()
        return tally

    assert asyncio.run(run()).failures == {"refused: too_long": 1}


def test_stock_is_asked_over_its_rest_channel() -> None:
    said = [{"recipient_id": "x", "text": ANSWER}, {"custom": {"handoff": {}}}]
    with run_scripted_server() as server:
        server.script = reply(200, json.dumps(said).encode())

        async def run() -> list[str]:
            chat = await open_stock(server.url)()
            await chat.ask(ONE)
            answer = await chat.ask(ONE)
            await chat.close()
            return answer

        assert asyncio.run(run()) == [ANSWER]
        senders = {json.loads(each.body)["sender"] for each in server.received}
        assert len(server.received) == 2
        assert len(senders) == 1
        assert {each.path for each in server.received} == {"/webhooks/rest/webhook"}


def test_a_bad_status_is_a_failure_of_the_load() -> None:
    with run_scripted_server() as server:
        server.script = reply(503, b"")
        with pytest.raises(LoadError, match="status 503"):
            asyncio.run(StockChat(server.url).ask(ONE))
        with pytest.raises(LoadError, match="status 503"):
            asyncio.run(HttpLine(server.url).post("/", {}))


def test_a_full_record_is_one_that_the_help_desk_can_use(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    path = tmp_path / "helpdesk.db"
    fill_store(path, 3_000)
    with sqlite3.connect(path) as connection:
        counts = connection.execute(
            "SELECT count(*), count(DISTINCT conversation_id), count(DISTINCT turn_id)"
            " FROM messages"
        ).fetchone()
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    assert 3_000 <= counts[0] < 3_500
    assert counts[0] == 3 * counts[2]
    assert counts[1] > 100
    database = open_database(f"sqlite:///{path}")
    database.check()
    database.close()
    with run_helpdesk(tmp_path, LATCHKEY_RASA_URL=assistant.url) as running:
        opens = {name: open_shipped(running.base_url) for name in ("full", "empty")}
        measuring = sections.compare_stores(opens, 2, word_for_word())
        assert asyncio.run(measuring)["ratio_p50"] > 0


def test_processes_are_measured(process: Child) -> None:
    parts = Parts({"helpdesk": process}, {"helpdesk": 1.5})
    figures = parts.figures()["helpdesk"]
    assert figures["ready_s"] == 1.5
    assert figures["memory_mb"] > 1
    assert cpu_s(process) >= 0


def test_the_file_limit_is_never_lowered() -> None:
    before = os.sysconf("SC_OPEN_MAX")
    allow_open_files(1)
    assert os.sysconf("SC_OPEN_MAX") == before


@pytest.fixture
def process(helpdesk: HelpdeskRun) -> Child:
    """The help desk as the benchmark sees its own."""
    child = Child("helpdesk", [], {}, helpdesk.process.log_file, lambda: True)
    child.process = helpdesk.process.process
    return child
