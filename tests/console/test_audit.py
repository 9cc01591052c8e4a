"""The audit record: one chain, also under load, and a change in it is found."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from foundation.database import Database
from helpdesk import store
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.audit import FIRST, Kept, Who, agent_name, verify_chain, write_audit
from helpdesk.store.models import AuditEntry
from helpdesk.store.rows import get, table_of
from helpdesk.store.words import Role
from tests.tampering import allow_changes

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
ENTRIES = table_of(AuditEntry)
ANA = Who("agent:1", "lead", "session-1")
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
        write_audit(session, ANA, action, "thing:2", NOON, details=details)


@pytest.fixture
def chain(database: Database) -> Database:
    for number in range(5):
        write(database, number=number)
    return database


@pytest.fixture
def open_chain(chain: Database) -> Database:
    """The same, in the hands of whoever may do anything."""
    allow_changes(chain)
    return chain


def run(database: Database, *statements: str) -> None:
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))


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
    assert (found.entries, found.digest, found.is_right) == (5, last.digest, True)
    assert (third.actor, third.target, third.at) == ("agent:1", "thing:2", NOON)


def test_an_entry_says_who_with_what_right_why_and_what_came_of_it(
    database: Database,
) -> None:
    agent = SignedInAgent(uuid4(), uuid4(), "Ana", "a@example.com", Role.ADMIN)
    contact = Who.contact(UUID(int=1), UUID(int=2))
    with database.transaction() as session:
        who, why = Who.of(agent), "asked twice"
        write_audit(session, who, "a.b", "c:1", NOON, reason=why, result="done")
        write_audit(session, contact, "a.b", "c:1", NOON, details={"kind": "invite"})
        with pytest.raises(ValueError, match="place of their own"):
            write_audit(session, who, "a.b", "c:1", NOON, details={"role": "agent"})
    with database.reading() as session:
        first = get(session, AuditEntry, number=1)
        second = get(session, AuditEntry, number=2)
    assert first.actor == agent_name(agent.id)
    assert first.details == {
        "role": "admin",
        "session": str(agent.session_id),
        "reason": why,
        "result": "done",
    }
    assert second.actor == f"contact:{UUID(int=1)}"
    assert second.details == {
        "kind": "invite",
        "role": "contact",
        "session": f"conversation:{UUID(int=2)}",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor = 'nobody' WHERE number = 3",
        "UPDATE audit_entries SET number = number + 10",
        "DELETE FROM audit_entries WHERE number = 5",
        "DELETE FROM audit_entries",
    ],
)
def test_the_database_refuses_to_change_or_remove_an_entry(
    chain: Database, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="audit record"):
        run(chain, statement)
    with chain.reading() as session:
        assert (verify_chain(session).entries, broken_at(chain)) == (5, None)


def test_no_other_way_around_what_refuses_it(chain: Database) -> None:
    columns = "number, at, actor, action, target, details, previous_digest, digest"
    if chain.is_embedded:
        ways = [
            f"INSERT OR REPLACE INTO audit_entries ({columns}) SELECT number, at, 'x', "
            "action, target, details, previous_digest, digest FROM audit_entries "
            "WHERE number = 3",
            f"INSERT INTO audit_entries ({columns}) SELECT 0, at, actor, action, target, "
            "details, previous_digest, digest FROM audit_entries WHERE number = 3",
        ]
    else:
        ways = [
            "TRUNCATE audit_entries",
            "SET session_replication_role = replica; DELETE FROM audit_entries",
            f"INSERT INTO audit_entries ({columns}) SELECT {columns} FROM audit_entries "
            "WHERE number = 3 ON CONFLICT (number) DO UPDATE SET actor = 'x'",
        ]
    for way in ways:
        with pytest.raises(DBAPIError, match="audit record"):
            run(chain, *way.split("; "))
    assert broken_at(chain) is None


def test_a_changed_entry_is_found(open_chain: Database) -> None:
    with open_chain.reading() as session:
        (right,) = session.execute(
            ENTRIES.select().where(ENTRIES.c.number == 3)
        ).mappings()
    for name, value in CHANGES.items():
        third = update(ENTRIES).where(ENTRIES.c.number == 3)
        with open_chain.transaction() as session:
            session.execute(third.values({name: value}))
        assert broken_at(open_chain) == 3, name
        with open_chain.transaction() as session:
            session.execute(third.values({name: right[name]}))
        assert broken_at(open_chain) is None


def test_a_removed_and_an_exchanged_entry_are_found(open_chain: Database) -> None:
    with open_chain.transaction() as session:
        session.execute(delete(ENTRIES).where(ENTRIES.c.number == 2))
    assert broken_at(open_chain) == 2
    with open_chain.transaction() as session:
        session.execute(
            text("UPDATE audit_entries SET number = number - 1 WHERE number > 2")
        )
    assert broken_at(open_chain) == 2


def test_a_record_that_was_cut_off_has_another_end(open_chain: Database) -> None:
    with open_chain.reading() as session:
        whole = verify_chain(session)
    kept = [Kept(2, get_digest(open_chain, 2)), Kept(5, whole.digest)]
    with open_chain.reading() as session:
        assert verify_chain(session, kept).is_right
    with open_chain.transaction() as session:
        session.execute(delete(ENTRIES).where(ENTRIES.c.number == 5))
    with open_chain.reading() as session:
        found = verify_chain(session, kept)
    assert (found.entries, found.broken_at, found.missed) == (4, None, 5)
    assert not found.is_right


def test_a_record_that_was_written_anew_is_not_the_one_that_was_kept(
    open_chain: Database,
) -> None:
    kept = [Kept(3, get_digest(open_chain, 3))]
    with open_chain.transaction() as session:
        session.execute(delete(ENTRIES))
    for number in range(6):
        write(open_chain, number=number + 1)
    with open_chain.reading() as session:
        found = verify_chain(session, kept)
    assert (found.entries, found.broken_at, found.missed) == (6, None, 3)


def get_digest(database: Database, number: int) -> str:
    with database.reading() as session:
        return get(session, AuditEntry, number=number).digest


def test_what_is_rolled_back_leaves_no_gap(chain: Database) -> None:
    with chain.transaction() as session:
        write_audit(session, ANA, "b", "c", NOON)
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
            write_audit(session, ANA, "b", f"c:{number}", NOON)
    assert broken_at(database) is None


def test_odd_words_and_values_are_kept_in_a_form_that_can_be_checked(
    database: Database,
) -> None:
    agent_id = uuid4()
    with database.transaction() as session:
        details = {"é": "ü\ud800", "id": agent_id, "at": NOON, "none": None, "n": 1.5}
        who, target = Who("x" * 300), agent_name(agent_id)
        write_audit(session, who, "nul\0", target, NOON, details=details)
    with database.reading() as session:
        entry = get(session, AuditEntry, number=1)
    assert broken_at(database) is None
    assert (len(entry.actor), entry.action) == (200, "nul")
    assert entry.target == f"agent:{agent_id}"
    assert entry.details["id"] == str(agent_id)


def test_an_older_version_can_change_entries_again(chain: Database) -> None:
    config = Config()
    config.set_main_option(
        "script_location", str(Path(store.__file__).parent / "migrations")
    )
    with chain.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0007")
    run(chain, "UPDATE audit_entries SET actor = 'nobody' WHERE number = 3")
    assert broken_at(chain) == 3
    chain.migrate()
    with pytest.raises(DBAPIError, match="audit record"):
        run(chain, "DELETE FROM audit_entries")
