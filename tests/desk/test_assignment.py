"""Claiming, giving away, and agents who vanish."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from helpdesk.desk import assignment
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.assignment import Receiver, requeue_lost
from helpdesk.desk.changes import Change
from helpdesk.desk.errors import (
    ForbiddenError,
    NotAvailableError,
    NotFoundError,
    NotOwnerError,
    NotPossibleError,
    StaleError,
    TakenError,
    TooLongError,
)
from helpdesk.desk.events import NoticeKind
from helpdesk.desk.handoff import hand_off
from helpdesk.desk.permissions import allowed
from helpdesk.desk.stretches import LEASE
from helpdesk.store.models import Conversation
from helpdesk.store.rows import get
from helpdesk.store.words import (
    HandoffReason,
    Kind,
    Owner,
    Role,
    Sender,
    Status,
    StretchEnd,
)
from tests.desk.desk_people import MINUTE, QUESTION, People
from tests.helpdesk.desk_steps import OFFICE, SECOND

RACERS = 50


def test_a_claim_takes_from_the_queue_and_tells_the_contact(people: People) -> None:
    step = people.given_to(people.ana)
    row = people.desk.row()
    assert (row.owner, row.agent_id, row.status) == (
        Owner.AGENT,
        people.ana.id,
        Status.OPEN,
    )
    assert row.lease_until == people.now + LEASE
    (notice,) = step.messages
    assert (notice.text, notice.kind) == ("Ana is here now.", Kind.ACTIVITY)
    assert people.standing().agent_name == "Ana"
    assert people.standing().position is None
    ended = people.stretches()[1]
    assert (ended.end, ended.ended_by) == (StretchEnd.CLAIMED, people.ana.id)


def test_a_takeover_is_a_handoff_by_the_agent(people: People) -> None:
    turn = people.desk.say(QUESTION).turn
    people.claim(people.ana)
    row = people.desk.row()
    assert row.handoff_reason is HandoffReason.TAKEOVER
    assert people.stretches()[0].end is StretchEnd.TAKEN_OVER
    assert people.stretches()[1].reason is HandoffReason.TAKEOVER
    assert people.desk.say("who is there now, please?").turn is None
    assert turn
    assert people.desk.take() == []


def test_whoever_is_second_sees_who_was_first(people: People) -> None:
    people.given_to(people.ana)
    with pytest.raises(TakenError) as refused:
        people.claim(people.ben)
    assert refused.value.agent_id == people.ana.id
    assert people.desk.row().agent_id == people.ana.id


def test_claiming_ones_own_again_only_renews_the_lease(people: People) -> None:
    people.given_to(people.ana)
    people.wait(MINUTE)
    step = people.claim(people.ana)
    assert (step.messages, people.epoch) == ([], 3)
    assert people.desk.row().lease_until == people.now + LEASE


def test_a_lead_may_take_from_a_colleague(people: People) -> None:
    people.given_to(people.ana)
    people.claim(people.lea)
    assert people.desk.row().agent_id == people.lea.id
    assert people.stretches()[2].end is StretchEnd.TRANSFERRED


def test_of_two_leads_who_press_at_once_one_gets_it(people: People) -> None:
    people.ask()
    other = people.agent("Max", Role.ADMIN)
    seen = people.epoch
    people.claim(people.lea, seen)
    with pytest.raises(TakenError) as refused:
        people.claim(other, seen)
    assert refused.value.agent_id == people.lea.id
    assert people.claim(people.lea, seen).messages == [], "a second tab of the owner"
    people.claim(other, people.epoch)
    assert people.desk.row().agent_id == other.id


def test_a_note_at_a_transfer_is_read_like_any_other(people: People) -> None:
    people.given_to(people.ana)
    to = Receiver(agent_id=people.ben.id)
    with pytest.raises(TooLongError):
        people.transfer(people.ana, to, note="x" * 4_001)
    step = people.transfer(people.ana, to, note="my password is\x00 hunter22secret")
    note = step.messages[0]
    assert "\x00" not in note.text
    assert note.details["redactions"]
    step = people.transfer(people.ben, Receiver(agent_id=people.ana.id), note=" \x00 ")
    assert [message.kind for message in step.messages] == [Kind.ACTIVITY]


def test_an_auditor_changes_nothing(people: People) -> None:
    people.ask()
    for verb in (people.claim, people.release, people.hand_back, people.resolve):
        with pytest.raises(ForbiddenError):
            verb(people.uma)
    with pytest.raises(ForbiddenError):
        people.note(people.uma, "I was here.")


def test_what_is_not_there_or_resolved_cannot_be_claimed(people: People) -> None:
    people.given_to(people.ana)
    people.resolve(people.ana)
    with pytest.raises(NotPossibleError):
        people.claim(people.ben)
    people.desk.conversation = uuid4()
    with pytest.raises(NotFoundError):
        people.claim(people.ben)


def test_a_released_one_waits_where_it_waited(people: People) -> None:
    people.ask()
    asked_at = people.now
    people.wait(MINUTE)
    people.claim(people.ana)
    step = people.release(people.ana)
    row = people.desk.row()
    assert (row.owner, row.agent_id, row.lease_until) == (Owner.QUEUE, None, None)
    assert (row.waiting_since, row.is_returned) == (asked_at, False)
    assert step.messages[0].text.startswith("Ana had to go.")
    assert people.stretches()[2].end is StretchEnd.RELEASED


def test_a_transfer_to_an_agent_brings_the_note_along(people: People) -> None:
    people.given_to(people.ana)
    step = people.transfer(
        people.ana, Receiver(people.ben.id), "Her password is hunter22secret"
    )
    note, notice = step.messages
    assert (note.kind, note.sender, note.agent_id) == (
        Kind.NOTE,
        Sender.AGENT,
        people.ana.id,
    )
    assert "hunter22secret" not in note.text
    assert notice.text.startswith("Ana has asked Ben to go on from here.")
    assert people.desk.row().agent_id == people.ben.id
    (told,) = step.told
    assert (told.kind, told.agent_id) == (NoticeKind.TRANSFERRED, people.ben.id)
    with pytest.raises(NotOwnerError) as refused:
        people.reply(people.ana, "One more thing.")
    assert refused.value.agent_id == people.ben.id


def test_a_transfer_to_a_team_queues_it_there(people: People) -> None:
    doors = people.team("Doors")
    people.given_to(people.ana)
    step = people.transfer(people.ana, Receiver(team_id=doors))
    row = people.desk.row()
    assert (row.owner, row.team_id) == (Owner.QUEUE, doors)
    assert step.messages[0].text.startswith("Ana has passed your question on to Doors.")
    assert [told.team_id for told in step.told] == [doors]
    with pytest.raises(NotFoundError):
        people.transfer(people.lea, Receiver(team_id=uuid4()))


@pytest.mark.parametrize("why", ["inactive", "away", "gone", "auditor", "unknown"])
def test_nothing_is_given_to_who_is_not_there(people: People, why: str) -> None:
    people.given_to(people.ana)
    to = people.ben.id
    if why == "inactive":
        people.set_agent(people.ben, is_active=False)
    elif why == "away":
        people.set_agent(people.ben, is_away=True)
    elif why == "gone":
        people.sign_out(people.ben)
    else:
        to = people.uma.id if why == "auditor" else uuid4()
    with pytest.raises(NotAvailableError):
        people.transfer(people.ana, Receiver(to), "Please.")
    assert people.desk.row().agent_id == people.ana.id
    assert Kind.NOTE not in {message.kind for message in people.messages()}


def test_what_was_seen_before_somebody_else_had_it_is_stale(people: People) -> None:
    people.given_to(people.ana)
    seen = people.epoch
    people.transfer(people.ana, Receiver(people.ben.id))
    people.transfer(people.ben, Receiver(people.ana.id))
    for verb in (people.release, people.hand_back, people.resolve):
        with pytest.raises(StaleError) as refused:
            verb(people.ana, seen)
        assert refused.value.conversation.owner_epoch == seen + 2
    with pytest.raises(StaleError):
        people.transfer(people.ana, Receiver(people.ben.id), "", seen)


def test_only_the_owner_gives_away_but_a_lead_may(people: People) -> None:
    people.given_to(people.ana)
    for verb in (people.release, people.hand_back, people.resolve):
        with pytest.raises(NotOwnerError):
            verb(people.ben)
    with pytest.raises(NotPossibleError):
        people.transfer(people.ana, Receiver(people.ana.id))
    people.release(people.lea)
    with pytest.raises(NotPossibleError):
        people.hand_back(people.ben)
    people.hand_back(people.lea)
    assert people.desk.row().owner is Owner.ASSISTANT


def test_a_vanished_agent_loses_it_to_the_front_of_the_queue(people: People) -> None:
    people.ask()
    asked_at = people.now
    people.claim(people.ana)
    other = people.desk.other()
    people.wait(LEASE - SECOND)
    people.renew(people.ben)
    assert people.round(requeue_lost) == []
    people.wait(SECOND)
    (step,) = people.round(requeue_lost)
    row = people.desk.row()
    assert (row.owner, row.is_returned) == (Owner.QUEUE, True)
    assert row.waiting_since == asked_at
    assert step.messages[0].text.startswith(
        "Ana has lost the connection. You are next in line"
    )
    assert [(told.kind, told.agent_id) for told in step.told] == [
        (NoticeKind.LOST, people.ana.id),
        (NoticeKind.RETURNED, None),
    ]
    assert people.stretches()[2].end is StretchEnd.LEASE_LOST
    with pytest.raises(NotPossibleError):
        people.reply(people.ana, "Here I am again.")
    assert people.round(requeue_lost) == []
    assert other.row().owner is Owner.ASSISTANT


def test_the_returned_stand_before_those_who_wait_longer(people: People) -> None:
    longer = People.__new__(People)
    longer.desk = people.desk.other()
    longer.ask()
    people.wait(MINUTE)
    people.given_to(people.ana)
    people.wait(LEASE)
    people.renew(people.ben)
    people.round(requeue_lost)
    longer.desk.now = people.now
    assert people.standing().position == 1
    assert longer.standing().position == 2


def test_a_sign_of_life_keeps_what_one_has(people: People) -> None:
    people.given_to(people.ana)
    for _ in range(5):
        people.wait(LEASE - SECOND)
        people.renew(people.ana)
        assert people.round(requeue_lost) == []
    people.renew(people.ben)
    people.wait(LEASE)
    assert len(people.round(requeue_lost)) == 1, "a colleague's do not count"


def test_who_loses_it_after_hours_keeps_the_assistant(people: People) -> None:
    people.given_to(people.ana)
    people.all_leave()
    (step,) = people.round(requeue_lost)
    assert people.desk.row().owner is Owner.ASSISTANT
    assert step.messages[0].text.startswith(
        "Ana has lost the connection. Nobody is here to take over just now."
    )


@pytest.mark.parametrize(
    ("stands", "of_ana", "of_ben", "of_lea"),
    [
        ("assistant", "take_over note", "take_over note", "act note resolve take_over"),
        (
            "queue",
            "claim note",
            "claim note",
            "act claim hand_back note resolve transfer",
        ),
        (
            "agent",
            "act hand_back note release reply resolve snooze transfer",
            "note",
            "act claim hand_back note release resolve transfer",
        ),
        ("resolved", "note reopen", "note reopen", "note reopen"),
    ],
)
def test_the_console_shows_what_an_agent_may_do(
    people: People, stands: str, of_ana: str, of_ben: str, of_lea: str
) -> None:
    if stands == "queue":
        people.ask()
    if stands in {"agent", "resolved"}:
        people.given_to(people.ana)
    if stands == "resolved":
        people.resolve(people.ana)
    row = people.desk.row()
    may = [sorted(allowed(who, row)) for who in (people.ana, people.ben, people.lea)]
    assert may == [sorted(text.split()) for text in (of_ana, of_ben, of_lea)]
    assert allowed(people.uma, row) == []


def test_of_fifty_who_grab_at_fifty_each_one_has_one_owner(people: People) -> None:
    agents = [people.agent(f"Agent {number}") for number in range(RACERS)]
    waiting = [queued(people) for _ in range(RACERS)]

    def grab(number: int) -> list[tuple[UUID, UUID]]:
        """Begin where nine others do, and go on until one is one's own."""
        agent = agents[number]
        for step in range(RACERS):
            conversation = waiting[(number % 5 * 10 + step) % RACERS]
            if try_to_claim(people, agent, conversation):
                return [(conversation, agent.id)]
        return []

    with ThreadPoolExecutor(RACERS) as threads:
        won = [each for some in threads.map(grab, range(RACERS)) for each in some]
    assert len(won) == RACERS
    assert set(Counter(conversation for conversation, _ in won).values()) == {1}
    for conversation, agent_id in won:
        row = people.run(lambda s, it=conversation: get(s, Conversation, id=it))
        assert (row.agent_id, row.owner_epoch) == (agent_id, 3)


def queued(people: People) -> UUID:
    other = people.desk.other()

    def ask(session: Session) -> None:
        row = get(session, Conversation, id=other.conversation)
        step = Change(row, people.now)
        hand_off(session, OFFICE, step, HandoffReason.ASKED)
        step.write(session)

    people.run(ask)
    return other.conversation


def try_to_claim(people: People, agent: SignedInAgent, conversation: UUID) -> bool:
    def work(session: Session) -> None:
        assignment.claim(session, OFFICE, agent, conversation, people.now)

    try:
        people.run(work)
    except TakenError:
        return False
    return True
