"""Erasing a person: from the record at once, and from every other part as soon as it can.

What is left to do is a row of its own, written in the transaction that empties the record.
Whoever began may vanish: the help desk goes on until the last part has done its share.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.fernet import InvalidToken
from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from foundation.clock import Clock
from foundation.seals import sealer
from foundation.secret import Secret
from foundation.tables import UtcDateTime
from helpdesk.assistant import Assistant, AssistantError
from helpdesk.desk.account_backend import AccountBackend, BackendError
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.erasing import Removed, erase_person
from helpdesk.desk.leftovers import find_in_files, state_files
from helpdesk.desk.log_files import blot_out
from helpdesk.desk.lookout import Lookout
from helpdesk.desk.personal_data import Person, Spelling, find_mentions, find_person
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.store.erasure_models import Erasure
from helpdesk.store.record import Record
from helpdesk.store.rows import add, as_row, change, table_of
from helpdesk.store.scrubbing import scrub
from helpdesk.store.texts import rows_with

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
# While whoever began is at it, nobody else is.
HEAD_START = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=6)
TRIES = 3  # somebody may begin something new at the very moment
THE_HELP_DESK = Who("help desk")
ASSISTANT, ACCOUNTS, LOGS = "assistant", "accounts", "logs"
_ROWS = table_of(Erasure).c
_OF_TARGET = select(*_ROWS).where(_ROWS.target == bindparam("target"))
_DUE = select(*_ROWS).where(
    _ROWS.next_attempt_at <= bindparam("now", type_=UtcDateTime())
)
Counts = dict[str, int]


class UnknownPersonError(Exception):
    """What was given is neither an address nor the id of a contact."""


@dataclass(frozen=True)
class Told:
    """What the parts must know to do their share."""

    addresses: tuple[str, ...]
    conversations: tuple[str, ...]
    contacts: tuple[str, ...]

    @classmethod
    def of(cls, person: Person) -> "Told":
        """Return what is to be told about a person."""
        return cls(
            person.addresses,
            tuple(sorted(map(str, person.conversations))),
            tuple(sorted(map(str, person.contacts))),
        )

    @property
    def words(self) -> tuple[str, ...]:
        """What stands for the person in the files of other parts."""
        spellings = (Spelling(address) for address in self.addresses)
        addresses = (form for each in spellings for form in each.forms)
        return (*addresses, *self.conversations, *self.contacts)


@dataclass
class Report:
    """What was removed where, and what is left. `found_in` is the proof: it is empty."""

    target: str
    conversations: int
    is_agent: bool
    removed: Removed
    done: dict[str, Counts] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    found_in: dict[str, int] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do, and nothing was found afterwards."""
        return not self.left and not self.found_in

    @property
    def is_unknown(self) -> bool:
        """Whether there was nothing of this person anywhere."""
        return not self.removed and not any(
            count for counts in self.done.values() for count in counts.values()
        )

    def as_json(self) -> dict[str, Any]:
        """Return everything, for programs."""
        return {
            "target": self.target,
            "conversations": self.conversations,
            **self.removed.as_json(),
            "done": self.done,
            "left": self.left,
            "found_in": self.found_in,
            "is_agent": self.is_agent,
            "is_complete": self.is_complete,
        }


class Erasures:
    """Erases persons, and completes what a part that was down has left.

    Args:
        record: The tables.
        assistant: Whose working memory is to be emptied.
        backend: Who has mailed.
        secret: Seals what waits.
        pseudonyms: What stands for people in the audit record.
        home: The state folder, with the logs of the parts on this machine.
        clock: The time.
    """

    def __init__(
        self,
        record: Record,
        assistant: Assistant,
        backend: AccountBackend,
        secret: Secret,
        pseudonyms: Pseudonyms,
        home: Path,
        clock: Clock,
    ) -> None:
        self._record = record
        self._assistant = assistant
        self._backend = backend
        self._pseudonyms = pseudonyms
        self._seal = sealer(secret, "erasures")
        self._home = home
        self._clock = clock
        complaint = "looking for erasures to complete failed"
        self._lookout = Lookout(self.complete, LOOK_EVERY_S, log, complaint)
        self._parts: Mapping[str, Callable[[Told], Awaitable[Counts]]] = {
            ASSISTANT: self._have_forgotten,
            ACCOUNTS: self._have_traces_erased,
            LOGS: self._blot_out,
        }

    def start(self) -> None:
        """Begin to complete what is left, in the background."""
        self._lookout.start()

    async def stop(self) -> None:
        """Stop that."""
        await self._lookout.stop()

    async def erase(self, whom: str, who: Who) -> Report:
        """Erase a person; repeating it does what is left.

        Args:
            whom: An address, or a contact's id.
            who: Who wants it.

        Raises:
            UnknownPersonError: It is neither.
        """
        person, report = await self._erase_from_record(whom, who)
        for erasure in await self._read_due(_OF_TARGET, target=report.target):
            done, report.left = await self._complete(erasure)
            report.done.update(done)
        report.found_in = await self._look_for(person)
        return report

    def target_of(self, person: Person, whom: str) -> str:
        """Return what stands for a person in the audit record."""
        if person.addresses:
            return self._pseudonyms.target(person.addresses[0])
        return f"contact:{UUID(whom)}"

    async def complete(self) -> None:
        """Do what is left of all erasures, as far as it can be done now."""
        for erasure in await self._read_due(_DUE, now=self._clock.now()):
            if await self._take(erasure):
                await self._complete(erasure)

    async def _take(self, erasure: Erasure) -> bool:
        """Keep other processes from an erasure for a while; tell whether none has it."""
        is_due = {"id": erasure.id, "next_attempt_at": erasure.next_attempt_at}
        until = self._clock.now() + HEAD_START
        return await self._record.write(
            lambda session: change(session, Erasure, is_due, next_attempt_at=until)
        )

    async def _erase_from_record(self, whom: str, who: Who) -> tuple[Person, Report]:
        now = self._clock.now()

        def work(session: Session) -> tuple[Person, Report]:
            person = find_person(session, whom)
            if person is None:
                raise UnknownPersonError(whom)
            return person, self._erase(session, person, whom, who, now)

        for attempt in range(1, TRIES + 1):
            try:
                found = await self._record.write(work)
                break
            except IntegrityError:
                if attempt == TRIES:
                    raise
        await asyncio.to_thread(scrub, self._record.database)
        return found

    def _erase(
        self, session: Session, person: Person, whom: str, who: Who, now: datetime
    ) -> Report:
        target = self.target_of(person, whom)
        removed = erase_person(session, person, now)
        told = Told.of(person)
        erasure = Erasure(
            id=uuid4(),
            target=target,
            requested_at=now,
            sealed=self._seal.encrypt(json.dumps(vars(told)).encode()).decode(),
            left=dict.fromkeys(self._parts, ""),
            attempts=0,
            next_attempt_at=now + HEAD_START,
        )
        add(session, erasure)
        details = removed.as_json()
        write_audit(session, who, "person.erased", target, now, details=details)
        return Report(target, len(person.conversations), person.is_agent, removed)

    async def _read_due(self, wanted: Any, **values: Any) -> list[Erasure]:
        return await self._record.read(
            lambda session: [
                as_row(Erasure, row)
                for row in session.execute(wanted, values).mappings()
            ]
        )

    async def _complete(
        self, erasure: Erasure
    ) -> tuple[dict[str, Counts], dict[str, str]]:
        """Have each part do its share; return what was done, and what is left and why."""
        done: dict[str, Counts] = {}
        left: dict[str, str] = {}
        try:
            told = self._open(erasure)
        except InvalidToken:  # sealed with a secret that was dropped: erase again
            log.exception("an erasure cannot be read any more")
            return done, dict.fromkeys(erasure.left, "unreadable")
        for part in erasure.left:
            try:
                done[part] = await self._parts[part](told)
            except (AssistantError, BackendError, OSError) as error:
                left[part] = _why(error)
        await self._note(erasure, done, left)
        return done, left

    def _open(self, erasure: Erasure) -> Told:
        told = json.loads(self._seal.decrypt(erasure.sealed.encode()))
        return Told(**{name: tuple(values) for name, values in told.items()})

    async def _note(
        self, erasure: Erasure, done: dict[str, Counts], left: dict[str, str]
    ) -> None:
        now, attempts = self._clock.now(), erasure.attempts + 1
        pause = min(timedelta(minutes=2**attempts), LONGEST_PAUSE)

        def work(session: Session) -> None:
            is_it = {"id": erasure.id}
            values = {
                "left": left,
                "attempts": attempts,
                "next_attempt_at": now + pause,
            }
            if left:
                change(session, Erasure, is_it, **values)
            else:
                session.execute(delete(table_of(Erasure)).where(_ROWS.id == erasure.id))
            if done:
                details = {"done": done, "left": sorted(left)}
                action = "erasure.continued" if left else "erasure.completed"
                target = erasure.target
                write_audit(
                    session, THE_HELP_DESK, action, target, now, details=details
                )

        await self._record.write(work)
        if left:
            log.warning("an erasure waits for %s", ", ".join(sorted(left)))

    async def _have_forgotten(self, told: Told) -> Counts:
        forget = self._assistant.forget
        return {"trackers": await asyncio.to_thread(forget, told.conversations)}

    async def _have_traces_erased(self, told: Told) -> Counts:
        counted: Counts = {}
        for address in told.addresses:
            for kind, count in (await self._backend.erase_traces(address)).items():
                counted[kind] = counted.get(kind, 0) + count
        return counted

    async def _blot_out(self, told: Told) -> Counts:
        words = await asyncio.to_thread(blot_out, self._home / "logs", told.words)
        return {"words": words}

    async def _look_for(self, person: Person) -> dict[str, int]:
        """Return where the person still is: tables by rows, files by finds."""
        rows = await self._record.read(lambda session: find_mentions(session, person))
        found: dict[str, int] = {}
        for row in rows:
            found[row.table.name] = found.get(row.table.name, 0) + 1
        told = Told.of(person)
        in_files = await asyncio.to_thread(find_in_files, self._files(), told.words)
        found |= {path.name: times for path, times in in_files.items()}
        is_file = self._record.database.is_embedded and bool(person.addresses)
        if is_file and not await self._is_elsewhere(person):
            found |= await asyncio.to_thread(self._find_in_record_file, person)
        return found

    def _files(self) -> list[Path]:
        """Return the files of the other parts on this machine."""
        return list(state_files(self._home))

    async def _is_elsewhere(self, person: Person) -> bool:
        """Tell whether the same letters are in rows that stay, rightly."""
        forms = [form for each in person.spellings for form in each.forms]
        rows = await self._record.read(lambda session: list(rows_with(session, forms)))
        return person.is_agent or bool(rows)

    def _find_in_record_file(self, person: Person) -> dict[str, int]:
        """Look into the file of the record itself.

        Ids are no finds there: the audit record names what was done by them, for good.
        """
        database = self._record.database
        place = Path(database.engine.url.database or "")
        files = sorted(place.parent.glob(f"{place.name}*"))
        forms = [form for each in person.spellings for form in each.forms]
        if find_in_files(files, forms):
            # Let go before SQLite was told to overwrite what it lets go.
            database.rewrite()
            scrub(database)
        found = find_in_files(files, forms)
        return {path.name: times for path, times in found.items()}


def _why(error: AssistantError | BackendError | OSError) -> str:
    """Return why a part has not done its share, in a word."""
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "unreachable" if error.code == "unknown" else error.code
