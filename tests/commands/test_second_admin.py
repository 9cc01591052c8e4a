"""Commands that a second admin has to agree to, from the first word to the last mail."""

from collections.abc import Iterator

import pytest

from helpdesk.store.words import Role
from tests.accounts.service import wait_for
from tests.commands.bulk_assistant import BulkAssistant
from tests.commands.command_client import API, CommandClient, Json, commands_in
from tests.commands.record_steps import Record
from tests.commands.running import run_commanded
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

ANA = "ana@example.com"
NEEDS = "Somebody else has to agree to this first."


@pytest.fixture(scope="module")
def careful(
    tmp_path_factory: pytest.TempPathFactory, assistant: ScriptedAssistant
) -> Iterator[HelpdeskRun]:
    """A help desk in which two agree to every mail."""
    folder = tmp_path_factory.mktemp("careful")
    with run_commanded(folder, assistant, second_admin_for="bulk,mail") as running:
        yield running


@pytest.fixture
def sam(careful: HelpdeskRun, assistant: ScriptedAssistant) -> CommandClient:
    assistant.reset()
    return CommandClient.of_new_agent(careful, "Sam Okafor", Role.ADMIN)


@pytest.fixture
def lea(careful: HelpdeskRun) -> CommandClient:
    return CommandClient.of_new_agent(careful, "Lea Laurent", Role.ADMIN)


@pytest.fixture
def bulk(sam: CommandClient, assistant: ScriptedAssistant) -> BulkAssistant:
    return BulkAssistant(assistant)


def waiting(client: CommandClient) -> Json:
    """Return the newest wish that this agent sees."""
    return dict(client.get(f"{API}/approvals").json()["approvals"][0])


def test_an_admin_who_is_alone_is_told_how_it_goes_on(
    sam: CommandClient, bulk: BulkAssistant, assistant: ScriptedAssistant
) -> None:
    assert "nobody who could" in sam.ask(f"/resend {ANA}")
    assert commands_in(assistant.turns) == []


def test_a_mail_is_sent_as_the_requesters_when_a_colleague_has_agreed(
    sam: CommandClient,
    lea: CommandClient,
    bulk: BulkAssistant,
    assistant: ScriptedAssistant,
    careful: HelpdeskRun,
) -> None:
    seq = sam.give(f"/resend {ANA} --json")["seq"]
    assert NEEDS in sam.hear(seq)["text"]
    assert commands_in(assistant.turns) == []
    wish = waiting(lea)
    assert wish["summary"] == f"/resend {ANA} --json"
    assert "Somebody else has to decide" in sam.ask(f"/approve {wish['number']}")
    assert lea.ask(f"/approve {wish['number']}").startswith("Done;")
    sam.hear(seq, lambda it: it["text"] == "Seen to.")
    assert bulk.mails == {ANA: 1}
    assert lea.ask(f"/approve {wish['number']}").startswith("Done;"), "once is enough"
    assert bulk.mails == {ANA: 1}
    record = Record(careful)
    assert len(record.audited(sam.id, "recovery.requested")) == 1
    assert len(record.audited(lea.id, "approval.approved")) == 1
    told = [m["text"] for m in sam.messages() if m["kind"] == "activity"]
    assert told == ["Lea Laurent has agreed: " + wish["summary"]]
    assert "There is nothing with the number" in lea.ask("/approve 00000000")


def test_what_a_colleague_does_not_agree_to_is_not_done(
    sam: CommandClient, lea: CommandClient, bulk: BulkAssistant
) -> None:
    seq = sam.give(f"/reset {ANA}")["seq"]
    sam.hear(seq)
    number = waiting(lea)["number"]
    assert lea.ask(f"/refuse {number}") == "All right, it is not done."
    sam.hear(seq, lambda it: "has not agreed" in it["text"])
    assert "decided already" in lea.ask(f"/approve {number}")
    assert bulk.mails == {}


def test_a_dry_run_and_a_look_need_nobody(
    sam: CommandClient, lea: CommandClient, assistant: ScriptedAssistant
) -> None:
    sam.ask(f"/resend {ANA} --dry-run")
    sam.ask(f"/status {ANA}")
    assert [name for name, _ in commands_in(assistant.turns)] == ["resend", "status"]


def test_a_bulk_command_waits_for_the_colleague_and_runs_then(
    sam: CommandClient, lea: CommandClient, bulk: BulkAssistant
) -> None:
    bulk.plan(6)
    number = sam.hear(sam.give("/resend expired Nordwerk")["seq"])["run"]["number"]
    assert NEEDS in sam.ask(f"/start {number}")
    assert sam.run(number)["state"] == "waiting"
    wish = waiting(lea)
    assert wish["summary"] == (
        f"Send 6 invitations to those of Nordwerk whose own has expired ({number})"
    )
    answer = lea.post(f"{API}/approvals/{wish['id']}/approve", {})
    assert answer.status_code == 200, answer.text
    wait_for(lambda: sam.run(number)["state"] == "done", "the end")
    assert set(bulk.times.values()) == {1}
    assert "is over" in sam.ask(f"/start {number}")


def test_a_bulk_command_that_is_not_agreed_to_or_left_never_runs(
    sam: CommandClient, lea: CommandClient, bulk: BulkAssistant
) -> None:
    bulk.plan(3)
    first = sam.hear(sam.give("/resend expired")["seq"])["run"]["number"]
    sam.ask(f"/start {first}")
    lea.ask(f"/refuse {waiting(lea)['number']}")
    wait_for(lambda: sam.run(first)["state"] == "dropped", "the end")
    second = sam.hear(sam.give("/resend expired")["seq"])["run"]["number"]
    sam.ask(f"/start {second}")
    wish = waiting(lea)
    sam.ask(f"/stop {second}")
    assert "is over" in lea.ask(f"/approve {wish['number']}")
    assert sam.run(second)["state"] == "dropped"
    assert sum(bulk.times.values()) == 0


def test_who_is_no_longer_an_admin_gets_nothing_done_by_a_colleagues_word(
    sam: CommandClient, lea: CommandClient, bulk: BulkAssistant, careful: HelpdeskRun
) -> None:
    sam.ask(f"/resend {ANA}")
    number = waiting(lea)["number"]
    Record(careful).set_role(sam.id, Role.LEAD)
    assert "may no longer do it" in lea.ask(f"/approve {number}")
    Record(careful).set_role(sam.id, Role.ADMIN)
    Record(careful).sign_out(sam.id)
    assert lea.ask(f"/approve {number}").startswith("Done;")
    record = Record(careful)
    wait_for(lambda: record.audited(sam.id, "command.refused"), "the refusal")
    assert bulk.mails == {}
