"""Two real processes of Rasa on one PostgreSQL: any turn at any of them, answered once."""

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from uuid import uuid4

import psycopg
import pytest

from helpdesk.assistant import (
    AssistantAwayError,
    AssistantClient,
    AssistantError,
    AssistantSilentError,
    Turn,
)
from helpdesk.assistant_pool import AssistantPool
from tests.accounts import people
from tests.accounts.service import wait_for
from tests.e2e.backend_switch import Fault
from tests.e2e.chat import Chat
from tests.postgresql import run_postgresql
from tests.scale.two_rasas import InTurn, TwoRasas, run_two_rasas

SEND = "Yes, send it"
ON_ITS_WAY = "on its way"


@pytest.fixture(scope="module")
def tracker_url() -> Iterator[str]:
    with run_postgresql() as url:
        yield url.replace("+psycopg", "")


@pytest.fixture(scope="module")
def two(
    tmp_path_factory: pytest.TempPathFactory, tracker_url: str
) -> Iterator[TwoRasas]:
    with run_two_rasas(tmp_path_factory.mktemp("rasas"), tracker_url) as running:
        yield running


@pytest.fixture
def pool(two: TwoRasas) -> Iterator[AssistantPool]:
    pool = two.pool()
    pool.start()
    yield pool
    pool.close()
    for rasa in (two.one, two.other):
        rasa.signal(signal.SIGCONT)
        rasa.revive()


@pytest.fixture
def caller() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def chat_with(assistant: object) -> Chat:
    return Chat(cast(AssistantClient, assistant))


def mails_to(two: TwoRasas, email: str) -> int:
    """Wait for a mail and return how many came; the queue is worked off in order."""
    wait_for(lambda: two.accounts.mails(email), f"the mail to {email}")
    behind = people.new_address("behind")
    two.accounts.request(behind)
    two.accounts.next_mail(behind)
    return len(two.accounts.mails(email))


def pressing(chat: Chat, title: str) -> Turn:
    assert chat.latest
    payload = chat.latest.buttons[title]
    return Turn(chat.conversation_id, str(uuid4()), payload=payload)


def words_of(result: dict[str, Any]) -> str:
    return "\n".join(reply["text"] for reply in result["replies"])


def wait_for_request(two: TwoRasas, email: str) -> None:
    wait_for(lambda: two.backend.seen_for(email), "the action to ask the backend")


def test_a_form_is_filled_half_at_one_process_half_at_the_other(two: TwoRasas) -> None:
    email = people.invited(two.accounts)
    chat = chat_with(InTurn(two))
    assert "address" in chat.say("please resend my invitation").text
    assert email in chat.say(f"it is {email}").text
    assert ON_ITS_WAY in chat.press(SEND).text
    assert mails_to(two, email) == 2  # the invitation itself, and the new one
    assert chat.say("thank you").intent == "thank"


def test_a_turn_whose_process_dies_is_answered_once_by_the_other(
    two: TwoRasas, pool: AssistantPool, caller: ThreadPoolExecutor
) -> None:
    email = people.new_address()
    chat = chat_with(two.one.client)
    chat.ask_for_invite(email)
    turn = pressing(chat, SEND)
    with two.backend.broken(Fault.ACCEPTS_THEN_HANGS_ONCE):
        dying = caller.submit(two.one.client.take_turn, turn)
        wait_for_request(two, email)
        two.one.kill()
        with pytest.raises(AssistantSilentError):
            dying.result()
        answered = pool.take_turn(turn)
    assert ON_ITS_WAY in words_of(answered)
    assert pool.take_turn(turn) == answered
    keys = {seen.idempotency_key for seen in two.backend.seen_for(email)}
    assert len(keys) == 1
    assert mails_to(two, email) == 1


def test_a_process_that_stood_still_changes_nothing_when_it_goes_on(
    two: TwoRasas, pool: AssistantPool, caller: ThreadPoolExecutor
) -> None:
    email = people.new_address()
    chat = chat_with(two.one.client)
    chat.ask_for_invite(email)
    turn = pressing(chat, SEND)
    with two.backend.broken(Fault.ACCEPTS_THEN_HANGS_ONCE):
        late = caller.submit(two.one.client.take_turn, turn)
        wait_for_request(two, email)
        two.one.signal(signal.SIGSTOP)
        answered = two.other.client.take_turn(turn)
    next_turn = Turn(chat.conversation_id, str(uuid4()), text="thank you")
    thanked = two.other.client.take_turn(next_turn)
    two.one.signal(signal.SIGCONT)
    assert late.result()["trouble"] is True
    for result, asked in ((answered, turn), (thanked, next_turn)):
        assert two.one.client.take_turn(asked) == result
    assert mails_to(two, email) == 1


def test_a_process_that_hangs_gets_no_more_turns_until_it_goes_on(
    two: TwoRasas, pool: AssistantPool, caller: ThreadPoolExecutor
) -> None:
    two.one.signal(signal.SIGSTOP)
    turns = [Turn(str(uuid4()), str(uuid4()), text="hello") for _ in range(6)]
    asked = [caller.submit(pool.take_turn, turn) for turn in turns]
    failed = [turn for turn, each in zip(turns, asked, strict=True) if each.exception()]
    assert 1 <= len(failed) < len(turns)
    for turn in failed:  # as the turn worker does
        assert pool.take_turn(turn)["trouble"] is False
    assert left_out(pool) == ["one"]
    two.one.signal(signal.SIGCONT)
    wait_for(lambda: not left_out(pool), "the process to get turns again")


def left_out(pool: AssistantPool) -> list[str]:
    return [each.name for each in pool._processes if each.is_left_out]


def test_a_process_is_swapped_under_way_and_no_turn_fails(
    two: TwoRasas, pool: AssistantPool, caller: ThreadPoolExecutor
) -> None:
    ended: list[bool] = []

    def talk() -> int:
        chat, said = chat_with(pool), 0
        while not ended:
            assert not chat.say("how do I log in?").has_trouble
            said += 1
        return said

    email = people.new_address()
    chat = chat_with(two.one.client)
    chat.ask_for_invite(email)
    talking = [caller.submit(talk) for _ in range(2)]
    try:
        with two.backend.broken(Fault.ACCEPTS_THEN_HANGS_ONCE):
            open_turn = caller.submit(two.one.client.take_turn, pressing(chat, SEND))
            wait_for_request(two, email)
            two.one.signal(signal.SIGTERM)
            wait_for(lambda: is_stopping(two), "the process to refuse turns")
        assert ON_ITS_WAY in words_of(open_turn.result())
        assert two.one.wait() == 0
        two.one.revive()
        wait_for(lambda: not left_out(pool), "the process to get turns again")
    finally:
        ended.append(True)
    assert all(each.result() > 0 for each in talking)


def is_stopping(two: TwoRasas) -> bool:
    try:
        two.one.client.parse("hello")
    except AssistantAwayError as error:
        return error.code == "stopping"
    return False


def test_a_dead_action_server_is_not_noticed(
    two: TwoRasas, pool: AssistantPool
) -> None:
    dead = two.actions[0]
    assert dead.process
    dead.process.kill()
    dead.process.wait()
    for _ in range(6):
        email = people.new_address()
        assert email in chat_with(pool).ask_for_invite(email).text
    dead.start()
    wait_for(dead.is_ready, "the action server", 30)


def test_what_one_process_forgets_no_process_knows(
    two: TwoRasas, tracker_url: str
) -> None:
    email = people.new_address("forget")
    chat = chat_with(two.one.client)
    chat.ask_for_invite(email)
    assert two.other.client.forget([chat.conversation_id]) == 1
    for client in (two.one.client, two.other.client):
        with pytest.raises(AssistantError) as refused:
            chat_with(client).take(Turn(chat.conversation_id, str(uuid4()), "hello"))
        assert refused.value.permanent
    with psycopg.connect(tracker_url) as database:
        kept = str(database.execute("SELECT * FROM rasa_trackers").fetchall())
    assert email not in kept
    assert chat.conversation_id not in kept
