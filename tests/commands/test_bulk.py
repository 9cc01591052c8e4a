"""Bulk commands: shown first, each person once, bounded, stopped, never begun twice."""

from uuid import uuid4

import pytest

from helpdesk.store.words import Role
from tests.accounts.service import wait_for
from tests.commands.bulk_assistant import BulkAssistant
from tests.commands.command_client import CommandClient, Json, commands_in
from tests.commands.record_steps import Record
from tests.console.console_client import ConsoleTab
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

ENDED = ("done", "stopped", "dropped")


def plan(admin: CommandClient, line: str = "/resend expired") -> Json:
    """Type a bulk command; return the message that shows what it would do."""
    seq = admin.give(line)["seq"]
    return admin.hear(seq)


def wait_until_over(admin: CommandClient, number: str) -> Json:
    """Wait until a run has ended, and return it."""
    wait_for(
        lambda: admin.run(number)["ends_at"] and _is_over(admin, number), "the end"
    )
    return admin.run(number)


def _is_over(admin: CommandClient, number: str) -> bool:
    told = [m for m in admin.messages() if m["kind"] == "activity"]
    return any(f"({number})" in each["text"] for each in told)


def start_and_hold(
    admin: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> str:
    """Begin the planned run and hold it at its first person; return its number."""
    number = str(plan(admin)["run"]["number"])
    bulk.may_send.clear()
    before = len(assistant.turns)
    admin.ask(f"/start {number}")
    wait_for(lambda: len(assistant.turns) > before, "the first person")
    return number


def test_it_is_shown_first_then_done_once_for_each_and_summed_up(
    admin: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> None:
    bulk.plan(20)
    bulk.skipped, bulk.refused = {bulk.people[3]}, set(bulk.people[5:7])
    shown = plan(admin, "/resend expired Nordwerk")
    assert [each["title"] for each in shown["buttons"]] == [
        "Send 20 invitations",
        "Leave it",
    ]
    run = shown["run"]
    assert (run["state"], run["total"], run["may"]) == (
        "planned",
        20,
        ["start", "stop"],
    )
    assert len(assistant.turns) == 1, "nothing is done before somebody says so"
    with ConsoleTab(admin) as tab:
        pressed = admin.press(shown["buttons"][0]["id"]).json()["message"]
        answer = admin.hear(pressed["seq"])["text"]
        assert answer.startswith("On its way: 20 invitations, 6000 a minute.")
        tab.next("run", lambda it: it["run"]["state"] == "done")
    over = wait_until_over(admin, run["number"])
    counts = (over["done"], over["skipped"], over["failed"], over["may"])
    assert counts == (17, 1, 2, [])
    (told,) = [m for m in admin.messages() if m["kind"] == "activity"]
    assert told["text"] == (
        f"Done ({run['number']}): 17 sent, 1 left out, 2 failed, of 20."
    )
    assert sorted(bulk.times.values()) == [0, 0, 0] + [1] * 17
    keys = [at["key"] for _, at in commands_in(assistant.turns) if "key" in at]
    assert len(set(keys)) == 20
    assert admin.press(shown["buttons"][0]["id"]).status_code in {201, 409}


def test_every_person_has_a_receipt_and_the_run_is_audited(
    admin: CommandClient, bulk: BulkAssistant, helpdesk: HelpdeskRun
) -> None:
    bulk.plan(3)
    number = plan(admin)["run"]["number"]
    admin.ask(f"/start {number}")
    wait_until_over(admin, number)
    record = Record(helpdesk)
    assert len(record.audited(admin.id, "recovery.requested")) == 3
    run = [each.action for each in record.audited(admin.id, "bulk.")]
    assert run == ["bulk.planned", "bulk.started", "bulk.ended"]
    assert all(person not in record.whole_audit() for person in bulk.people)
    assert record.addresses_of(number) == {}, "what is over names nobody"


def test_a_dry_run_only_says_what_would_be_done(
    admin: CommandClient, bulk: BulkAssistant
) -> None:
    bulk.plan(5)
    shown = plan(admin, "/resend expired —dry-run")
    assert "run" not in shown
    assert "buttons" not in shown
    assert admin.own_chat()["runs"] == []


def test_nobody_to_send_to_is_no_run(admin: CommandClient, bulk: BulkAssistant) -> None:
    bulk.plan(0)
    assert "run" not in plan(admin)


def test_it_is_left_by_a_button(admin: CommandClient, bulk: BulkAssistant) -> None:
    bulk.plan(4)
    shown = plan(admin)
    number = shown["run"]["number"]
    seq = admin.press(shown["buttons"][1]["id"]).json()["message"]["seq"]
    assert admin.hear(seq)["text"] == f"All right, nothing is sent ({number})."
    assert admin.run(number)["state"] == "dropped"
    assert "is over" in admin.ask(f"/start {number}")
    assert "is over already" in admin.ask(f"/stop {number}")
    assert sum(bulk.mails.values()) == 0


def test_two_tabs_that_start_it_begin_it_once(
    admin: CommandClient, bulk: BulkAssistant
) -> None:
    bulk.plan(6)
    number = plan(admin)["run"]["number"]
    said = [admin.ask(f"/start {number}") for _ in range(2)]
    assert said[0].startswith("On its way")
    assert "runs already" in said[1] or "is over" in said[1]
    wait_until_over(admin, number)
    assert set(bulk.times.values()) == {1}


def test_what_is_stopped_sends_no_more_and_says_how_many_were_left(
    admin: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> None:
    bulk.plan(30)
    number = start_and_hold(admin, bulk, assistant)
    assert "nothing more" in admin.ask(f"/stop {number}")
    assert "is over already" in admin.ask(f"/stop {number}")
    assert admin.run(number)["state"] == "stopped"
    bulk.may_send.set()
    over = wait_until_over(admin, number)
    assert (over["done"], over["state"]) == (1, "stopped")
    told = [m["text"] for m in admin.messages() if m["kind"] == "activity"]
    assert told == [
        f"Stopped ({number}): 1 sent, 0 left out, 0 failed, 29 not tried, of 30."
    ]
    assert sum(bulk.times.values()) == 1
    assert "is over" in admin.ask(f"/start {number}")


def test_one_runs_at_a_time_and_a_list_from_before_is_void(
    admin: CommandClient,
    bulk: BulkAssistant,
    assistant: ScriptedAssistant,
    helpdesk: HelpdeskRun,
) -> None:
    colleague = CommandClient.of_new_agent(helpdesk, "Lea Laurent", Role.ADMIN)
    bulk.plan(5)
    first, same = plan(admin)["run"]["number"], plan(colleague)["run"]["number"]
    assert "Only whoever planned it" in colleague.ask(f"/start {first}")
    bulk.may_send.clear()
    admin.ask(f"/start {first}")
    assert "is over" in colleague.ask(f"/start {same}"), "it names the same people"
    later = plan(colleague)["run"]["number"]
    assert f"Another one runs at the moment: {first}" in colleague.ask(
        f"/start {later}"
    )
    bulk.may_send.set()
    wait_until_over(admin, first)
    assert set(bulk.times.values()) == {1}
    assert colleague.ask(f"/start {later}").startswith("On its way")
    wait_until_over(colleague, later)


def test_a_colleague_who_is_an_admin_may_stop_it(
    admin: CommandClient,
    bulk: BulkAssistant,
    assistant: ScriptedAssistant,
    helpdesk: HelpdeskRun,
) -> None:
    colleague = CommandClient.of_new_agent(helpdesk, "Lea Laurent", Role.ADMIN)
    bulk.plan(10)
    number = start_and_hold(admin, bulk, assistant)
    assert "nothing more" in colleague.ask(f"/stop {number}")
    bulk.may_send.set()
    assert wait_until_over(admin, number)["state"] == "stopped"


@pytest.mark.parametrize("change", ["set_role", "deactivate"])
def test_who_is_no_longer_an_admin_sends_no_more(
    admin: CommandClient,
    bulk: BulkAssistant,
    assistant: ScriptedAssistant,
    helpdesk: HelpdeskRun,
    change: str,
) -> None:
    bulk.plan(8)
    number = start_and_hold(admin, bulk, assistant)
    record = Record(helpdesk)
    if change == "set_role":
        record.set_role(admin.id, Role.LEAD)
    else:
        record.deactivate(admin.id)
    bulk.may_send.set()
    wait_for(lambda: record.run_state(number)[1], "the end")
    assert record.run_state(number)[0] == "stopped"
    assert sum(bulk.times.values()) == 1
    assert [e.action for e in record.audited(admin.id, "bulk.")][-2:] == [
        "bulk.refused",
        "bulk.ended",
    ]


def test_whoever_signs_out_is_still_served(
    admin: CommandClient, bulk: BulkAssistant, helpdesk: HelpdeskRun
) -> None:
    bulk.plan(5)
    number = plan(admin)["run"]["number"]
    admin.ask(f"/start {number}")
    record = Record(helpdesk)
    record.sign_out(admin.id)
    wait_for(lambda: record.run_state(number)[1], "the end")
    assert set(bulk.times.values()) == {1}


def test_a_command_goes_on_and_contacts_are_answered_while_it_runs(
    admin: CommandClient,
    bulk: BulkAssistant,
    assistant: ScriptedAssistant,
    helpdesk: HelpdeskRun,
) -> None:
    bulk.plan(200)
    number = plan(admin)["run"]["number"]
    admin.ask(f"/start {number}")
    assert admin.ask("/status ana@example.com") == "Seen to."
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        assert chat.ask("my invitation has expired")["text"] == "Seen to."
    run = admin.run(number)
    assert run["state"] == "running"
    assert run["done"] < 200
    admin.ask(f"/stop {number}")
    wait_until_over(admin, number)
    at_once = {turn["conversation_id"] for turn in assistant.turns}
    assert len(at_once) == 3


def test_while_a_part_is_down_it_waits_and_says_so(
    admin: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> None:
    bulk.plan(3)
    number = plan(admin)["run"]["number"]
    assistant.has_trouble = True
    admin.ask(f"/start {number}")
    wait_for(lambda: admin.run(number)["is_held_up"], "that it says so")
    assert admin.run(number)["done"] == 0
    assistant.has_trouble = False
    over = wait_until_over(admin, number)
    assert (over["done"], over["is_held_up"]) == (3, False)


def test_a_command_while_the_assistant_is_down_is_told_and_done_later(
    admin: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> None:
    address = f"{uuid4().hex[:8]}@example.com"
    assistant.is_down = True
    seq = admin.give(f"/resend {address}")["seq"]
    assert admin.hear(seq)["text"].startswith("This is taking longer")
    assistant.is_down = False
    admin.hear(seq, lambda it: it["text"] == "Seen to.")
    assert bulk.mails[address] == 1
