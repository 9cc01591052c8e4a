"""What the help desk logs: lines that name no person, no words and no token."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
import requests

from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import TEST_KEY, HelpdeskRun, on_sqlite, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.helpdesk.test_database_outage import full_disk

WORDS = "marmalade zeppelin"
ADDRESS = "ana.maria@private.example"
PASSWORD = "Tr0ub4dor-and-3"
SAID = f"{WORDS}, my address is {ADDRESS} and my password is {PASSWORD}"
LINE = re.compile(r"\d{4}-\d\d-\d\d [\d:,]{12} (INFO|WARNING|ERROR) [\w.]+: \S.*")


def talk_while_all_goes_well(chat: ChatClient) -> None:
    chat.ask(SAID)
    chat.send("typing", {"on": True})
    chat.press("person")
    chat.hear()


def send_what_is_refused(chat: ChatClient) -> None:
    message = {"client_id": str(uuid4()), "text": SAID}
    assert chat.refusal("message", {**message, "more": SAID}) == "bad_frame"
    assert chat.refusal(WORDS, message) == "unknown_type"
    assert chat.refusal("message", {**message, "text": SAID * 60}) == "too_long"
    button = {"client_id": str(uuid4()), "button": WORDS}
    assert chat.refusal("message", button) == "button_expired"


def call_the_api(run: HelpdeskRun, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    broken = {"Authorization": f"Bearer {token}x"}
    url = f"{run.base_url}/api/v1"
    for headers in (bearer, broken):
        for body in ({"text": SAID}, {"client_id": str(uuid4()), "text": SAID}):
            path = f"{url}/conversations/{WORDS}/messages"
            requests.post(path, json=body, headers=headers, timeout=10)
    for path in (f"/search?q={SAID}", f"/articles/{WORDS}", f"/api/v1/search?q={SAID}"):
        requests.get(f"{run.base_url}{path}", headers=bearer, timeout=10)
    requests.post(f"{url}/visits", json={"identity": SAID}, timeout=10)


def ask_a_broken_assistant(chat: ChatClient, assistant: ScriptedAssistant) -> None:
    refusal = f'{{"code": "invalid_turn", "message": "{SAID}"}}'.encode()
    assistant.refusal = (400, refusal)
    chat.ask(SAID)
    assistant.refusal = (200, SAID.encode())
    chat.ask(SAID)
    assistant.refusal = None
    chat.hear()


def test_no_line_names_a_person_their_words_or_a_token(
    tmp_path: Path, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    with (
        run_helpdesk(
            tmp_path, LATCHKEY_RASA_URL=assistant.url, **on_sqlite(tmp_path)
        ) as run,
        ChatClient.of_new_contact(run.base_url) as chat,
    ):
        talk_while_all_goes_well(chat)
        send_what_is_refused(chat)
        call_the_api(run, chat.token)
        ask_a_broken_assistant(chat, assistant)
        with full_disk(run):
            message = {"client_id": str(uuid4()), "text": SAID}
            assert chat.refusal("message", message) == "unavailable"
    log = run.process.log
    assert "is refused" in log, "the lines of trouble are there"
    name, _, domain = ADDRESS.partition("@")
    words = [*WORDS.split(), name, domain, PASSWORD, chat.token, TEST_KEY]
    assert [word for word in words if word in log] == []
    assert [line for line in log.splitlines() if not LINE.fullmatch(line)] == []


@pytest.mark.parametrize("given", ["proxy-gave-this-one", None])
def test_a_mistake_of_ours_names_the_request(tmp_path: Path, given: str | None) -> None:
    headers = {"X-Request-Id": given} if given else {}
    with run_helpdesk(tmp_path, "tests.helpdesk.broken_launcher") as run:
        url = f"{run.base_url}/api/v1/broken"
        answer = requests.get(url, headers=headers, timeout=10)
        measures = requests.get(f"{run.base_url}/metrics", timeout=10).text
    request_id = answer.headers["X-Request-Id"]
    assert answer.status_code == 500
    assert given in {None, request_id}
    assert f"while answering request {request_id}" in run.process.log
    assert "\nlatchkey_errors_total 1.0" in measures
