"""Redis away, a process dead, a word never told: it takes longer, and nothing is lost."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from helpdesk.desk.changes import Change
from helpdesk.store import open_database
from helpdesk.store.models import Conversation
from helpdesk.store.rows import get
from helpdesk.store.words import Kind, Sender
from tests.accounts.service import wait_for
from tests.console.agent_client import AgentClient
from tests.console.console_client import ConsoleTab, Frame
from tests.console.console_steps import Case
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.scale.conftest import TwoHelpdesks, times_together


def say_and_die(two: TwoHelpdesks, conversation: str, text: str) -> None:
    """Commit a message as a process does that dies before it can tell."""
    now, database = datetime.now(UTC), open_database(two.database_url)
    with database.transaction() as session:
        row = get(session, Conversation, id=UUID(conversation), lock=True)
        step = Change(row, now)
        step.say(Sender.ASSISTANT, Kind.OUTGOING, text)
        step.write(session)
    database.close()


def said(frames: list[Frame]) -> list[str]:
    """Return the texts of messages in the order in which a console was told them."""
    messages = [f["data"]["message"] for f in frames if f["type"] == "message"]
    return list(dict.fromkeys(message["text"] for message in messages))


def test_while_redis_is_away_everything_arrives_a_little_later(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    two, valkey = two_helpdesks, two_helpdesks.valkey
    agent = AgentClient.of_new_agent(two.other)
    with ConsoleTab(agent) as tab:
        tab.look_at(case.id)
        case.claim(agent)
        before = {run.base_url: times_together(run) for run in (two.one, two.other)}
        valkey.stop()
        for number in range(3):
            case.chat.post(f"question {number}")
            tab.next(
                "message", lambda it, n=number: _is(it["message"], f"question {n}")
            )
            case.say(agent, f"answer {number}")
            case.chat.next("message", lambda it, n=number: _is(it, f"answer {n}"))
        case.chat.post("as it comes back")
        valkey.start()
        tab.next("message", lambda it: _is(it["message"], "as it comes back"))
        for run in (two.one, two.other):
            two.wait_until_together(run, before[run.base_url])
        case.chat.post("and after that")
        tab.next("message", lambda it: _is(it["message"], "and after that"))
        told = said(tab.frames)
    talk = [f"{who} {n}" for n in range(3) for who in ("question", "answer")]
    expected = [*talk, "as it comes back", "and after that"]
    assert [text for text in told if text in expected] == expected
    shown = [case.chat.messages[seq]["text"] for seq in sorted(case.chat.messages)]
    assert shown[-len(expected) :] == expected


def test_a_tab_follows_a_new_beginning_that_it_did_not_hear_of(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    two = two_helpdesks
    with ChatClient(two.other.base_url, case.chat.token) as other:
        other.join()
        before = {run.base_url: times_together(run) for run in (two.one, two.other)}
        two.valkey.stop()
        case.chat.send("start_over", {"client_id": str(uuid4())})
        begun = case.chat.next("joined")["conversation"]["id"]
        case.chat.messages.clear()
        case.chat.ask("something else")
        assert other.next("joined")["conversation"]["id"] == begun
        other.next("message", lambda it: _is(it, "You said: something else"))
        two.valkey.start()
        for run in (two.one, two.other):
            two.wait_until_together(run, before[run.base_url])


def test_what_a_dead_process_has_committed_is_told_by_the_others(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    agent = AgentClient.of_new_agent(two_helpdesks.other)
    with ConsoleTab(agent) as tab:
        tab.look_at(case.id)
        say_and_die(two_helpdesks, case.id, "my last words")
        assert case.chat.hear()["text"] == "my last words"
        tab.next("message", lambda it: _is(it["message"], "my last words"))


def test_a_missing_word_comes_before_the_next_one(
    two_helpdesks: TwoHelpdesks, case: Case
) -> None:
    say_and_die(two_helpdesks, case.id, "my last words")
    case.chat.post("are you still there?")
    case.chat.next("message", lambda it: _is(it, "my last words"))
    case.chat.next("message", lambda it: _is(it, "You said: are you still there?"))
    assert sorted(case.chat.messages) == list(range(1, case.chat.last_seq + 1))


def test_a_turn_whose_process_dies_is_answered_by_the_other(
    two_helpdesks: TwoHelpdesks, case: Case, assistant: ScriptedAssistant
) -> None:
    asked = len(assistant.turns)
    assistant.is_free.clear()
    case.chat.post("will you answer me?")
    wait_for(lambda: len(assistant.turns) > asked, "the turn to begin")
    with ChatClient(two_helpdesks.other.base_url, case.chat.token) as other:
        other.join()
        two_helpdesks.one.process.kill()
        assistant.is_free.set()
        if not any(_is(each, ANSWER) for each in other.messages.values()):
            assert other.next("message", lambda it: _is(it, ANSWER))
        answers = [each for each in other.messages.values() if _is(each, ANSWER)]
        assert len(answers) == 1
    ids = {turn["message_id"] for turn in assistant.turns[asked:]}
    assert len(ids) == 1, "it is the same turn to the assistant"


ANSWER = "You said: will you answer me?"


def _is(message: Frame, text: str) -> bool:
    return bool(message["text"] == text)
