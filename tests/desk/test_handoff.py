"""From the assistant to people and back; what the contact hears, and when."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from helpdesk.desk.answers import Outcome, Reply, finish_turn
from helpdesk.desk.events import NoticeKind
from helpdesk.desk.handoff import close_queue, open_queue
from helpdesk.desk.hours import Hours
from helpdesk.desk.turns import AFRESH, find_overdue
from helpdesk.store.words import (
    HandoffReason,
    Kind,
    Owner,
    Sender,
    Status,
    StretchEnd,
    TurnState,
)
from tests.desk.desk_people import MINUTE, QUESTION, People
from tests.helpdesk.desk_steps import SECOND, Desk

MISS = Outcome(nlu={"intent": "out_of_scope"})
GOOD = Outcome(nlu={"intent": "how_to_log_in"})
IDLE = Reply("I do not know.", {})


def ask(desk: Desk, outcome: Outcome = GOOD, *replies: Reply) -> list[str]:
    """Say something, have it answered, and return what was said then."""
    turn = desk.say(QUESTION).turn
    assert turn
    change = desk.end(turn, *(replies or [IDLE]), outcome=outcome).change
    assert change
    return [message.text for message in change.messages]


def test_who_asks_for_a_person_is_in_the_queue_and_told_so(people: People) -> None:
    step = people.ask()
    row = people.desk.row()
    assert (row.owner, row.status, row.owner_epoch) == (Owner.QUEUE, Status.OPEN, 2)
    assert row.handoff_reason is HandoffReason.ASKED
    assert row.waiting_since == people.now
    said, notice = step.messages
    assert (said.sender, said.kind) == (Sender.ASSISTANT, Kind.OUTGOING)
    assert (notice.sender, notice.kind) == (Sender.SYSTEM, Kind.ACTIVITY)
    assert notice.text == (
        "You are next in line for a person. "
        "They will see everything that you have written here."
    )
    assert notice.details["event"] == {
        "name": "handed_off",
        "position": 1,
        "wait_minutes": None,
    }
    assert [told.kind for told in step.told] == [NoticeKind.HANDOFF]
    assert step.told[0].text == "I am getting a person."


@pytest.mark.parametrize(
    ("said", "kept"),
    [("asked", "asked"), ("stuck", "stuck"), ("turn_cap", "asked"), ("", "asked")],
)
def test_the_reason_is_one_that_the_assistant_may_give(
    people: People, said: str, kept: str
) -> None:
    people.ask(said)
    assert people.desk.row().handoff_reason == kept
    assert [stretch.reason for stretch in people.stretches()] == [None, kept]


def test_the_ledger_says_who_had_it_from_when_to_when(people: People) -> None:
    desk = people.desk
    assert [one.ended_at for one in people.stretches()] == [None]
    begin = desk.row().created_at
    people.wait(MINUTE)
    people.ask()
    first, second = people.stretches()
    assert (first.owner, first.end) == (Owner.ASSISTANT, StretchEnd.HANDED_OFF)
    assert (first.began_at, first.ended_at) == (begin, people.now)
    assert (second.owner, second.end) == (Owner.QUEUE, None)
    assert (first.first_seq, second.first_seq) == (1, 3), "the notice is the first"


def test_two_misses_in_a_row_bring_a_person_who_is_there(people: People) -> None:
    desk = people.desk
    ask(desk, MISS)
    assert desk.row().owner is Owner.ASSISTANT
    said, notice = ask(desk, MISS)
    assert said == IDLE.text
    assert notice.startswith("You are next in line")
    assert desk.row().handoff_reason is HandoffReason.MISSED


def test_an_answer_between_two_misses_counts(people: People) -> None:
    for outcome in (MISS, GOOD, MISS, GOOD):
        ask(people.desk, outcome)
    assert people.desk.row().owner is Owner.ASSISTANT
    assert people.desk.row().misses == 0


def test_nobody_is_promised_a_person_unasked_while_nobody_is_there(
    people: People,
) -> None:
    people.all_leave()
    for _ in range(3):
        assert ask(people.desk, MISS) == [IDLE.text]
    failed = Outcome(state=TurnState.FAILED)
    assert ask(people.desk, failed) == [IDLE.text]
    row = people.desk.row()
    assert (row.owner, row.waiting_since) == (Owner.ASSISTANT, None)


def test_an_assistant_tried_too_long_gives_way(people: People) -> None:
    for _ in range(people.desk.office.turn_cap - 1):
        ask(people.desk)
    assert people.desk.row().owner is Owner.ASSISTANT
    ask(people.desk)
    assert people.desk.row().handoff_reason is HandoffReason.TURN_CAP


def test_who_leaves_satisfied_begins_to_count_anew(people: People) -> None:
    for _ in range(people.desk.office.turn_cap - 1):
        ask(people.desk)
    ask(people.desk, Outcome(nlu={"intent": "problem_solved"}))
    assert people.desk.row().assistant_turns == 0
    ask(people.desk)
    assert people.desk.row().owner is Owner.ASSISTANT


def test_what_fails_for_good_goes_to_a_person(people: People) -> None:
    ask(people.desk, Outcome(state=TurnState.FAILED), Reply("Sorry.", {}))
    assert people.desk.row().handoff_reason is HandoffReason.ACTION_FAILED
    assert people.desk.texts()[1] == "Sorry."


def test_what_the_assistant_had_still_to_answer_is_dropped(people: People) -> None:
    desk = people.desk
    desk.say(QUESTION)
    waiting = desk.say("And what about the garage door?")
    desk.now += 5 * SECOND
    (running,) = desk.take()
    people.claim(people.ana)
    desk.now += 5 * SECOND
    assert desk.take() == []
    late = desk.finish(running, Reply("Too late.", {}), has_acted=True)
    assert [(one.kind, one.details) for one in late] == [(Kind.NOTE, {"late": True})]
    assert desk.finish(running, Reply("Too late.", {})) == [], "kept once"
    assert waiting.turn
    assert desk.finish(waiting.turn, Reply("Never asked.", {})) != []


def test_a_contact_is_told_the_place_and_the_wait(people: People) -> None:
    for minutes in (2, 4, 9):
        other = People.__new__(People)
        other.desk = people.desk.other()
        other.ask()
        other.desk.now += minutes * MINUTE
        other.claim(people.ana)
    people.wait(10 * MINUTE)
    people.renew(people.ana)
    earlier = people.desk.other()
    earlier.now = people.now
    asked = earlier.say(QUESTION).turn
    assert asked
    earlier.end(asked, IDLE, outcome=Outcome(handoff_reason="asked"))
    people.wait(SECOND)
    notice = people.ask().messages[-1]
    assert notice.text.startswith(
        "You are number 2 in line for a person. Lately it took about 4 minutes."
    )
    standing = people.standing()
    assert (standing.position, standing.wait_minutes) == (2, 4)
    assert standing.is_open


def test_who_asks_while_nobody_is_there_keeps_the_assistant_and_the_place(
    people: People,
) -> None:
    people.all_leave()
    desk = people.desk
    notice = people.ask().messages[-1]
    assert notice.text.startswith("Nobody is here to take over just now.")
    assert "the assistant goes on helping you" in notice.text
    row = desk.row()
    assert (row.owner, row.status) == (Owner.ASSISTANT, Status.OPEN)
    assert row.waiting_since == people.now
    assert people.standing().position == 1
    assert ask(desk) == [IDLE.text], "still answered"
    people.ask()
    assert people.events() == ["handed_off", "handed_off"], "asked again, told again"
    assert people.round(open_queue) == []


def test_who_waited_gets_into_the_queue_when_somebody_comes(people: People) -> None:
    people.all_leave()
    people.ask("stuck")
    asked_at = people.now
    people.wait(60 * MINUTE)
    running = people.desk.say("hello? is anybody there?").turn
    people.renew(people.ben)
    (step,) = people.round(open_queue)
    assert step.messages[0].text.startswith("Somebody is here now. You are next")
    assert [told.kind for told in step.told] == [NoticeKind.HANDOFF]
    row = people.desk.row()
    assert (row.owner, row.waiting_since) == (Owner.QUEUE, asked_at)
    assert people.stretches()[-1].reason is HandoffReason.STUCK
    assert running
    (late,) = people.desk.finish(running, IDLE)
    assert late.kind is Kind.NOTE
    assert people.round(open_queue) == []


def test_outside_the_hours_the_contact_hears_when_somebody_comes(
    people: People,
) -> None:
    nine_to_five = (timedelta(hours=9), timedelta(hours=17))
    zone = ZoneInfo("Europe/Amsterdam")
    people.close(Hours(zone=zone, days=((nine_to_five,),) * 5 + ((),) * 2))
    people.desk.now = datetime(2026, 3, 6, 18, 30, tzinfo=UTC)  # a Friday
    people.renew(people.ana)
    notice = people.ask().messages[-1]
    assert "here again on Monday at 9:00 (Europe/Amsterdam)" in notice.text
    assert notice.details["event"]["opens_at"] == "2026-03-09T08:00:00+00:00"
    assert people.standing().opens_at == datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert people.round(open_queue) == []
    people.desk.now = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    people.renew(people.ana)
    assert len(people.round(open_queue)) == 1


def test_when_everybody_goes_home_the_assistant_keeps_who_waits(
    people: People,
) -> None:
    people.ask()
    people.wait(5 * MINUTE)
    assert people.round(close_queue) == [], "somebody may just fetch a coffee"
    people.wait(6 * MINUTE)
    (step,) = people.round(close_queue)
    assert step.messages[0].text.startswith("Nobody is here")
    row = people.desk.row()
    assert (row.owner, row.status) == (Owner.ASSISTANT, Status.OPEN)
    assert row.waiting_since is not None
    assert people.stretches()[1].end is StretchEnd.CLOSED
    assert people.desk.say("is it Monday yet, perhaps?").turn


def test_a_handback_begins_afresh_and_cannot_loop(people: People) -> None:
    desk = people.desk
    ask(desk, MISS)
    ask(desk, MISS)
    people.claim(people.ana)
    step = people.hand_back(people.ana)
    row = desk.row()
    assert (row.owner, row.status) == (Owner.ASSISTANT, Status.PENDING)
    assert (row.misses, row.assistant_turns, row.handoff_reason) == (0, 0, None)
    assert (row.agent_id, row.waiting_since, row.lease_until) == (None, None, None)
    assert step.messages[0].text.startswith("Ana has handed you back to the assistant")
    assert people.stretches()[2].end is StretchEnd.HANDED_BACK
    assert people.stretches()[2].ended_by == people.ana.id
    ask_again = desk.say(QUESTION).turn
    assert ask_again
    assert not ask_again.is_running, "first the assistant forgets"
    (afresh,) = desk.take()
    assert (afresh.payload, afresh.text) == (AFRESH, "")
    with desk.database.transaction() as session:
        assert find_overdue(session, people.now) == [ask_again]
        finished = finish_turn(session, desk.office, afresh, [IDLE], people.now, MISS)
    assert (finished.change, finished.has_more) == (None, True)
    (taken,) = desk.take()
    assert taken.id == ask_again.id
    (said,) = desk.finish(taken, IDLE)
    assert said.kind is Kind.OUTGOING
    assert desk.row().misses == 0


def test_forgetting_that_fails_says_nothing(people: People) -> None:
    people.given_to(people.ana)
    people.hand_back(people.ana)
    (afresh,) = people.desk.take()
    failed = Outcome(state=TurnState.FAILED)
    assert people.desk.end(afresh, Reply("Sorry.", {}), outcome=failed).change is None
    assert people.desk.row().owner is Owner.ASSISTANT


def test_a_conversation_says_what_it_is_about(people: People) -> None:
    desk = people.desk
    article = {"article": {"slug": "invite-expired", "title": "It has expired"}}
    ask(desk, Outcome(nlu={"intent": "greet"}))
    assert desk.row().topic == "greet"
    ask(desk, Outcome(nlu={"intent": "invite_expired"}), Reply("x" * 300, article))
    ask(desk, Outcome(nlu={"intent": "thank"}))
    assert desk.row().topic == "invite-expired"
    ask(desk, Outcome(nlu={"intent": "reset_password"}))
    row = desk.row()
    assert row.topic == "reset_password"
    assert (row.last_text, row.last_sender) == (IDLE.text, Sender.ASSISTANT)
    assert row.last_contact_seq == row.last_seq - 1
    desk.say("y" * 300)
    row = desk.row()
    assert (row.last_text, row.last_sender) == ("y" * 200, Sender.CONTACT)
    assert row.last_contact_seq == row.last_seq


def test_starting_over_ends_the_stretch_of_whoever_had_it(people: People) -> None:
    people.given_to(people.ana)
    old = people.desk.conversation
    people.desk.start_over()
    new, people.desk.conversation = people.desk.conversation, old
    row = people.desk.row()
    assert (row.status, row.owner) == (Status.RESOLVED, Owner.ASSISTANT)
    assert people.stretches()[-2].end is StretchEnd.REPLACED
    people.desk.conversation = new
    assert people.desk.row().owner_epoch == 1
    assert people.desk.say(QUESTION, uuid4()).turn
