"""A backup of a help desk at work: what was acknowledged before its mark is in it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyotp
import pytest
from sqlalchemy import text

from cli.backup.contents import RECORD
from cli.keys import read_keys
from tests.accounts.service import wait_for
from tests.backup.conftest import NewMachine
from tests.backup.machines import KINDS, POSTGRESQL, SQLITE, Machine
from tests.console.agent_client import AgentClient
from tests.console.door_steps import set_codes_up
from tests.helpdesk.chat_client import ChatClient, Frame
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.sample_files import picture
from tests.helpdesk.scripted_assistant import ScriptedAssistant, run_scripted_assistant
from tests.helpdesk.test_attachments_api import get_file, uploaded

WRITERS = 4
OTHER = {SQLITE: POSTGRESQL, POSTGRESQL: SQLITE}


@dataclass
class Acknowledged:
    """What the clients were told is kept."""

    conversation: str
    seq: int
    text: str
    at: datetime


@dataclass
class Crowd:
    """People who write as fast as they are answered."""

    base_url: str
    is_over: threading.Event = field(default_factory=threading.Event)
    heard: list[Acknowledged] = field(default_factory=list)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Have them write; at the end they all stop."""
        threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more messages were acknowledged."""
        wanted = len(self.heard) + count
        wait_for(lambda: len(self.heard) >= wanted, "the messages", 60)

    def _write(self) -> None:
        with ChatClient.of_new_contact(self.base_url) as chat:
            number = 0
            while not self.is_over.is_set():
                number += 1
                said = f"this is message number {number} of mine"
                ack = chat.post(said)
                now, where = datetime.now(UTC), chat.conversation["id"]
                self.heard.append(Acknowledged(where, ack["seq"], said, now))


@pytest.fixture
def assistant() -> Iterator[ScriptedAssistant]:
    with run_scripted_assistant() as running:
        yield running


@contextmanager
def running_on(machine: Machine, assistant: ScriptedAssistant) -> Iterator[HelpdeskRun]:
    """Run a help desk with the secrets and the record of a machine."""
    machine.home.mkdir(exist_ok=True)
    with run_helpdesk(
        machine.home,
        LATCHKEY_DATABASE_URL=machine.urls[RECORD],
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_LIMIT_FACTOR="1000",
        **read_keys(machine.home),
    ) as running:
        yield running


def sent_with_a_file(chat: ChatClient) -> tuple[Frame, bytes]:
    file = uploaded(chat, picture())
    chat.send(
        "message",
        {"client_id": file["id"], "text": "look", "attachments": [file["id"]]},
    )
    chat.next("ack")
    return file, get_file(chat, file).content


def messages_in(machine: Machine) -> dict[tuple[str, int], str]:
    rows = map(msgspec.json.decode, machine.rows(RECORD)["messages"])
    return {(row[0], row[1]): row[4] for row in rows}


def signs_in_with_a_code(machine: Machine, agent: AgentClient, secret: str) -> bool:
    with machine.opened() as database, database.transaction() as session:
        session.execute(text("UPDATE agents SET totp_last_step = 0"))
    agent.session.cookies.clear()
    asked = agent.sign_in()
    assert asked.headers["Location"].startswith("/console/sign-in/code")
    code = pyotp.TOTP(secret).now()
    answer = agent.submit("/console/sign-in/code", code=code)
    return answer.status_code == 303 and agent.get("/console/account").ok


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_was_acknowledged_before_the_mark_is_missing(
    machine_of: NewMachine, assistant: ScriptedAssistant, tmp_path: Path, kind: str
) -> None:
    source, file = machine_of(kind), tmp_path / "a.backup"
    with running_on(source, assistant) as helpdesk:
        agent = AgentClient.of_new_agent(helpdesk)
        secret, _ = set_codes_up(agent)
        chat = ChatClient.of_new_contact(helpdesk.base_url)
        picture_sent, content = sent_with_a_file(chat)
        chat.drop()
        crowd = Crowd(helpdesk.base_url)
        with crowd.at_work():
            crowd.wait_for_more(40)
            taken = source.good("backup", file)
            crowd.wait_for_more(10)
        said = source.refused("restore", file, "--replace")
        assert "open. Stop Latchkey first" in said or "other connections" in said
    mark = datetime.fromisoformat(taken["taken_at"])
    before = [each for each in crowd.heard if each.at <= mark]
    assert len(before) >= 40
    assert len(before) < len(crowd.heard)
    targets = {to: machine_of(to) for to in KINDS}
    for target in targets.values():
        restored = target.good("restore", file)
        assert restored["mark"] == taken["mark"]
        assert target.good("audit", "verify")["is_right"]
        kept = messages_in(target)
        lost = [e for e in before if kept.get((e.conversation, e.seq)) != e.text]
        assert lost == []

    target = targets[OTHER[kind]]
    with running_on(target, assistant) as helpdesk:
        agent.base_url = agent.origin = chat.base_url = helpdesk.base_url
        assert signs_in_with_a_code(target, agent, secret)
        chat.messages.clear()
        chat.join()
        assert any(
            m.get("attachments") == [picture_sent] for m in chat.messages.values()
        )
        assert get_file(chat, picture_sent).content == content
        assert chat.ask("does it go on?")["text"] == "You said: does it go on?"
        chat.drop()
        assert "Traceback" not in helpdesk.process.log
