"""A hundred thousand entries: checked, found by index; what is done to a chain is found."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk import audit_reading
from helpdesk.desk.audit import FIRST, Chain, Kept, digest_of, verify_chain
from helpdesk.desk.audit_reading import Sought, find_entries
from helpdesk.store import open_database
from helpdesk.store.models import AuditEntry
from helpdesk.store.rows import table_of
from tests.new_record import new_record
from tests.tampering import allow_changes

Row = dict[str, Any]
ENTRIES = table_of(AuditEntry)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MANY = 100_000


@cache
def made(count: int) -> list[Row]:
    """Return entries as `write_audit` chains them."""
    rows: list[Row] = []
    digest = FIRST
    for number in range(1, count + 1):
        row = {
            "number": number,
            "at": NOON + timedelta(seconds=number),
            "actor": f"agent:{number % 1_000}",
            "action": f"thing.{'done' if number % 1_000 else 'undone'}",
            "target": f"person:{number % 1_000}",
            "details": {"role": "agent", "result": "accepted", "n": number},
            "previous_digest": digest,
        }
        row["digest"] = digest = digest_of(row)
        rows.append(row)
    return rows


def load(database: Database, rows: list[Row]) -> None:
    """Put rows in the fastest way that there is."""
    names = list(rows[0])
    is_embedded = database.is_embedded
    values = [tuple(_raw(row[name], is_embedded) for name in names) for row in rows]
    columns = ", ".join(names)
    with database.engine.begin() as connection:
        if is_embedded:
            places = ", ".join("?" for _ in names)
            into = f"INSERT INTO audit_entries ({columns}) VALUES ({places})"
            connection.exec_driver_sql(into, values)
            return
        driver = connection.connection.driver_connection
        assert driver
        copying = f"COPY audit_entries ({columns}) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(copying) as copy:
            for each in values:
                copy.write_row(each)


def _raw(value: object, is_embedded: bool) -> object:
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, datetime) and is_embedded:
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return value


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def large(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    opened = new_record(request, tmp_path_factory.mktemp("large"))
    load(opened, made(MANY))
    with opened.transaction() as session:
        session.execute(text("ANALYZE"))
    yield opened
    opened.close()


def test_a_large_record_is_checked_as_a_whole(large: Database) -> None:
    last = made(MANY)[-1]
    with large.reading() as session:
        found = verify_chain(session, [Kept(MANY, last["digest"])])
    assert found == Chain(MANY, last["digest"], broken_at=None, missed=None)
    assert found.is_right


@pytest.mark.parametrize(
    ("sought", "first"),
    [
        (Sought(), MANY),
        (Sought(actor="agent:7"), MANY - 993),
        (Sought(target="person:999"), MANY - 1),
        (Sought(action="thing.undone"), MANY),
        (Sought(action="thing"), MANY),
        (Sought(since=NOON, until=NOON + timedelta(hours=1)), 3_599),
    ],
)
def test_the_newest_of_many_are_found(
    large: Database, sought: Sought, first: int
) -> None:
    with large.reading() as session:
        page = find_entries(session, sought, limit=20)
        rest = find_entries(session, sought, before=page.next, limit=20)
    assert page.entries[0].number == first
    assert len(page.entries) == 20
    assert rest.entries[0].number < page.entries[-1].number


@pytest.mark.parametrize(
    ("sought", "index"),
    [
        (Sought(actor="agent:7"), "ix_audit_entries_actor"),
        (Sought(target="person:999"), "ix_audit_entries_target"),
        (Sought(action="thing.undone"), "ix_audit_entries_action"),
    ],
)
def test_a_page_is_found_by_an_index(
    large: Database, sought: Sought, index: str
) -> None:
    wanted = audit_reading._wanted(sought).order_by(ENTRIES.c.number.desc()).limit(20)
    written = wanted.compile(large.engine, compile_kwargs={"literal_binds": True})
    how = "EXPLAIN QUERY PLAN" if large.is_embedded else "EXPLAIN"
    with large.reading() as session:
        plan = str(session.execute(text(f"{how} {written}")).all())
    assert index in plan


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A record in the hands of whoever may do anything to it."""
    opened = open_database(
        f"sqlite:///{tmp_path_factory.mktemp('small') / 'record.db'}"
    )
    opened.migrate()
    allow_changes(opened)
    yield opened
    opened.close()


def checked(database: Database, rows: list[Row], kept: list[Kept]) -> Chain:
    with Session(database.engine) as session:
        session.execute(delete(ENTRIES))
        if rows:
            session.execute(insert(ENTRIES), rows)
        found = verify_chain(session, kept)
        session.rollback()
    return found


def rewritten(rows: list[Row], first: int) -> list[Row]:
    """Return rows numbered and chained anew from one on, as a forger would."""
    forged = [dict(row) for row in rows]
    for at in range(first, len(forged)):
        forged[at]["number"] = at + 1
        forged[at]["previous_digest"] = forged[at - 1]["digest"] if at else FIRST
        forged[at]["digest"] = digest_of(forged[at])
    return forged


ORIGINAL = made(12)
VALUES = st.one_of(
    st.tuples(st.sampled_from(["actor", "action", "target"]), st.text(max_size=20)),
    st.tuples(
        st.just("details"),
        st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    ),
    st.tuples(st.just("at"), st.datetimes(timezones=st.just(UTC))),
    st.tuples(
        st.sampled_from(["digest", "previous_digest"]),
        st.text("0123456789abcdef", min_size=64, max_size=64),
    ),
)
PLACES = st.integers(0, len(ORIGINAL) - 1)


@st.composite
def tampered(draw: st.DrawFn) -> tuple[list[Row], int]:
    """Return a record after somebody had their way with it, and where that begins."""
    rows = [dict(row) for row in ORIGINAL]
    how = draw(st.sampled_from(["change", "remove", "swap", "insert"]))
    at = draw(PLACES)
    if how == "change":
        name, value = draw(VALUES)
        if isinstance(value, str):
            value = value.replace("\0", "").encode("utf-8", "ignore").decode()
        rows[at][name] = value
        return rows, at
    if how == "remove":
        del rows[at]
        return rows, at
    if how == "swap":
        other = draw(PLACES)
        rows[at], rows[other] = rows[other], rows[at]
        return rows, min(at, other)
    rows.insert(at, {**rows[at], "action": "thing.invented"})
    return rows, at


@given(tampered(), st.booleans())
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
def test_whatever_is_done_to_a_chain_is_found(
    small: Database, case: tuple[list[Row], int], is_forged: bool
) -> None:
    rows, first = case
    last = ORIGINAL[-1]
    kept = [Kept(last["number"], last["digest"])]
    if is_forged:
        rows = rewritten(rows, first)
    else:
        rows = [{**row, "number": at + 1} for at, row in enumerate(rows)]
    found = checked(small, rows, kept)
    if rows == ORIGINAL:  # swapped with itself, or changed to what it was
        assert found.is_right
        return
    assert not found.is_right
    if is_forged:
        assert found.missed == last["number"]
    elif len(rows) >= len(ORIGINAL) or first < len(rows):
        assert found.broken_at == first + 1


def test_numbers_that_are_left_out_are_found(small: Database) -> None:
    for gap in range(len(ORIGINAL) - 1):
        rows = ORIGINAL[:gap] + ORIGINAL[gap + 1 :]
        assert checked(small, rows, []).broken_at == gap + 1
    assert checked(small, ORIGINAL, []).is_right
    with small.reading() as session:
        assert session.scalar(select(ENTRIES.c.number).limit(1)) is None
