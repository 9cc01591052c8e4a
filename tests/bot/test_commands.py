"""Commands, links and an admin's words in the trained assistant, with the real actions.

The account backend is a closed port: what gets as far as that ends in “doesn't answer”.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.turn import InvalidTurnError, TurnTaker
from tests.bot.own_actions import run_own_actions, signed_for
from tests.bot.turns import Run, new_id, pressed, slot_value, texts, typed

AWAY, ONLY_ADMINS = "The account system doesn't answer", "Only admins can do that"
ADDRESS, CONFIRM, STOPPED = "Which e-mail address", "Shall I?", "Nothing was sent"
EXPIRED, NO_PROMISE = "its time is up", "I can't promise"
ANA = "ana@example.com"


@pytest.fixture(scope="module")
def taker(agent: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnTaker]:
    """A turn taker whose actions are the product's own."""
    with run_own_actions(agent, tmp_path_factory.mktemp("actions")) as running:
        yield running


def command(name: str, **arguments: Any) -> str:
    """Return the payload of a command."""
    given = {"command": name, "arguments": json.dumps(arguments)}
    return f"/run_command{json.dumps(given)}"


def link(state: str) -> str:
    """Return the payload of a pasted link."""
    found = {"link_state": state, "link_purpose": "invite", "link_reference": "ref"}
    times = {"link_issued": "2026-01-01T00:00:00+00:00", "link_ended": ""}
    return f"/report_link{json.dumps({**found, **times})}"


class Chat:
    """A conversation with one person of a role."""

    def __init__(self, taker: TurnTaker, run: Run, role: str = "admin") -> None:
        self._taker, self._run, self._role = taker, run, role
        self.id = new_id()

    def say(self, text: str, **claims: Any) -> dict[str, Any]:
        """Type something, or press what begins with a slash."""
        make = pressed if text.startswith("/") else typed
        turn = signed_for(make(text, self.id), self._role, **claims)
        result: dict[str, Any] = self._run(self._taker.take(turn))
        return result

    def slot(self, name: str) -> Any:
        """Return what a slot holds."""
        return self._run(slot_value(self._taker, self.id, name))


@pytest.fixture
def admin(taker: TurnTaker, run: Run) -> Chat:
    """An admin's own chat."""
    return Chat(taker, run)


def test_a_command_gets_to_its_action_and_ends_in_words(admin: Chat) -> None:
    result = admin.say(command("status", address=ANA))
    (text,) = texts(result)
    assert text.startswith(AWAY)
    assert result["nlu"]["intent"] == "run_command"
    assert result["actions"] == [{"name": "action_run_command", "outcome": "done"}]
    assert result["trouble"] is False


def test_a_mail_that_was_not_asked_for_has_a_receipt(admin: Chat) -> None:
    result = admin.say(command("resend", address=ANA))
    (receipt,) = result["receipts"]
    assert (receipt["address"], receipt["result"]) == (ANA, "refused")
    assert result["acted"] is False


@pytest.mark.parametrize("role", ["contact", "agent", "lead", "auditor"])
def test_nobody_else_commands(role: str, taker: TurnTaker, run: Run) -> None:
    (text,) = texts(Chat(taker, run, role).say(command("resend", address=ANA)))
    assert text.startswith(ONLY_ADMINS)


@pytest.mark.parametrize("text", ["run_command", "/run_command", "// run_command"])
def test_a_command_cannot_be_typed(text: str, admin: Chat) -> None:
    turn = signed_for(typed(text, admin.id), "admin")
    result = admin._run(admin._taker.take(turn))
    assert result["nlu"]["intent"] != "run_command"


def test_one_of_many_is_to_be_sent_again_while_the_backend_is_down(
    admin: Chat, trouble: str
) -> None:
    result = admin.say(command("resend", address=ANA, key="turn-7"))
    assert result["trouble"] is True
    assert texts(result) == [trouble]
    # Nothing of it was kept, so the same turn is a new try.
    again = admin.say(command("resend", address=ANA, key="turn-7"))
    assert again["trouble"] is True


def test_a_command_leaves_the_form_as_it_is(admin: Chat) -> None:
    assert ADDRESS in texts(admin.say("send a new invitation"))[0]
    (text,) = texts(admin.say(command("find", part="ana")))
    assert text.startswith(AWAY)
    assert admin.slot("requested_slot") == "email"
    (question,) = texts(admin.say(f"it's {ANA}"))
    assert CONFIRM in question
    (text,) = texts(admin.say(command("invites", state="")))
    assert text.startswith(AWAY)
    assert admin.slot("requested_slot") == "recovery_confirmed"
    assert STOPPED in texts(admin.say("no"))[0]


# --- in an admin's own words


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("send ana@example.com a new invite", "resend"),
        ("please resend the invitation to ana@example.com", "resend"),
        ("resend invite to ana@example.com", "resend"),
        ("reset the password of ana@example.com", "reset"),
        ("send a password reset to ana@example.com please", "reset"),
    ],
)
def test_an_admins_words_stand_for_a_command(
    text: str, wanted: str, admin: Chat
) -> None:
    for _ in range(2):  # nothing is left over from the first
        result = admin.say(text)
        assert result["wish"] == {"command": wanted, "arguments": {"address": ANA}}
        assert result["replies"] == []
        assert result["receipts"] == []
        assert admin.slot("email") is None
        assert admin.slot("requested_slot") is None
    assert ADDRESS in texts(admin.say("reset my password"))[0]


def test_without_an_address_an_admin_is_asked(admin: Chat) -> None:
    assert ADDRESS in texts(admin.say("send a new invitation"))[0]
    result = admin.say(ANA)
    assert CONFIRM in texts(result)[0]
    assert result["wish"] is None
    wish = admin.say("yes")["wish"]
    assert wish == {"command": "resend", "arguments": {"address": ANA}}


@pytest.mark.parametrize("role", ["contact", "agent"])
def test_anybody_else_is_asked_first(role: str, taker: TurnTaker, run: Run) -> None:
    result = Chat(taker, run, role).say(f"resend invite to {ANA}")
    assert CONFIRM in texts(result)[0]
    assert result["wish"] is None


# --- links


def test_what_became_of_a_link_is_said_and_a_new_one_offered(
    taker: TurnTaker, run: Run
) -> None:
    result = Chat(taker, run, "contact").say(link("expired"))
    (reply,) = result["replies"]
    assert EXPIRED in reply["text"]
    assert "It was sent" in reply["text"]
    offered, person = reply["buttons"]
    assert offered["title"] == "Send me a new one"
    renewed = {"link_reference": "ref", "link_purpose": "invite"}
    assert json.loads(offered["payload"].removeprefix("/renew_link")) == renewed
    assert person["payload"] == "/talk_to_human"


@pytest.mark.parametrize(
    "state",
    [
        *("expired", "used", "replaced", "withdrawn"),
        *("valid", "unknown", "foreign", "unchecked"),
    ],
)
def test_no_state_shows_a_bare_placeholder(
    state: str, taker: TurnTaker, run: Run
) -> None:
    (reply,) = Chat(taker, run, "contact").say(link(state))["replies"]
    assert "{" not in reply["text"]
    assert reply.get("buttons") or state == "valid"


def test_the_form_goes_on_after_a_link_and_ends_with_a_new_one(
    taker: TurnTaker, run: Run
) -> None:
    chat = Chat(taker, run, "contact")
    assert ADDRESS in texts(chat.say("send me a new invitation"))[0]
    told, question = chat.say(link("expired"))["replies"]
    assert EXPIRED in told["text"]
    assert ADDRESS in question["text"]
    result = chat.say(told["buttons"][0]["payload"])
    (text,) = texts(result)
    assert NO_PROMISE in text
    assert result["receipts"][0]["address"] is None
    assert chat.slot("requested_slot") is None
    assert ADDRESS in texts(chat.say("reset my password"))[0]


def test_a_new_link_needs_somebody_who_may(taker: TurnTaker, run: Run) -> None:
    chat = Chat(taker, run, "contact")
    payload = '/renew_link{"link_reference": "ref", "link_purpose": "invite"}'
    result = chat.say(payload, act=False)
    assert "several e-mails were asked for" in texts(result)[0]
    assert result["receipts"] == []


def test_a_payload_with_more_than_it_may_have_is_refused(admin: Chat) -> None:
    with pytest.raises(InvalidTurnError):
        admin.say('/run_command{"command": "status", "role": "admin"}')
