"""A bulk command, and the help desk killed twice on the way: each person has one mail."""

from pathlib import Path

from helpdesk.store.words import Role
from tests.accounts.service import wait_for
from tests.commands.bulk_assistant import BulkAssistant
from tests.commands.command_client import CommandClient, commands_in
from tests.commands.record_steps import Record
from tests.helpdesk.running import run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant

PEOPLE = 60  # five hundred go through the whole product in tests/e2e


def test_each_person_has_one_mail_whatever_is_killed(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    bulk = BulkAssistant(assistant)
    bulk.plan(PEOPLE)
    with run_helpdesk(
        tmp_path, LATCHKEY_RASA_URL=assistant.url, LATCHKEY_BULK_PER_MINUTE="1200"
    ) as run:
        admin = CommandClient.of_new_agent(run, "Sam Okafor", Role.ADMIN)
        shown = admin.hear(admin.give("/resend expired")["seq"])
        number = shown["run"]["number"]
        said = admin.ask(f"/start {number}")
        assert "the only admin" in said, "whom nobody else has to agree with"
        for so_many in (PEOPLE // 4, PEOPLE // 2):
            wait_for(lambda n=so_many: sum(bulk.mails.values()) > n, "some mails", 60)
            run.process.kill()
            run.process.start()
        wait_for(lambda: admin.run(number)["state"] == "done", "the end", 60)
        over = admin.run(number)
        assert (over["done"], over["failed"], over["skipped"]) == (PEOPLE, 0, 0)
        record = Record(run)
        assert len(record.audited(admin.id, "recovery.requested")) == PEOPLE
        told = [m["text"] for m in admin.messages() if m["kind"] == "activity"]
        assert len(told) == 1
    assert set(bulk.times.values()) == {1}
    keys = {at["key"] for _, at in commands_in(assistant.turns) if "key" in at}
    assert len(keys) == PEOPLE
