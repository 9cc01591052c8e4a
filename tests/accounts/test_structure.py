"""Rules about the source itself: what imports what, and complete migrations."""

import ast
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from accounts.database import open_database
from accounts.models import Base
from tests.accounts.service import ROOT

PACKAGE = ROOT / "accounts"
OTHER_ROOMS = {"actions", "bench", "bot", "cli", "helpdesk", "tests"}


def imports_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_the_account_backend_imports_no_other_room() -> None:
    for path in PACKAGE.rglob("*.py"):
        rooms = {name.partition(".")[0] for name in imports_of(path)}
        assert not rooms & OTHER_ROOMS, path


def test_only_the_mailbox_reads_a_clock_by_itself() -> None:
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "datetime.now" in path.read_text("utf-8")
    }
    # The mailbox is a mail server of its own and stamps what arrives.
    assert readers == {"outbox/mailbox.py"}


def test_migrations_lead_to_the_tables_of_the_models(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    database.migrate()
    database.migrate()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
    database.close()
