"""What has been kept long enough goes, what is younger or in use stays."""

import asyncio
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import func, select, update

from foundation.environment import SettingsError
from helpdesk.assistant import AssistantClient
from helpdesk.desk.retention import Expired, Retention
from helpdesk.desk.retention_rules import RetentionRules, read_retention
from helpdesk.store.action_models import Approval, BulkRun, Receipt
from helpdesk.store.console_models import Draft
from helpdesk.store.models import (
    Attachment,
    Base,
    Contact,
    Conversation,
    Message,
    Turn,
    Visit,
)
from helpdesk.store.record import Record
from helpdesk.store.rows import table_of
from helpdesk.store.words import Status
from tests.accounts.service import ROOT
from tests.helpdesk.desk_steps import BEGIN, Desk
from tests.personal.full_life import MARKER, Life, live
from tests.personal.stand_ins import Installation

DAY = timedelta(days=1)
NOTHING = RetentionRules(**dict.fromkeys([f.name for f in fields(RetentionRules)]))
Apply = Callable[..., Expired]


@pytest.fixture
def life(installation: Installation) -> Life:
    return live(installation.database)


@pytest.fixture
def apply(installation: Installation) -> Apply:
    """Applies rules some days after everything happened."""

    def run(days: float, **rules: timedelta | None) -> Expired:
        installation.clock.moment = BEGIN + timedelta(days=days)
        retention = Retention(
            Record(installation.database),
            cast(AssistantClient, installation.assistant),
            RetentionRules(**{**vars(NOTHING), **rules}),
            installation.home,
            installation.clock,
        )
        return asyncio.run(retention.apply())

    return run


def count(installation: Installation, kind: type[Base]) -> int:
    with installation.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table_of(kind))) or 0


def test_with_nothing_to_expire_everything_stays(
    installation: Installation, life: Life, apply: Apply
) -> None:
    kinds = (Conversation, Message, Attachment, Visit, Draft, Receipt)
    before = [count(installation, kind) for kind in kinds]
    applied = apply(36_000)
    assert applied == Expired({})
    assert [count(installation, kind) for kind in kinds] == before


def test_old_conversations_go_with_all_that_is_in_them(
    installation: Installation, life: Life, apply: Apply
) -> None:
    assert apply(9, conversations=10 * DAY).removed["conversations"] == 0
    assert life.bystander
    life.bystander.now = BEGIN + 9 * DAY
    life.bystander.answer(life.bystander.say("still there?"))
    expired = apply(11, conversations=10 * DAY)
    assert expired.removed["conversations"] == 4, "three, and the bulk command's"
    assert MARKER.encode() not in installation.everything()
    assert len(life.bystander.texts()) == 4
    assert count(installation, BulkRun) == 0


@pytest.mark.parametrize("status", [Status.OPEN, Status.SNOOZED])
def test_what_waits_for_people_is_never_too_old(
    installation: Installation, apply: Apply, status: Status
) -> None:
    desk = Desk(installation.database).enter()
    desk.answer(desk.say("is anybody there?"))
    with installation.database.transaction() as session:
        session.execute(update(table_of(Conversation)).values(status=status))
    assert apply(99, conversations=10 * DAY).removed["conversations"] == 0


def test_agents_own_chats_are_emptied_and_stay(
    installation: Installation, life: Life, apply: Apply
) -> None:
    expired = apply(11, conversations=10 * DAY)
    assert expired.removed["entries of agents' own chats"] == 3
    with installation.database.reading() as session:
        rows = session.execute(select(table_of(Conversation))).mappings().all()
    own = [row for row in rows if row["id"] == life.own_chat]
    assert [row["last_text"] for row in own] == [""]
    assert (count(installation, Receipt), count(installation, Approval)) == (0, 0)


def test_more_than_a_few_go_in_one_go(installation: Installation, apply: Apply) -> None:
    for _ in range(60):
        desk = Desk(installation.database).enter()
        desk.answer(desk.say("hello"))
    assert apply(11, conversations=10 * DAY).removed["conversations"] == 60
    assert (count(installation, Message), count(installation, Turn)) == (0, 0)


def test_files_go_and_their_messages_stay(
    installation: Installation, life: Life, apply: Apply
) -> None:
    messages = count(installation, Message)
    assert apply(11, attachments=10 * DAY).removed["attachments"] == 3
    assert count(installation, Attachment) == 0
    assert count(installation, Message) == messages


def test_visits_go_with_contacts_who_have_nothing_left(
    installation: Installation, apply: Apply
) -> None:
    talked, looked = Desk(installation.database).enter(), Desk(installation.database)
    talked.answer(talked.say("hello"))
    looked.enter()  # and said nothing
    assert apply(39, visits=10 * DAY).removed["visits and contacts"] == 0
    expired = apply(41, visits=10 * DAY)  # a visit lasts for thirty days
    assert expired.removed["empty conversations"] == 0, "it went before"
    assert expired.removed["visits and contacts"] == 3
    assert count(installation, Visit) == 0
    with installation.database.reading() as session:
        left = session.scalars(select(table_of(Contact).c.id)).all()
    assert left == [talked.contact]


def test_drafts_go(installation: Installation, life: Life, apply: Apply) -> None:
    assert apply(11, drafts=10 * DAY).removed["drafts"] == 1
    assert count(installation, Draft) == 0


def test_the_assistant_forgets_no_later_than_the_record(
    installation: Installation, apply: Apply
) -> None:
    apply(11, tracker=10 * DAY)
    apply(11, tracker=10 * DAY, conversations=5 * DAY)
    apply(11, conversations=5 * DAY)
    days = [BEGIN + DAY, BEGIN + 6 * DAY, BEGIN + 6 * DAY]
    assert installation.assistant.before == days


def test_with_the_assistant_down_the_rest_is_done(
    installation: Installation, life: Life, apply: Apply
) -> None:
    installation.assistant.is_down = True
    expired = apply(11, tracker=10 * DAY, drafts=10 * DAY)
    assert expired.left == {"assistant": "unknown"}
    assert expired.removed["drafts"] == 1


def test_old_lines_of_logs_go_and_writing_goes_on(
    installation: Installation, apply: Apply
) -> None:
    days = [
        f"2026-03-{day:02d} 09:00:00,123 INFO x: day {day}\n" for day in range(1, 20)
    ]
    logs = installation.home / "logs"
    for name, lines in {"a": days, "b": days[:5], "c": ["no time at all\n"]}.items():
        (logs / f"{name}.log").write_text("".join(lines))
    with (logs / "a.log").open("a") as still_open:
        expired = apply(18.5, logs=10 * DAY)  # the evening of the twentieth
        still_open.write("goes on\n")
    assert expired.removed["bytes of logs"] > 0
    kept = (logs / "a.log").read_text().splitlines()
    assert kept == [*(line.strip() for line in days[10:]), "goes on"]
    assert (logs / "b.log").read_text() == ""
    assert (logs / "c.log").read_text() == "no time at all\n"


def test_what_went_is_audited_and_nothing_is_said_of_nothing(
    installation: Installation, life: Life, apply: Apply
) -> None:
    before = len(installation.audited())
    apply(11, drafts=10 * DAY)
    apply(11, drafts=10 * DAY)
    (entry,) = installation.audited()[before:]
    assert (entry.action, entry.actor) == ("retention.applied", "retention")
    assert entry.details["removed"] == {"drafts": 1}


def rules_of(tmp_path: Path, section: str) -> RetentionRules:
    path = tmp_path / "settings.yml"
    path.write_text(section)
    return read_retention(path)


def test_the_settings_that_ship_are_the_defaults() -> None:
    assert read_retention(ROOT / "settings.yml") == RetentionRules()


def test_rules_are_days_or_for_good(tmp_path: Path) -> None:
    assert rules_of(tmp_path, "names: {}") == RetentionRules()
    rules = rules_of(tmp_path, "retention: {conversations: keep, logs: 7}")
    assert (rules.conversations, rules.logs) == (None, 7 * DAY)
    assert rules.drafts == RetentionRules().drafts


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("retention: 30", "must have keys"),
        ("retention: {talks: 30}", "unknown key 'talks'"),
        ("retention: {logs: 0}", "retention.logs must be a number of days or 'keep'"),
        ("retention: {logs: -1}", "retention.logs"),
        ("retention: {logs: true}", "retention.logs"),
        ("retention: {logs: '30'}", "retention.logs"),
        ("retention: {logs: 1.5}", "retention.logs"),
        ("retention: {logs: 99999}", "retention.logs"),
        ("retention: [", "cannot read"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(
    tmp_path: Path, section: str, problem: str
) -> None:
    with pytest.raises(SettingsError, match=problem):
        rules_of(tmp_path, section)
