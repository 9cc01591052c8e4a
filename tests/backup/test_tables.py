"""Rows of every kind of column, there and back, between both kinds of database."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from cli.backup.errors import DamagedError
from cli.backup.tables import (
    LARGEST_PART,
    Kind,
    Shape,
    count_rows,
    go_on_counting,
    read_parts,
    read_shapes,
    rows_in,
    write_rows,
)
from foundation.database import Database
from foundation.tables import UtcDateTime
from helpdesk.store import MIGRATIONS
from tests.backup.machines import KINDS, SQLITE
from tests.postgresql import new_database

TABLES = sa.MetaData()
PARENT = sa.Table(
    "zoo",  # by its name it would come last
    TABLES,
    sa.Column("id", sa.Uuid, primary_key=True),
)
CHILD = sa.Table(
    "animals",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("zoo_id", sa.ForeignKey("zoo.id")),
    sa.Column("name", sa.String(40)),
    sa.Column("born_at", UtcDateTime),
    sa.Column("weight", sa.Float),
    sa.Column("count", sa.BigInteger),
    sa.Column("is_tame", sa.Boolean),
    sa.Column("photo", sa.LargeBinary),
    sa.Column("notes", sa.JSON),
)
ZOO = UUID("00000000-0000-4000-8000-00000000000a")
ODD: list[dict[str, Any]] = [
    {
        "name": 'a\nb\t"c"\\ 🔑 é é \u202e',
        "born_at": datetime(1999, 12, 31, 23, 59, 59, 999999, UTC),
        "weight": 0.1 + 0.2,
        "count": 2**62,
        "is_tame": True,
        "photo": bytes(range(256)),
        "notes": {"z": [1.5, None, "ü"], "a": {}},
    },
    {
        "name": "",
        "born_at": datetime(2026, 1, 1, tzinfo=UTC),
        "weight": -1e-300,
        "count": -1,
        "is_tame": False,
        "photo": b"",
        "notes": None,  # the JSON value, not the column without one
    },
    {"name": None, "notes": sa.null()},
]


@pytest.fixture(scope="module")
def new(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Makes databases with the two tables."""
    opened: list[Database] = []

    def make(kind: str) -> Database:
        folder = tmp_path_factory.mktemp("zoo")
        url = f"sqlite:///{folder / 'zoo.db'}"
        if kind != SQLITE:
            url = new_database(request.getfixturevalue("postgresql"))
        opened.append(Database(url, MIGRATIONS, variable="NONE"))
        with opened[-1].engine.begin() as connection:
            TABLES.create_all(connection)
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def fill(connection: Connection, rows: list[dict[str, Any]]) -> None:
    connection.execute(sa.insert(PARENT), {"id": ZOO})
    for row in rows:
        connection.execute(sa.insert(CHILD), {"zoo_id": ZOO, **row})


def parts(connection: Connection) -> Iterator[tuple[Shape, int, bytes]]:
    for shape in read_shapes(connection):
        for count, part in read_parts(connection, shape):
            yield shape, count, part


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_odd_values_are_the_same_on_the_other_side(
    new: Any, source: str, target: str
) -> None:
    one, other = new(source), new(target)
    with one.engine.begin() as connection:
        fill(connection, ODD)
    with one.snapshot() as state:
        found = list(parts(state))
    assert [(shape.name, count) for shape, count, _ in found] == [
        ("zoo", 1),
        ("animals", 3),
    ]
    with other.engine.begin() as connection:
        for shape, _, part in found:
            write_rows(connection, shape, rows_in(shape, part))
        go_on_counting(connection, read_shapes(connection))
    with other.engine.begin() as connection:
        assert [part for _, _, part in parts(connection)] == [p for _, _, p in found]
        names = [
            column for column in CHILD.c if column.name not in {"number", "zoo_id"}
        ]
        first, second, third = connection.execute(
            sa.select(*names).order_by(CHILD.c.number)
        ).mappings()
        assert dict(first) == ODD[0]
        assert dict(second) == ODD[1]
        assert set(third.values()) == {None}
        is_null = sa.select(CHILD.c.name).where(CHILD.c.notes.is_(sa.null()))
        assert connection.execute(is_null).scalars().all() == [None]
        added = connection.execute(sa.insert(CHILD), {"name": "the fourth"})
        assert added.inserted_primary_key[0] == 4


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_column_holds_is_read_from_the_database(new: Any, kind: str) -> None:
    with new(kind).engine.connect() as connection:
        parent, child = read_shapes(connection)
    assert (parent.name, parent.columns) == ("zoo", {"id": Kind.UUID})
    assert child.key == ["number"]
    assert child.columns == {
        "number": Kind.INTEGER,
        "zoo_id": Kind.UUID,
        "name": Kind.TEXT,
        "born_at": Kind.MOMENT,
        "weight": Kind.NUMBER,
        "count": Kind.INTEGER,
        "is_tame": Kind.BOOLEAN,
        "photo": Kind.BYTES,
        "notes": Kind.JSON,
    }


def test_a_column_of_no_known_kind_is_said_and_not_skipped(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}", MIGRATIONS, variable="NONE")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE odd (id INTEGER PRIMARY KEY, d DATE)")
        with pytest.raises(TypeError, match="DATE"):
            read_shapes(connection)
    database.close()


@pytest.mark.parametrize("kind", KINDS)
def test_many_rows_and_large_ones_go_in_portions(new: Any, kind: str) -> None:
    database = new(kind)
    large = [{"photo": bytes([n]) * (LARGEST_PART // 2)} for n in range(5)]
    small = [{"name": str(n)} for n in range(1_200)]
    with database.engine.begin() as connection:
        connection.execute(sa.insert(CHILD), small)
        connection.execute(sa.insert(CHILD), large)
    with database.snapshot() as state:
        found = [(shape, count, part) for shape, count, part in parts(state)]
        shape = found[0][0]
        assert count_rows(state, shape) == sum(count for _, count, _ in found) == 1_205
    assert len(found) == 5  # the small ones with the first of the large
    assert max(len(part) for _, _, part in found) < 1.5 * LARGEST_PART
    rows = [row for shape, _, part in found for row in rows_in(shape, part)]
    assert [row["number"] for row in rows] == list(range(1, 1_206))
    assert [row["photo"] for row in rows[-5:]] == [each["photo"] for each in large]


@pytest.mark.parametrize(
    "line", [b"[1]", b"{}", b'["a"]', b"[null,null]", b"\xff", b"[1e999, 2]"]
)
def test_lines_that_are_no_rows_are_damage(line: bytes) -> None:
    shape = Shape("zoo", {"id": Kind.UUID, "n": Kind.BYTES}, ["id"])
    if line == b"[null,null]":
        assert rows_in(shape, line) == [{"id": None, "n": None}]
        return
    with pytest.raises(DamagedError, match="a row of zoo cannot be read"):
        rows_in(shape, line)


@pytest.mark.parametrize("kind", KINDS)
def test_a_snapshot_sees_one_state_while_others_write(new: Any, kind: str) -> None:
    database = new(kind)
    with database.engine.begin() as connection:
        fill(connection, ODD[:1])
    with database.snapshot() as state:
        with database.engine.begin() as connection:
            connection.execute(sa.insert(CHILD), {"name": "late"})
            connection.execute(sa.update(CHILD).values(name="changed"))
        found = {shape.name: part for shape, _, part in parts(state)}
        assert json.loads(found["animals"])[2] == ODD[0]["name"]
    with database.snapshot() as state:
        assert sum(count for _, count, _ in parts(state)) == 3
