"""Messages, buttons, conversations: on SQLite and on PostgreSQL alike."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk.answers import Reply
from helpdesk.desk.conversations import (
    current_conversation,
    mark_seen,
    start_over,
)
from helpdesk.desk.errors import (
    BadRangeError,
    ButtonExpiredError,
    ClientIdTakenError,
    EmptyMessageError,
    NotFoundError,
    TooLongError,
)
from helpdesk.desk.messages import (
    Incoming,
    read_after,
    read_before,
)
from helpdesk.desk.visits import begin_visit
from helpdesk.store.models import Base, Contact, Conversation, Message
from helpdesk.store.record import Record
from helpdesk.store.rows import add, change, get
from helpdesk.store.words import Kind, Sender, Status
from tests.helpdesk.desk_steps import BEGIN, INVITE, SECOND, Desk


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database).enter()


def is_of_search(name: str | None, kind: str) -> bool:
    return kind == "table" and str(name).startswith("transcript_")


def test_migrations_lead_to_the_tables_of_the_models(database: Database) -> None:
    database.migrate()
    with database.engine.connect() as connection:
        # The index of words is made of triggers and tables that models cannot say.
        has_model = {"include_name": lambda name, kind, _: not is_of_search(name, kind)}
        context = MigrationContext.configure(connection, opts=has_model)
        assert compare_metadata(context, Base.metadata) == []


def test_messages_are_numbered_without_a_gap(desk: Desk) -> None:
    first = desk.say("my invitation has expired")
    desk.answer(first, Reply("Here is how.", {}), Reply("Did that help?", {}))
    second = desk.say("no it did not help me")
    assert [first.message.seq, second.message.seq] == [1, 4]
    assert desk.texts() == [
        "my invitation has expired",
        "Here is how.",
        "Did that help?",
        "no it did not help me",
    ]
    assert desk.row().last_seq == 4


def test_messages_at_once_are_all_kept_in_some_order(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as threads:
        accepted = list(
            threads.map(lambda n: desk.say(f"message number {n}"), range(16))
        )
    assert sorted(one.message.seq for one in accepted) == list(range(1, 17))
    assert len(set(desk.texts())) == 16


def test_the_same_client_id_again_changes_nothing(desk: Desk) -> None:
    client_id = uuid4()
    first = desk.say("where is my invitation", client_id)
    again = desk.say("where is my invitation", client_id)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.message.seq == first.message.seq
    assert again.turn is None
    assert desk.texts() == ["where is my invitation"]


def test_a_client_id_stands_for_one_content(desk: Desk) -> None:
    client_id = uuid4()
    desk.say("where is my invitation", client_id)
    with pytest.raises(ClientIdTakenError):
        desk.say("something else altogether", client_id)
    with pytest.raises(ClientIdTakenError):
        desk.send(Incoming(client_id, button="person"))
    with pytest.raises(ClientIdTakenError):
        desk.say("", client_id)
    assert desk.texts() == ["where is my invitation"]


def test_two_conversations_may_use_the_same_client_id(desk: Desk) -> None:
    client_id, other = uuid4(), desk.other()
    assert desk.say("this is about me", client_id).is_new
    assert other.say("this is about you", client_id).is_new


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\x00"])
def test_nothing_is_no_message(desk: Desk, text: str) -> None:
    with pytest.raises(EmptyMessageError):
        desk.say(text)
    with pytest.raises(EmptyMessageError):
        desk.send(Incoming(uuid4()))
    with pytest.raises(EmptyMessageError):
        desk.send(Incoming(uuid4(), text="both", button="person"))
    assert desk.row().last_seq == 0


def test_the_longest_message_is_kept_whole_and_a_longer_one_refused(desk: Desk) -> None:
    desk.say("é" * 4_000)
    with pytest.raises(TooLongError):
        desk.say("é" * 4_001)
    assert desk.texts() == ["é" * 4_000]


def test_odd_characters_are_kept_as_far_as_they_can_be(desk: Desk) -> None:
    desk.say("nul\x00 and half a pair \ud800 and 🔑 and \u202eright")
    assert desk.texts() == ["nul and half a pair ? and 🔑 and \u202eright"]


def test_somebody_elses_conversation_does_not_exist(desk: Desk) -> None:
    stranger = desk.other()
    stranger.conversation = desk.conversation
    with pytest.raises(NotFoundError):
        stranger.say("let me in please")
    with pytest.raises(NotFoundError):
        stranger.row()
    with desk.database.transaction() as session, pytest.raises(NotFoundError):
        mark_seen(session, stranger.contact, desk.conversation, 0)
    with desk.database.transaction() as session, pytest.raises(NotFoundError):
        start_over(session, stranger.contact, desk.conversation, BEGIN)
    assert desk.texts() == []


def test_a_button_stands_for_what_was_offered_with_it(desk: Desk) -> None:
    (question,) = desk.answer(desk.say("send me a new invitation"), INVITE)
    pressed = desk.press(f"{question.seq}.0")
    assert pressed.turn
    assert pressed.turn.payload == "/affirm"
    assert pressed.message.text == "Yes"
    assert pressed.message.details == {"button": f"{question.seq}.0"}


@pytest.mark.parametrize(
    "button", ["1.0", "2.1", "9.0", "x", "", "/affirm", "offer.a.b", "2.99999", "-2.0"]
)
def test_what_was_not_offered_cannot_be_pressed(desk: Desk, button: str) -> None:
    desk.answer(desk.say("send me a new invitation"), INVITE)
    with pytest.raises(ButtonExpiredError):
        desk.press(button)


def test_a_button_of_another_conversation_cannot_be_pressed(desk: Desk) -> None:
    (question,) = desk.answer(desk.say("send me a new invitation"), INVITE)
    with pytest.raises(ButtonExpiredError):
        desk.other().press(f"{question.seq}.0")


def test_an_old_question_can_no_longer_be_answered_by_its_button(desk: Desk) -> None:
    (old,) = desk.answer(desk.say("send it to ana@example.com"), INVITE)
    (new,) = desk.answer(desk.say("no, to ivo@example.com"), INVITE)
    with pytest.raises(ButtonExpiredError):
        desk.press(f"{old.seq}.0")
    assert desk.press(f"{new.seq}.0").is_new


def test_an_article_offers_only_what_it_offers(desk: Desk) -> None:
    pressed = desk.press("offer.invite_expired.resend_invite")
    assert pressed.turn
    assert pressed.turn.payload == "/resend_invite"
    with pytest.raises(ButtonExpiredError):
        desk.press("offer.invite_expired.delete_account")


def test_starting_over_ends_the_old_and_keeps_it(desk: Desk) -> None:
    unanswered, old = desk.say("my invitation has expired"), desk.conversation
    new_id = uuid4()
    for _ in range(2):  # repeated, it begins no third
        with desk.database.transaction() as session:
            begun = start_over(session, desk.contact, new_id, desk.now + SECOND)
    assert begun.conversation.id == new_id
    assert desk.row().status is Status.RESOLVED
    desk.answer(unanswered, Reply("Too late.", {}))
    assert desk.texts() == ["my invitation has expired"]
    with desk.database.transaction() as session:
        current = current_conversation(session, desk.contact, desk.now)
    assert current.id == new_id != old


def test_a_resolved_conversation_opens_again_when_the_contact_writes(
    desk: Desk,
) -> None:
    with desk.database.transaction() as session:
        is_it = {"id": desk.conversation}
        change(session, Conversation, is_it, status=Status.RESOLVED)
    assert desk.say("one more question please").turn
    assert desk.row().status is Status.PENDING


def test_seen_only_moves_forward_and_never_beyond_the_end(desk: Desk) -> None:
    desk.say("my invitation has expired")
    with desk.database.transaction() as session:
        assert mark_seen(session, desk.contact, desk.conversation, 1)
        assert not mark_seen(session, desk.contact, desk.conversation, 0)
        with pytest.raises(BadRangeError):
            mark_seen(session, desk.contact, desk.conversation, 2)
    assert desk.row().contact_seen_seq == 1


def test_a_long_transcript_is_read_in_pages(desk: Desk) -> None:
    with desk.database.transaction() as session:
        messages = [
            Message(
                conversation_id=desk.conversation,
                seq=number,
                sender=Sender.CONTACT,
                kind=Kind.NOTE if number % 100 == 0 else Kind.INCOMING,
                text=str(number),
                created_at=BEGIN,
            )
            for number in range(1, 451)
        ]
        add(session, *messages)
    with desk.database.reading() as session:
        newest = read_after(session, desk.conversation, 0)
        older = read_before(session, desk.conversation, newest.messages[0].seq)
        oldest = read_before(session, desk.conversation, older.messages[0].seq)
    pages = [oldest, older, newest]
    assert [page.has_more for page in pages] == [False, True, True]
    seen = [int(message.text) for page in pages for message in page.messages]
    assert seen == [n for n in range(1, 451) if n % 100]


def test_of_two_that_wait_for_each_other_both_are_done(database: Database) -> None:
    """PostgreSQL ends one of them; it is run again. SQLite lets them in one by one."""
    record, times = Record(database), [0, 0]
    with database.transaction() as session:
        ids = [begin_visit(session, BEGIN).contact_id for _ in range(2)]

    async def both() -> list[None]:
        met = threading.Barrier(1 if database.is_embedded else 2)

        def work(number: int) -> Callable[[Session], None]:
            def lock_both(session: Session) -> None:
                times[number] += 1
                get(session, Contact, id=ids[number], lock=True)
                if times[number] == 1:
                    met.wait()
                get(session, Contact, id=ids[1 - number], lock=True)

            return lock_both

        return await asyncio.gather(*(record.write(work(n)) for n in range(2)))

    asyncio.run(both())
    assert (sum(times) > 2) == (not database.is_embedded)
