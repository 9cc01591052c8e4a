"""The audit record: one chain, also under load, and a change in it is found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import delete, text, update

from foundation.database import Database
from helpdesk.desk.audit import FIRST, agent_name, verify_chain, write_audit
from helpdesk.store.models import AuditEntry
from helpdesk.store.rows import get, table_of

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
ENTRIES = table_of(AuditEntry)
CHANGES = {
    "actor": "agent:3",
    "action": "thing.undone",
    "target": "",
    "details": {"number": 7},
    "at": datetime(2026, 3, 2, 12, tzinfo=UTC),
    "digest": "0" * 64,
    "previous_digest": "0" * 64,
}


def write(database: Database, action: str = "thing.done", **details: object) -> None:
    with database.transaction() as session:
        write_audit(session, "agent:1", action, "thing:2", details, NOON)


@pytest.fixture
def chain(database: Database) -> Database:
    for number in range(5):
        write(database, number=number)
    return database


def broken_at(database: Database) -> int | None:
    with database.reading() as session:
        return verify_chain(session).broken_at


def test_an_empty_record_is_right(database: Database) -> None:
    with database.reading() as session:
        found = verify_chain(session)
    assert (found.entries, found.digest, found.broken_at) == (0, FIRST, None)


def test_entries_are_numbered_and_chained(chain: Database) -> None:
    with chain.reading() as session:
        third = get(session, AuditEntry, number=3)
        second = get(session, AuditEntry, number=2)
        found = verify_chain(session)
        last = get(session, AuditEntry, number=5)
    assert third.previous_digest == second.digest
    assert (found.entries, found.digest, found.broken_at) == (5, last.digest, None)
    assert (third.actor, third.target, third.at) == ("agent:1", "thing:2", NOON)


def test_a_changed_entry_is_found(chain: Database) -> None:
    with chain.reading() as session:
        (right,) = session.execute(
            ENTRIES.select().where(ENTRIES.c.number == 3)
        ).mappings()
    for name, value in CHANGES.items():
        third = update(ENTRIES).where(ENTRIES.c.number == 3)
        with chain.transaction() as session:
            session.execute(third.values({name: value}))
        assert broken_at(chain) == 3, name
        with chain.transaction() as session:
            session.execute(third.values({name: right[name]}))
        assert broken_at(chain) is None


def test_a_removed_and_an_exchanged_entry_are_found(chain: Database) -> None:
    with chain.transaction() as session:
        session.execute(delete(ENTRIES).where(ENTRIES.c.number == 2))
    assert broken_at(chain) == 2
    with chain.transaction() as session:
        session.execute(
            text("UPDATE audit_entries SET number = number - 1 WHERE number > 2")
        )
    assert broken_at(chain) == 2


def test_a_record_that_was_cut_off_has_another_end(chain: Database) -> None:
    with chain.reading() as session:
        kept = verify_chain(session)
    with chain.transaction() as session:
        session.execute(delete(ENTRIES).where(ENTRIES.c.number == 5))
    with chain.reading() as session:
        assert verify_chain(session).entries < kept.entries


def test_what_is_rolled_back_leaves_no_gap(chain: Database) -> None:
    with chain.transaction() as session:
        write_audit(session, "a", "b", "c", {}, NOON)
        session.rollback()
    write(chain)
    with chain.reading() as session:
        assert verify_chain(session).entries == 6


def test_entries_written_at_once_make_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: write(database, number=n), range(40)))
    with database.reading() as session:
        found = verify_chain(session)
    assert (found.entries, found.broken_at) == (40, None)


def test_several_entries_of_one_transaction_follow_each_other(
    database: Database,
) -> None:
    with database.transaction() as session:
        for number in range(3):
            write_audit(session, "a", "b", f"c:{number}", {}, NOON)
    assert broken_at(database) is None


def test_odd_words_and_values_are_kept_in_a_form_that_can_be_checked(
    database: Database,
) -> None:
    agent_id = uuid4()
    with database.transaction() as session:
        details = {"é": "ü\ud800", "id": agent_id, "at": NOON, "none": None, "n": 1.5}
        write_audit(session, "x" * 300, "nul\0", agent_name(agent_id), details, NOON)
    with database.reading() as session:
        entry = get(session, AuditEntry, number=1)
    assert broken_at(database) is None
    assert (len(entry.actor), entry.action) == (200, "nul")
    assert entry.target == f"agent:{agent_id}"
    assert entry.details["id"] == str(agent_id)
