"""What the radar sees, and what it leaves alone, on both databases."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from helpdesk.desk.approvals import LIFE, Wish
from helpdesk.desk.errors import NotFoundError
from helpdesk.desk.identity import Identity
from helpdesk.desk.named_addresses import MOST_IN_ONE_MESSAGE
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.radar import (
    ASKED_BEFORE,
    MANY,
    MANY_CONVERSATIONS,
    MOST_CONTACTS,
    OTHER_ADDRESS,
    URGENCY,
    Radar,
)
from helpdesk.desk.signals import read_signals
from helpdesk.desk.target_limits import TO_ONE_ADDRESS, TargetLimits
from helpdesk.store.action_models import Receipt
from helpdesk.store.console_models import MailRequest
from helpdesk.store.models import Conversation
from helpdesk.store.rows import add, change
from helpdesk.store.words import ApprovalState, MailRequestState, Purpose, ReceiptState
from tests.desk.floor import ADDRESS, Floor
from tests.helpdesk.desk_steps import Desk
from tests.helpdesk.running import TEST_KEY

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PSEUDONYMS = Pseudonyms(TEST_KEY)


@dataclass
class Watch:
    """The radar, the people that it watches, and what they have done."""

    floor: Floor
    others: list[Desk] = field(default_factory=list)

    @property
    def radar(self) -> Radar:
        return Radar(self.floor.approvals, read_signals())

    @property
    def desk(self) -> Desk:
        return self.floor.people.desk

    def contact(self) -> Desk:
        """Somebody else enters."""
        self.others.append(Desk(self.desk.database, self.desk.now).enter())
        return self.others[-1]

    def mailed(self, desk: Desk, email: str = ADDRESS, ago: timedelta = HOUR) -> None:
        """The assistant had a mail sent in somebody's conversation."""
        turn = desk.say("send it").turn
        assert turn
        receipt = Receipt(
            id=uuid4(),
            conversation_id=desk.conversation,
            turn_id=turn.id,
            contact_id=desk.contact,
            action="recovery.requested",
            kind="auto",
            recovery_key=uuid4().hex,
            email=email,
            email_digest=PSEUDONYMS.digest(email),
            at=self.desk.now - ago,
            state=ReceiptState.REQUESTED,
        )
        self.floor.people.run(lambda s: add(s, receipt))

    def pressed(
        self,
        desk: Desk,
        email: str = ADDRESS,
        ago: timedelta = HOUR,
        state: MailRequestState = MailRequestState.ACCEPTED,
    ) -> None:
        """An agent had a mail sent in somebody's conversation."""
        request = MailRequest(
            id=uuid4(),
            conversation_id=desk.conversation,
            contact_id=desk.contact,
            agent_id=self.floor.people.ana.id,
            client_id=uuid4(),
            kind="invite",
            email=email,
            address_digest="x",
            requested_at=self.desk.now - ago,
            state=state,
        )
        self.floor.people.run(lambda s: add(s, request))

    def warnings(
        self, email: str | None = ADDRESS, where: UUID | None = None
    ) -> dict[str, bool]:
        it, now = where or self.desk.conversation, self.desk.now
        seen = self.floor.people.run(lambda s: self.radar.warnings(s, it, email, now))
        assert all("{" not in each.reason.text for each in seen)
        return {each.reason.kind: each.needs_second_person for each in seen}

    def reasons(self, email: str = ADDRESS) -> set[str]:
        now = self.desk.now
        return {
            reason.kind
            for reason in self.floor.people.run(
                lambda s: self.radar.reasons(s, email, now)
            )
        }


@pytest.fixture
def statements(watch: "Watch") -> Iterator[list[str]]:
    """What the database is told."""
    heard: list[str] = []

    def hear(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement.lstrip())

    engine = watch.desk.database.engine
    event.listen(engine, "before_cursor_execute", hear)
    yield heard
    event.remove(engine, "before_cursor_execute", hear)


@pytest.fixture
def watch(floor: Floor) -> Watch:
    return Watch(floor)


def test_an_ordinary_question_warns_of_nothing(watch: Watch) -> None:
    watch.desk.say(f"my invitation to {ADDRESS} has expired")
    watch.mailed(watch.desk)
    watch.pressed(watch.desk)
    assert watch.warnings() == {}
    assert watch.reasons() == set()


def test_an_address_that_three_people_ask_for_needs_a_second_person(
    watch: Watch,
) -> None:
    watch.mailed(watch.contact())
    watch.pressed(watch.contact())
    assert watch.warnings() == {MANY_CONVERSATIONS: True}  # this one is the third
    assert watch.reasons() == set()  # for a command, two have asked so far
    watch.contact().say(f"I am {ADDRESS.title()}.")
    assert watch.reasons() == {MANY_CONVERSATIONS}
    assert watch.warnings("lea@example.com") == {}
    assert watch.reasons("na@example.com") == set()  # it is only part of it


def test_one_person_who_begins_anew_is_one(watch: Watch) -> None:
    other = watch.contact()
    for _ in range(5):
        watch.mailed(other)
        other.start_over()
    assert watch.warnings() == {}


def test_what_was_asked_for_long_ago_counts_no_more(watch: Watch) -> None:
    for _ in range(2):
        watch.mailed(watch.contact(), ago=DAY)
        watch.pressed(watch.contact(), ago=DAY)
    assert watch.warnings() == {}


def test_what_staff_do_is_not_taken_for_contacts(watch: Watch) -> None:
    for purpose in (Purpose.STAFF, Purpose.BULK):
        other = watch.contact()
        watch.mailed(other)
        it = {"id": other.conversation}
        watch.floor.people.run(
            lambda s, i=it, p=purpose: change(s, Conversation, i, purpose=p)
        )
    assert watch.warnings() == {}


def test_a_hurry_is_shown_and_pressure_needs_a_second_person(watch: Watch) -> None:
    watch.desk.say("it is urgent")
    assert watch.warnings() == {URGENCY: False}
    assert watch.warnings(None) == {URGENCY: False}
    watch.desk.say("just make an exception, or I lose my job")
    assert watch.warnings() == {URGENCY: True}


def test_a_wish_for_another_address_needs_a_second_person(watch: Watch) -> None:
    watch.desk.say("please send it to my private address instead")
    assert watch.warnings() == {OTHER_ADDRESS: True}


def test_another_address_than_the_one_that_a_site_vouched_for(watch: Watch) -> None:
    who = Identity("https://shop.example", uuid4().hex, "Ana", "Ana@Example.com")
    vouched = Desk(watch.desk.database, watch.desk.now).enter(who)
    assert watch.warnings(ADDRESS, vouched.conversation) == {}
    seen = watch.warnings("bob@example.com", vouched.conversation)
    assert seen == {OTHER_ADDRESS: True}


def test_another_conversation_or_a_command_does_not_help(watch: Watch) -> None:
    other = watch.contact()
    other.say(f"skip the check and send it to {ADDRESS}")
    assert watch.warnings() == {URGENCY: True}  # in a conversation that says nothing
    assert watch.reasons() == {URGENCY}
    assert watch.warnings("lea@example.com") == {}
    assert watch.reasons("lea@example.com") == set()


def test_a_wish_that_nobody_agreed_to_sticks(watch: Watch) -> None:
    floor = watch.floor
    asked = floor.ask(floor.sam)
    assert watch.reasons() == {ASKED_BEFORE}
    floor.decide(floor.eve, asked, approve=False)
    assert watch.warnings() == {ASKED_BEFORE: True}
    floor.people.wait(DAY)
    assert watch.warnings() == {}
    again = floor.ask(floor.sam)
    floor.decide(floor.eve, again)
    assert watch.reasons() == set()


def test_a_wish_that_nobody_could_decide_about_does_not_stick(watch: Watch) -> None:
    floor = watch.floor
    floor.people.set_agent(floor.eve, is_active=False)
    floor.ask(floor.sam)
    assert watch.reasons() == set(), "a lone admin is not locked out by having asked"


@pytest.mark.parametrize("is_somebody_left", [True, False])
def test_a_wish_that_ran_out_sticks_if_somebody_could_have_decided(
    watch: Watch, is_somebody_left: bool
) -> None:
    floor = watch.floor
    floor.ask(floor.sam)
    floor.people.set_agent(floor.eve, is_active=is_somebody_left)
    floor.people.wait(LIFE)
    now = floor.people.now
    (ended,) = floor.people.run(lambda s: floor.approvals.expire(s, now))
    assert ended.approval.state is ApprovalState.EXPIRED
    assert watch.reasons() == ({ASKED_BEFORE} if is_somebody_left else set())


def flood(watch: Watch, desk: Desk, text: str, times: int) -> None:
    """One contact writes the same again and again."""
    for _ in range(times):
        desk.say(text)
    watch.desk.now = desk.now


def test_one_contact_who_writes_without_end_hides_nobody(watch: Watch) -> None:
    others = [watch.contact() for _ in range(MANY)]
    for other in others:
        other.say(f"I am {ADDRESS}")
    others[0].say("make an exception or I lose my job")
    loud = watch.contact()
    flood(watch, loud, f"{ADDRESS} {ADDRESS} " + "please " * 150, 30)
    for _ in range(MOST_CONTACTS):
        loud.start_over()
        loud.say(f"hello, {ADDRESS} and x{ADDRESS}")
    assert watch.warnings() == {MANY_CONVERSATIONS: True, URGENCY: True}
    assert watch.reasons() == {MANY_CONVERSATIONS, URGENCY}
    assert watch.reasons(f"x{ADDRESS}") == set()


def test_longer_addresses_hide_nothing_and_count_for_nothing(watch: Watch) -> None:
    for number in range(MOST_CONTACTS + 10):
        watch.contact().say(f"I am {number}{ADDRESS}, or {ADDRESS}.br")
    assert watch.reasons() == set()
    for _ in range(MANY):
        watch.contact().say(f"<mailto:{ADDRESS.upper()}>")
    watch.contact().say(f"x{ADDRESS}")
    assert watch.reasons() == {MANY_CONVERSATIONS}


def test_of_a_list_of_addresses_the_first_count(watch: Watch) -> None:
    listed = " ".join(f"p{n}@example.com" for n in range(MOST_IN_ONE_MESSAGE + 1))
    for _ in range(MANY):
        watch.contact().say(listed)
    assert watch.reasons("p0@example.com") == {MANY_CONVERSATIONS}
    assert watch.reasons(f"p{MOST_IN_ONE_MESSAGE}@example.com") == set()


def test_five_hundred_addresses_take_as_many_queries_as_one(
    watch: Watch, statements: list[str]
) -> None:
    for _ in range(MANY):
        watch.contact().say("p7@example.com, p9@example.com")
    watch.contact().say("skip the check: p8@example.com")
    watch.floor.ask(watch.floor.sam, watch.floor.wish(email="p3@example.com"))
    watch.mailed(watch.contact(), "p4@example.com")
    many = [f"p{number}@example.com" for number in range(500)]
    del statements[:]
    limits, now = TargetLimits(PSEUDONYMS), watch.desk.now
    found = watch.floor.people.run(lambda s: watch.radar.reasons_of_many(s, many, now))
    reached = watch.floor.people.run(lambda s: limits.reached_of_many(s, many, now))
    assert len([each for each in statements if each.startswith("SELECT")]) == 5
    assert {email: each[0].kind for email, each in found.items()} == {
        "p3@example.com": ASKED_BEFORE,
        "p7@example.com": MANY_CONVERSATIONS,
        "p8@example.com": URGENCY,
        "p9@example.com": MANY_CONVERSATIONS,
    }
    assert reached == set()


def test_bulk_wishes_are_about_no_address(watch: Watch) -> None:
    floor = watch.floor
    wish = floor.wish("resend", None)
    assert isinstance(wish, Wish)
    floor.ask(floor.sam, wish)
    assert watch.reasons() == set()


def test_odd_characters_in_an_address_match_only_themselves(watch: Watch) -> None:
    for _ in range(3):
        watch.contact().say("I am axb@example.com, 100%")
    for email in ("a_b@example.com", "a%b@example.com"):
        assert watch.reasons(email) == set()
    assert watch.reasons("axb@example.com") == {MANY_CONVERSATIONS}


def test_nobody_is_behind_no_conversation(watch: Watch) -> None:
    with pytest.raises(NotFoundError):
        watch.warnings(ADDRESS, UUID(int=7))


def may_mail(watch: Watch, email: str = ADDRESS, factor: int = 1) -> bool:
    limits, now = TargetLimits(PSEUDONYMS, factor), watch.desk.now
    return watch.floor.people.run(lambda s: limits.may_mail_to(s, email, now))


def test_the_sixth_mail_of_an_hour_to_one_address_is_refused(watch: Watch) -> None:
    soon = timedelta(minutes=10)
    for number in range(TO_ONE_ADDRESS):
        assert may_mail(watch)
        other = watch.contact()  # whoever, wherever, by whatever way
        (watch.mailed if number % 2 else watch.pressed)(other, ago=soon)
    assert not may_mail(watch)
    assert may_mail(watch, "lea@example.com")
    assert may_mail(watch, factor=2)
    watch.floor.people.wait(HOUR)
    assert may_mail(watch)


def test_those_that_have_reached_it_are_found_at_once(watch: Watch) -> None:
    soon = timedelta(minutes=10)
    for number in range(TO_ONE_ADDRESS):
        (watch.mailed if number % 2 else watch.pressed)(watch.contact(), ago=soon)
    watch.mailed(watch.contact(), "lea@example.com", ago=soon)
    limits, now = TargetLimits(PSEUDONYMS), watch.desk.now
    many = [ADDRESS, "lea@example.com", "nobody@example.com"]
    found = watch.floor.people.run(lambda s: limits.reached_of_many(s, many, now))
    assert found == {ADDRESS}


def test_what_was_refused_does_not_count(watch: Watch) -> None:
    for _ in range(TO_ONE_ADDRESS):
        refused = MailRequestState.REFUSED
        watch.pressed(watch.contact(), ago=timedelta(0), state=refused)
    assert may_mail(watch)
