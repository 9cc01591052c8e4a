"""How many mails may be asked for; on both databases."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text

from foundation.database import Database
from helpdesk.desk.action_limits import NOTHING, WINDOW, ActionLimits, _counted
from helpdesk.desk.answers import Reply
from helpdesk.desk.identity import Identity
from helpdesk.desk.turns import OpenTurn, postpone_turn
from helpdesk.store.models import Conversation, Turn
from helpdesk.store.rows import table_of
from helpdesk.store.words import Kind, TurnState
from tests.helpdesk.desk_steps import SECOND, Desk

LIMITS = ActionLimits("only for tests, long enough, not a secret")
HERE, ELSEWHERE = LIMITS.digest_of("192.0.2.1"), LIMITS.digest_of("192.0.2.2")
ANA = Identity("https://shop.example", "customer-7", "Ana", None)
SENT = Reply("Done: an e-mail is on its way.", {})


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, address_digest=HERE).enter()


def somebody(desk: Desk, address_digest: str | None = HERE) -> Desk:
    return Desk(desk.database, desk.now, address_digest=address_digest).enter()


def begin(desk: Desk) -> OpenTurn:
    turn = desk.say("yes, send it to me please").turn
    assert turn
    assert turn.is_running
    return turn


def may_act(desk: Desk, turn: OpenTurn, limits: ActionLimits = LIMITS) -> bool:
    with desk.database.reading() as session:
        return limits.may_act(session, turn, desk.now)


def ask_for_a_mail(desk: Desk) -> bool:
    """Take a turn that asks for a mail; tell whether it might."""
    turn = begin(desk)
    allowed = may_act(desk, turn)
    desk.finish(turn, SENT, has_acted=allowed)
    return allowed


def test_the_seventh_mail_of_a_contact_is_refused_for_an_hour(desk: Desk) -> None:
    begun = desk.now
    for _ in range(6):
        assert ask_for_a_mail(desk)
        desk.now += timedelta(minutes=5)
    assert not ask_for_a_mail(desk)
    desk.now = begun + timedelta(hours=1)
    assert ask_for_a_mail(desk)
    assert not ask_for_a_mail(desk)  # the second of the six is not yet an hour ago


def test_other_contacts_are_not_affected(desk: Desk) -> None:
    for _ in range(6):
        ask_for_a_mail(desk)
    assert ask_for_a_mail(somebody(desk))
    assert ask_for_a_mail(somebody(desk, ELSEWHERE))


def test_talking_is_not_counted_and_leaves_no_address(desk: Desk) -> None:
    for _ in range(40):
        desk.finish(begin(desk), Reply("Here is how.", {}))
    assert ask_for_a_mail(desk)
    with desk.database.reading() as session:
        kept = session.execute(select(Turn.address_digest, Turn.acted_at)).all()
    assert sorted(kept, key=lambda row: row[0] or "")[-1] == (HERE, desk.now)
    assert [tuple(row) for row in kept].count((None, None)) == 40


def test_a_new_conversation_does_not_begin_anew(desk: Desk) -> None:
    for _ in range(6):
        ask_for_a_mail(desk)
        desk.start_over()
    assert not ask_for_a_mail(desk)


def test_a_new_visit_of_somebody_known_does_not_begin_anew(database: Database) -> None:
    for number in range(7):
        away = LIMITS.digest_of(f"198.51.100.{number}")
        visit = Desk(database, address_digest=away).enter(ANA)
        assert ask_for_a_mail(visit) is (number < 6)


def test_many_contacts_at_one_address_share_thirty(desk: Desk) -> None:
    for _ in range(30):
        assert ask_for_a_mail(somebody(desk))
    assert not ask_for_a_mail(somebody(desk))
    assert ask_for_a_mail(somebody(desk, ELSEWHERE))


def test_who_asks_in_many_conversations_at_once_gets_no_more(desk: Desk) -> None:
    """All turns are under way before the first of them looks."""
    turns = []
    for _ in range(20):
        turns.append(begin(desk))
        desk.start_over()
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lambda turn: may_act(desk, turn), turns))
    assert sum(allowed) <= 6


def test_what_may_have_been_sent_counts_until_it_is_known(desk: Desk) -> None:
    for _ in range(5):
        ask_for_a_mail(desk)
    elsewhere = replace(desk)
    desk.start_over()
    unknown = begin(desk)
    with desk.database.transaction() as session:
        postpone_turn(session, unknown, desk.now + 5 * SECOND)
    other = begin(elsewhere)
    assert not may_act(desk, other)
    desk.finish(other)
    assert may_act(desk, unknown)  # the same again is not one more


@pytest.mark.parametrize("has_acted", [True, False])
def test_starting_over_hides_no_mail_that_is_being_asked_for(
    desk: Desk, has_acted: bool
) -> None:
    for _ in range(5):
        ask_for_a_mail(desk)
    dropped = begin(desk)
    desk.start_over()
    waiting = begin(desk)
    assert not may_act(desk, waiting)
    (late,) = desk.finish(dropped, SENT, has_acted=has_acted)
    assert late.kind is Kind.NOTE
    assert may_act(desk, waiting) is not has_acted


def test_what_was_dropped_and_never_answered_counts_for_an_hour(desk: Desk) -> None:
    for _ in range(6):
        begin(desk)
        desk.start_over()
    turn = begin(desk)
    assert not may_act(desk, turn)
    desk.now += timedelta(hours=1, minutes=1)
    assert may_act(desk, turn)


def test_a_turn_that_is_finished_twice_is_counted_once(desk: Desk) -> None:
    turn = begin(desk)
    for _ in range(2):
        desk.finish(turn, SENT, has_acted=True)
    for _ in range(5):
        assert ask_for_a_mail(desk)
    assert not ask_for_a_mail(desk)


def test_the_factor_multiplies_both(desk: Desk) -> None:
    for _ in range(6):
        ask_for_a_mail(desk)
    assert may_act(desk, begin(desk), ActionLimits(LIMITS.secret, factor=2))


def test_the_mails_of_everybody_else_are_not_looked_through(desk: Desk) -> None:
    others_ask(desk, how_many=1_500)
    whose = {"it": NOTHING, "contact": desk.contact, "digest": HERE}
    asked = _counted().params(**whose, begin=desk.now - WINDOW)
    engine = desk.database.engine
    written = asked.compile(engine, compile_kwargs={"literal_binds": True})
    how = "EXPLAIN QUERY PLAN" if desk.database.is_embedded else "EXPLAIN"
    with desk.database.reading() as session:
        plan = [row[-1] for row in session.execute(text(f"{how} {written}")).all()]
    whole = re.compile(r"(Seq Scan on|^SCAN) (turns|conversations)")
    assert [line for line in plan if whole.search(line)] == []
    assert "acted_in_conversation" in str(plan)
    assert "acted_from_address" in str(plan)


def others_ask(desk: Desk, how_many: int) -> None:
    """Keep turns that have asked for mails, each in a conversation of its own."""
    other = somebody(desk, ELSEWHERE)
    its = Conversation.id == other.conversation
    with desk.database.transaction() as session:
        mine = (
            session.execute(select(table_of(Conversation)).where(its)).mappings().one()
        )
        moments = dict.fromkeys(("created_at", "due_at", "acted_at"), desk.now)
        turn = moments | {"state": TurnState.DONE, "done_at": desk.now, "number": 1}
        turn |= {"owner_epoch": 1, "attempts": 1, "text": "yes", "nlu": None}
        turn |= {"address_digest": ELSEWHERE, "is_trouble_told": False}
        ids = [{"id": uuid4()} for _ in range(how_many)]
        session.execute(insert(Conversation), [dict(mine) | each for each in ids])
        session.execute(
            insert(Turn),
            [turn | {"id": uuid4(), "conversation_id": each["id"]} for each in ids],
        )
    with desk.database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def test_an_address_is_not_kept_in_clear() -> None:
    other_key = ActionLimits("another key, which is long enough as well")
    assert len(HERE) == 64
    assert LIMITS.digest_of("192.0.2.1") == HERE
    assert len({HERE, ELSEWHERE, other_key.digest_of("192.0.2.1")}) == 3


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("unknown", "unknown", True),
    ],
)
def test_one_line_has_one_allowance(one: str, other: str, is_same: bool) -> None:
    assert (LIMITS.digest_of(one) == LIMITS.digest_of(other)) is is_same
