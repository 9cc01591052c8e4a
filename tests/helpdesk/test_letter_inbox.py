"""Answers by mail become messages, once; whatever else arrives is left alone."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.message import EmailMessage

import pytest
from imap_tools import MailMessage
from PIL import Image

from helpdesk.desk.account_backend import AccountBackend
from helpdesk.desk.events import MessageCreated
from helpdesk.desk.hours import Hours
from helpdesk.desk.letter_reading import answer_of
from helpdesk.desk.typed_text import LONGEST_TEXT
from helpdesk.inbox import LARGEST_MAIL_BYTES, Verdict
from helpdesk.store.models import Attachment, Conversation, Message
from helpdesk.store.rows import change, get, table_of
from helpdesk.store.words import HandoffReason, Kind, Owner, Sender, Status
from tests.accounts.service import free_port
from tests.helpdesk.imap_server import answer, run_imap_server
from tests.helpdesk.letter_steps import ANSWER_TO, MINUTE, Case
from tests.helpdesk.pasted import HOST, LINK, SECRET, holds_secret
from tests.helpdesk.scripted_accounts import inspection, run_scripted_accounts

BOB = "bob@example.com"
QUOTED = """On Mon, 2 Mar 2026 at 09:05, SALTO KS <answers@help.example.com> wrote:
> Ana answered on Monday 2 March 2026 at 09:00 UTC:
>
> Which door is it?
"""


@pytest.fixture
def letter(case: Case) -> EmailMessage:
    """What an agent asked, as it arrived at the contact's."""
    case.answer_to = ANSWER_TO
    case.leave_proven(BOB)
    case.reply("Which door is it?")
    case.pass_time(3 * MINUTE)
    case.look()
    return case.news()[-1]


def last(case: Case) -> Message:
    with case.desk.database.reading() as session:
        row = case.desk.row()
        return get(session, Message, conversation_id=row.id, seq=row.last_contact_seq)


def test_an_answer_by_mail_becomes_a_message_once(
    case: Case, letter: EmailMessage
) -> None:
    mail = answer(letter, f"The front door.\n\nBob\n\n{QUOTED}", BOB)
    before = case.desk.row().last_seq
    assert case.receive(mail, mail) == [Verdict.READ, Verdict.READ]
    assert case.receive(mail) == [Verdict.READ]
    row, said = case.desk.row(), last(case)
    assert row.last_seq == before + 1
    assert (said.sender, said.kind) == (Sender.CONTACT, Kind.INCOMING)
    assert said.text == "The front door.\n\nBob"
    assert said.details["mail_id"] == "<answer-1@mail.example>"
    assert row.owner is Owner.AGENT
    told = [e.message.seq for e in case.told.events if isinstance(e, MessageCreated)]
    assert told == [said.seq]
    assert case.told.turns == []


def test_the_next_letter_answers_the_contacts_mail(
    case: Case, letter: EmailMessage
) -> None:
    case.receive(answer(letter, "The front door.", BOB))
    case.reply("Thank you, it opens now.")
    case.pass_time(3 * MINUTE)
    case.look()
    (following,) = case.news()
    assert following["In-Reply-To"] == "<answer-1@mail.example>"
    assert letter["Message-ID"] in following["References"]
    assert "> The front door." in str(following.get_body(("plain",)))


def test_the_same_mail_seen_by_four_processes_at_once_is_one_message(
    case: Case, letter: EmailMessage
) -> None:
    mail, before = answer(letter, "Front.", BOB), case.desk.row().last_seq
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda _: case.receive(mail)[0], range(4)))
    assert verdicts == [Verdict.READ] * 4
    assert case.desk.row().last_seq == before + 1


def test_the_thread_is_enough_if_the_address_was_lost(
    case: Case, letter: EmailMessage
) -> None:
    mail = answer(letter, "Front.", BOB.upper(), To="help@example.com")
    assert case.receive(mail) == [Verdict.READ]
    assert last(case).text == "Front."


def test_a_mail_that_is_not_the_contacts_is_left_to_people(
    case: Case, letter: EmailMessage
) -> None:
    reply_to = str(letter["Reply-To"])
    local = reply_to.partition("+")[2].partition("@")[0]
    forged = reply_to.replace(local, ("b" if local[0] == "a" else "a") + local[1:])
    other = Case.of(case.desk.database, case.outbox)
    other.leave("unproven@example.com")
    nothing = {"In_Reply_To": "", "References": ""}
    before = case.desk.row().last_seq
    mails = {
        "forged": answer(letter, "x", BOB, To=forged, **nothing),
        "no token": answer(letter, "x", BOB, To=ANSWER_TO, **nothing),
        "stranger": answer(letter, "x", "eve@example.com"),
        "unproven": answer(letter, "x", "unproven@example.com"),
        "no sender": answer(letter, "x", BOB, From="undisclosed"),
        "no id": answer(letter, "x", BOB, mail_id=""),
        "empty": answer(letter, QUOTED.replace("On Mon", "> On Mon"), BOB),
        "huge": answer(letter, "word " * 5_000, BOB),
        "rubbish": b"\x00\xff" * 500,
    }
    verdicts = dict(zip(mails, case.receive(*mails.values()), strict=True))
    assert verdicts == dict.fromkeys(mails, Verdict.LEFT)
    assert case.desk.row().last_seq == before


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<all.example.com>"},
        {"Return_Path": "<>"},
        {"Content_Type": "multipart/report; boundary=x"},
        {"From": "Mail <MAILER-DAEMON@example.com>"},
    ],
    ids=lambda header: next(iter(header)),
)
def test_what_no_person_wrote_is_ignored(
    case: Case, letter: EmailMessage, header: dict[str, str]
) -> None:
    before = case.desk.row().last_seq
    absent = answer(letter, "I am away until Monday.", BOB, **header)
    assert case.receive(absent) == [Verdict.READ]
    assert case.desk.row().last_seq == before


def test_secrets_are_cut_out_of_mails(case: Case, letter: EmailMessage) -> None:
    case.receive(answer(letter, "my password is hunter2Hunter!", BOB))
    said = last(case)
    assert "hunter2" not in said.text
    assert said.details["redactions"] == ["password"]
    case.receive(answer(letter, "my password is hunter2Hunter!", BOB))
    assert last(case).seq == said.seq


def test_a_long_answer_becomes_two_messages(case: Case, letter: EmailMessage) -> None:
    text = ("A sentence about doors. " * 40 + "\n") * 6
    before = case.desk.row().last_seq
    assert case.receive(answer(letter, text + "The end.", BOB)) == [Verdict.READ]
    assert case.desk.row().last_seq == before + 2
    assert last(case).text.endswith("The end.")


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(drawn, "PNG")
    return drawn.getvalue()


def with_files(letter: EmailMessage, *files: tuple[str, bytes], text: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = BOB, str(letter["Reply-To"])
    mail["Message-ID"] = "<files@mail.example>"
    mail.set_content(text)
    for name, content in files:
        mail.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return mail.as_bytes()


def test_files_of_allowed_types_come_along(case: Case, letter: EmailMessage) -> None:
    files = [("door.png", picture()), ("tool.exe", b"MZ" + b"0" * 99)]
    assert case.receive(with_files(letter, *files, text="See.")) == [Verdict.PARTLY]
    (attached,) = last(case).details["attachments"]
    assert (attached["name"], attached["media_type"]) == ("door.png", "image/png")
    rows = table_of(Attachment).c
    with case.desk.database.reading() as session:
        wanted = rows.conversation_id == case.desk.conversation
        kept = session.execute(table_of(Attachment).select().where(wanted)).all()
    assert [(row.name, row.seq) for row in kept] == [("door.png", last(case).seq)]


def test_a_picture_alone_is_an_answer(case: Case, letter: EmailMessage) -> None:
    mail = with_files(letter, ("door.png", picture()), text="")
    assert case.receive(mail) == [Verdict.READ]
    assert last(case).text == ""
    assert len(last(case).details["attachments"]) == 1


def test_an_answer_to_what_the_assistant_has_goes_to_people(
    case: Case, letter: EmailMessage
) -> None:
    case.give_back()
    assert case.receive(answer(letter, "It is still closed.", BOB)) == [Verdict.READ]
    row = case.desk.row()
    assert (row.status, row.handoff_reason) == (Status.OPEN, HandoffReason.LETTER)
    assert row.waiting_since == case.desk.now


def test_an_answer_wakes_a_conversation_that_was_resolved_long_ago(
    case: Case, letter: EmailMessage
) -> None:
    case.give_back(Status.RESOLVED)
    case.receive(answer(letter, "It happened again.", BOB))
    row = case.desk.row()
    assert (row.status, row.handoff_reason) == (Status.OPEN, HandoffReason.LETTER)


def test_the_mailbox_shows_what_was_read_and_what_is_left(
    case: Case, letter: EmailMessage
) -> None:
    with run_imap_server() as mailbox:
        taken = mailbox.put(answer(letter, "The front door.", BOB))
        stranger = mailbox.put(answer(letter, "Me too!", "eve@example.com"))
        large = mailbox.put(
            answer(letter, "x", BOB, "<large@x>") + b"y" * LARGEST_MAIL_BYTES
        )
        absent = mailbox.put(
            answer(letter, "Away.", BOB, Auto_Submitted="auto-replied")
        )
        assert case.visit(mailbox.url) == 4
        assert mailbox.flags(taken) == mailbox.flags(absent) == {"seen"}
        assert mailbox.flags(stranger) == mailbox.flags(large) == {"flagged"}
        assert last(case).text == "The front door."
        assert case.visit(mailbox.url) == 0
        # Somebody marks it as unread: nothing happens twice.
        mailbox.mails[taken].flags.clear()
        seq = case.desk.row().last_seq
        assert case.visit(mailbox.url) == 1
        assert case.desk.row().last_seq == seq
        assert not any("DELETE" in said.upper() for said in mailbox.heard)


def test_a_mailbox_that_is_away_is_an_error_that_the_next_look_gets_over(
    case: Case,
) -> None:
    with pytest.raises(OSError, match="refused"):
        case.visit(f"imap://answers:x@127.0.0.1:{free_port()}/")
    with run_imap_server() as mailbox:
        with pytest.raises(Exception, match="wrong password"):
            case.visit(f"imap://answers:wrong@127.0.0.1:{mailbox.port}/")
        assert case.visit(mailbox.url) == 0


READ = [
    ("Yes.\n\n" + QUOTED, "Yes."),
    ("Yes.\n\nAm 02.03.2026 um 09:05 schrieb SALTO KS:\n> Hallo", "Yes."),
    (
        "Yes.\n\n-----Original Message-----\nFrom: X\nSent: Monday\nTo: Y\n\nHello",
        "Yes.",
    ),
    ("> Which door?\nThe front one.\n> And when?\nToday.", "The front one.\nToday."),
    ("Yes.\r\nNo.", "Yes.\nNo."),
    ("One\n\n\n\n\n\nTwo", "One\n\nTwo"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "said"), READ)
def test_quotes_are_left_out(text: str, said: str) -> None:
    head = b"Content-Type: text/plain; charset=utf-8\n\n"
    assert answer_of(MailMessage.from_bytes(head + text.encode())) == said


def test_a_mail_without_plain_text_is_read_too() -> None:
    page = (
        "<html><head><style>p {}</style></head><body><div>The <b>front</b> door.</div>"
        "<p>Bob</p><blockquote>Which door?</blockquote></body></html>"
    )
    mail = MailMessage.from_bytes(f"Content-Type: text/html\n\n{page}".encode())
    assert answer_of(mail) == "The front door.\nBob"


HOSTILE = [
    "On " * 40_000,
    "\n" * 90_000,
    "On a\n" * 20_000,
    ">" * 90_000,
    "From: a\n" * 9_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
def test_no_text_takes_long_to_read(text: str) -> None:
    mail = MailMessage.from_bytes(b"Content-Type: text/plain\n\n" + text.encode())
    used = time.thread_time()
    answer_of(mail)
    assert time.thread_time() - used < 5


def test_a_link_in_a_mail_is_looked_at_and_loses_its_secret(
    case: Case, letter: EmailMessage
) -> None:
    with run_scripted_accounts() as accounts:
        accounts.found = inspection("expired")
        case.backend = AccountBackend(accounts.url, "service", "")
        text = f"It says expired:\n\n{LINK[:60]}\n{LINK[60:]}\n\nBob"
        assert case.receive(answer(letter, text, BOB)) == [Verdict.READ]
        assert accounts.links == [LINK]
    said = last(case)
    assert not holds_secret(said.text)
    assert f"https://{HOST}/reset/[link removed]" in said.text
    assert said.details["link"] == {"state": "expired", "purpose": "invite"}
    assert said.details["redactions"] == ["link"]


def test_a_link_where_a_long_mail_is_cut_is_cut_out_whole(
    case: Case, letter: EmailMessage
) -> None:
    filler = "The door does not open.\n" * 164
    text = f"{filler}{LINK}\n{'It does not open either.' * 10}"
    assert text.index(SECRET) + 10 < LONGEST_TEXT < text.index(SECRET) + 33
    before = case.desk.row().last_seq
    assert case.receive(answer(letter, text, BOB)) == [Verdict.READ]
    assert case.desk.row().last_seq > before + 1
    kept = "".join(text for _, text in case.desk.everything())
    assert not holds_secret(kept)


def test_with_nobody_there_the_assistant_hears_of_a_link_in_a_mail(
    case: Case, letter: EmailMessage
) -> None:
    is_it = {"id": case.desk.conversation}
    with case.desk.database.transaction() as session:
        change(
            session,
            Conversation,
            is_it,
            owner=Owner.ASSISTANT,
            status=Status.PENDING,
            agent_id=None,
        )
    closed = Hours(days=((),) * 7)
    case.desk.office = replace(case.desk.office, hours=closed)
    with run_scripted_accounts() as accounts:
        accounts.found = inspection("used")
        case.backend = AccountBackend(accounts.url, "service", "")
        case.receive(answer(letter, LINK, BOB))
    payloads = [turn.payload or "" for turn in case.told.turns]
    assert [p for p in payloads if '"link_state": "used"' in p] == payloads
