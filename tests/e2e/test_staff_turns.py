"""Turns of admins through Rasa, the actions and the account backend; what stops others."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from helpdesk.assistant import Actor, Turn
from tests.accounts import people
from tests.accounts.service import wait_for
from tests.e2e.backend_switch import Fault
from tests.e2e.full_stack import FullStack

ADMIN = Actor(f"agent:{uuid4()}", "admin")
LONGEST_SILENCE_S = 10.0


def command(name: str, **arguments: Any) -> str:
    """Return the payload of a command."""
    given = {"command": name, "arguments": json.dumps(arguments)}
    return f"/run_command{json.dumps(given)}"


def turn_of(said: str) -> Turn:
    """Return a turn of a new conversation; a payload begins with a slash."""
    where = str(uuid4()), str(uuid4())
    if said.startswith("/"):
        return Turn(*where, payload=said)
    return Turn(*where, text=said)


def take(product: FullStack, turn: Turn, actor: Actor = ADMIN) -> dict[str, Any]:
    """Have a turn answered."""
    return product.stack.assistant().take_turn(turn, actor)


def only_text(result: dict[str, Any]) -> str:
    """Return the one thing that was said."""
    (reply,) = result["replies"]
    return str(reply["text"])


def mails_in_the_end(product: FullStack, email: str) -> int:
    """Return how many mails came; the queue is worked off in order."""
    behind = people.new_address("behind")
    product.accounts.request(behind)
    product.accounts.next_mail(behind)
    return len(product.accounts.mails(email))


def test_a_command_sends_one_mail_however_often_its_turn_is_taken(
    product: FullStack,
) -> None:
    email = people.invited(product.accounts)
    turn = turn_of(command("resend", address=email))
    with ThreadPoolExecutor(3) as threads:
        results = list(threads.map(lambda _: take(product, turn), range(3)))
    assert all(result == results[0] for result in results)
    assert f"A new invitation is on its way to {email}" in only_text(results[0])
    (receipt,) = results[0]["receipts"]
    key = f"{turn.conversation_id}:{turn.message_id}:invite"
    assert (receipt["result"], receipt["key"]) == ("accepted", key)
    assert mails_in_the_end(product, email) == 2

    undone = take(product, turn_of(command("undo", key=key)))
    assert undone["receipts"][0]["action"] == "recovery.withdrawn"
    newest = product.accounts.mails(email)[0]["links"][0]
    assert product.accounts.staff().inspect_link(newest).withdrawn_at is not None


@pytest.mark.parametrize("role", ["contact", "agent", "lead", "auditor"])
def test_for_nobody_else_anything_reaches_the_backend(
    role: str, product: FullStack
) -> None:
    email = people.invited(product.accounts)
    for name in ("resend", "status"):
        result = take(product, turn_of(command(name, address=email)), Actor("x", role))
        assert only_text(result).startswith("Only admins can do that")
    assert product.backend.seen_for(email) == []
    assert mails_in_the_end(product, email) == 1


def test_a_dry_run_reads_and_writes_nothing(product: FullStack) -> None:
    email = people.invited(product.accounts)
    result = take(product, turn_of(command("resend", address=email, dry_run=True)))
    assert "would get a new invitation" in only_text(result)
    assert {seen.method for seen in product.backend.seen_for(email)} == {"GET"}
    assert mails_in_the_end(product, email) == 1


def test_words_of_an_admin_come_back_as_a_wish(product: FullStack) -> None:
    email = people.invited(product.accounts)
    result = take(product, turn_of(f"send {email} a new invite"))
    wish = {"command": "resend", "arguments": {"address": email}}
    assert (result["wish"], result["replies"]) == (wish, [])
    assert product.backend.seen_for(email) == []


def test_a_look_at_the_backend_is_put_in_order(product: FullStack) -> None:
    text = only_text(
        take(product, turn_of(command("status", address="sam@example.com")))
    )
    assert "- Role: site admin" in text
    answer = take(product, turn_of(command("resend_expired", site="", as_json=True)))
    plan = answer["plan"]
    assert "ivo@example.com" in plan["addresses"]
    content = only_text(answer).removeprefix("```json\n").removesuffix("\n```")
    assert json.loads(content)["total"] == plan["total"]


@pytest.mark.parametrize(
    "fault",
    [Fault.REFUSES_CONNECTIONS, Fault.HANGS, Fault.ANSWERS_500, Fault.TALKS_RUBBISH],
    ids=lambda fault: fault.name.lower(),
)
def test_with_the_backend_broken_an_admin_is_told_in_time(
    fault: Fault, product: FullStack
) -> None:
    email = people.invited(product.accounts)
    chat = product.chat()
    with product.backend.broken(fault), ThreadPoolExecutor(1) as threads:
        turn = turn_of(command("resend", address=email))
        waiting = threads.submit(take, product, turn)
        assert not chat.say("how do I log in?").has_trouble
        result = waiting.result(LONGEST_SILENCE_S)
    assert "doesn't answer right now, so nothing was sent" in only_text(result)
    assert result["receipts"][0]["result"] == "refused"
    assert mails_in_the_end(product, email) == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.ANSWERS_500, Fault.ACCEPTS_THEN_HANGS],
    ids=lambda fault: fault.name.lower(),
)
def test_one_of_many_is_taken_again_and_mailed_once(
    fault: Fault, product: FullStack
) -> None:
    email = people.invited(product.accounts)
    turn = turn_of(command("resend", address=email, key=f"bulk-{uuid4()}"))
    with product.backend.broken(fault):
        result = take(product, turn)
    assert (result["trouble"], result["receipts"]) == (True, [])
    result = take(product, turn)
    assert (result["trouble"], result["skipped"]) == (False, False)
    assert result["receipts"][0]["result"] == "accepted"
    assert mails_in_the_end(product, email) == 2


def test_without_the_action_server_the_turn_waits_for_it(product: FullStack) -> None:
    email = people.invited(product.accounts)
    turn = turn_of(command("resend", address=email))
    product.kill(product.actions)
    try:
        assert take(product, turn)["trouble"] is True
    finally:
        product.revive(product.actions)
    assert "is on its way" in only_text(take(product, turn))
    assert mails_in_the_end(product, email) == 2


# --- links and lost mails of contacts


def test_a_dead_link_is_explained_and_renewed(product: FullStack) -> None:
    email, link = people.invite(product.accounts)
    product.accounts.advance(hours=73)
    seen = product.accounts.staff().inspect_link(link)
    assert seen.issued_at is not None
    assert seen.expires_at is not None
    found = {
        "link_state": seen.state,
        "link_purpose": seen.purpose,
        "link_issued": seen.issued_at.isoformat(),
        "link_ended": "",
        "link_reference": seen.reference,
    }
    contact = Actor(f"contact:{uuid4()}")
    turn = turn_of(f"/report_link{json.dumps(found)}")
    told = take(product, turn, contact)
    assert "its time is up" in only_text(told)
    offered = told["replies"][0]["buttons"][0]
    pressed = Turn(turn.conversation_id, str(uuid4()), payload=offered["payload"])
    result = take(product, pressed, contact)
    assert "to the address that this link was made for" in only_text(result)
    assert email not in str(told) + str(result)
    assert result["acted"] is True
    fresh = product.accounts.next_link(email)
    assert product.accounts.staff().inspect_link(fresh).state == "valid"


def test_a_contact_who_asks_after_a_mail_hears_nothing_of_the_account(
    product: FullStack,
) -> None:
    said = []
    for person in (people.stranger, people.invited, people.active):
        chat, email = product.chat(), person(product.accounts)
        chat.ask_for_invite(email)
        chat.press("Yes, send it")
        wait_for(lambda at=email: product.accounts.mails(at), "the mail")
        said.append(chat.say("it still hasn't come").text.replace(email, "<it>"))
    assert len(set(said)) == 1
