"""Limits on mails through the running help desk: what the assistant is told."""

import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from tests.helpdesk.chat_client import ChatClient, begin_visit
from tests.helpdesk.running import TEST_KEY, HelpdeskRun, run_helpdesk
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.helpdesk.test_visits import identity, write_keys

YES = "yes, send it to me please"


@pytest.fixture
def limited(tmp_path: Path, assistant: ScriptedAssistant) -> Iterator[HelpdeskRun]:
    """A help desk with the limits that people meet."""
    assistant.reset()
    keys = tmp_path / "keys.json"
    write_keys(keys, "2026")
    with run_helpdesk(
        tmp_path,
        LATCHKEY_RASA_URL=assistant.url,
        LATCHKEY_IDENTITY_KEYS_FILE=str(keys),
    ) as running:
        yield running


def told(assistant: ScriptedAssistant) -> list[bool]:
    """Return for each turn whether the assistant was told that it may act."""
    options = {"algorithms": ["HS256"], "audience": "latchkey-actions"}
    return [
        jwt.decode(turn["actor"], TEST_KEY, **options)["act"]
        for turn in assistant.turns
    ]


def known_contact(run: HelpdeskRun) -> ChatClient:
    """Return somebody for whom a site vouches, in a new visit."""
    chat = ChatClient(run.base_url, begin_visit(run.base_url, identity=identity()))
    chat.join()
    return chat


def test_after_six_mails_the_assistant_may_only_talk(
    limited: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    assistant.has_acted = True
    with known_contact(limited) as chat:
        for _ in range(6):
            chat.ask(YES)
        assistant.has_acted = False
        assert chat.ask(YES)["text"] == f"You said: {YES}"
    assert told(assistant) == [True] * 6 + [False]

    limited.process.stop()
    limited.process.start()
    with known_contact(limited) as again:
        again.ask("and in a new visit after a restart?")
    with ChatClient.of_new_contact(limited.base_url) as other:
        other.ask("and somebody else?")
    assert told(assistant)[7:] == [False, True]


def test_a_turn_that_is_asked_again_counts_once(
    limited: HelpdeskRun, assistant: ScriptedAssistant
) -> None:
    assistant.has_acted = assistant.has_trouble = True
    with ChatClient.of_new_contact(limited.base_url) as chat:
        chat.post(YES)
        while len(assistant.turns) < 3:
            time.sleep(0.05)
        assistant.has_trouble = False
        chat.hear()
        repeated = len(assistant.turns)
        for _ in range(5):
            chat.ask(YES)
        chat.ask(YES)
    assert told(assistant) == [True] * (repeated + 5) + [False]
