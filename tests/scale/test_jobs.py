"""What every process does in the background, done by two at the same moment: once."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.assistant import AssistantClient
from helpdesk.desk.answers import Outcome, Reply
from helpdesk.desk.approval_desk import ApprovalDesk
from helpdesk.desk.approvals import LIFE
from helpdesk.desk.canned_responses import seed_responses
from helpdesk.desk.delivery_watch import take_due
from helpdesk.desk.events import Event
from helpdesk.desk.log_files import blot_out, drop_older
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.receipts import read_deeds
from helpdesk.desk.retention import Retention
from helpdesk.desk.retention_rules import read_retention
from helpdesk.desk.turns import take_due_turns
from helpdesk.store import open_database, plain_session
from helpdesk.store.alone import Alone, do_alone
from helpdesk.store.console_models import CannedResponse, Seeding
from helpdesk.store.models import AuditEntry, Base, Conversation, Turn
from helpdesk.store.record import Record
from helpdesk.store.rows import change, table_of
from helpdesk.store.words import Purpose, Role, Status, TurnState
from tests.accounts.service import ROOT, wait_for
from tests.commands.bulk_assistant import BulkAssistant, receipt
from tests.commands.command_client import CommandClient
from tests.desk.desk_people import People
from tests.desk.floor import Floor
from tests.helpdesk.desk_steps import BEGIN, SECOND, Desk
from tests.helpdesk.letter_steps import Clock
from tests.helpdesk.scripted_assistant import ScriptedAssistant
from tests.personal.full_life import live
from tests.personal.stand_ins import Installation
from tests.postgresql import new_database
from tests.scale.conftest import TwoHelpdesks

Result = TypeVar("Result")
PATIENCE_S = 60


@pytest.fixture
def shared(postgresql: str) -> Iterator[Database]:
    """A record that several processes share."""
    opened = open_database(new_database(postgresql))
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def desk(shared: Database) -> Desk:
    return Desk(shared).enter()


def both(work: Callable[[], Result], times: int = 2) -> list[Result]:
    """Do something in several threads at the same moment."""
    ready = threading.Barrier(times)

    def begin(_: int) -> Result:
        ready.wait(PATIENCE_S)
        return work()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(begin, range(times)))


def count(database: Database, kind: type[Base], **where: object) -> int:
    with database.reading() as session:
        rows = session.execute(select(table_of(kind))).mappings().all()
    return len([r for r in rows if all(r[k] == v for k, v in where.items())])


def test_the_starters_are_put_in_once(shared: Database) -> None:
    def seed() -> None:
        with shared.transaction() as session:
            seed_responses(session, datetime.now(UTC))

    both(seed, 4)
    assert count(shared, Seeding) == 1
    codes = count(shared, CannedResponse)
    both(seed)
    assert count(shared, CannedResponse) == codes > 0


def test_words_said_while_their_burst_is_taken_are_not_lost(desk: Desk) -> None:
    """The worker of another process takes the turn between the look and the writing."""
    first = desk.say("hi").turn
    assert first
    desk.now += SECOND
    with ThreadPoolExecutor(1) as pool:
        with desk.database.transaction() as taking:
            (taken,) = take_due_turns(taking, desk.now, 10)
            said = pool.submit(desk.say, "my invite")
            wait_for(lambda: waits_for_a_lock(desk.database) or None, "the other one")
        turn = said.result(PATIENCE_S).turn
    assert turn
    assert taken.text == "hi"
    assert (turn.text, turn.is_running) == ("my invite", False)
    assert turn.id != first.id


def test_no_two_turns_of_a_conversation_run_at_once(desk: Desk) -> None:
    """Many processes that take, and end, whatever they get."""
    tried = {"state": TurnState.WAITING, "attempts": 1, "due_at": desk.now}
    for number in range(12):
        desk.say(f"this is a whole question, number {number}")
        with desk.database.transaction() as session:  # so that no other joins it
            change(session, Turn, {"conversation_id": desk.conversation}, **tried)
    answered: list[str] = []

    def work() -> None:
        for _ in range(40):
            for turn in desk.take():
                running = count(
                    desk.database,
                    Turn,
                    conversation_id=desk.conversation,
                    state=TurnState.RUNNING,
                )
                assert running == 1
                answered.append(turn.text)
                desk.finish(turn)

    both(work, 4)
    assert answered == [
        f"this is a whole question, number {number}" for number in range(12)
    ]


def test_a_wish_that_runs_out_does_so_once(desk: Desk) -> None:
    floor, carried = Floor(People(desk)), []
    for _ in range(5):
        floor.ask(floor.sam, floor.wish(email=None))
        floor.people.wait(SECOND)
    floor.people.wait(LIFE)
    told: list[Event] = []

    class Heard:
        def publish(self, event: Event) -> None:
            told.append(event)

    def expire() -> None:
        asking = ApprovalDesk(
            Record(desk.database),
            Heard(),
            floor.approvals,
            Clock(desk),
            {"": lambda _session, approval, _now: carried.append(approval.id)},
        )
        asyncio.run(asking.expire())

    both(expire, 4)
    expire()  # what the others had under their hands at that moment
    assert len(carried) == len(set(carried)) >= 1
    assert count(desk.database, AuditEntry, action="approval.expired") == len(carried)


def test_an_erasure_is_completed_once(shared: Database, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    installation = Installation(shared, tmp_path)
    installation.assistant.is_down = True
    installation.erase("ana@example.com")
    installation.assistant.is_down = False
    installation.clock.moment += timedelta(hours=1)
    both(installation.complete, 4)
    assert count(shared, AuditEntry, action="erasure.completed") == 1


def test_a_receipt_is_asked_about_by_one(desk: Desk) -> None:
    accepted = desk.say("please send it again")
    assert accepted.turn
    done = [
        receipt("recovery.requested", f"p{n}@x.example", f"key-{n}") for n in range(9)
    ]
    deeds = read_deeds(done, Pseudonyms("only for tests, long enough, not a secret"))
    sent = Reply("They are on their way.", {})
    desk.end(accepted.turn, sent, outcome=Outcome(has_acted=True, deeds=deeds))
    desk.now += SECOND

    def take() -> list[str | None]:
        with desk.database.transaction() as session:
            return [each.recovery_key for each in take_due(session, desk.now)]

    taken = [key for keys in both(take, 4) for key in keys]
    assert sorted(filter(None, taken)) == sorted(each["key"] for each in done)


def test_what_is_kept_no_longer_is_removed_by_all_together(
    shared: Database, tmp_path: Path
) -> None:
    life = live(shared)
    others = [Desk(shared).enter() for _ in range(120)]
    for each in others:
        each.say("my invitation has expired")
    installation = Installation(shared, tmp_path)
    installation.clock.moment = BEGIN + timedelta(days=1_000)
    rules = read_retention(ROOT / "settings.yml")

    def apply() -> Counter[str]:
        retention = Retention(
            Record(shared),
            cast(AssistantClient, installation.assistant),
            rules,
            tmp_path,
            installation.clock,
        )
        return Counter(asyncio.run(retention.apply()).removed)

    removed = sum(both(apply, 3), Counter[str]())
    assert removed["conversations"] > len(others)
    apply()  # what each left to the others at that moment
    assert count(shared, Conversation, purpose=Purpose.HELP, status=Status.PENDING) == 0
    assert life


def test_logs_are_changed_by_one_process_at_a_time(tmp_path: Path) -> None:
    log = tmp_path / "helpdesk.log"
    lines = [f"2026-03-0{day} 09:00:00 ana@example.com\n" for day in range(1, 10)]
    log.write_text("".join(line for line in lines for _ in range(300)))

    def tidy() -> None:
        drop_older(tmp_path, datetime(2026, 3, 5, tzinfo=UTC))
        blot_out(tmp_path, ["ana@example.com"])

    both(tidy, 4)
    left = log.read_text().splitlines()
    assert len(left) == 300 * 5
    assert {line[20:] for line in left} == {"*" * 15}


def test_two_who_wait_for_each_other_both_get_done(shared: Database) -> None:
    record, ready = Record(shared), threading.Barrier(2)
    first, second = Alone.STARTERS, Alone.PROOFS
    tries: list[Alone] = []

    def in_order(*order: Alone) -> Callable[[Session], str]:
        def work(session: Session) -> str:
            tries.append(order[0])
            do_alone(session, order[0])
            if len(tries) <= 2:
                ready.wait(PATIENCE_S)
            do_alone(session, order[1])
            return order[0].name

        return work

    async def run() -> list[str]:
        works = (in_order(first, second), in_order(second, first))
        return await asyncio.gather(*map(record.write, works))

    assert asyncio.run(run()) == [first.name, second.name]
    assert len(tries) == 3, "one was undone, and done again"


def test_a_process_that_stands_still_holds_nobody_up_for_long(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what it was about to do is done once more when it goes on."""
    monkeypatch.setattr(plain_session, "IDLE_MOST_S", 1)
    url = shared.engine.url.render_as_string(hide_password=False)
    slow, tries = open_database(url), []

    def work(session: Session) -> str:
        tries.append(1)
        do_alone(session, Alone.AUDIT)
        if len(tries) == 1:
            with (
                shared.transaction() as beside
            ):  # waits until the server has had enough
                do_alone(beside, Alone.AUDIT)
        do_alone(session, Alone.PROOFS)
        return "done"

    assert asyncio.run(Record(slow).write(work)) == "done"
    assert len(tries) == 2
    slow.close()


def test_each_of_many_gets_one_mail_whichever_process_sends(
    two_helpdesks: TwoHelpdesks, assistant: ScriptedAssistant
) -> None:
    bulk = BulkAssistant(assistant)
    bulk.plan(60)
    admin = CommandClient.of_new_agent(two_helpdesks.one, "Sam Okafor", Role.ADMIN)
    number = admin.hear(admin.give("/resend expired")["seq"])["run"]["number"]
    admin.ask(f"/start {number}")
    wait_for(lambda: sum(bulk.mails.values()) > 15 or None, "some mails", 120)
    two_helpdesks.one.process.kill()
    wait_for(lambda: sum(bulk.mails.values()) >= 60 or None, "all mails", 120)
    elsewhere = CommandClient(two_helpdesks.other.base_url, admin.person)
    assert elsewhere.sign_in().status_code == 303
    wait_for(lambda: elsewhere.run(number)["state"] == "done" or None, "the end", 60)
    assert set(bulk.times.values()) == {1}


def waits_for_a_lock(database: Database) -> bool:
    with database.reading() as session:
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(session.scalar(waiting))
