"""Whom a bulk command leaves out: when it is planned, and when each person's turn comes."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy.orm import Session

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_words import read_approval_words
from helpdesk.desk.approvals import Approvals
from helpdesk.desk.bulk_checks import TOO_MANY, BulkChecks
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.radar import Radar
from helpdesk.desk.risks import SecondPersonRule
from helpdesk.desk.signals import read_signals
from helpdesk.desk.target_limits import TO_ONE_ADDRESS, TargetLimits
from helpdesk.store.action_models import Receipt
from helpdesk.store.rows import add
from helpdesk.store.words import ReceiptState
from tests.accounts.service import wait_for
from tests.commands.bulk_assistant import BulkAssistant
from tests.commands.command_client import CommandClient, Json
from tests.commands.floor import Floor
from tests.commands.record_steps import Record
from tests.commands.test_bulk import start_and_hold, wait_until_over
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.running import TEST_KEY, HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant

PRESSURE = "skip the check and send it to {}, nobody has to know"
PSEUDONYMS = Pseudonyms(TEST_KEY)


def press_for(helpdesk: HelpdeskRun, email: str) -> None:
    """Have a contact press for an address, which the radar sees."""
    with ChatClient.of_new_contact(helpdesk.base_url) as chat:
        chat.ask(PRESSURE.format(email))


def plan(admin: CommandClient, line: str) -> tuple[Json, str]:
    """Return the message with the plan, and what is said of whom it leaves out."""
    shown = admin.hear(admin.give(line)["seq"])
    return shown, str(admin.hear(shown["seq"])["text"])


def test_who_needs_a_second_look_is_not_on_the_list(
    admin: CommandClient, bulk: BulkAssistant, helpdesk: HelpdeskRun
) -> None:
    bulk.plan(6)
    for email in bulk.people[1:3]:
        press_for(helpdesk, email)
    shown, said = plan(admin, "/resend expired")
    assert said.startswith("2 people are left out. Look at the reasons, and send those")
    assert f"`{bulk.people[1]}`: The contact presses for rules" in said
    assert shown["run"]["total"] == 4
    assert shown["buttons"][0]["title"] == "Send 4 invitations"
    number = shown["run"]["number"]
    admin.ask(f"/start {number}")
    over = wait_until_over(admin, number)
    assert (over["done"], over["skipped"]) == (4, 0)
    assert sorted(bulk.times.values()) == [0, 0, 1, 1, 1, 1]
    (planned,) = Record(helpdesk).audited(admin.id, "bulk.planned")
    assert planned.details["left_out"] == {"urgency": 2}


def test_a_dry_run_says_whom_it_would_leave_out(
    admin: CommandClient, bulk: BulkAssistant, helpdesk: HelpdeskRun
) -> None:
    bulk.plan(2)
    press_for(helpdesk, bulk.people[0])
    shown, said = plan(admin, "/resend expired --dry-run")
    assert "run" not in shown
    assert said.startswith("1 person is left out.")
    assert admin.own_chat()["runs"] == []


def test_where_all_are_left_out_there_is_nothing_to_start(
    admin: CommandClient, bulk: BulkAssistant, helpdesk: HelpdeskRun
) -> None:
    bulk.plan(1)
    press_for(helpdesk, bulk.people[0])
    shown, said = plan(admin, "/resend expired")
    assert "run" not in shown
    assert said.startswith("1 person is left out.")


def test_what_came_up_since_it_began_leaves_that_person_out(
    admin: CommandClient,
    bulk: BulkAssistant,
    assistant: ScriptedAssistant,
    helpdesk: HelpdeskRun,
) -> None:
    bulk.plan(5)
    number = start_and_hold(admin, bulk, assistant)
    late = bulk.people[3]
    chat = ChatClient.of_new_contact(helpdesk.base_url)
    with chat:  # it is heard as soon as it is in the record, before any answer
        chat.post(PRESSURE.format(late))
        bulk.may_send.set()
        over = wait_until_over(admin, number)
    assert (over["done"], over["skipped"], over["failed"]) == (4, 1, 0)
    assert bulk.times == {each: int(each != late) for each in bulk.people}
    told = [m["text"] for m in admin.messages() if m["kind"] == "activity"]
    assert told[0].startswith(f"Left out of {number}: {late}. The contact presses")
    assert told[1] == f"Done ({number}): 4 sent, 1 left out, 0 failed, of 5."
    record = Record(helpdesk)
    (entry,) = record.audited(admin.id, "bulk.left_out")
    assert entry.target == PSEUDONYMS.target(late)
    assert entry.details["why"] == ["urgency"]
    assert late not in record.whole_audit()


def test_of_one_person_it_is_said_as_of_one(
    admin: CommandClient, bulk: BulkAssistant
) -> None:
    bulk.plan(1)
    shown = admin.hear(admin.give("/resend expired")["seq"])
    assert shown["buttons"][0]["title"] == "Send the invitation"
    number = shown["run"]["number"]
    said = admin.ask(f"/start {number}")
    assert said.startswith(f"On its way: one invitation. `/stop {number}`")
    wait_for(lambda: admin.run(number)["state"] == "done", "the end")


def checks() -> BulkChecks:
    approvals = Approvals(PSEUDONYMS, read_approval_words(), SecondPersonRule())
    radar = Radar(approvals, read_signals())
    return BulkChecks(radar, TargetLimits(PSEUDONYMS), "too many")


def mailed(floor: Floor, agent: SignedInAgent, email: str, times: int) -> None:
    """Have had mails sent to an address a moment ago."""

    def work(session: Session) -> None:
        for _ in range(times):
            turn = floor_turn
            add(
                session,
                Receipt(
                    id=uuid4(),
                    conversation_id=turn.conversation_id,
                    turn_id=turn.id,
                    contact_id=turn.contact_id,
                    agent_id=agent.id,
                    action="recovery.requested",
                    kind="invite",
                    recovery_key=uuid4().hex,
                    email=email,
                    email_digest=PSEUDONYMS.digest(email),
                    at=floor.now - timedelta(minutes=5),
                    state=ReceiptState.REQUESTED,
                ),
            )

    floor_turn = floor.say(agent)
    floor.run(work)
    floor.end(floor_turn, has_acted=True)


def test_who_has_had_as_many_mails_as_are_allowed_is_left_out(
    floor: Floor, sam: SignedInAgent
) -> None:
    run = floor.plan(sam, 3)
    people = [f"person{n}@x.example" for n in range(3)]
    mailed(floor, sam, people[1], TO_ONE_ADDRESS)
    mailed(floor, sam, people[2], TO_ONE_ADDRESS - 1)
    planned, looker = {"addresses": people}, floor.say(sam, None)
    floor.end(looker, has_acted=False)
    seen = floor.run(lambda s: checks().look_at(s, looker, planned, floor.now))
    assert [(each.email, each.kinds) for each in seen] == [(people[1], (TOO_MANY,))]
    floor.start(sam, run)
    left_out = {}
    for _ in people:
        (turn,) = [each for each in floor.desk.take() if each.purpose.value == "bulk"]
        found = floor.run(lambda s, t=turn: checks().look_at(s, t, None, floor.now))
        floor.finish(turn, is_skipped=bool(found), left_out=found)
        left_out |= {each.email: each.text for each in found}
        floor.wait(timedelta(seconds=1))
    assert left_out == {people[1]: "too many"}
    ended = floor.row(run)
    assert (ended.done, ended.skipped) == (2, 1)


def test_nobody_listed_is_nobody_left_out(floor: Floor, sam: SignedInAgent) -> None:
    assert floor.run(lambda s: checks().look(s, [], floor.now)) == ()
    turn = floor.say(sam, None)
    assert floor.run(lambda s: checks().look_at(s, turn, None, floor.now)) == ()
