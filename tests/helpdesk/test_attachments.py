"""Files in the record: who may attach which, who may see which, when one is forgotten."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk.attachments import (
    MOST_FILES,
    UNSENT_LIFE,
    attach,
    find_file_for_agent,
    find_file_for_contact,
    forget_unsent,
    keep_file,
)
from helpdesk.desk.errors import (
    AttachmentGoneError,
    BadRangeError,
    ClientIdTakenError,
    EmptyMessageError,
    NotFoundError,
)
from helpdesk.desk.file_types import check_file
from helpdesk.desk.messages import SHARE_FILE, Incoming
from helpdesk.store.models import Agent, Attachment, Message
from helpdesk.store.rows import add
from helpdesk.store.words import Kind, Role, Sender
from tests.helpdesk.desk_steps import BEGIN, Desk
from tests.helpdesk.sample_files import pdf, picture


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database).enter()


def upload(desk: Desk, agent_id: UUID | None = None) -> UUID:
    with desk.database.transaction() as session:
        kept = keep_file(
            session,
            desk.conversation,
            check_file(picture()),
            "a screen.png",
            desk.now,
            agent_id=agent_id,
        )
    return kept.id


def hire(session: Session) -> UUID:
    agent = Agent(
        id=uuid4(),
        email=f"{uuid4().hex}@help.example",
        name="Ana",
        role=Role.AGENT,
        created_at=BEGIN,
    )
    add(session, agent)
    return agent.id


def speak(desk: Desk, agent_id: UUID, kind: Kind, *files: UUID) -> None:
    """Let an agent say something with files."""
    seq = desk.row().last_seq + 100
    with desk.database.transaction() as session:
        carried = attach(session, desk.conversation, files, seq, agent_id=agent_id)
        message = Message(
            conversation_id=desk.conversation,
            seq=seq,
            sender=Sender.AGENT,
            kind=kind,
            text="Look.",
            details={"attachments": carried},
            agent_id=agent_id,
            created_at=desk.now,
        )
        add(session, message)


def seen_by_contact(desk: Desk, file: UUID) -> Attachment:
    with desk.database.reading() as session:
        return find_file_for_contact(session, desk.contact, file)


def test_a_message_carries_files_in_their_order(desk: Desk) -> None:
    files = (upload(desk), upload(desk))
    accepted = desk.send(Incoming(uuid4(), "see these", attachments=files[::-1]))
    carried = accepted.message.details["attachments"]
    assert [file["id"] for file in carried] == [str(file) for file in files[::-1]]
    assert carried[0] | {"id": "", "size": 0} == {
        "id": "",
        "name": "a screen.png",
        "media_type": "image/png",
        "size": 0,
        "width": 40,
        "height": 30,
    }
    seen = seen_by_contact(desk, files[0])
    assert (seen.seq, seen.size) == (accepted.message.seq, len(seen.content))
    assert accepted.turn
    assert (accepted.turn.text, accepted.turn.payload) == ("see these", None)


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_a_file_needs_no_words_and_the_assistant_hears_of_it(
    desk: Desk, text: str | None
) -> None:
    accepted = desk.send(Incoming(uuid4(), text, attachments=(upload(desk),)))
    assert accepted.message.text == ""
    assert accepted.turn
    assert accepted.turn.payload == SHARE_FILE


def test_neither_words_nor_files_are_no_message(desk: Desk) -> None:
    for incoming in (
        Incoming(uuid4()),
        Incoming(uuid4(), " "),
        Incoming(uuid4(), button="person", attachments=(upload(desk),)),
    ):
        with pytest.raises(EmptyMessageError):
            desk.send(incoming)


def test_sending_again_changes_nothing_and_other_files_are_another_message(
    desk: Desk,
) -> None:
    client_id, file, other = uuid4(), upload(desk), upload(desk)
    sent = desk.send(Incoming(client_id, "here", attachments=(file,)))
    again = desk.send(Incoming(client_id, "here", attachments=(file,)))
    assert (again.message.seq, again.is_new) == (sent.message.seq, False)
    for files in ((), (other,), (file, other)):
        with pytest.raises(ClientIdTakenError):
            desk.send(Incoming(client_id, "here", attachments=files))
    assert seen_by_contact(desk, other).seq is None


def test_a_file_goes_with_one_message_only_and_a_refused_one_takes_none(
    desk: Desk,
) -> None:
    file, other = upload(desk), upload(desk)
    desk.send(Incoming(uuid4(), "here", attachments=(file,)))
    for files in ((file,), (other, file), (other, other), (uuid4(),)):
        with pytest.raises(AttachmentGoneError):
            desk.send(Incoming(uuid4(), "once more", attachments=files))
    assert desk.row().last_seq == 1
    assert seen_by_contact(desk, other).seq is None


def test_a_message_carries_only_so_many(desk: Desk) -> None:
    files = tuple(upload(desk) for _ in range(MOST_FILES + 1))
    with pytest.raises(BadRangeError):
        desk.send(Incoming(uuid4(), "all", attachments=files))
    assert desk.send(Incoming(uuid4(), "all", attachments=files[1:])).is_new


def test_nobody_attaches_the_files_of_others(desk: Desk) -> None:
    stranger = desk.other()
    of_stranger = upload(stranger)
    with desk.database.transaction() as session:
        agents = hire(session), hire(session)
    of_agent = upload(desk, agents[0])
    for file in (of_stranger, of_agent):
        with pytest.raises(AttachmentGoneError):
            desk.send(Incoming(uuid4(), "mine?", attachments=(file,)))
    with pytest.raises(AttachmentGoneError):
        speak(desk, agents[1], Kind.OUTGOING, of_agent)
    with pytest.raises(AttachmentGoneError):
        speak(desk, agents[0], Kind.OUTGOING, upload(desk))
    speak(desk, agents[0], Kind.OUTGOING, of_agent)


def test_a_contact_sees_their_files_and_what_was_said_to_them(desk: Desk) -> None:
    with desk.database.transaction() as session:
        agent = hire(session)
    said, noted, waiting = (upload(desk, agent) for _ in range(3))
    speak(desk, agent, Kind.OUTGOING, said)
    desk.send(Incoming(uuid4(), "thanks"))
    with desk.database.transaction() as session:
        attach(session, desk.conversation, [noted], 300, agent_id=agent)
        note = Message(
            conversation_id=desk.conversation,
            seq=300,
            sender=Sender.AGENT,
            kind=Kind.NOTE,
            text="for us",
            details={},
            created_at=desk.now,
        )
        add(session, note)
    assert seen_by_contact(desk, said).id == said
    for file in (noted, waiting, uuid4()):
        with pytest.raises(NotFoundError):
            seen_by_contact(desk, file)
    stranger = desk.other()
    for file in (said, upload(desk)):
        with pytest.raises(NotFoundError):
            seen_by_contact(stranger, file)
    with desk.database.reading() as session:
        assert find_file_for_agent(session, noted).id == noted
        with pytest.raises(NotFoundError):
            find_file_for_agent(session, uuid4())


def test_what_no_message_carries_is_forgotten_after_a_day(desk: Desk) -> None:
    sent, unsent = upload(desk), upload(desk)
    desk.send(Incoming(uuid4(), "here", attachments=(sent,)))
    desk.now += UNSENT_LIFE - timedelta(seconds=1)
    young = upload(desk)
    assert forgotten(desk) == 0
    desk.now += timedelta(seconds=2)
    assert forgotten(desk) == 1
    assert seen_by_contact(desk, sent)
    assert seen_by_contact(desk, young)
    with pytest.raises(NotFoundError):
        seen_by_contact(desk, unsent)


def forgotten(desk: Desk) -> int:
    with desk.database.transaction() as session:
        return forget_unsent(session, desk.now)


def test_a_pdf_has_no_sides(desk: Desk) -> None:
    with desk.database.transaction() as session:
        file = check_file(pdf())
        kept = keep_file(session, desk.conversation, file, "bill", desk.now)
        carried = attach(session, desk.conversation, [kept.id], 1)
    assert carried[0].keys() == {"id", "name", "media_type", "size"}
    assert carried[0]["name"] == "bill.pdf"
