"""Commands, links and lost mails against the real account backend and its mailbox."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from accounts.client import LinkState
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.service import AccountsRun, wait_for
from tests.actions.action_server import ActionServer
from tests.actions.calls import Json, actor_token, call, said, user_event
from tests.actions.command_calls import do, entities
from tests.actions.submissions import submission, without_times


def test_a_resend_arrives_and_can_be_taken_back(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email, old = people.invite(real_backend)
    sent = do(server, "resend", address=email)
    assert f"A new invitation is on its way to {email}" in sent.text
    assert sent.receipt is not None
    new = real_backend.next_link(email)
    inspect = real_backend.staff().inspect_link
    assert (inspect(old).state, inspect(new).state) == ("replaced", "valid")
    ends = datetime.fromisoformat(sent.receipt["expires_at"])
    known = inspect(new).expires_at
    assert known is not None
    assert abs((ends - known).total_seconds()) < 30

    undone = do(server, "undo", key=sent.receipt["key"])
    assert f"sent to {email} no longer works" in undone.text
    assert inspect(new).withdrawn_at is not None
    again = do(server, "undo", key=sent.receipt["key"])
    assert again.text == undone.text


def test_a_link_that_was_used_stays_used(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email = people.invited(real_backend)
    sent = do(server, "resend", address=email)
    people.accept(Browser(real_backend.base_url), real_backend.next_link(email))
    assert sent.receipt is not None
    result = do(server, "undo", key=sent.receipt["key"])
    assert "was used already" in result.text


def test_the_same_command_twice_sends_one_mail(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email = people.invited(real_backend)
    where = {"conversation": uuid4().hex, "message": uuid4().hex}
    for _ in range(3):
        do(server, "resend", address=email, **where)
    last = people.active(real_backend)
    do(server, "reset", address=last)
    real_backend.next_mail(last)  # the queue is in order: nothing can come any more
    assert len(real_backend.mails(email)) == 2


@pytest.mark.parametrize(
    ("person", "command", "words"),
    [
        (people.stranger, "resend", "There is no account"),
        (people.active, "resend", "is active and needs no invitation"),
        (people.invited, "reset", "hasn't accepted the invitation"),
        (people.unconfirmed, "resend", "a new mail to confirm the account"),
        (people.unconfirmed, "reset", "confirms the account too"),
        (people.active, "reset", "A link for a new password is on its way"),
    ],
)
def test_admins_hear_the_truth(
    person: Callable[[AccountsRun], str],
    command: str,
    words: str,
    server: ActionServer,
    real_backend: AccountsRun,
) -> None:
    result = do(server, command, address=person(real_backend))
    assert words in result.text


def test_whoever_accepts_in_the_middle_of_a_run_is_left_out(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email = people.active(real_backend)
    result = do(server, "resend", address=email, key=uuid4().hex)
    assert result.notes == {"skipped": True}


def test_looks_at_a_real_backend(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    text = do(server, "status", address="ivo@example.com").text
    assert "`Ivo Novak` · `ivo@example.com`" in text
    assert "ran out" in text
    assert "`sam@example.com`" in do(server, "find", part="Okafor").text
    assert "ivo@example.com" in do(server, "invites", state="expired").text
    plan = do(server, "resend_expired", site="harbour house").notes["plan"]
    assert "ivo@example.com" in plan["addresses"]
    assert plan["total"] == len(plan["addresses"])


def test_a_bounce_is_seen_explained_and_lifted(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email = "bounce@example.com"
    browser = Browser(real_backend.base_url)
    browser.fill("/register", email=email, first_name="Bo", last_name="Unce")
    staff = real_backend.staff()
    wait_for(lambda: staff.suppression(email), "the bounce")
    text = do(server, "deliveries", address=email).text
    assert "came back: there is no mailbox with this address" in text
    assert "Mails are held back since" in text
    dry = do(server, "resend", address=email, dry_run=True)
    assert "would be lifted first" in dry.text
    assert staff.suppression(email) is not None
    sent = do(server, "resend", address=email)
    assert "that is lifted now" in sent.text
    assert len(staff.deliveries(email)) == 2


# --- contacts


def pasted(run: AccountsRun, link: str) -> tuple[str, Json]:
    """Return the state of a link and what the help desk sends of it."""
    seen = run.staff().inspect_link(link)
    ended = seen.withdrawn_at or seen.used_at or seen.replaced_at or seen.expires_at
    state = "withdrawn" if seen.withdrawn_at else seen.state.value
    found = {
        "link_state": state,
        "link_purpose": seen.purpose.value if seen.purpose else "",
        "link_issued": seen.issued_at.isoformat() if seen.issued_at else "",
        "link_ended": ended.isoformat() if ended else "",
        "link_reference": seen.reference or "",
    }
    event = user_event("report_link")
    event["parse_data"]["entities"] = entities(**found)
    return state, call("action_report_link", event)


def renewal(reference: str) -> Json:
    """Return the press of the button for a new link."""
    conversation, message = uuid4().hex, uuid4().hex
    token = actor_token(conversation, message)
    event = user_event("renew_link", message=message, actor=token)
    found = entities(link_reference=reference, link_purpose="invite")
    event["parse_data"]["entities"] = found
    return call("action_renew_link", event, conversation=conversation)


def test_a_dead_link_is_explained_and_renewed_to_the_address_on_file(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email, old = people.invite(real_backend)
    do(server, "resend", address=email)
    new = real_backend.next_link(email)
    state, sent = pasted(real_backend, old)
    assert state == LinkState.REPLACED
    result = server.run(sent)
    assert said(result) == ["utter_link_replaced"]
    assert email not in str(result)
    reference = real_backend.staff().inspect_link(old).reference
    assert reference is not None
    renewed = server.run(renewal(reference))
    assert said(renewed) == ["utter_link_renewed"]
    assert email not in str(renewed)
    newest = real_backend.next_link(email)
    inspect = real_backend.staff().inspect_link
    assert (inspect(new).state, inspect(newest).state) == ("replaced", "valid")


@pytest.mark.parametrize("reference", ["forged", "Z" * 300])
def test_a_forged_reference_sends_nothing_and_sounds_the_same(
    reference: str, server: ActionServer, real_backend: AccountsRun
) -> None:
    assert said(server.run(renewal(reference))) == ["utter_link_renewed"]


def test_who_has_proven_the_address_hears_of_the_real_mail(
    server: ActionServer, real_backend: AccountsRun
) -> None:
    email = people.invited(real_backend)
    token = actor_token("c", "m", adr=[email])
    event = user_event("report_no_mail", message="m", actor=token)
    result = server.run(call("action_help_with_mail", event, conversation="c"))
    (told,) = result["responses"]
    assert told["response"] == "utter_mail_accepted"
    assert told["letter"] == "invitation"


PEOPLE: dict[str, Any] = {
    "unknown": people.stranger,
    "invited": people.invited,
    "unconfirmed": people.unconfirmed,
    "active": people.active,
    "locked": people.locked,
}


@pytest.mark.parametrize("kind", ["invite", "password_reset"])
def test_a_contact_hears_and_gets_the_same_receipt_whatever_the_address(
    kind: str, server: ActionServer, real_backend: AccountsRun
) -> None:
    results = []
    for person in PEOPLE.values():
        email = person(real_backend)
        sent = submission(email, kind, conversation="c", message=uuid4().hex)
        result = without_times(server.run(sent))
        receipt = result["responses"][0]["custom"]["receipt"]
        assert receipt.pop("address") == email
        del receipt["key"]
        results.append(result)
    assert all(result == results[0] for result in results)
