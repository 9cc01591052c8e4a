"""`./latchkey export`, `erase` and `retain`, beside a help desk that is at work."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli import record
from cli.__main__ import app
from cli.keys import NAMES
from cli.shared_addresses import DATABASE_URL
from cli.stack import Stack
from tests.accounts.service import AccountsRun, run_accounts, wait_for
from tests.cli.command_line import environment, latchkey
from tests.console.agent_client import AgentClient
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import TEST_KEY, HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant, run_scripted_assistant
from tests.kept import files_with, rows_with


@dataclass
class Site:
    """A running help desk, the parts behind it, and its command line."""

    helpdesk: HelpdeskRun
    assistant: ScriptedAssistant
    accounts: AccountsRun

    @property
    def log_files(self) -> list[Path]:
        return [*self.helpdesk.log_files, self.accounts.service.log_file]

    @property
    def variables(self) -> dict[str, str]:
        """The settings that the command line has in common with the help desk."""
        known = self.helpdesk.process.variables
        return {
            DATABASE_URL: self.helpdesk.database_url,
            "LATCHKEY_RASA_URL": self.assistant.url,
            "LATCHKEY_ACCOUNTS_URL": self.accounts.base_url,
            **dict.fromkeys(NAMES, TEST_KEY),
            **{name: known[name] for name in NAMES if name in known},
            "LATCHKEY_ACCOUNTS_TOKEN": self.accounts.token,
            "LATCHKEY_ACCOUNTS_STAFF_TOKEN": self.accounts.staff_token,
            "COLUMNS": "200",
        }

    def run(self, *words: str, typed: str = "") -> Result:
        """Run a command with the same settings and state folder."""
        state = {"state": self.helpdesk.folder}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                record, "Stack", SimpleNamespace(on=partial(Stack.on, **state))
            )
            for name, value in self.variables.items():
                patch.setenv(name, value)
            return CliRunner().invoke(app, list(words), input=typed)

    def erase(self, whom: str) -> tuple[int, dict[str, Any]]:
        """Erase a person; return the exit status and what was said."""
        ended = self.run("erase", whom, "--yes", "--json")
        assert ended.stdout, ended.output
        return ended.exit_code, json.loads(ended.stdout)

    def record_has(self, words: str) -> bool:
        """Tell whether words are anywhere in the record."""
        url = self.helpdesk.database_url
        found = files_with(self.helpdesk.folder, [words])
        if url.startswith("postgresql"):
            found |= rows_with(url, [words])
        return any(name.startswith("helpdesk.db") for name in found)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with (
        run_accounts(tmp_path_factory.mktemp("accounts")) as accounts,
        run_scripted_assistant() as assistant,
        run_helpdesk(
            folder,
            LATCHKEY_RASA_URL=assistant.url,
            LATCHKEY_LIMIT_FACTOR="1000",
            LATCHKEY_ACCOUNTS_URL=accounts.base_url,
            LATCHKEY_ACCOUNTS_TOKEN=accounts.token,
            LATCHKEY_ACCOUNTS_STAFF_TOKEN=accounts.staff_token,
        ) as helpdesk,
    ):
        yield Site(helpdesk, assistant, accounts)


@pytest.fixture
def chat(site: Site) -> Iterator[ChatClient]:
    site.assistant.reset()
    with ChatClient.of_new_contact(site.helpdesk.base_url) as client:
        yield client


def new_address() -> str:
    return f"quentin-{uuid4().hex[:8]}@example.com"


def talk(chat: ChatClient, email: str, conversations: int = 1) -> list[str]:
    """Have somebody talk in so many conversations; return their ids."""
    ids = []
    for number in range(conversations):
        if number:
            chat.send("start_over", {"client_id": str(uuid4())})
            chat.conversation = chat.next("joined")["conversation"]
            chat.messages.clear()
        chat.ask(f"my xylophonezebra is gone, I am {email}")
        ids.append(chat.conversation["id"])
    return ids


def test_a_person_with_three_conversations_is_gone_while_the_help_desk_runs(
    site: Site, chat: ChatClient
) -> None:
    email = new_address()
    ids = talk(chat, email, 3)
    assert site.record_has(email)
    status, report = site.erase(email)
    assert (status, report["is_complete"], report["conversations"]) == (0, True, 3)
    assert report["found_in"] == {}
    assert not site.record_has(email)
    assert site.assistant.forgotten[-1] == {"conversations": sorted(ids)}
    again = site.run("erase", email, "--yes")
    assert again.exit_code == 0
    assert f"Nothing is kept about {email}." in again.stderr
    assert site.run("audit", "verify").exit_code == 0


def test_whoever_is_erased_in_the_middle_of_it_begins_anew(
    site: Site, chat: ChatClient
) -> None:
    email = new_address()
    talk(chat, email)
    site.assistant.is_free.clear()
    chat.post(f"and where is my invite? {email}")
    wait_for(lambda: len(site.assistant.turns) == 2, "the turn")
    assert site.erase(email)[0] == 0
    site.assistant.is_free.set()  # the answer comes now
    refused = chat.refusal("message", {"client_id": str(uuid4()), "text": "hello?"})
    assert refused == "unauthorized"
    with ChatClient.of_new_contact(site.helpdesk.base_url) as anew:
        assert anew.messages == {}
        assert "hello" in anew.ask("hello")["text"]
    assert not site.record_has(email)
    assert "Traceback" not in site.helpdesk.process.log


def test_an_agent_who_has_the_conversation_learns_that_it_is_gone(
    site: Site, chat: ChatClient
) -> None:
    email = new_address()
    (conversation,) = talk(chat, email)
    agent = AgentClient.of_new_agent(site.helpdesk)
    claimed = agent.post(
        f"/api/console/conversations/{conversation}/claim", {"epoch": 1}
    )
    assert claimed.status_code == 200, claimed.text
    assert site.erase(email)[0] == 0
    reply = {"client_id": str(uuid4()), "text": f"Dear {email}", "kind": "reply"}
    said = agent.post(f"/api/console/conversations/{conversation}/messages", reply)
    assert said.status_code == 404
    assert agent.get(f"/api/console/conversations/{conversation}").status_code == 404
    assert not site.record_has(email)
    assert "Traceback" not in site.helpdesk.process.log


def test_mails_of_the_account_backend_go_as_well(site: Site, chat: ChatClient) -> None:
    email = new_address()
    talk(chat, email)
    client = site.accounts.client()
    client.request_recovery(email, "auto", idempotency_key=uuid4().hex)  # type: ignore[arg-type]
    site.accounts.next_mail(email)
    status, report = site.erase(email)
    assert status == 0
    assert report["done"]["accounts"]["mails"] == 1
    assert report["done"]["accounts"]["outbox"] == 1
    left = site.accounts.folder.rglob("*")
    assert [
        p.name for p in left if p.is_file() and email.encode() in p.read_bytes()
    ] == []


def test_with_the_account_backend_down_it_is_said_and_completed_by_the_same_command(
    site: Site, chat: ChatClient
) -> None:
    email = new_address()
    talk(chat, email)
    site.accounts.service.stop()
    status, report = site.erase(email)
    assert (status, report["is_complete"]) == (1, False)
    assert set(report["left"]) == {"accounts"}
    assert not site.record_has(email)
    site.accounts.service.start()
    again = site.run("erase", email, "--yes")
    assert (again.exit_code, "the account backend" in again.stderr) == (0, True)


def test_nothing_is_erased_without_a_yes(site: Site, chat: ChatClient) -> None:
    email = new_address()
    talk(chat, email)
    ended = site.run("erase", email, typed="n\n")
    assert ended.exit_code == 1
    assert "1 conversations in the record" in ended.stderr
    assert site.record_has(email)
    assert site.run("erase", email, typed="y\n").exit_code == 0
    assert not site.record_has(email)


@pytest.mark.parametrize("command", [("erase", "--yes"), ("export",)])
def test_who_is_nobody_is_refused(site: Site, command: tuple[str, ...]) -> None:
    ended = site.run(command[0], "not an address", *command[1:])
    assert ended.exit_code == 2
    assert "neither an e-mail address nor the id of a contact" in ended.stderr


def test_an_export_is_a_file_for_its_owner(
    site: Site, chat: ChatClient, tmp_path: Path
) -> None:
    email, place = new_address(), tmp_path / "out.zip"
    talk(chat, email, 2)
    ended = site.run("export", email, "--out", str(place), "--json")
    assert ended.exit_code == 0, ended.stderr
    assert json.loads(ended.stdout)["conversations"] == 2
    assert place.stat().st_mode & 0o777 == 0o600
    with ZipFile(place) as archive:
        assert "xylophonezebra" in archive.read("conversations.html").decode()
        data = json.loads(archive.read("person.json"))
    assert list(data["account_backend"]) == [email]
    again = site.run("export", email, "--out", str(place))
    assert again.exit_code == 1
    assert "cannot be written" in again.stderr


def test_retention_is_applied_on_demand(site: Site) -> None:
    variables = environment(site.helpdesk.folder, **site.variables)
    ended = latchkey("retain", "--json", variables=variables)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["removed"]["conversations"] == 0
    assert "before" in site.assistant.forgotten[-1]
    site.assistant.is_down = True
    assert site.run("retain").exit_code == 1
