"""Where answers are mailed to, and who says so; real mailbox, both databases."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from foundation.database import Database
from foundation.secret import Secret
from helpdesk.desk.errors import BadAddressError, NotFoundError
from helpdesk.desk.identity import Identity
from helpdesk.desk.letter_addresses import forget_address, stop_letters
from helpdesk.desk.letter_tokens import LetterTokens, Purpose
from helpdesk.desk.letters import plan_answers
from helpdesk.store.models import Contact
from helpdesk.store.rows import get
from tests.helpdesk.letter_steps import (
    MINUTE,
    PUBLIC_URL,
    TOKENS,
    Case,
    Outbox,
    body,
)

LINK = re.compile(r"https://help\.example\.com/mail/\S+")
BOB = Identity("https://shop.example", "customer-7", "Bob", "Bob@Example.com")


def test_a_vouched_address_needs_no_proof_but_a_wish(
    shared_record: Database, outbox: Outbox
) -> None:
    case = Case.of(shared_record, outbox, BOB)
    case.desk.say("The door does not open")
    case.take_over()
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    case.look()
    assert case.news() == []
    assert case.leave("bob@example.com").proven_at
    case.look()
    (mail,) = case.news()
    assert "Hello Bob," in body(mail)
    # Any other address has to be proven, and does not become the site's word.
    assert case.leave("bob@private.example").proven_at is None
    assert case.prove()
    with shared_record.reading() as session:
        assert get(session, Contact, id=case.desk.contact).email == BOB.email


def test_a_proven_address_is_shown_to_agents(case: Case) -> None:
    case.leave("shown@example.com")
    with case.desk.database.reading() as session:
        assert get(session, Contact, id=case.desk.contact).email is None
    case.prove()
    with case.desk.database.reading() as session:
        contact = get(session, Contact, id=case.desk.contact)
    assert contact.email == "shown@example.com"


def test_a_proof_is_good_for_a_day_and_for_its_own_address(case: Case) -> None:
    case.leave("early@example.com")
    first = case.address().proof_id
    case.pass_time(timedelta(hours=24, seconds=1))
    assert not case.prove()
    case.leave("two@example.com")
    assert case.address().proof_id != first
    assert case.prove()
    assert case.prove()  # twice is no harm
    case.leave("three@example.com")
    assert case.address().proven_at is None


def test_what_waits_for_an_old_address_goes_to_the_new_one_when_that_is_proven(
    case: Case,
) -> None:
    case.leave_proven("old@example.com")
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    with case.desk.database.transaction() as session:
        plan_answers(session, case.desk.now)
    case.leave("new@example.com")
    case.look()
    assert [mail["To"] for mail in case.news()] == ["new@example.com"]  # the question
    case.prove()
    case.look()
    (mail,) = case.news()
    assert (mail["To"], "One." in body(mail)) == ("new@example.com", True)


@pytest.mark.parametrize("who", ["owner", "contact"])
def test_after_a_stop_nothing_more_is_mailed(
    case: Case, outbox: Outbox, who: str
) -> None:
    case.leave_proven("stop@example.com")
    proof_id = case.address().proof_id
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    with case.desk.database.transaction() as session:
        if who == "owner":
            stop_letters(session, proof_id, case.desk.now)
        else:
            forget_address(session, case.desk.contact, case.desk.now)
    case.look()
    assert case.news() == []
    assert not case.prove()
    case.leave("stop@example.com")
    case.look()
    (question,) = case.news()
    assert question["Subject"] == "Shall we mail you the answer?"


def test_asking_twice_at_once_mails_once(case: Case) -> None:
    case.leave("twice@example.com")
    case.leave("twice@example.com")
    case.look()
    assert len(case.news()) == 1
    case.pass_time(3 * MINUTE)
    case.leave("twice@example.com")
    case.look()
    assert len(case.news()) == 1
    case.prove()
    case.pass_time(3 * MINUTE)
    assert case.leave("twice@example.com").proven_at
    case.look()
    assert case.news() == []


def test_the_seventh_mail_of_a_contact_in_an_hour_is_not_sent(case: Case) -> None:
    for number in range(8):
        case.leave(f"n{number}@example.com")
        case.look()
        case.pass_time(MINUTE)
    assert len(case.news()) == 6
    case.pass_time(timedelta(hours=1))
    case.leave("later@example.com")
    case.look()
    assert len(case.news()) == 1


def test_an_address_is_asked_three_times_an_hour_by_whoever(case: Case) -> None:
    for _ in range(5):
        other = Case.of(case.desk.database, case.outbox)
        other.leave("victim@example.com")
        other.look()
    assert len(other.news()) == 3


def test_no_address_and_no_conversation_of_others_is_taken(case: Case) -> None:
    for typed in ("", "nobody", "a@b@c", "ana@example.com\nBcc: all@example.com"):
        with pytest.raises(BadAddressError):
            case.leave(typed)
    case.desk.conversation = case.desk.other().conversation
    with pytest.raises(NotFoundError):
        case.leave("ana@example.com")


def test_tokens_are_for_one_purpose_and_cannot_be_made_up() -> None:
    its_id = uuid4()
    token = TOKENS.issue(Purpose.PROOF, its_id)
    assert TOKENS.read(Purpose.PROOF, token) == its_id
    assert TOKENS.read(Purpose.STOP, token) is None
    assert LetterTokens(Secret("x" * 32)).read(Purpose.PROOF, token) is None
    for made_up in ("", "a" * 42, token[:-1], token + "a", "é" * 42, "1" * 42):
        assert TOKENS.read(Purpose.PROOF, made_up) is None
    flipped = ("b" if token[0] == "a" else "a") + token[1:]
    assert TOKENS.read(Purpose.PROOF, flipped) is None
    assert TOKENS.find(Purpose.PROOF, ["no", f"<x.{flipped}@y> <z.{token}@y>"]) == (
        its_id
    )
    assert PUBLIC_URL not in token
