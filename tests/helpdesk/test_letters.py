"""Which mails go to contacts, when, and what they say; real mailbox, both databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from helpdesk.desk.conversations import mark_seen
from helpdesk.desk.identity import Identity
from helpdesk.desk.letter_tokens import Purpose
from helpdesk.desk.letters import LEASE, plan_answers, take_letters
from helpdesk.store.models import Attachment
from helpdesk.store.rows import add
from helpdesk.store.words import Kind, LetterState, Sender
from tests.accounts.service import free_port
from tests.helpdesk.letter_steps import (
    MINUTE,
    TOKENS,
    Case,
    body,
)

LINK = re.compile(r"https://help\.example\.com/mail/\S+")
BOB = Identity("https://shop.example", "customer-7", "Bob", "Bob@Example.com")


def see(case: Case, seq: int) -> None:
    with case.desk.database.transaction() as session:
        mark_seen(session, case.desk.contact, case.desk.conversation, seq)


def test_an_address_is_asked_before_it_gets_anything(case: Case) -> None:
    case.leave(" Ana@Example.COM ")
    case.reply("I have opened it for you.")
    case.pass_time(5 * MINUTE)
    case.look()
    case.look()
    (proof,) = case.news()
    assert proof["To"] == "ana@example.com"
    assert "I have opened it" not in proof.as_string()
    assert "site 4" not in proof.as_string()
    assert "until Tuesday 3 March 2026, 09:00 UTC" in body(proof)
    (link,) = LINK.findall(body(proof))
    proof_id = TOKENS.read(Purpose.PROOF, link.rpartition("/")[2])
    assert proof_id == case.address().proof_id
    assert link in body(proof, "html")
    assert case.prove()
    case.look()
    (answer,) = case.news()
    assert "I have opened it for you." in body(answer)


def test_unseen_replies_come_after_two_minutes_in_one_mail(case: Case) -> None:
    case.leave_proven("batch@example.com")
    case.reply("First, **please** wait.")
    case.pass_time(timedelta(seconds=119))
    case.look()
    assert case.news() == []
    case.reply("Between agents only", Kind.NOTE)
    case.reply("Now it's done <script>alert(1)</script>.")
    case.pass_time(timedelta(seconds=1))
    case.look()
    case.look()
    (mail,) = case.news()
    assert mail["Subject"] == (
        f"Your question to SALTO KS help ({case.desk.conversation.hex[:8]})"
    )
    text, page = body(mail), body(mail, "html")
    assert "> The door of site 4 does not open" in text
    assert "Ana answered on Monday 2 March 2026 at 09:00 UTC:" in text
    assert text.index("First, **please** wait.") < text.index("Now it's done")
    assert "<strong>please</strong>" in page
    assert "<script" not in page
    assert "Between agents" not in text + page
    assert mail["Reply-To"] is None
    assert "Answers to this mail do not reach us there." in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].strip("<>") in text


def test_the_next_mail_carries_only_what_is_new_and_belongs_to_the_thread(
    case: Case,
) -> None:
    case.leave_proven("thread@example.com")
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    case.look()
    case.reply("Two.")
    case.pass_time(3 * MINUTE)
    case.look()
    first, second = case.news()
    assert "One." not in body(second)
    assert second["Subject"] == f"Re: {first['Subject']}"
    assert second["In-Reply-To"] == first["Message-ID"]
    assert first["Message-ID"] in second["References"]
    assert second["Message-ID"] != first["Message-ID"]


def test_with_an_inbox_answers_come_back_to_the_conversation(case: Case) -> None:
    case.answer_to = "answers@help.example.com"
    case.leave_proven("inbox@example.com")
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    case.look()
    (mail,) = case.news()
    (address,) = mail["Reply-To"].addresses
    name, _, token = address.username.partition("+")
    assert (name, address.domain) == ("answers", "help.example.com")
    assert len(address.username) <= 64
    assert TOKENS.read(Purpose.ANSWER, token.upper()) == case.desk.conversation
    assert TOKENS.find(Purpose.ANSWER, [mail["Message-ID"]]) == case.desk.conversation
    assert "reply to this mail" in body(mail)


def test_files_are_named_and_stay_in_the_chat(case: Case) -> None:
    case.leave_proven("files@example.com")
    file = Attachment(
        conversation_id=case.desk.conversation,
        seq=case.reply("See the plan."),
        sender=Sender.AGENT,
        name="plan <1>.pdf",
        media_type="application/pdf",
        size=3,
        content=b"PDF",
        created_at=case.desk.now,
    )
    with case.desk.database.transaction() as session:
        add(session, file)
    case.pass_time(3 * MINUTE)
    case.look()
    (mail,) = case.news()
    assert "A file came with it: plan <1>.pdf. You find it in the chat." in body(mail)
    assert "plan &lt;1&gt;.pdf" in body(mail, "html")


def test_whoever_reads_in_the_chat_gets_no_mail(case: Case) -> None:
    case.leave_proven("reads@example.com")
    seq = case.reply("Done.")
    see(case, seq)
    case.pass_time(10 * MINUTE)
    case.look()
    assert case.news() == []
    case.reply("And one more thing.")
    case.pass_time(3 * MINUTE)
    case.look()
    (mail,) = case.news()
    assert "Done." not in body(mail)


def test_whoever_comes_back_before_the_mail_went_out_gets_none(case: Case) -> None:
    case.leave_proven("back@example.com")
    seq = case.reply("Done.")
    case.pass_time(3 * MINUTE)
    case.port = free_port()
    case.look()
    assert case.letters()[-1][0] is LetterState.WAITING
    see(case, seq)
    case.port = case.outbox.smtp_port
    case.pass_time(MINUTE)
    case.look()
    assert case.news() == []
    why = "the contact has read it in the chat"
    assert case.letters()[-1] == (LetterState.DROPPED, why)


def test_the_assistant_is_never_mailed(case: Case) -> None:
    other = Case.of(case.desk.database, case.outbox)
    other.leave_proven("robot@example.com")
    other.desk.answer(other.desk.say("my invitation has expired"))
    other.pass_time(10 * MINUTE)
    other.look()
    assert other.news() == []


def test_letters_wait_for_a_mail_server_that_is_down_and_go_out_once(
    case: Case,
) -> None:
    case.leave_proven("down@example.com")
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    case.port = free_port()
    case.look()
    assert "cannot be reached" in str(case.letters()[-1][1])
    case.reply("Two, while it was down.")
    case.pass_time(timedelta(seconds=5))
    case.port = case.outbox.smtp_port
    case.look()
    assert case.news() == []  # not tried again before its time
    case.pass_time(timedelta(seconds=5))
    case.look()
    (mail,) = case.news()
    assert "Two" not in body(mail)
    case.pass_time(3 * MINUTE)
    case.look()
    (mail,) = case.news()
    assert "Two, while it was down." in body(mail)


def test_a_letter_whose_sender_died_is_sent_again_under_the_same_id(case: Case) -> None:
    case.leave_proven("died@example.com")
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    with case.desk.database.transaction() as session:
        (letter,) = plan_answers(session, case.desk.now)
    with case.desk.database.transaction() as session:
        assert len(take_letters(session, case.desk.now, 5)) >= 1
    case.look()
    assert case.news() == []  # somebody has it
    case.pass_time(LEASE)
    case.look()
    (mail,) = case.news()
    assert letter.id.hex in mail["Message-ID"]


def test_an_address_that_refuses_for_good_is_not_tried_again(case: Case) -> None:
    case.leave_proven("bounce@example.com")
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    case.look()
    case.pass_time(timedelta(hours=2))
    case.look()
    (state, reason) = case.letters()[-1]
    assert state is LetterState.REFUSED
    assert str(reason).startswith("550")
    assert case.news() == []


def test_a_letter_is_given_up_after_two_days(case: Case) -> None:
    case.port = free_port()
    case.leave_proven("never@example.com")
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    for _ in range(8):
        case.look()
        case.pass_time(timedelta(hours=1))
    assert case.letters()[-1][0] is LetterState.WAITING
    case.pass_time(timedelta(hours=48))
    case.look()
    (state, reason) = case.letters()[-1]
    assert state is LetterState.REFUSED
    assert str(reason).startswith("gave up: ")


def test_many_processes_plan_and_send_a_batch_once(case: Case) -> None:
    case.leave_proven("race@example.com")
    case.reply("One.")
    case.pass_time(3 * MINUTE)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: case.look(), range(4)))
    assert len(case.news()) == 1
