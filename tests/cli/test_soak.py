"""`soak`, really: load on a help desk, a leak in a process, the whole command."""

import asyncio
import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.capacity.contacts import Contact
from cli.capacity.findings import find, problems
from cli.capacity.load import Ledger, Load
from cli.capacity.sampling import Sampler
from cli.capacity.scripts import HURRIED, Habits, Script, Step, mean_turns, write_script
from cli.chat_clients import LoadError
from tests.cli.command_line import environment, latchkey, processes_of
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

LEAKS = """
import sys, time
kept, leaks = [], sys.argv[1] == "leak"
while True:
    if leaks:
        kept.append((bytearray(b"x" * 400_000), open("/dev/null")))
    time.sleep(0.02)
"""
SAMPLES, EVERY_S = 40, 0.05
LIVELY = Habits(think_s=0.05, away_s=0.1, hold_s=0.2, leaves=0.5, holds=0.9)


@pytest.fixture(autouse=True)
def offers(assistant: ScriptedAssistant) -> None:
    """Whatever is said, the last message of the answer has a button."""
    assistant.reset()
    button = {"title": "Yes", "payload": "/affirm"}
    assistant.say({"text": "I will."}, {"text": "Shall I?", "buttons": [button]})


def test_scripts_are_repeatable_and_different() -> None:
    habits = Habits()
    scripts = [write_script(6, number, habits) for number in range(300)]
    assert scripts == [write_script(6, number, habits) for number in range(300)]
    assert len(set(scripts)) > 290
    assert scripts != [write_script(7, number, habits) for number in range(300)]
    assert {script.turns for script in scripts} == {2, 3, 4, 5, 6, 8, 12}
    done = [act.step for script in scripts for _, act in script.acts]
    assert set(done) == set(Step)
    assert all(script.acts[0][1].step is Step.SAY for script in scripts)
    assert 0.08 < sum(script.hold_s > 0 for script in scripts) / 300 < 0.25
    mean = sum(script.turns for script in scripts) / 300
    assert mean_turns(6, habits) == pytest.approx(mean, rel=0.1)


def test_who_is_in_a_hurry_neither_waits_nor_leaves() -> None:
    scripts = [write_script(1, number, HURRIED) for number in range(100)]
    assert {pause_s for script in scripts for pause_s, _ in script.acts} == {0.0}
    assert all(act.step is not Step.LEAVE for s in scripts for _, act in s.acts)
    assert {script.hold_s for script in scripts} == {0.0}


def test_an_address_is_asked_for_once_in_a_conversation_of_its_own() -> None:
    def addresses(script: Script) -> set[str]:
        return {act.text for _, act in script.acts if act.text.startswith("it is ")}

    found = [addresses(write_script(1, number, HURRIED)) for number in range(200)]
    assert all(len(each) <= 1 for each in found)
    asked = [address for each in found for address in each]
    assert len(asked) == len(set(asked)) > 30


def test_a_contact_talks_presses_leaves_and_finds_everything_again(
    helpdesk: HelpdeskRun,
) -> None:
    async def run() -> Contact:
        contact = Contact(helpdesk.base_url)
        await contact.arrive()
        assert await contact.say("Please send me another invitation") > 0
        assert await contact.confirm() > 0
        await contact.leave()
        await contact.join()
        assert await contact.say("Is anybody still here with me?") > 0
        await contact.leave()
        return contact

    assert asyncio.run(run()).missed == 0


def test_what_goes_wrong_has_a_word(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    async def run() -> None:
        contact = Contact(helpdesk.base_url)
        await contact.arrive()
        with pytest.raises(LoadError, match="refused: too_long"):
            await contact.say("word " * 1_000)
        await contact.leave()
        await contact.join()
        assistant.say({"text": "Without a button."})
        await contact.say("Is there something that I can press?")
        with pytest.raises(LoadError, match="no button"):
            await contact.confirm()
        await contact.leave()

    asyncio.run(run())


def test_a_closed_load_counts_what_was_answered(helpdesk: HelpdeskRun) -> None:
    ledger = asyncio.run(Load(helpdesk.base_url, 1, HURRIED).press(4, 1.5))
    figures = ledger.figures()
    assert figures["failed"] == figures["messages_missed"] == 0
    assert figures["answered"] == figures["asked"] > 10
    assert figures["conversations_at_once"] == 4
    assert figures["messages_per_s"] > 1
    assert 0 < figures["load_maker_cpu_share"] < 2
    tenths = ledger.over_time()
    assert sum(each["answered"] for each in tenths) == figures["answered"]


def test_an_open_load_has_contacts_who_come_stay_and_come_back(
    helpdesk: HelpdeskRun,
) -> None:
    ledger = asyncio.run(Load(helpdesk.base_url, 2, LIVELY).go_on(20.0, 3.0))
    assert ledger.failures.total() == ledger.missed == 0
    assert ledger.begun > 5
    assert ledger.returned > 3
    assert ledger.held > 0
    assert ledger.asked == len(ledger.answers) > 10


def test_a_load_that_is_stopped_ends_with_what_there_is(helpdesk: HelpdeskRun) -> None:
    async def run() -> Ledger:
        load = Load(helpdesk.base_url, 3, Habits())
        asyncio.get_running_loop().call_later(1.0, load.stop)
        return await load.go_on(10.0, 3_600)

    ledger = asyncio.run(run())
    assert ledger.seconds < 60
    assert ledger.failures.total() == 0


def test_contacts_who_cannot_come_are_counted(helpdesk: HelpdeskRun) -> None:
    async def run() -> Ledger:
        load = Load("http://127.0.0.1:9", 4, HURRIED)
        asyncio.get_running_loop().call_later(0.3, load.stop)
        return await load.go_on(50.0, 60)

    ledger = asyncio.run(run())
    assert ledger.failures.total() == ledger.begun > 0
    assert ledger.answers == []
    assert ledger.figures()["p95_ms"] is None


def test_a_leak_in_a_real_process_is_told_and_its_neighbour_is_flat() -> None:
    running = {
        name: subprocess.Popen([sys.executable, "-c", LEAKS, name])
        for name in ("leak", "still")
    }
    try:
        sampler = Sampler({name: each.pid for name, each in running.items()}, {})
        began, during = time.monotonic(), []
        while len(during) < 2 * SAMPLES:
            during += sampler.look(time.monotonic() - began)
            time.sleep(EVERY_S)
    finally:
        for each in running.values():
            each.kill()
            each.wait()
    findings = find(during[:2], during, during[-2:])
    told = problems(findings)
    assert {"leak: rss_mb grows", "leak: anon_mb grows", "leak: fds grows"} == set(told)
    assert findings["still"]["grows"] == []
    assert findings["leak"]["cpu_s"] >= 0


def test_a_process_that_is_gone_has_no_sample(helpdesk: HelpdeskRun) -> None:
    process = helpdesk.process.process
    assert process
    measures = {"helpdesk": f"{helpdesk.base_url}/metrics"}
    sampler = Sampler({"helpdesk": process.pid, "gone": 2**22 + 1}, measures)
    (sample,) = sampler.look(1.0)
    assert sample.name == "helpdesk"
    assert sample.tasks
    assert sample.tasks > 2
    assert sample.sockets is not None
    assert 0 < sample.uss_mb <= sample.pss_mb <= sample.rss_mb
    assert 0 < sample.anon_mb <= sample.pss_mb
    deaf = Sampler({"helpdesk": process.pid}, {"helpdesk": "http://127.0.0.1:9/"})
    assert deaf.look(1.0)[0].tasks is None


def test_a_short_soak_of_the_whole_product_finds_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "samples.csv"
    result = latchkey(
        *("soak", "--json", "--minutes", "0.3", "--every", "0.5"),
        *("--capacity-seconds", "3", "--samples", str(kept)),
        variables=environment(tmp_path, LATCHKEY_DATABASE_URL="postgresql://nowhere"),
        within_s=200,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["problems"] == []
    assert found["load"]["answered"] == found["load"]["asked"] > 5
    assert set(found["processes"]) == {
        *("helpdesk", "rasa", "actions", "accounts", "outbox"),
    }
    assert found["processes"]["helpdesk"]["tasks"]["at_rest_after"] > 0
    assert found["kb_for_a_conversation"]["record"] > 0
    assert "Nothing grows." in result.stderr
    with kept.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 5 * 20
    assert processes_of(tmp_path) == {}


def test_wrong_use_is_said(tmp_path: Path) -> None:
    result = latchkey(
        "soak", "--scale", "accounts=2", variables=environment(tmp_path), within_s=60
    )
    assert result.returncode == 2
    assert "accounts cannot be scaled" in result.stderr
