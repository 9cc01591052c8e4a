"""Statements that are compiled once; on both databases, with the same results."""

from uuid import uuid4

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.store.models import Contact, Conversation, Message
from helpdesk.store.prepared import Prepared
from helpdesk.store.rows import add, change, find, table_of
from helpdesk.store.words import Kind, Owner, Sender
from tests.helpdesk.desk_steps import BEGIN, SECOND, Desk

CONTACTS, CONVERSATIONS = table_of(Contact).c, table_of(Conversation).c
OF_PEOPLE = Prepared(
    select(*CONVERSATIONS, CONTACTS.name.label("who"))
    .join(table_of(Contact), CONTACTS.id == CONVERSATIONS.contact_id)
    .where(CONVERSATIONS.owner.in_((Owner.QUEUE, Owner.AGENT)))
    .where(CONVERSATIONS.id == bindparam("conversation"))
)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database).enter()


def message(desk: Desk, number: int) -> Message:
    return Message(
        conversation_id=desk.conversation,
        seq=number,
        sender=Sender.CONTACT,
        kind=Kind.INCOMING,
        text="a secret word",
        details={"list": [1, "zwei", None]},
        created_at=desk.now,
    )


def test_values_come_back_as_they_were(desk: Desk) -> None:
    given = message(desk, 1)
    with desk.database.transaction() as session:
        add(session, given, message(desk, 2))
    with desk.database.reading() as session:
        found = find(session, Message, conversation_id=desk.conversation, seq=1)
    assert found
    named = {key: vars(found)[key] for key in vars(given) if not key.startswith("_")}
    assert named == {key: vars(given)[key] for key in named}
    assert (found.client_id, found.turn_id) == (None, None)


def test_what_is_left_out_gets_its_default(desk: Desk) -> None:
    bare = message(desk, 1)
    del vars(bare)["details"]
    with desk.database.transaction() as session:
        add(session, bare, message(desk, 2))
        found = find(session, Message, conversation_id=desk.conversation, seq=1)
    assert found
    assert found.details == {}


def test_lists_and_names_are_part_of_a_statement(desk: Desk) -> None:
    wanted = {"conversation": desk.conversation}
    with desk.database.transaction() as session:
        assert OF_PEOPLE.first(session, wanted) is None
        change(session, Conversation, {"id": desk.conversation}, owner=Owner.QUEUE)
        change(session, Contact, {"id": desk.contact}, name="Ana")
        found = OF_PEOPLE.first(session, wanted)
        usual = Session(session.get_bind())
        assert OF_PEOPLE.first(usual, wanted) == found
    assert found
    assert (found["owner"], found["who"]) == (Owner.QUEUE, "Ana")


def test_a_change_tells_whether_it_changed_anything(desk: Desk) -> None:
    is_it, later = {"id": desk.conversation}, desk.now + SECOND
    with desk.database.transaction() as session:
        assert change(session, Conversation, is_it, updated_at=later)
        assert not change(session, Conversation, {"id": uuid4()}, updated_at=BEGIN)
    assert desk.row().updated_at == later


def test_a_refused_row_is_told_without_its_values(desk: Desk) -> None:
    with desk.database.transaction() as session:
        add(session, message(desk, 1))
        with pytest.raises(IntegrityError) as refused, session.begin_nested():
            add(session, message(desk, 2), message(desk, 1))
        add(session, message(desk, 3))
    assert "secret" not in str(refused.value)
    assert [words for _, words in desk.everything()] == ["a secret word"] * 2


def test_an_error_undoes_all_and_is_one_of_the_database(desk: Desk) -> None:
    broken = Prepared(select(text("nothing_like_that")).select_from(table_of(Contact)))

    def try_both() -> None:
        with desk.database.transaction() as session:
            add(session, message(desk, 1))
            broken.first(session, {})

    with pytest.raises(SQLAlchemyError):
        try_both()
    assert desk.everything() == []


def test_reading_inside_a_part_that_can_be_undone_leaves_nothing_open(
    desk: Desk,
) -> None:
    with desk.database.transaction() as session:
        with session.begin_nested():
            assert session.scalars(select(Message.seq)).all() == []
            add(session, message(desk, 1))
            assert session.scalar(select(Message.seq)) == 1
        add(session, message(desk, 2))
        assert session.scalars(select(Message.seq)).all() == [1, 2]
    assert len(desk.everything()) == 2


def test_what_is_undone_by_hand_is_gone(desk: Desk) -> None:
    with desk.database.transaction() as session:
        add(session, message(desk, 1))
        session.rollback()
    assert desk.everything() == []


def test_a_row_has_no_columns_that_its_table_has_not() -> None:
    with pytest.raises(TypeError, match="nickname"):
        Contact(nickname="Ana")
