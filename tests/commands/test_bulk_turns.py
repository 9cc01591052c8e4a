"""The turns of a bulk command: one at a time, at their pace, beside everybody else's."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.answers import Reply
from helpdesk.desk.bulk_runs import PLAN_LIFE
from helpdesk.desk.command_payloads import read_payload
from helpdesk.desk.errors import NotPossibleError
from helpdesk.desk.staff_turns import postpone_bulk
from helpdesk.desk.turns import LEASE, find_overdue, take_due_turns
from helpdesk.store.words import BulkState, Role, TurnState
from tests.commands.floor import Floor
from tests.helpdesk.desk_steps import SECOND

AT_ONCE = 32


def test_five_hundred_that_are_due_leave_the_others_their_turns(
    floor: Floor, sam: SignedInAgent
) -> None:
    floor.start(sam, floor.plan(sam, 500))
    floor.wait(timedelta(minutes=20))
    asked = [floor.desk.other().say("hi").conversation.id for _ in range(5)]
    floor.wait(SECOND)
    taken = floor.run(lambda s: take_due_turns(s, floor.now, AT_ONCE))
    assert {turn.conversation_id for turn in taken} > set(asked)
    assert len(taken) == 6, "one of the bulk command, and everybody else's"


def test_they_are_done_one_after_the_other_in_order(
    floor: Floor, sam: SignedInAgent
) -> None:
    run = floor.plan(sam, 4)
    floor.start(sam, run, per_minute=6_000)
    seen = []
    for _ in range(4):
        floor.wait(SECOND)
        (turn,) = floor.desk.take()
        assert floor.desk.take() == []
        carried = read_payload(turn.payload or "")
        assert carried
        assert carried[1]["key"] == str(turn.id)
        seen.append(carried[1]["address"])
        floor.finish(turn, Reply("Sent.", {}))
    assert seen == [f"person{n}@x.example" for n in range(4)]
    ended = floor.row(run)
    assert (ended.state, ended.done, ended.addresses) == (BulkState.DONE, 4, {})


def test_a_run_that_is_behind_keeps_its_pace(floor: Floor, sam: SignedInAgent) -> None:
    run = floor.plan(sam, 5)
    floor.start(sam, run, per_minute=60)
    floor.wait(timedelta(minutes=10))  # as after an outage: all of them are due
    for _ in range(4):
        (turn,) = floor.desk.take()
        floor.wait(0.25 * SECOND)
        finished = floor.finish(turn, Reply("Sent.", {}))
        assert finished.next_due_at == floor.now + 0.75 * SECOND
        assert floor.desk.take() == [], "a minute has sixty, not more"
        floor.wait(0.75 * SECOND)
    (last,) = floor.desk.take()
    assert floor.finish(last, Reply("Sent.", {})).next_due_at is None


def test_a_turn_that_is_lost_is_taken_again_with_the_same_id(
    floor: Floor, sam: SignedInAgent
) -> None:
    run = floor.plan(sam, 2)
    floor.start(sam, run)
    (turn,) = floor.desk.take()
    floor.wait(LEASE)  # its process died
    (again,) = floor.desk.take()
    assert (again.id, again.attempt) == (turn.id, 2)
    assert floor.finish(turn, Reply("Sent.", {})).change is None
    assert floor.finish(again, Reply("Sent.", {})).change
    assert floor.row(run).done == 1


def test_nobody_is_told_of_its_turns_that_wait(
    floor: Floor, sam: SignedInAgent
) -> None:
    floor.start(sam, floor.plan(sam, 3))
    floor.wait(timedelta(minutes=1))
    assert floor.run(lambda s: find_overdue(s, floor.now)) == []


def test_its_agent_sees_when_a_part_is_down(floor: Floor, sam: SignedInAgent) -> None:
    run = floor.plan(sam, 3)
    floor.start(sam, run)
    for attempt in range(1, 6):
        (turn,) = floor.desk.take()
        assert floor.is_held_up(run) == (attempt >= 4)
        event = floor.run(lambda s, t=turn: postpone_bulk(s, t, floor.now))
        assert event
        assert event.run_id == run.id
    (turn,) = floor.desk.take()
    floor.finish(turn, Reply("Sent.", {}))
    assert not floor.is_held_up(run)


def test_what_runs_when_it_is_stopped_is_finished_and_counted(
    floor: Floor, sam: SignedInAgent
) -> None:
    run = floor.plan(sam, 3)
    floor.start(sam, run)
    (turn,) = floor.desk.take()
    stopped = floor.stop(sam, run)
    assert (stopped.state, stopped.ended_at) == (BulkState.STOPPED, None)
    floor.wait(timedelta(hours=1))
    (again,) = floor.desk.take()
    assert again.id == turn.id
    assert floor.actor_of(again) is None, "it is not tried again after the stop"
    floor.finish(again, state=TurnState.DROPPED)
    ended = floor.row(run)
    assert (ended.done, ended.ended_at) == (0, floor.now)
    assert floor.desk.take() == []


@pytest.mark.parametrize("attempt", range(3))
def test_two_who_stop_it_while_a_turn_of_it_ends_do_not_wait_for_each_other(
    floor: Floor, sam: SignedInAgent, attempt: int
) -> None:
    eve = floor.agent("Eve", Role.ADMIN)
    run = floor.plan(sam, 3)
    floor.start(sam, run)
    running, (turn,) = floor.row(run), floor.desk.take()
    ready = Barrier(3)

    def stop(agent: SignedInAgent) -> bool:
        ready.wait()
        try:
            floor.stop(agent, running)
        except NotPossibleError:
            return False
        return True

    def finish() -> bool:
        ready.wait()
        return floor.finish(turn, Reply("Sent.", {})).change is not None

    with ThreadPoolExecutor(3) as threads:
        stops = [threads.submit(stop, agent) for agent in (sam, eve)]
        end = threads.submit(finish)
        assert [each.result() for each in stops].count(True) == 1
        assert end.result()
    ended = floor.row(run)
    assert (ended.state, ended.done) == (BulkState.STOPPED, 1)
    assert ended.ended_at is not None


def test_between_two_people_it_stops_at_once(floor: Floor, sam: SignedInAgent) -> None:
    run = floor.plan(sam, 3)
    floor.start(sam, run)
    (turn,) = floor.desk.take()
    floor.finish(turn, Reply("Sent.", {}))
    assert floor.stop(sam, run).ended_at == floor.now
    with pytest.raises(NotPossibleError):
        floor.stop(sam, run)
    floor.wait(timedelta(hours=1))
    assert floor.desk.take() == []


def test_a_list_that_is_old_is_not_sent_to(floor: Floor, sam: SignedInAgent) -> None:
    run = floor.plan(sam, 3)
    floor.wait(PLAN_LIFE + SECOND)
    with pytest.raises(NotPossibleError, match="half an hour"):
        floor.start(sam, run)
    assert floor.desk.take() == []


def test_addresses_that_cannot_be_used_or_come_twice_are_left_out(
    floor: Floor, sam: SignedInAgent
) -> None:
    turn = floor.say(sam)
    listed = ["Ana@example.com", "ana@EXAMPLE.com", "nobody", "", "ben@example.com"]
    plan = {"command": "resend", "arguments": {}, "addresses": listed, "total": 5}
    finished = floor.finish(turn, Reply("Five.", {}), plan=plan)
    assert finished.change
    (shown,) = (m for m in finished.change.messages if "run" in m.details)
    assert shown.details["buttons"][0]["title"] == "Send 2 invitations"


def test_a_plan_without_an_answer_or_in_a_contacts_conversation_is_none(
    floor: Floor, sam: SignedInAgent
) -> None:
    plan = {"command": "resend", "arguments": {}, "addresses": ["ana@example.com"]}
    finished = floor.finish(floor.say(sam), plan=plan)
    assert finished.change
    assert finished.change.messages == []
    turn = floor.desk.say("my invitation has expired").turn
    assert turn
    told = floor.finish(turn, Reply("Look.", {}), plan=plan).change
    assert told
    assert "run" not in told.messages[0].details
