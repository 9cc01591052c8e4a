"""Erasing a person: nothing of them is found, what is others' stays, each step is audited."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from foundation.database import Database
from helpdesk.desk.erasures import UnknownPersonError
from helpdesk.desk.pseudonyms import MARK
from helpdesk.desk.transcript_search import search_transcripts
from helpdesk.store.action_models import Approval, BulkRun, Receipt
from helpdesk.store.erasure_models import Erasure
from helpdesk.store.models import (
    Agent,
    Base,
    Turn,
)
from helpdesk.store.rows import get, table_of
from helpdesk.store.texts import NOT_OF_CONTACTS
from helpdesk.store.words import ApprovalState, TurnState
from tests.helpdesk.desk_steps import Desk
from tests.personal.full_life import ADDRESS, MARKER, MARKERS, Life, live
from tests.personal.stand_ins import PSEUDONYMS, Installation

# Whose row may name the person, and in whose nothing of them must be.
UNCOUNTED = {"alembic_version", "transcript_entries"}


@pytest.fixture
def life(installation: Installation) -> Life:
    return live(installation.database)


def count(installation: Installation, kind: type[Base]) -> int:
    with installation.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table_of(kind))) or 0


def left_of(installation: Installation) -> set[str]:
    """Return which of the markers are still there, in any case."""
    everything = installation.everything().lower()
    # The bystander writes of a namesake, and rightly so.
    everything = everything.replace(b"x" + ADDRESS.encode(), b"")
    return {each for each in MARKERS if each.lower().encode() in everything}


def test_every_table_has_something_of_the_person(
    installation: Installation, life: Life
) -> None:
    with installation.database.reading() as session:
        empty = {
            table.name
            for table in Base.metadata.sorted_tables
            if table.name not in NOT_OF_CONTACTS
            and not session.scalar(select(func.count()).select_from(table))
        }
    assert empty == set(), "full_life.py must put a row into each new table"
    assert left_of(installation) == set(MARKERS)


def test_nothing_of_an_erased_person_is_left(
    installation: Installation, life: Life
) -> None:
    report = installation.erase(ADDRESS)
    assert report.is_complete
    assert report.conversations == 3
    assert report.removed.rows["conversations"] == 3
    assert report.removed.rows["contacts"] == 1
    assert report.found_in == {}
    assert left_of(installation) == set()
    assert installation.assistant.forgotten == sorted(map(str, life.conversations))
    assert installation.backend.erased == [ADDRESS]
    assert count(installation, Erasure) == 0


def test_nothing_is_left_in_the_files_without_writing_them_anew(
    installation: Installation, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "rewrite", lambda _: pytest.fail("not needed"))
    assert installation.erase(ADDRESS).is_complete
    assert left_of(installation) == set()


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
def test_what_was_let_go_before_anything_was_overwritten_goes_too(
    installation: Installation,
) -> None:
    place = installation.database.engine.url.database
    with closing(sqlite3.connect(str(place), isolation_level=None)) as old:
        old.execute("PRAGMA secure_delete = OFF")
        old.execute("CREATE TABLE once (said TEXT)")
        old.executemany("INSERT INTO once VALUES (?)", [(ADDRESS,)] * 500)
        old.execute("DROP TABLE once")
    assert left_of(installation) == {ADDRESS}
    assert installation.erase(ADDRESS).is_complete
    assert left_of(installation) == set()


def test_somebody_who_only_typed_the_address_is_that_person(
    installation: Installation,
) -> None:
    life = live(installation.database, proven=False)
    report = installation.erase(ADDRESS.upper())
    assert report.is_complete
    assert set(installation.assistant.forgotten) == set(map(str, life.conversations))
    assert left_of(installation) == set()


def test_conversations_of_others_stay_without_the_address(
    installation: Installation, life: Life
) -> None:
    assert life.bystander
    before = life.bystander.everything()
    report = installation.erase(ADDRESS)
    after = life.bystander.everything()
    assert len(after) == len(before)
    kept = f"my colleague [address removed], not x{ADDRESS}, waits"
    assert after[0][1] == kept
    assert life.bystander.row().last_text == "Answer."
    assert report.removed.cut_out["messages"] == 2
    assert report.removed.cut_out["article_ratings"] == 1


def test_what_agents_have_under_way_goes_on_without_the_person(
    installation: Installation, life: Life
) -> None:
    installation.erase(ADDRESS)
    with installation.database.reading() as session:
        (run,) = session.execute(select(table_of(BulkRun))).mappings()
        (approval,) = session.execute(select(table_of(Approval))).mappings()
        (receipt,) = session.execute(select(table_of(Receipt))).mappings()
        turns = session.execute(
            select(table_of(Turn)).where(table_of(Turn).c.conversation_id == life.bulk)
        ).mappings()
        states = {turn["number"]: turn["state"] for turn in turns}
    assert run["addresses"] == {"addresses": ["other@example.com"]}
    assert approval["arguments"] == {"address": "[address removed]"}
    assert approval["state"] is ApprovalState.EXPIRED
    assert receipt["conversation_id"] == life.own_chat
    assert receipt["email"] is None
    assert receipt["email_digest"] == PSEUDONYMS.digest(ADDRESS)
    assert states == {0: TurnState.DROPPED, 1: TurnState.WAITING}


def test_the_audit_record_keeps_a_pseudonym_and_stays_whole(
    installation: Installation, life: Life
) -> None:
    earlier = len(installation.audited())
    report = installation.erase(ADDRESS)
    erased, completed = installation.audited()[earlier:]
    assert report.target == PSEUDONYMS.target(ADDRESS)
    assert report.target.startswith(MARK)
    assert (erased.action, erased.actor) == ("person.erased", "command line")
    assert (completed.action, completed.actor) == ("erasure.completed", "help desk")
    assert {erased.target, completed.target} == {report.target}
    assert erased.details["removed"]["messages"] == report.removed.rows["messages"]
    assert completed.details["done"]["accounts"] == {"mails": 2, "events": 0}
    assert ADDRESS not in str([vars(erased), vars(completed)])


def test_erasing_twice_finds_nothing_the_second_time(
    installation: Installation, life: Life
) -> None:
    installation.erase(ADDRESS)
    again = installation.erase(ADDRESS)
    assert again.is_complete
    assert again.is_unknown
    assert again.as_json()["removed"] == {}


def test_an_unknown_address_is_said_to_be_unknown(
    installation: Installation, life: Life
) -> None:
    installation.backend.erased.append("nobody@example.com")  # no mails either
    before = left_of(installation)
    report = installation.erase("nobody@example.com")
    assert (report.is_unknown, report.is_complete) == (True, True)
    assert left_of(installation) == before
    assert installation.audited()[-2].details == {"removed": {}, "cut_out": {}}


@pytest.mark.parametrize("whom", ["not an address", str(UUID(int=7)), ""])
def test_what_is_no_person_is_refused(installation: Installation, whom: str) -> None:
    with pytest.raises(UnknownPersonError):
        installation.erase(whom)
    assert installation.audited() == []


def test_a_contact_without_an_address_is_erased_by_id(
    installation: Installation,
) -> None:
    quiet, other = (
        Desk(installation.database).enter(),
        Desk(installation.database).enter(),
    )
    quiet.answer(quiet.say(f"the {MARKER} is mine"))
    other.answer(other.say("the door is mine"))
    report = installation.erase(str(quiet.contact))
    assert report.is_complete
    assert report.target == f"contact:{quiet.contact}"
    assert left_of(installation) == set()
    assert installation.backend.erased == []
    assert other.texts() == ["the door is mine", "Answer."]


def test_whoever_typed_several_addresses_keeps_the_other_conversations(
    installation: Installation,
) -> None:
    shared = Desk(installation.database).enter()
    shared.answer(shared.say(f"it is {ADDRESS}, the {MARKER}"))
    first = shared.conversation
    shared.start_over()
    shared.answer(shared.say("now for bob@example.com, please"))
    report = installation.erase(ADDRESS)
    assert report.conversations == 1
    assert installation.assistant.forgotten == [str(first)]
    assert left_of(installation) == set()
    assert shared.texts() == ["now for bob@example.com, please", "Answer."]


def test_a_longer_address_is_another_person(installation: Installation) -> None:
    other = Desk(installation.database).enter()
    other.answer(other.say(f"I am x{ADDRESS} and {ADDRESS}.au is my brother"))
    report = installation.erase(ADDRESS)
    assert report.is_unknown or not report.removed
    assert report.is_complete
    assert len(other.texts()) == 2


def test_an_agent_with_the_address_keeps_their_account(
    installation: Installation, life: Life
) -> None:
    is_it = table_of(Agent).c.id == life.agent
    with installation.database.transaction() as session:
        session.execute(update(table_of(Agent)).where(is_it).values(email=ADDRESS))
    report = installation.erase(ADDRESS)
    assert report.is_agent
    assert report.is_complete
    with installation.database.reading() as session:
        assert get(session, Agent, id=life.agent).email == ADDRESS


def test_the_search_of_agents_finds_nothing(
    installation: Installation, life: Life
) -> None:
    def find() -> int:
        with installation.database.reading() as session:
            return len(search_transcripts(session, MARKER, None, 20).hits)

    assert find() > 0
    installation.erase(ADDRESS)
    assert find() == 0


def test_with_parts_down_the_rest_is_done_and_completed_later(
    installation: Installation, life: Life
) -> None:
    installation.assistant.is_down = installation.backend.is_down = True
    report = installation.erase(ADDRESS)
    assert report.left == dict.fromkeys(("assistant", "accounts"), "unreachable")
    assert not report.is_complete
    assert left_of(installation) == set(), "what waits is sealed"
    installation.complete()  # too soon
    assert installation.backend.erased == []
    installation.assistant.is_down = False
    installation.clock.moment += timedelta(hours=1)
    installation.complete()
    assert len(installation.assistant.forgotten) == 3
    assert count(installation, Erasure) == 1
    installation.backend.is_down = False
    installation.clock.moment += timedelta(hours=8)
    installation.complete()
    assert installation.backend.erased == [ADDRESS]
    assert count(installation, Erasure) == 0
    actions = [entry.action for entry in installation.audited()[-4:]]
    assert actions[-3:] == [
        "erasure.continued",
        "erasure.continued",
        "erasure.completed",
    ]


def test_the_command_again_does_what_was_left(
    installation: Installation, life: Life
) -> None:
    installation.backend.is_down = True
    assert not installation.erase(ADDRESS).is_complete
    installation.backend.is_down = False
    again = installation.erase(ADDRESS)
    assert again.is_complete
    assert set(installation.backend.erased) == {ADDRESS}
    assert count(installation, Erasure) == 0


def test_logs_lose_the_address_and_the_ids_in_their_place(
    installation: Installation, life: Life
) -> None:
    log = installation.home / "logs" / "rasa.log"
    line = f"2026-03-02 oops {ADDRESS.upper()} in {life.conversations[0]}\n"
    log.write_text(line * 2 + "2026-03-02 fine\n")
    with log.open("a") as still_open:
        report = installation.erase(ADDRESS)
        still_open.write("2026-03-02 goes on\n")
    content = log.read_text()
    assert report.done["logs"] == {"words": 4}
    assert report.is_complete
    assert content.endswith("2026-03-02 fine\n2026-03-02 goes on\n")
    assert len(content.splitlines()[0]) == len(line) - 1
    assert ADDRESS not in content.lower()


def test_a_find_in_a_file_is_not_kept_quiet(
    installation: Installation, life: Life
) -> None:
    outbox = installation.home / "outbox"
    outbox.mkdir()
    (outbox / "1.eml").write_text(f"To: {ADDRESS}\n")
    report = installation.erase(ADDRESS)
    assert report.found_in == {"1.eml": 1}
    assert not report.is_complete
