"""Put aside, ended, brought back; and how it went."""

from datetime import timedelta

import pytest

from helpdesk.desk.assignment import requeue_lost
from helpdesk.desk.errors import (
    BadRangeError,
    NotAskedError,
    NotFoundError,
    NotOwnerError,
    NotPossibleError,
)
from helpdesk.desk.events import NoticeKind
from helpdesk.desk.lifecycle import LONGEST_SNOOZE, wake_due
from helpdesk.desk.stretches import LEASE
from helpdesk.store.console_models import Satisfaction
from helpdesk.store.rows import get
from helpdesk.store.words import Kind, Owner, Sender, Status, StretchEnd
from tests.desk.desk_people import MINUTE, QUESTION, People
from tests.helpdesk.desk_steps import SECOND

AGAIN = "It has stopped working again."


def test_a_snoozed_one_keeps_its_agent_without_a_lease(people: People) -> None:
    people.given_to(people.ana)
    people.snooze(people.ana, timedelta(days=1))
    row = people.desk.row()
    assert (row.status, row.owner, row.agent_id) == (
        Status.SNOOZED,
        Owner.AGENT,
        people.ana.id,
    )
    people.wait(LEASE + SECOND)
    assert people.round(requeue_lost) == []
    assert people.round(wake_due) == []


def test_it_wakes_to_the_agent_who_is_there(people: People) -> None:
    people.given_to(people.ana)
    people.snooze(people.ana, 60 * MINUTE)
    people.wait(60 * MINUTE)
    people.renew(people.ana)
    (step,) = people.round(wake_due)
    row = people.desk.row()
    assert (row.status, row.snoozed_until) == (Status.OPEN, None)
    assert row.lease_until == people.now + LEASE
    assert step.messages == [], "nothing to the contact"
    assert [(told.kind, told.agent_id) for told in step.told] == [
        (NoticeKind.AWAKE, people.ana.id)
    ]
    assert people.round(wake_due) == []


def test_it_wakes_into_the_queue_when_the_agent_is_gone(people: People) -> None:
    people.given_to(people.ana)
    people.snooze(people.ana, 60 * MINUTE)
    people.wait(60 * MINUTE)
    people.renew(people.ben)
    (step,) = people.round(wake_due)
    row = people.desk.row()
    assert (row.owner, row.status, row.is_returned) == (Owner.QUEUE, Status.OPEN, True)
    assert step.messages[0].text.startswith("Ana is not here at the moment.")


@pytest.mark.parametrize("pause", [timedelta(0), -MINUTE, LONGEST_SNOOZE + SECOND])
def test_a_snooze_lies_ahead_and_has_an_end(people: People, pause: timedelta) -> None:
    people.given_to(people.ana)
    with pytest.raises(BadRangeError):
        people.snooze(people.ana, pause)
    with pytest.raises(NotOwnerError):
        people.snooze(people.lea, MINUTE)


def test_a_contact_wakes_it_and_the_agent_hears(people: People) -> None:
    people.given_to(people.ana)
    people.snooze(people.ana, 60 * MINUTE)
    people.wait(MINUTE)
    accepted = people.desk.say(AGAIN)
    assert accepted.turn is None
    assert accepted.change
    assert [told.kind for told in accepted.change.told] == [NoticeKind.AWAKE]
    assert people.desk.row().status is Status.OPEN
    accepted = people.desk.say(QUESTION)
    assert accepted.change
    assert [(told.kind, told.agent_id) for told in accepted.change.told] == [
        (NoticeKind.REPLY, people.ana.id)
    ]


@pytest.mark.parametrize("why", ["away", "inactive", "gone"])
def test_a_contact_does_not_wake_who_is_not_there(people: People, why: str) -> None:
    people.given_to(people.ana)
    people.snooze(people.ana, 60 * MINUTE)
    if why == "away":
        people.set_agent(people.ana, is_away=True)
    elif why == "inactive":
        people.set_agent(people.ana, is_active=False)
    else:
        people.sign_out(people.ana)
    accepted = people.desk.say(AGAIN)
    assert people.desk.row().owner is Owner.QUEUE
    assert [one.kind for one in people.messages()[-2:]] == [
        Kind.INCOMING,
        Kind.ACTIVITY,
    ]
    assert accepted.message.seq == people.desk.row().last_seq - 1
    assert people.desk.row().last_text == AGAIN


def test_resolving_asks_once_how_it_went_as_the_last_message(people: People) -> None:
    people.given_to(people.ana)
    step = people.resolve(people.ana)
    resolved, asked = step.messages
    assert resolved.text.startswith("Ana has closed this conversation.")
    assert (asked.text, asked.sender) == ("How did we do?", Sender.SYSTEM)
    row = people.desk.row()
    assert (row.status, row.owner, row.resolved_at) == (
        Status.RESOLVED,
        Owner.ASSISTANT,
        people.now,
    )
    assert row.agent_id == people.ana.id, "who had it"
    assert people.stretches()[2].end is StretchEnd.RESOLVED
    assert people.standing().asks_rating
    satisfaction = people.run(
        lambda s: get(s, Satisfaction, conversation_id=people.desk.conversation)
    )
    assert (satisfaction.asked_seq, satisfaction.agent_id) == (
        asked.seq,
        people.ana.id,
    )
    people.reopen(people.ben)
    assert not people.standing().asks_rating
    people.resolve(people.ben)
    assert people.events().count("asked_rating") == 1


def test_nothing_is_asked_where_no_person_was(people: People) -> None:
    people.ask()
    people.resolve(people.lea)
    assert people.events()[-1] == "resolved"
    with pytest.raises(NotAskedError):
        people.rate(5)


def test_a_rating_is_taken_while_it_is_asked(people: People) -> None:
    people.given_to(people.ana)
    with pytest.raises(NotAskedError):
        people.rate(5)
    people.resolve(people.ana)
    people.rate(4)
    first_at = people.now
    people.wait(MINUTE)
    for _ in range(2):
        people.rate(5, "Great! My password is Tr0ub4dor&3xyz")
    kept = people.run(
        lambda s: get(s, Satisfaction, conversation_id=people.desk.conversation)
    )
    assert (kept.score, kept.answered_at) == (5, first_at)
    assert "Tr0ub4dor" not in kept.comment
    assert not people.standing().asks_rating
    for score in (0, 6):
        with pytest.raises(BadRangeError):
            people.rate(score)
    people.desk.say(AGAIN)
    with pytest.raises(NotAskedError):
        people.rate(1)
    people.desk.contact = people.desk.other().contact
    with pytest.raises(NotFoundError):
        people.rate(1)


def test_a_message_soon_after_goes_to_the_agent_who_had_it(people: People) -> None:
    people.given_to(people.ana)
    people.resolve(people.ana)
    people.wait(MINUTE)
    accepted = people.desk.say(AGAIN)
    row = people.desk.row()
    assert (row.owner, row.agent_id) == (Owner.AGENT, people.ana.id)
    assert (row.resolved_at, accepted.turn) == (None, None)
    assert people.desk.texts()[-2:] == [AGAIN, "Ana is here now."]
    assert people.stretches()[3].end is StretchEnd.REOPENED
    assert people.stretches()[4].first_seq == accepted.message.seq


def test_if_that_agent_is_gone_it_goes_to_the_queue(people: People) -> None:
    people.given_to(people.ana)
    people.resolve(people.ana)
    people.set_agent(people.ana, is_away=True)
    accepted = people.desk.say(AGAIN)
    assert people.desk.row().owner is Owner.QUEUE
    assert accepted.turn is None
    assert people.desk.texts()[-1].startswith("You are next in line")
    assert accepted.change
    assert [told.kind for told in accepted.change.told] == [NoticeKind.HANDOFF]


def test_if_everybody_is_gone_the_assistant_answers_meanwhile(people: People) -> None:
    people.given_to(people.ana)
    people.resolve(people.ana)
    people.all_leave()
    accepted = people.desk.say(AGAIN)
    row = people.desk.row()
    assert (row.owner, row.status) == (Owner.ASSISTANT, Status.OPEN)
    assert row.waiting_since == people.now
    assert accepted.turn
    assert people.desk.texts()[-1].startswith("Nobody is here to take over")
    assert people.stretches()[3].end is StretchEnd.REOPENED


def test_a_day_later_it_is_the_assistants_to_begin_with(people: People) -> None:
    people.given_to(people.ana)
    people.resolve(people.ana)
    people.wait(timedelta(hours=24) + SECOND)
    people.renew(people.ana)
    accepted = people.desk.say(AGAIN)
    row = people.desk.row()
    assert (row.owner, row.status) == (Owner.ASSISTANT, Status.PENDING)
    assert (row.waiting_since, row.handoff_reason, row.agent_id) == (None, None, None)
    assert accepted.turn
    (afresh,) = people.desk.take()
    assert afresh.payload == "/session_start"


def test_an_agent_reopens_to_themselves(people: People) -> None:
    people.given_to(people.ana)
    with pytest.raises(NotPossibleError):
        people.reopen(people.ana)
    people.resolve(people.ana)
    people.reopen(people.ben)
    row = people.desk.row()
    assert (row.status, row.agent_id) == (Status.OPEN, people.ben.id)
    assert row.resolved_at is None
    with pytest.raises(NotOwnerError):
        people.reopen(people.ana)


def test_a_lead_ends_what_the_assistant_had_to_answer(people: People) -> None:
    people.desk.say(QUESTION)
    people.resolve(people.lea)
    people.wait(MINUTE)
    assert people.desk.take() == []
    assert people.desk.say(AGAIN).turn
