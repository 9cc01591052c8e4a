"""How large what is kept has become: the record, the assistant's memory, and the rest."""

import sqlite3
from contextlib import closing
from pathlib import Path

from cli.capacity.product import Product
from cli.capacity.sampling import connect

SQLITE = {"record": "helpdesk.db", "tracker": "tracker.db", "accounts": "accounts.db"}
FOLDERS = {"mailbox": "outbox", "logs": "logs"}
# The assistant's tables begin with its name; all others are the help desk's.
SIZES = """
    SELECT CASE WHEN relname LIKE 'rasa\\_%' THEN 'tracker' ELSE 'record' END AS store,
           sum(pg_total_relation_size(pg_class.oid))
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND nspname = 'public'
    GROUP BY store
"""


def sizes_of(product: Product) -> dict[str, int]:
    """Return the bytes of each store, indexes included."""
    state = product.stack.state
    sizes = {
        name: _size_of_sqlite(state / file)
        for name, file in SQLITE.items()
        if (state / file).exists()
    }
    sizes |= {name: _size_of(state / folder) for name, folder in FOLDERS.items()}
    if product.database_url:
        with connect(product.database_url) as connection:
            sizes |= {str(k): int(v) for k, v in connection.execute(SIZES).fetchall()}
    return sizes


def kb_for_each(
    before: dict[str, int], after: dict[str, int], count: int
) -> dict[str, float]:
    """Return by how many kB each store grew for each of so many."""
    return {
        name: (size - before.get(name, 0)) / 1e3 / count
        for name, size in after.items()
        if count
    }


def _size_of_sqlite(path: Path) -> int:
    """Return the size of a database: of its pages, wherever they lie just now."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        pages, size = (
            int(connection.execute(f"PRAGMA page_{what}").fetchone()[0])
            for what in ("count", "size")
        )
    return pages * size


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
