"""Stand-ins for the parts that hold something of persons, and a look into every file."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select, text

from foundation.database import Database
from foundation.secret import Secret
from helpdesk.assistant import AssistantClient, AssistantError
from helpdesk.desk.account_backend import AccountBackend, BackendError
from helpdesk.desk.audit import Who, verify_chain
from helpdesk.desk.erasures import Erasures, Report
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.store.models import AuditEntry
from helpdesk.store.record import Record
from helpdesk.store.rows import table_of
from tests.helpdesk.desk_steps import BEGIN
from tests.helpdesk.running import TEST_KEY

PSEUDONYMS = Pseudonyms(TEST_KEY)
MOMENT = BEGIN + timedelta(hours=2)


@dataclass
class Clock:
    """A clock that a test moves."""

    moment: datetime = MOMENT

    def now(self) -> datetime:
        return self.moment


@dataclass
class Assistant:
    """Knows every conversation once; down while a test says so."""

    is_down: bool = False
    forgotten: list[str] = field(default_factory=list)
    before: list[datetime] = field(default_factory=list)

    def forget(
        self, conversations: Sequence[str], before: datetime | None = None
    ) -> int:
        if self.is_down:
            raise AssistantError("It does not answer.", permanent=False)
        new = [each for each in conversations if each not in self.forgotten]
        self.forgotten += new
        self.before += [before] if before else []
        return len(new)


@dataclass
class Backend:
    """Has two mails to each address; down while a test says so."""

    is_down: bool = False
    erased: list[str] = field(default_factory=list)

    async def erase_traces(self, address: str) -> dict[str, int]:
        self._check()
        self.erased.append(address)
        is_first = self.erased.count(address) == 1
        return {"mails": 2 if is_first else 0, "events": 0}

    async def export_traces(self, address: str) -> dict[str, Any]:
        self._check()
        return {"account": None, "deliveries": [{"to": address, "state": "accepted"}]}

    def _check(self) -> None:
        if self.is_down:
            raise BackendError("unreachable", is_certain=False)


@dataclass
class Installation:
    """A record, a state folder, and parts that can be down."""

    database: Database
    home: Path
    assistant: Assistant = field(default_factory=Assistant)
    backend: Backend = field(default_factory=Backend)
    clock: Clock = field(default_factory=Clock)

    def erase(self, whom: str) -> Report:
        """Erase a person, as a process of its own would."""
        return asyncio.run(self._erasures().erase(whom, Who("command line")))

    def complete(self) -> None:
        """Have the help desk look for what is left."""
        asyncio.run(self._erasures().complete())

    def audited(self) -> list[AuditEntry]:
        """Return the audit record, which must be as it was written."""
        with self.database.reading() as session:
            assert verify_chain(session).broken_at is None
            rows = session.execute(
                select(table_of(AuditEntry)).order_by(table_of(AuditEntry).c.number)
            ).mappings()
            return [AuditEntry(**row) for row in rows]

    def everything(self) -> bytes:
        """Return what is in the record: the bytes of its files, or all rows as text."""
        if self.database.is_embedded:
            place = Path(str(self.database.engine.url.database))
            files = place.parent.glob(f"{place.name}*")
            return b"".join(each.read_bytes() for each in files)
        with self.database.reading() as session:
            tables = session.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).all()
            rows = [
                session.scalars(text(f'SELECT t::text FROM "{table}" t')).all()
                for table in tables
            ]
        return "\n".join(row for each in rows for row in each).encode()

    def _erasures(self) -> Erasures:
        return Erasures(
            Record(self.database),
            cast(AssistantClient, self.assistant),
            cast(AccountBackend, self.backend),
            Secret(TEST_KEY),
            PSEUDONYMS,
            self.home,
            self.clock,
        )
