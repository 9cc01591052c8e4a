"""The help desk's own record, for commands; also while the help desk runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cli.console import fail
from cli.stack import Ports, Stack
from foundation.database import Database
from foundation.environment import SettingsError
from helpdesk.desk.errors import DeskError
from helpdesk.settings import HelpdeskSettings
from helpdesk.store import open_database

Result = TypeVar("Result")


def in_record(
    work: Callable[[Session, datetime], Result], stack: Stack | None = None
) -> Result:
    """Do something in one transaction; say what is wrong in one line if it cannot be.

    Args:
        work: What to do, with the moment.
        stack: Whose record, if not that of this installation.
    """
    with opened(stack) as (_, database), database.transaction() as session:
        return work(session, datetime.now(UTC))


@contextmanager
def opened(
    stack: Stack | None = None,
) -> Iterator[tuple[HelpdeskSettings, Database]]:
    """Yield the help desk's settings and its database, with the newest tables."""
    chosen = stack or Stack.on(Ports.from_environment())
    try:
        settings = HelpdeskSettings.from_environment(chosen.helpdesk().environment)
        database = open_database(settings.database_url)
    except SettingsError as error:
        fail(str(error), 2)
    try:
        database.migrate()
        yield settings, database
    except DeskError as error:
        fail(error.message)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip()
        fail(f"The database cannot be used: {reason}")
    finally:
        database.close()
