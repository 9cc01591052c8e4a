"""Connections drop, processes are killed: nothing is lost, doubled, or done twice."""

import asyncio
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest
import requests

from cli.chaos.script import QUESTIONS, SEND, WISH
from cli.processes import Child, Supervisor
from tests.accounts import people
from tests.accounts.service import wait_for
from tests.e2e.full_stack import FullStack, kill_process
from tests.e2e.lossy_contact import LossyContact
from tests.helpdesk.chat_client import begin_visit

CONVERSATIONS = 200
AT_ONCE = 25
CHANCE_OF_A_DROP = 0.08
KILLS_OF_EACH = 3
PAUSES_S = (0.1,)
DELAY = "longer than it should"


async def hold_conversation(contact: LossyContact, email: str) -> None:
    """Say ten things: seven questions, and the three steps to a new invitation."""
    for question in QUESTIONS:
        await contact.ask(text=question)
    await contact.ask(text=WISH)
    question = (await contact.ask(text=email))[-1]
    buttons = {button["title"]: button["id"] for button in question.get("buttons", [])}
    assert SEND in buttons, list(contact.messages.values())[-4:]
    (*_, sent) = await contact.ask(button=buttons[SEND])
    assert email in sent["text"], sent
    await contact.close()


async def hold_all(contacts: list[LossyContact], emails: list[str]) -> None:
    """Hold all conversations, some at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(contact: LossyContact, email: str) -> None:
        async with gate:
            await hold_conversation(contact, email)

    async with asyncio.TaskGroup() as group:
        for contact, email in zip(contacts, emails):
            group.create_task(one(contact, email))


def kill_and_revive(
    product: FullStack, rng: random.Random, is_over: Event
) -> Counter[str]:
    """Kill one part after the other until it is over; return how often each died.

    Runs in the main thread: a child ends with the thread that started it.
    """
    parts = product.children
    supervisor = Supervisor(parts, pauses_s=PAUSES_S)
    # One after the other in each round: a busy machine may not come to the last rounds.
    rounds = [rng.sample(parts, len(parts)) for _ in range(KILLS_OF_EACH)]
    victims: list[Child] = [part for each in rounds for part in each]
    kills: Counter[str] = Counter()
    while not is_over.wait(0.05):
        supervisor.revive()
        if victims and all(part.is_running() and part.is_ready() for part in parts):
            is_over.wait(rng.uniform(1, 3))
            victim = victims.pop()
            kill_process(victim)
            kills[victim.part] += 1
    for part in parts:
        if not part.is_running():
            part.start()
        wait_for(part.is_ready, f"the start of {part.name}", 60)
    return kills


def transcript(contact: LossyContact) -> list[tuple[str, str]]:
    """Return who said what, as the record has it."""
    answer = requests.get(
        f"{contact.site}/api/v1/conversation",
        headers={"Authorization": f"Bearer {contact.token}"},
        timeout=30,
    ).json()
    assert [m["seq"] for m in answer["messages"]] == list(
        range(1, answer["last_seq"] + 1)
    )
    assert contact.messages.keys() <= {m["seq"] for m in answer["messages"]}
    ids = [m["client_id"] for m in answer["messages"] if m["sender"] == "contact"]
    assert ids == contact.acknowledged, "each once, in order"
    return [(m["sender"], m["text"]) for m in answer["messages"]]


def answers_in(said: list[tuple[str, str]], email: str) -> list[list[str]]:
    """Return what answered each of the contact's messages, delays aside."""
    answers: list[list[str]] = []
    for sender, text in said:
        if sender == "contact":
            answers.append([])
        elif DELAY not in text:
            answers[-1].append(text.replace(email, "<address>"))
    return answers


def is_answered_once(answers: list[str], calm: list[str]) -> bool:
    """Tell whether a message has its one answer.

    While no action can run, the question after an answer (“Did that help?”) is left out.
    """
    return answers[:1] == calm[:1] and len(answers) in {1, len(calm)}


@pytest.mark.timeout(1_200)  # it waits as long as a busy machine takes
def test_nothing_is_lost_or_doubled_while_lines_drop_and_parts_die(
    product: FullStack,
) -> None:
    rng = random.Random(7_204)
    was_invited = [people.invited(product.accounts) for _ in range(2)]
    emails = was_invited + [
        f"nobody-{n}@loss.example.com" for n in range(CONVERSATIONS - 1)
    ]
    contacts = [
        LossyContact(
            product.site, begin_visit(product.site), chance, random.Random(seed)
        )
        for seed, chance in enumerate([0.0, *[CHANCE_OF_A_DROP] * CONVERSATIONS])
    ]
    calm, calm_email = contacts.pop(0), emails.pop(0)
    # Another test's browser may keep a loop of its own in the main thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, hold_conversation(calm, calm_email)).result()
        expected = answers_in(transcript(calm), calm_email)
        is_over = Event()
        talk = thread.submit(asyncio.run, hold_all(contacts, emails))
        talk.add_done_callback(lambda _: is_over.set())
        kills = kill_and_revive(product, rng, is_over)
    talk.result()

    assert all(kills[name] >= 2 for name in ("helpdesk", "rasa", "actions")), kills
    assert sum(contact.drops for contact in contacts) > CONVERSATIONS
    for contact, email in zip(contacts, emails):
        answers = answers_in(transcript(contact), email)
        assert len(answers) == len(expected)
        for answered, calm_answer in zip(answers, expected):
            assert is_answered_once(answered, calm_answer), answers
    for email in [calm_email, *emails]:
        invited_before = 1 if email in was_invited else 0
        wait_for(partial(product.accounts.mails, email), f"a mail to {email}")
        assert len(product.accounts.mails(email)) == invited_before + 1
