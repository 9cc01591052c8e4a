"""A second person agrees or does not: once, in time, and never to a wish of their own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_reading import RECOVERY, requester_of
from helpdesk.desk.approvals import LIFE
from helpdesk.desk.errors import ForbiddenError, NotFoundError, NotPossibleError
from helpdesk.desk.events import AgentsTold, ApprovalChanged, Event, NoticeKind
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.risks import Risk, SecondPersonRule
from helpdesk.store.words import ApprovalState, Role
from tests.desk.desk_people import MINUTE
from tests.desk.floor import ADDRESS, WORDS, Floor
from tests.helpdesk.running import TEST_KEY


def told(events: Sequence[Event]) -> set[UUID | None]:
    return {each.agent_id for each in events if isinstance(each, AgentsTold)}


def test_a_colleague_agrees_and_both_are_told_and_named(floor: Floor) -> None:
    asked = floor.ask(floor.sam)
    assert told(asked.told) == {floor.eve.id}
    changed, notice = asked.told
    assert isinstance(changed, ApprovalChanged)
    assert isinstance(notice, AgentsTold)
    assert notice.kind is NoticeKind.APPROVAL
    assert notice.text == f"Sam asks you to agree: /resend {ADDRESS}"
    decided = floor.decide(floor.eve, asked)
    assert decided.is_new
    assert told(decided.told) == {floor.sam.id}
    (answer,) = [each for each in decided.told if isinstance(each, AgentsTold)]
    assert answer.text.startswith("Eve has agreed")
    row = floor.row(asked)
    assert (row.state, row.decided_by) == (ApprovalState.APPROVED, floor.eve.id)
    assert floor.audited() == [
        (f"agent:{floor.sam.id}", "approval.requested"),
        (f"agent:{floor.eve.id}", "approval.approved"),
    ]


def test_what_was_decided_keeps_no_address(floor: Floor) -> None:
    asked = floor.ask(floor.sam)
    assert floor.row(asked).arguments == {"address": ADDRESS}
    decided = floor.decide(floor.eve, asked, approve=False)
    assert decided.approval.arguments == {"address": ADDRESS}  # for who carries it out
    row = floor.row(asked)
    assert (row.state, row.arguments) == (ApprovalState.REFUSED, {})
    assert row.summary == "/resend a•••@example.com"
    assert row.email_digest == Pseudonyms(TEST_KEY).digest(ADDRESS)


def test_nobody_decides_about_their_own_wish(floor: Floor) -> None:
    asked = floor.ask(floor.sam)
    for approve in (True, False):
        with pytest.raises(ForbiddenError):
            floor.decide(floor.sam, asked, approve=approve)
    other_tab = replace(floor.sam, session_id=uuid4())
    with pytest.raises(ForbiddenError):
        floor.decide(other_tab, asked)
    assert floor.row(asked).state is ApprovalState.WAITING


def test_commands_are_for_admins_and_presses_for_leads_too(floor: Floor) -> None:
    people, command = floor.people, floor.ask(floor.sam)
    for agent in (people.ana, people.lea):
        with pytest.raises(NotFoundError):
            floor.decide(agent, command)
    with pytest.raises(ForbiddenError):
        floor.decide(people.uma, command)  # an auditor sees it
    press = floor.ask(people.ana, floor.wish(RECOVERY))
    assert told(press.told) == {people.lea.id, floor.sam.id, floor.eve.id}
    with pytest.raises(NotFoundError):
        floor.decide(people.ben, press)
    assert floor.decide(people.lea, press).is_new


def test_everybody_sees_what_is_for_them(floor: Floor) -> None:
    people = floor.people
    command = floor.row(floor.ask(floor.sam)).id
    people.wait(MINUTE)
    press = floor.row(floor.ask(people.ana, floor.wish(RECOVERY))).id
    seen = {
        people.ana: [press],
        people.ben: [],
        people.lea: [press],
        floor.sam: [press, command],
        floor.eve: [press, command],
        people.uma: [press, command],
    }
    for agent, expected in seen.items():
        assert floor.listed(agent) == expected, agent.name
    people.wait(MINUTE * 60 * 25)
    people.run(lambda s: floor.approvals.expire(s, people.now))
    assert floor.listed(floor.eve) == []


def test_asking_again_asks_nobody_again(floor: Floor) -> None:
    wish = floor.wish()
    first = floor.ask(floor.sam, wish)
    again = floor.ask(floor.sam, wish)
    same = floor.ask(floor.sam, replace(wish, client_id=uuid4()))
    assert {floor.row(again).id, floor.row(same).id} == {floor.row(first).id}
    assert not again.told
    assert not same.told
    other = floor.ask(floor.eve, replace(wish, client_id=uuid4()))
    assert floor.row(other).id != floor.row(first).id
    assert len(floor.audited()) == 2


def test_a_decision_is_made_once(floor: Floor) -> None:
    third = floor.people.agent("Tom", Role.ADMIN)
    asked = floor.ask(floor.sam)
    assert floor.decide(floor.eve, asked).is_new
    assert not floor.decide(floor.eve, asked).is_new
    for agent, approve in ((floor.eve, False), (third, True), (third, False)):
        with pytest.raises(NotPossibleError):
            floor.decide(agent, asked, approve=approve)


def test_of_many_who_decide_at_once_one_does(floor: Floor) -> None:
    asked = floor.ask(floor.sam)
    admins = [floor.people.agent(f"Admin{n}", Role.ADMIN) for n in range(6)]

    def attempt(number: int) -> bool:
        approve = number % 2 == 0
        try:
            return floor.decide(admins[number], asked, approve=approve).is_new
        except NotPossibleError:
            return False

    with ThreadPoolExecutor(6) as threads:
        won = list(threads.map(attempt, range(6)))
    assert won.count(True) == 1
    winner = won.index(True)
    row = floor.row(asked)
    assert row.decided_by == admins[winner].id
    assert (row.state is ApprovalState.APPROVED) == (winner % 2 == 0)
    assert len(floor.audited()) == 2


def test_what_nobody_decides_about_runs_out(floor: Floor) -> None:
    asked = floor.ask(floor.sam)
    floor.people.wait(LIFE)
    with pytest.raises(NotPossibleError):
        floor.decide(floor.eve, asked)  # also before anybody has looked
    now = floor.people.now
    (ended,) = floor.people.run(lambda s: floor.approvals.expire(s, now))
    assert told(ended.told) == {floor.sam.id}
    row = floor.row(asked)
    assert (row.state, row.decided_by, row.arguments) == (
        ApprovalState.EXPIRED,
        None,
        {},
    )
    assert floor.people.run(lambda s: floor.approvals.expire(s, now)) == []
    with pytest.raises(NotPossibleError):
        floor.decide(floor.eve, asked)


@pytest.mark.parametrize(
    ("rule", "is_alone", "needed"),
    [
        (SecondPersonRule(), False, {Risk.BULK}),
        (SecondPersonRule(), True, set()),
        (SecondPersonRule(frozenset({Risk.BULK}), is_strict=True), True, {Risk.BULK}),
        (
            SecondPersonRule(frozenset({Risk.BULK, Risk.MAIL}), is_strict=True),
            False,
            {Risk.BULK, Risk.MAIL},
        ),
        (SecondPersonRule(frozenset(), is_strict=True), False, set()),
    ],
)
def test_the_setting_says_what_needs_a_second_admin(
    floor: Floor, rule: SecondPersonRule, is_alone: bool, needed: set[Risk]
) -> None:
    if is_alone:
        floor.people.set_agent(floor.eve, is_active=False)
    approvals = replace(floor.approvals, rule=rule)
    found = {
        risk
        for risk in Risk
        if floor.people.run(lambda s, r=risk: approvals.reasons_for(s, floor.sam, r))
    }
    assert found == needed
    alone = floor.people.run(lambda s: approvals.is_alone(s, floor.sam))
    assert alone == is_alone


def test_whoever_is_alone_hears_that_nobody_can_agree(floor: Floor) -> None:
    floor.people.set_agent(floor.eve, is_active=False)
    asked = floor.ask(floor.sam)
    refusal = floor.approvals.refusal(asked)
    (reason,) = asked.wish.reasons
    said = f"{reason.text} {WORDS.nobody_else} {WORDS.meanwhile}"
    assert (refusal.message, refusal.approval) == (said, None)
    assert "on file" in floor.approvals.answer_to(asked)
    about_nobody = floor.ask(floor.sam, floor.wish("start", None))
    assert floor.approvals.answer_to(about_nobody) == WORDS.nobody_else
    assert floor.listed(floor.sam) == [], "nothing waits for nobody"
    assert floor.audited() == [(f"agent:{floor.sam.id}", "approval.impossible")] * 2
    floor.people.set_agent(floor.eve, is_active=True)
    again = floor.ask(floor.sam, asked.wish)
    assert again.approval is not None
    assert floor.approvals.refusal(again).message == WORDS.needs
    assert floor.approvals.refusal(again).approval == again.approval


def test_the_wish_of_somebody_who_left_is_nobodys(floor: Floor) -> None:
    wish = floor.row(floor.ask(floor.sam))

    def requester() -> SignedInAgent:
        return floor.people.run(lambda s: requester_of(s, wish))

    assert requester() == replace(floor.sam, team_id=None)
    floor.people.set_agent(floor.sam, role=Role.AGENT)
    assert requester().role is Role.AGENT
    floor.people.set_agent(floor.sam, is_active=False)
    with pytest.raises(NotPossibleError):
        requester()
