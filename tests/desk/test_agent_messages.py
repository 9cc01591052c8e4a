"""What agents write: replies of the owner, notes of anybody, each once."""

from uuid import UUID, uuid4

import pytest

from helpdesk.desk.agent_messages import AgentMessage
from helpdesk.desk.drafts import keep_draft, read_draft
from helpdesk.desk.errors import (
    AttachmentGoneError,
    ClientIdTakenError,
    EmptyMessageError,
    NotFoundError,
    NotOwnerError,
    NotPossibleError,
    StaleError,
    TooLongError,
)
from helpdesk.desk.events import NoticeKind
from helpdesk.desk.stretches import LEASE
from helpdesk.store.console_models import GhostAnswer, Mention
from helpdesk.store.models import Attachment
from helpdesk.store.rows import add, find, get
from helpdesk.store.words import Kind, Sender, Status
from tests.desk.desk_people import MINUTE, QUESTION, People


def test_the_owner_replies_and_the_lease_goes_on(people: People) -> None:
    people.given_to(people.ana)
    people.wait(MINUTE)
    sent = people.reply(people.ana, "Hello, I am **Ana**.")
    message = sent.message
    assert (message.sender, message.kind) == (Sender.AGENT, Kind.OUTGOING)
    assert message.agent_id == people.ana.id
    assert people.desk.texts()[-1] == "Hello, I am **Ana**."
    row = people.desk.row()
    assert row.lease_until == people.now + LEASE
    assert (row.last_text, row.last_sender) == (message.text, Sender.AGENT)


def test_the_same_reply_again_changes_nothing(people: People) -> None:
    people.given_to(people.ana)
    reply = AgentMessage(uuid4(), "Once.")
    first, again = people.send(people.ana, reply), people.send(people.ana, reply)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.message.seq == first.message.seq
    people.release(people.ana)
    assert not people.send(people.ana, reply).is_new, "it was said while it was theirs"
    assert people.desk.texts().count("Once.") == 1


def test_a_client_id_stands_for_one_message_of_one_agent(people: People) -> None:
    people.given_to(people.ana)
    reply = AgentMessage(uuid4(), "Once.")
    people.send(people.ana, reply)
    for who, other in (
        (people.ana, AgentMessage(reply.client_id, "Twice.")),
        (people.ana, AgentMessage(reply.client_id, "Once.", Kind.NOTE)),
        (people.ben, reply),
    ):
        with pytest.raises(ClientIdTakenError):
            people.send(who, other)
    of_contact = people.desk.say(QUESTION).message
    assert of_contact.client_id
    with pytest.raises(ClientIdTakenError):
        people.send(people.ana, AgentMessage(of_contact.client_id, QUESTION))


def test_a_reply_from_before_the_conversation_changed_hands_is_refused(
    people: People,
) -> None:
    people.given_to(people.ana)
    seen = people.desk.row().owner_epoch
    said = AgentMessage(uuid4(), "In time.", epoch=seen)
    assert people.send(people.ana, said).is_new
    people.release(people.ana)
    people.claim(people.ana)
    assert not people.send(people.ana, said).is_new, "it was in time"
    with pytest.raises(StaleError):
        people.reply(people.ana, "Written before.", epoch=seen)
    late = AgentMessage(uuid4(), "For colleagues.", Kind.NOTE, epoch=seen)
    assert people.send(people.ana, late).is_new, "notes are about no moment"
    assert people.desk.texts().count("Written before.") == 0


def test_nobody_else_replies(people: People) -> None:
    with pytest.raises(NotPossibleError):
        people.reply(people.ana, "The assistant has it.")
    people.ask()
    with pytest.raises(NotPossibleError):
        people.reply(people.ana, "The queue has it.")
    people.claim(people.ana)
    for who in (people.ben, people.lea):
        with pytest.raises(NotOwnerError) as refused:
            people.reply(who, "Somebody else has it.")
        assert refused.value.agent_id == people.ana.id
    people.resolve(people.ana)
    with pytest.raises(NotPossibleError):
        people.reply(people.ana, "It is over.")
    assert {m.sender for m in people.messages()} <= {
        Sender.CONTACT,
        Sender.ASSISTANT,
        Sender.SYSTEM,
    }


def test_a_password_that_an_agent_pastes_is_cut_out(people: People) -> None:
    people.given_to(people.ana)
    sent = people.reply(people.ana, "Your new password is Tr0ub4dor&3xyz")
    assert "Tr0ub4dor" not in sent.message.text
    assert sent.message.details["redactions"] == ["password"]


@pytest.mark.parametrize(
    ("text", "error"), [(" \n", EmptyMessageError), ("x" * 4_001, TooLongError)]
)
def test_nothing_and_too_much_are_refused(
    people: People, text: str, error: type[Exception]
) -> None:
    people.given_to(people.ana)
    with pytest.raises(error):
        people.reply(people.ana, text)


def test_notes_are_for_agents_and_name_them(people: People) -> None:
    people.ask()
    sent = people.note(people.ben, "Ana, do you know her?", people.ana.id)
    assert sent.message.kind is Kind.NOTE
    assert sent.message.text not in people.desk.texts()
    seq = sent.message.seq
    mention = people.run(lambda s: get(s, Mention, seq=seq, agent_id=people.ana.id))
    assert mention.seen_at is None
    assert sent.change
    (told,) = sent.change.told
    assert (told.kind, told.agent_id) == (NoticeKind.MENTION, people.ana.id)
    assert told.text == sent.message.text
    assert people.desk.row().last_text != sent.message.text


def test_a_note_can_name_only_who_exists(people: People) -> None:
    people.set_agent(people.ben, is_active=False)
    for unknown in (uuid4(), people.ben.id):
        with pytest.raises(NotFoundError):
            people.note(people.ana, "Do you know her?", unknown)
    assert people.messages() == []


def test_a_reply_wakes_what_was_put_aside(people: People) -> None:
    people.given_to(people.ana)
    people.snooze(people.ana, 60 * MINUTE)
    people.reply(people.ana, "It went faster than I thought.")
    row = people.desk.row()
    assert (row.status, row.snoozed_until) == (Status.OPEN, None)


def test_a_file_goes_along_once_and_only_ones_own(people: People) -> None:
    people.given_to(people.ana)
    own, foreign = attach(people, people.ana.id), attach(people, people.ben.id)
    sent = people.reply(people.ana, "", attachments=[own])
    assert people.run(lambda s: get(s, Attachment, id=own)).seq == sent.message.seq
    for wrong in (own, foreign, uuid4()):
        with pytest.raises(AttachmentGoneError):
            people.reply(people.ana, "See here.", attachments=[wrong])
    assert people.run(lambda s: get(s, Attachment, id=foreign)).seq is None


def attach(people: People, agent_id: UUID) -> UUID:
    file = Attachment(
        id=uuid4(),
        conversation_id=people.desk.conversation,
        sender=Sender.AGENT,
        agent_id=agent_id,
        name="plan.pdf",
        media_type="application/pdf",
        size=3,
        content=b"pdf",
        created_at=people.now,
    )
    people.run(lambda session: add(session, file))
    return file.id


def test_a_reply_says_which_unsaid_answer_it_used(people: People) -> None:
    people.given_to(people.ana)
    seq = people.desk.say(QUESTION).message.seq
    ghost = GhostAnswer(
        conversation_id=people.desk.conversation,
        seq=seq,
        text="Have you tried the app?",
        created_at=people.now,
    )
    people.run(lambda session: add(session, ghost))
    note = AgentMessage(uuid4(), "Is that so?", Kind.NOTE, ghost_seq=seq)
    people.send(people.ana, note)
    unsaid = people.run(lambda s: find(s, GhostAnswer, seq=seq))
    assert unsaid
    assert unsaid.agent_seq is None, "a note says nothing to the contact"
    sent = people.reply(people.ana, "Have you tried the app?", ghost_seq=seq)
    kept = people.run(lambda s: find(s, GhostAnswer, seq=seq))
    assert kept
    assert kept.agent_seq == sent.message.seq


def test_a_draft_may_hold_what_no_database_keeps(people: People) -> None:
    where = (people.ana.id, people.desk.conversation)
    people.run(lambda session: keep_draft(session, *where, "De\x00ar", people.now))
    assert people.run(lambda session: read_draft(session, *where)) == "Dear"
    people.run(lambda session: keep_draft(session, *where, " \x00", people.now))
    assert people.run(lambda session: read_draft(session, *where)) == ""


def test_a_draft_holds_no_secret(people: People) -> None:
    where = (people.ana.id, people.desk.conversation)
    typed = "Your password is Hunter2!x, and welcome"
    people.run(lambda session: keep_draft(session, *where, typed, people.now))
    kept = people.run(lambda session: read_draft(session, *where))
    assert kept == "Your password is [password removed], and welcome"
