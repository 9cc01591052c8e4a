"""Looks for words in everything that is kept, in files and in the rows of PostgreSQL."""

from pathlib import Path

import psycopg

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


def files_with(folder: Path, words: list[str]) -> dict[str, list[str]]:
    """Return the files that hold one of the words, and which."""
    found: dict[str, list[str]] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            _look(path.read_bytes(), words, str(path.relative_to(folder)), found)
    return found


def rows_with(database_url: str, words: list[str]) -> dict[str, list[str]]:
    """Return the tables of a database on PostgreSQL that hold one of the words.

    They are named like the files in which the same is kept on one machine.
    """
    found: dict[str, list[str]] = {}
    url = f"postgresql://{database_url.partition('://')[2]}"
    with psycopg.connect(url) as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            kept_by = "tracker.db" if table.startswith("rasa_") else "helpdesk.db"
            command = f'COPY "{table}" TO STDOUT'
            with connection.cursor().copy(command) as rows:  # type: ignore[arg-type]
                content = b"".join(bytes(row) for row in rows)
            _look(content, words, f"{kept_by}/{table}", found)
    return found


def _look(
    content: bytes, words: list[str], name: str, found: dict[str, list[str]]
) -> None:
    for word in words:
        if word.encode() in content:
            found.setdefault(name, []).append(word)
