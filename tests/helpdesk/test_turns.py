"""Turns are taken once, answered once, and never lost; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk.answers import Reply, tell_trouble
from helpdesk.desk.turns import (
    LEASE,
    extend_burst,
    find_overdue,
    postpone_turn,
    release_leases,
    renew_lease,
)
from helpdesk.store.models import Conversation
from helpdesk.store.rows import change
from helpdesk.store.words import Kind, Owner, Purpose, Status
from tests.helpdesk.desk_steps import SECOND, Desk

HOUR = 3_600 * SECOND


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database).enter()


def test_a_sentence_is_taken_at_once_and_a_fragment_settles_first(desk: Desk) -> None:
    at_once = desk.say("my invitation has expired").turn
    fragment = desk.other().say("hi").turn
    assert at_once
    assert fragment
    assert (at_once.is_running, fragment.is_running) == (True, False)
    assert desk.take() == []
    desk.now += 0.9 * SECOND
    assert [turn.id for turn in desk.take()] == [fragment.id]


def test_a_burst_becomes_one_turn(desk: Desk) -> None:
    turns = [desk.say(text).turn for text in ("hi", "my invite", "expired")]
    assert len({turn.id for turn in turns if turn}) == 1
    desk.now += SECOND
    (taken,) = desk.take()
    assert taken.text == "hi\nmy invite\nexpired"
    assert desk.take() == []


def test_a_sentence_in_a_burst_shortens_the_wait(desk: Desk) -> None:
    fragment = desk.say("hello").turn
    whole = desk.say("my invitation link has expired").turn
    assert fragment
    assert whole
    assert whole.id == fragment.id
    assert desk.take() == [], "more may come"
    desk.now += 0.6 * SECOND
    assert [turn.text for turn in desk.take()] == [
        "hello\nmy invitation link has expired"
    ]


def test_typing_on_holds_a_burst_open_but_not_for_ever(desk: Desk) -> None:
    turn = desk.say("hi").turn
    assert turn
    for _ in range(10):
        desk.now += 0.5 * SECOND
        with desk.database.transaction() as session:
            extend_burst(session, turn, desk.now + SECOND)
    assert [taken.id for taken in desk.take()] == [turn.id]
    with desk.database.transaction() as session:
        assert extend_burst(session, turn, desk.now + SECOND) is None


def test_a_turn_that_was_begun_takes_no_more_messages(desk: Desk) -> None:
    first, second = (
        desk.say("my invitation has expired"),
        desk.say("please hurry up now"),
    )
    assert first.turn
    assert second.turn
    assert first.turn.id != second.turn.id
    assert desk.take() == [], "one turn at a time"
    desk.answer(first)
    assert [turn.id for turn in desk.take()] == [second.turn.id]


def test_a_button_is_a_turn_of_its_own(desk: Desk) -> None:
    desk.say("hi")
    pressed = desk.press("person")
    assert pressed.turn
    assert pressed.turn.payload == "/talk_to_human"
    assert pressed.message.text == "A person"


def test_a_lease_that_runs_out_gives_the_turn_to_another(desk: Desk) -> None:
    accepted = desk.say("my invitation has expired")
    assert accepted.turn
    desk.now += LEASE + SECOND
    (again,) = desk.take()
    assert again.id == accepted.turn.id
    assert again.attempt == 2
    assert desk.answer(accepted) == [], "the first attempt is void"
    assert [message.text for message in desk.finish(again, Reply("Here.", {}))] == [
        "Here."
    ]
    assert desk.finish(again, Reply("Here.", {})) == [], "answered once"


def test_a_lease_can_be_renewed_only_by_its_holder(desk: Desk) -> None:
    turn = desk.say("my invitation has expired").turn
    assert turn
    desk.now += LEASE - SECOND
    with desk.database.transaction() as session:
        assert renew_lease(session, turn, desk.now)
    desk.now += LEASE - SECOND
    assert desk.take() == []
    desk.now += 2 * SECOND
    assert desk.take()
    with desk.database.transaction() as session:
        assert not renew_lease(session, turn, desk.now)


def test_a_process_that_knows_to_be_alone_takes_everything_again(desk: Desk) -> None:
    desk.say("my invitation has expired")
    with desk.database.transaction() as session:
        release_leases(session, desk.now)
    assert len(desk.take()) == 1


def test_a_postponed_turn_comes_back_later(desk: Desk) -> None:
    turn = desk.say("my invitation has expired").turn
    assert turn
    with desk.database.transaction() as session:
        assert postpone_turn(session, turn, desk.now + 5 * SECOND)
    desk.now += 4 * SECOND
    assert desk.take() == []
    desk.now += 2 * SECOND
    assert [again.attempt for again in desk.take()] == [2]


def test_a_clock_that_is_put_back_keeps_nobody_waiting(desk: Desk) -> None:
    desk.now += HOUR
    fragment, question = desk.say("hi").turn, desk.other().say("my invite expired").turn
    assert fragment
    assert question
    desk.now -= HOUR
    assert {turn.id for turn in desk.take()} == {fragment.id, question.id}
    with desk.database.reading() as session:
        assert len(find_overdue(session, desk.now - 6 * SECOND)) == 2


def test_the_turns_of_a_bulk_command_may_be_planned_for_long_ahead(desk: Desk) -> None:
    desk.now += HOUR
    desk.say("hi")
    desk.now -= HOUR
    is_it = {"id": desk.conversation}
    with desk.database.transaction() as session:
        change(session, Conversation, is_it, purpose=Purpose.BULK)
        assert find_overdue(session, desk.now - 6 * SECOND) == []
    assert desk.take() == []


def test_trouble_is_told_once_and_the_answer_still_comes(desk: Desk) -> None:
    accepted = desk.say("my invitation has expired")
    assert accepted.turn
    desk.now += 7 * SECOND
    with desk.database.reading() as session:
        (overdue,) = find_overdue(session, desk.now - 6 * SECOND)
    for _ in range(2):
        with desk.database.transaction() as session:
            tell_trouble(session, overdue, Reply("This takes longer.", {}), desk.now)
    with desk.database.reading() as session:
        assert find_overdue(session, desk.now) == []
    desk.answer(accepted, Reply("Here it is.", {}))
    assert desk.texts()[1:] == ["This takes longer.", "Here it is."]


def test_a_late_answer_becomes_a_note_when_a_person_has_taken_over(desk: Desk) -> None:
    accepted = desk.say("my invitation has expired")
    with desk.database.transaction() as session:
        _hand_to_queue(session, desk.conversation)
    desk.answer(accepted, Reply("Too late.", {}))
    assert desk.everything()[-1] == (Kind.NOTE, "Too late.")
    assert "Too late." not in desk.texts()


def test_nothing_goes_to_the_assistant_while_a_person_owns(desk: Desk) -> None:
    with desk.database.transaction() as session:
        _hand_to_queue(session, desk.conversation)
    accepted = desk.say("are you there, human?")
    assert accepted.turn is None
    assert desk.take() == []


def test_an_answer_of_an_earlier_ownership_is_not_spoken(desk: Desk) -> None:
    accepted = desk.say("my invitation has expired")
    with desk.database.transaction() as session:
        _hand_to_queue(session, desk.conversation)
        is_it = {"id": desk.conversation}
        change(session, Conversation, is_it, owner=Owner.ASSISTANT, owner_epoch=3)
    desk.answer(accepted, Reply("From before.", {}))
    assert desk.everything()[-1] == (Kind.NOTE, "From before.")


def _hand_to_queue(session: Session, conversation_id: UUID) -> None:
    change(
        session,
        Conversation,
        {"id": conversation_id},
        owner=Owner.QUEUE,
        status=Status.OPEN,
        owner_epoch=2,
    )


def test_two_processes_never_take_the_same_turn(desk: Desk) -> None:
    for _ in range(20):
        desk.other().say("hi")
    desk.now += SECOND
    with ThreadPoolExecutor(4) as threads:
        taken = [
            turn
            for turns in threads.map(lambda _: desk.take(), range(8))
            for turn in turns
        ]
    assert len({turn.id for turn in taken}) == len(taken) == 20
