"""Pasted links: looked at before they are kept, and their secrets are kept nowhere."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.accounts.service import free_port
from tests.console.agent_client import AgentClient
from tests.console.console_steps import Case, answer_of
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.pasted import (
    HOST,
    LINK,
    LOOK_ALIKES,
    MENTIONS,
    OURS,
    SECRET,
    holds_secret,
)
from tests.helpdesk.running import HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_accounts import (
    ENDED,
    ISSUED,
    REFERENCE,
    ScriptedAccounts,
    inspection,
    run_scripted_accounts,
)
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.helpdesk.scripted_server import reply
from tests.helpdesk.test_chat_api import Caller

Json = dict[str, Any]
QUESTION = "my invitation has expired"


@pytest.fixture(scope="module")
def accounts() -> Iterator[ScriptedAccounts]:
    with run_scripted_accounts() as running:
        yield running


@pytest.fixture(scope="module")
def helpdesk(
    tmp_path_factory: pytest.TempPathFactory,
    assistant: ScriptedAssistant,
    accounts: ScriptedAccounts,
) -> Iterator[HelpdeskRun]:
    folder = tmp_path_factory.mktemp("helpdesk")
    with run_helpdesk(
        folder,
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_ACCOUNTS_URL=accounts.url,
        LATCHKEY_ACCOUNTS_TOKEN="service",
        LATCHKEY_LIMIT_FACTOR="1000",
        LATCHKEY_TURN_CAP="0",
    ) as running:
        yield running


@pytest.fixture
def chat(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> Iterator[ChatClient]:
    assistant.reset()
    accounts.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        yield client


def heard(assistant: ScriptedAssistant) -> Json:
    """Return what the assistant heard last of a link; empty if it heard a text."""
    payload = assistant.turns[-1].get("payload")
    if payload is None:
        return {}
    assert payload.startswith("/report_link{")
    return dict(json.loads(payload.removeprefix("/report_link")))


def everything_kept(folder: Path) -> str:
    """Return all that the help desk has written to its disk."""
    return "\n".join(
        path.read_bytes().decode("latin-1")
        for path in folder.rglob("*")
        if path.is_file()
    )


@pytest.mark.parametrize(
    ("found", "state", "ended"),
    [
        (inspection("expired"), "expired", ENDED),
        (inspection("used"), "used", ENDED),
        (inspection("replaced"), "replaced", ENDED),
        (inspection("replaced", withdrawn_at=ISSUED), "withdrawn", ISSUED),
        (inspection("valid"), "valid", ENDED),
        (inspection("unknown", is_ours=True), "unknown", ""),
        (inspection("unknown"), "foreign", ""),
    ],
)
def test_the_assistant_hears_what_became_of_a_link_and_never_the_link(
    found: Json,
    state: str,
    ended: str,
    chat: ChatClient,
    assistant: ScriptedAssistant,
    accounts: ScriptedAccounts,
) -> None:
    accounts.found = found
    chat.ask(f"this link {LINK} says expired")
    is_known = state not in {"unknown", "foreign"}
    assert heard(assistant) == {
        "link_state": state,
        "link_purpose": "invite" if is_known else "",
        "link_issued": ISSUED if is_known else "",
        "link_ended": ended,
        "link_reference": REFERENCE if is_known else "",
    }
    assert accounts.links == [LINK]
    shown = chat.messages[1]["text"]
    assert shown == f"this link https://{HOST}/reset/[link removed] says expired"
    assert not holds_secret(json.dumps(assistant.turns))


def test_a_look_alike_is_foreign(
    chat: ChatClient, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    for text, url in LOOK_ALIKES.items():
        chat.ask(text)
        assert accounts.links[-1] == url
        assert heard(assistant)["link_state"] == "foreign", text


def test_a_page_that_is_only_mentioned_is_a_text_like_any_other(
    chat: ChatClient, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    for text in MENTIONS:
        accounts.found = inspection("unknown", is_ours=HOST in text)
        chat.ask(text)
        assert heard(assistant) == {}
        assert assistant.turns[-1]["text"].startswith(text[:30])


def test_a_strangers_link_is_looked_at_if_the_message_is_about_it(
    chat: ChatClient, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    link = "https://evil.test/your-account"
    for words in ("", "this link does not open: ", "is this from you? "):
        chat.ask(f"{words}{link}")
        assert accounts.links.pop() == link
        assert heard(assistant)["link_state"] == "foreign"


def test_an_unknown_secret_without_a_host_is_unknown_not_foreign(
    chat: ChatClient, assistant: ScriptedAssistant
) -> None:
    chat.ask(SECRET)
    assert heard(assistant)["link_state"] == "unknown"


def test_of_two_links_the_one_that_is_known_counts_and_no_third_is_asked_about(
    chat: ChatClient, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    accounts.found = inspection("expired")
    chat.ask(f"https://evil.test/x and {LINK} and {SECRET} and {LINK[8:]} do not work")
    assert len(accounts.links) == 2
    assert "https://evil.test/x" not in accounts.links
    assert heard(assistant)["link_state"] == "expired"


def test_however_it_was_pasted_it_is_looked_at_and_its_secret_kept_nowhere(
    chat: ChatClient,
    helpdesk: HelpdeskRun,
    assistant: ScriptedAssistant,
    accounts: ScriptedAccounts,
    agent: AgentClient,
) -> None:
    accounts.found = inspection("used")
    for text, url in OURS.items():
        chat.ask(text)
        assert accounts.links[-1] == url, text
        assert heard(assistant)["link_state"] == "used", text
    Case(chat).claim(agent)
    for text in LOOK_ALIKES:  # with a person, ghosts and all
        chat.post(text)
    seen = Case(chat).open(agent)
    assert not holds_secret(json.dumps(seen))
    assert not holds_secret(json.dumps(list(chat.messages.values())))
    assert not holds_secret(json.dumps(assistant.turns + assistant.parsed))
    kept = everything_kept(helpdesk.folder)
    assert "[link removed]" in kept  # it is the right folder
    for piece in (SECRET, SECRET[:20], SECRET[-20:]):
        assert piece not in kept


def test_a_link_in_the_middle_of_a_burst_is_a_turn_of_its_own(
    chat: ChatClient, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    accounts.found = inspection("expired")
    before, after = "my invite", "please help me with this one."
    chat.post("hi")
    chat.post(before)
    chat.post(LINK)
    chat.post(after)
    while len([t for t in assistant.turns if t.get("text")]) < 2:
        chat.hear()
    texts = [turn.get("text") for turn in assistant.turns]
    assert [text for text in texts if text] == [f"hi\n{before}", after]
    payloads = [turn.get("payload") for turn in assistant.turns]
    assert [bool(payload) for payload in payloads] == [False, True, False]


def test_plain_http_goes_the_same_way(
    helpdesk: HelpdeskRun,
    chat: ChatClient,
    assistant: ScriptedAssistant,
    accounts: ScriptedAccounts,
) -> None:
    accounts.found = inspection("replaced")
    caller = Caller(helpdesk.base_url, chat.token)
    sent = caller.say(LINK)
    assert sent.status_code == 201
    chat.hear()
    assert heard(assistant)["link_state"] == "replaced"
    assert not holds_secret(json.dumps(caller.news(0)))


def test_sending_it_again_changes_nothing(
    chat: ChatClient, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    accounts.found = inspection("valid")
    client_id = uuid4()
    first = chat.post(LINK, client_id)
    chat.hear()
    accounts.found = inspection("used")  # it was opened meanwhile
    assert chat.post(LINK, client_id)["seq"] == first["seq"]
    assert len(assistant.turns) == 1


def test_agents_see_what_became_of_it_and_nothing_goes_to_the_assistant(
    chat: ChatClient,
    assistant: ScriptedAssistant,
    accounts: ScriptedAccounts,
    agent: AgentClient,
) -> None:
    chat.ask(QUESTION)
    case = Case(chat)
    case.claim(agent)
    accounts.found = inspection("expired")
    chat.post(LINK)
    message = case.open(agent)["messages"][-1]
    assert message["link"] == {"state": "expired", "purpose": "invite"}
    assert message["redactions"] == ["link"]
    assert len(assistant.turns) == 1
    assert "link" not in chat.messages[message["seq"]]


def test_what_agents_paste_loses_its_secret_too(
    chat: ChatClient, agent: AgentClient, accounts: ScriptedAccounts
) -> None:
    chat.ask(QUESTION)
    case = Case(chat)
    case.claim(agent)
    for kind in ("reply", "note"):
        said = answer_of(case.say(agent, f"try {LINK}", kind=kind), 201)
        assert not holds_secret(json.dumps(said))
    assert accounts.links == []


# The backend in trouble, and those who try secrets


@pytest.mark.parametrize(
    "trouble",
    [
        reply(500, b""),
        reply(200, b"rubbish"),
        reply(200, b'{"state": "opened"}'),
        reply(401, b'{"code": "unauthorized", "message": "no"}'),
    ],
)
def test_without_an_answer_the_link_is_unchecked_and_the_message_taken(
    trouble: Any,
    chat: ChatClient,
    assistant: ScriptedAssistant,
    accounts: ScriptedAccounts,
) -> None:
    accounts.trouble = trouble
    chat.ask(f"this link {LINK} says expired")
    assert heard(assistant)["link_state"] == "unchecked"
    assert not holds_secret(chat.messages[1]["text"])


def test_a_backend_that_hangs_holds_a_message_up_for_two_seconds(
    chat: ChatClient, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    accounts.hang()
    begin = time.monotonic()
    chat.post(LINK)
    assert time.monotonic() - begin < 6  # of patience with a busy machine
    chat.hear()
    assert heard(assistant)["link_state"] == "unchecked"


def test_a_hanging_backend_holds_up_nobody_who_pastes_no_link(
    chat: ChatClient, helpdesk: HelpdeskRun, accounts: ScriptedAccounts
) -> None:
    accounts.hang()
    with ChatClient.of_new_contact(helpdesk.base_url) as other:
        message = {"client_id": str(uuid4()), "text": LINK}
        other.send("message", message)
        assert chat.ask(QUESTION)["text"]
        other.next("ack")


def test_whoever_tries_secrets_is_told_nothing_more(
    tmp_path: Path, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    assistant.reset()
    accounts.reset()
    accounts.found = inspection("valid")
    with (
        run_helpdesk(
            tmp_path,
            LATCHKEY_RASA_URL=assistant.url,
            LATCHKEY_ACCOUNTS_URL=accounts.url,
            LATCHKEY_ACCOUNTS_TOKEN="service",
        ) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        for _ in range(12):
            chat.ask(LINK)
            assert heard(assistant)["link_state"] == "valid"
        chat.ask(LINK)
        assert heard(assistant)["link_state"] == "unchecked"
        chat.send("start_over", {"client_id": str(uuid4())})
        chat.messages.clear()
        chat.conversation = chat.next("joined")["conversation"]
        chat.ask(LINK)  # another conversation is no new allowance
        assert heard(assistant)["link_state"] == "unchecked"
        assert len(accounts.links) == 12
        for _ in range(4):
            with ChatClient.of_new_contact(run.base_url) as other:
                for _ in range(12):
                    other.ask(LINK)
        with ChatClient.of_new_contact(run.base_url) as other:  # from the same line
            other.ask(LINK)
            assert heard(assistant)["link_state"] == "unchecked"
        assert len(accounts.links) == 60


def test_what_cannot_be_counted_is_not_asked(
    tmp_path: Path, assistant: ScriptedAssistant, accounts: ScriptedAccounts
) -> None:
    assistant.reset()
    accounts.reset()
    accounts.found = inspection("valid")
    with (
        run_helpdesk(
            tmp_path,
            LATCHKEY_RASA_URL=assistant.url,
            LATCHKEY_ACCOUNTS_URL=accounts.url,
            LATCHKEY_ACCOUNTS_TOKEN="service",
            LATCHKEY_REDIS_URL=f"redis://127.0.0.1:{free_port()}",
        ) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        chat.ask(LINK)
        assert heard(assistant)["link_state"] == "unchecked"
        assert chat.ask(QUESTION)["text"]  # talking goes on
    assert accounts.links == []


def test_without_an_account_system_links_are_unchecked(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    with (
        run_helpdesk(tmp_path, LATCHKEY_RASA_URL=assistant.url) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        chat.ask(f"{LINK} does not work")
        assert heard(assistant)["link_state"] == "unchecked"
        chat.ask(MENTIONS[0])
        assert heard(assistant) == {}


@pytest.fixture
def agent(helpdesk: HelpdeskRun) -> AgentClient:
    made = AgentClient.of_new_agent(helpdesk)
    assert UUID(made.id)
    return made
