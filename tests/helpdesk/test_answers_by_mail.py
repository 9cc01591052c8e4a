"""Answers by mail from end to end: the real help desk, mail server, and mailbox."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from helpdesk.desk.audit_reading import Sought, find_entries
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.store import open_database
from helpdesk.store.models import Agent, Contact
from helpdesk.store.rows import add
from helpdesk.store.words import Role
from tests.accounts.service import wait_for
from tests.helpdesk.desk_steps import BEGIN, Desk
from tests.helpdesk.imap_server import MailboxServer, answer, run_imap_server
from tests.helpdesk.letter_steps import ANSWER_TO, MAIL_FROM, Case, Outbox, body
from tests.helpdesk.running import TEST_KEY, HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.helpdesk.test_chat_api import Caller

LINK = re.compile(r"http://127\.0\.0\.1:\d+(/mail/\S+)")


@dataclass
class Mailing:
    """A help desk with a mail server and a mailbox, and a clock to move."""

    run: HelpdeskRun
    outbox: Outbox
    mailbox: MailboxServer
    clock: Path

    def page(self, method: str, path: str) -> requests.Response:
        return requests.request(method, self.run.base_url + path, timeout=10)


@pytest.fixture(scope="module")
def mailing(
    tmp_path_factory: pytest.TempPathFactory,
    outbox: Outbox,
    assistant: ScriptedAssistant,
) -> Iterator[Mailing]:
    folder = tmp_path_factory.mktemp("mailing")
    (folder / "clock").write_text("0", encoding="utf-8")
    with (
        run_imap_server() as mailbox,
        run_helpdesk(
            folder,
            "tests.helpdesk.shifted_launcher",
            LATCHKEY_RASA_URL=assistant.url,
            LATCHKEY_LIMIT_FACTOR="1000",
            LATCHKEY_TEST_CLOCK_FILE=str(folder / "clock"),
            LATCHKEY_HELPDESK_SMTP_HOST="127.0.0.1",
            LATCHKEY_HELPDESK_SMTP_PORT=str(outbox.smtp_port),
            LATCHKEY_HELPDESK_MAIL_FROM=MAIL_FROM,
            LATCHKEY_INBOUND_IMAP_URL=mailbox.url,
            LATCHKEY_INBOUND_ADDRESS=ANSWER_TO,
        ) as run,
    ):
        yield Mailing(run, outbox, mailbox, folder / "clock")


@pytest.fixture
def caller(mailing: Mailing, assistant: ScriptedAssistant) -> Caller:
    assistant.reset()
    return Caller(mailing.run.base_url)


def leave(caller: Caller, email: str) -> requests.Response:
    return caller.call("PUT", f"{caller.path}/mail", {"email": email})


def state(caller: Caller) -> dict[str, Any]:
    return dict(caller.call("GET", f"{caller.path}/mail").json())


def link(mail: Any) -> str:
    found = LINK.search(body(mail))
    assert found
    return found[1]


def act_for(mailing: Mailing, caller: Caller) -> Case:
    """Return the conversation as an agent's side sees it, in the same record."""
    database = open_database(mailing.run.database_url)
    case = Case(Desk(database), mailing.outbox)
    case.desk.conversation = UUID(caller.path.rpartition("/")[2])
    with database.transaction() as session:
        rows = session.query(Contact.id).order_by(Contact.created_at.desc())
        case.desk.contact = rows.first()[0]  # type: ignore[index]
        ana = Agent(
            id=case.agent,
            email=f"{uuid4().hex}@desk.example",
            name="Ana",
            role=Role.AGENT,
            created_at=BEGIN,
        )
        add(session, ana)
    return case


def test_from_the_address_to_the_answer_of_the_contact(
    mailing: Mailing, caller: Caller
) -> None:
    caller.say("The door of site 4 does not open")
    assert state(caller) == {"is_possible": True, "email": None, "is_proven": False}
    left = leave(caller, "Ana@Example.com")
    assert left.status_code == 202
    assert left.json() == {"email": "ana@example.com", "is_proven": False}
    path = link(mailing.outbox.wait("ana@example.com"))
    for _ in range(2):  # as scanners do
        shown = mailing.page("GET", path)
        assert "ana@example.com" in shown.text
        assert mailing.page("HEAD", path).status_code == 200
    assert state(caller)["is_proven"] is False
    assert mailing.page("POST", path).status_code == 200
    assert state(caller) == {
        "is_possible": True,
        "email": "ana@example.com",
        "is_proven": True,
    }
    case = act_for(mailing, caller)
    wait_for(lambda: len(caller.news(0, wait=0)) >= 2, "the assistant's answer")
    case.take_over()
    case.desk.now = case.desk.row().updated_at
    case.reply("Which door is it?")
    mailing.clock.write_text("180", encoding="utf-8")
    letter = mailing.outbox.wait("ana@example.com")
    assert "Which door is it?" in body(letter)
    mailing.mailbox.put(answer(letter, "The front one.", "ana@example.com"))
    said = wait_for(
        lambda: [m for m in caller.news(0, wait=0) if m["text"] == "The front one."],
        "the answer by mail",
        seconds=60,
    )
    assert said[0]["sender"] == "contact"
    stop = next(p for p in LINK.findall(body(letter)) if "/stop/" in p)
    assert "Mail me nothing more" in mailing.page("GET", stop).text
    assert state(caller)["email"] == "ana@example.com"
    assert mailing.page("POST", stop).status_code == 200
    assert state(caller)["email"] is None


def test_what_becomes_of_an_address_is_audited_without_it(
    mailing: Mailing, caller: Caller
) -> None:
    email = f"{uuid4().hex}@example.com"
    leave(caller, email)
    path = link(mailing.outbox.wait(email))
    for _ in range(2):  # pressed twice, proven once
        assert mailing.page("POST", path).status_code == 200
    for _ in range(2):
        assert caller.call("DELETE", f"{caller.path}/mail").status_code == 204
    database = open_database(mailing.run.database_url)
    target = Pseudonyms(TEST_KEY).target(email)
    with database.reading() as session:
        page = find_entries(session, Sought(target=target))
    database.close()
    found = [(each.action, each.details["session"]) for each in page.entries[::-1]]
    conversation = caller.path.rpartition("/")[2]
    there = f"conversation:{conversation}"
    assert found == [
        ("address.left", there),
        ("address.proven", "mail link"),
        ("address.stopped", there),
    ]
    (actor,) = {each.actor for each in page.entries}
    assert actor.startswith("contact:")
    assert {each.details["conversation"] for each in page.entries} == {conversation}
    assert email not in str([each.details for each in page.entries])


def test_what_an_address_gets_shows_nothing_of_others(
    mailing: Mailing, caller: Caller
) -> None:
    leave(caller, "shared@example.com")
    other = Caller(mailing.run.base_url)
    answers = [leave(each, "shared@example.com") for each in (caller, other)]
    bodies = {a.text for a in answers}
    assert len(bodies) == 1
    assert [a.status_code for a in answers] == [202, 202]
    assert "example" not in str(state(Caller(mailing.run.base_url)))


def test_only_the_contact_may_leave_and_see_an_address(
    mailing: Mailing, caller: Caller
) -> None:
    other = Caller(mailing.run.base_url)
    other.path = caller.path
    assert leave(other, "eve@example.com").status_code == 404
    assert other.call("GET", f"{caller.path}/mail").status_code == 404
    assert other.call("DELETE", f"{caller.path}/mail").status_code == 404
    other.headers = {}
    assert leave(other, "eve@example.com").status_code == 401
    assert other.call("GET", "/conversations/nonsense/mail").status_code == 401
    bad = leave(caller, "nobody")
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_address")
    leave(caller, "mine@example.com")
    assert caller.call("DELETE", f"{caller.path}/mail").status_code == 204
    assert state(caller)["email"] is None


@pytest.mark.parametrize("path", ["/mail/made-up", "/mail/stop/made-up"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_ours_says_so(
    mailing: Mailing, method: str, path: str
) -> None:
    page = mailing.page(method, path)
    assert page.status_code == 410
    assert "This link no longer works" in page.text


def test_without_a_mail_server_nothing_is_offered(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    caller = Caller(helpdesk.base_url)
    assert state(caller)["is_possible"] is False
    refused = leave(caller, "ana@example.com")
    assert (refused.status_code, refused.json()["code"]) == (409, "mail_off")
