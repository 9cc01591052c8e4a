"""Contacts who type commands, and agents who would send one to a contact."""

from uuid import uuid4

import pytest

from helpdesk.commands.catalogue import COMMANDS
from tests.commands.command_client import CommandClient
from tests.console.console_steps import Case
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

NO = "Commands like that one are for the people who run this help desk"
TYPED = [f"/{each.name} ana@example.com" for each in COMMANDS] + [
    "／Resend\u00a0ana@example.com —dry-run",
    "“/resend expired”",
    '/run_command{"command": "resend"} /resend',
]


def test_a_contact_who_types_a_command_gets_a_polite_no_and_nobody_is_asked(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        for typed in TYPED[:-1]:
            assert chat.ask(typed)["text"].startswith(NO), typed
        assert (assistant.turns, assistant.parsed) == ([], [])
        # What is no command of ours is plain text, and never a payload.
        assert chat.ask(TYPED[-1])["text"] == f"You said: {TYPED[-1]}"
        assert assistant.turns[0]["payload"] is None


def test_a_link_behind_a_command_is_not_looked_up(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    secret = "k3J9sPq0Zx7vB2nM5tR8yW1u"
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        kept = chat.post(f"/resend https://site.example/reset?token={secret}")
        assert secret not in kept["text"]
        assert chat.hear()["text"].startswith(NO)
    assert assistant.turns == []
    assert "accounts" not in helpdesk.process.log


def test_what_was_asked_before_and_after_a_command_is_answered(
    helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    assistant.reset()
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        chat.post("hi")  # a fragment, which waits for more
        chat.post("/resend ana@example.com")
        chat.post("my invitation has expired.")
        said = "You said: hi\nmy invitation has expired."
        chat.next("message", lambda it: it["text"] == said)
        texts = [chat.messages[seq]["text"] for seq in sorted(chat.messages)]
    assert [text for text in texts if text.startswith(NO)] == [texts[2]]
    assert texts[-1] == said


def test_a_command_sent_again_is_the_same_message(helpdesk: HelpdeskRun) -> None:
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        client_id = uuid4()
        first = chat.post("/resend ana@example.com", client_id)
        assert chat.hear()["text"].startswith(NO)
        again = chat.post("/resend ana@example.com", client_id)
        assert first["seq"] == again["seq"]
        chat.send("ping")
        chat.next("pong")
        assert chat.last_seq == first["seq"] + 1


def test_a_person_who_has_the_conversation_sees_it_and_nothing_is_said_for_them(
    agent: CommandClient, helpdesk: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        chat.ask("my invitation has expired")
        case = Case(chat)
        case.claim(agent)
        before = len(assistant.turns)
        chat.post("/resend ana@example.com")
        senders = [each["sender"] for each in case.open(agent)["messages"]]
        assert senders[-1] == "contact"
        assert len(assistant.turns) == before


@pytest.mark.parametrize("typed", ["/resend ana@example.com", "—", "／Reset x"])
def test_a_reply_that_begins_like_a_command_is_not_sent_to_the_contact(
    agent: CommandClient, helpdesk: HelpdeskRun, typed: str
) -> None:
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        chat.ask("my invitation has expired")
        case = Case(chat)
        case.claim(agent)
        answer = case.say(agent, typed)
        if typed == "—":
            assert answer.status_code == 201
            return
        assert (answer.status_code, answer.json()["code"]) == (400, "is_command")
        assert case.open(agent)["messages"][-1]["sender"] != "agent"
        assert case.say(agent, typed, kind="note").status_code == 201
