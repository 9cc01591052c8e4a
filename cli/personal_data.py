"""`export`, `erase` and `retain`: what is kept about people, and no longer."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any, TypeVar

import typer

from cli.console import err, fail, print_json
from cli.record import opened
from foundation.clock import SystemClock
from helpdesk.assistant import Assistant
from helpdesk.assistant_pool import AssistantPool
from helpdesk.desk.account_backend import AccountBackend, BackendError
from helpdesk.desk.audit import Who, write_audit
from helpdesk.desk.erasures import Erasures, Report, UnknownPersonError
from helpdesk.desk.person_export import Export, write_export
from helpdesk.desk.personal_data import Person, find_person
from helpdesk.desk.pseudonyms import Pseudonyms
from helpdesk.desk.retention import Retention
from helpdesk.metrics import Metrics
from helpdesk.settings import HelpdeskSettings
from helpdesk.store.record import Record

HERE = Who("command line")
WRONG_USE = 2
PARTS = {
    "assistant": "the assistant's working memory",
    "accounts": "the account backend",
    "logs": "the logs",
}
Result = TypeVar("Result")

Whom = Annotated[str, typer.Argument(help="An e-mail address, or the id of a contact.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@dataclass(frozen=True)
class Parts:
    """The parts that hold something of persons."""

    settings: HelpdeskSettings
    record: Record
    assistant: Assistant
    backend: AccountBackend

    @property
    def erasures(self) -> Erasures:
        """Return what erases persons."""
        return Erasures(
            self.record,
            self.assistant,
            self.backend,
            self.settings.secret,
            Pseudonyms(self.settings.pseudonym_key),
            self.settings.home,
            SystemClock(),
        )

    @property
    def retention(self) -> Retention:
        """Return what applies the rules of retention."""
        rules, home = self.settings.retention, self.settings.home
        return Retention(self.record, self.assistant, rules, home, SystemClock())


def erase(
    whom: Whom,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a person: conversations, files, mails, everywhere. There is no way back.

    Other people's conversations stay, without the address. Exit status 1 if a part could
    not be reached: what is left is done by the help desk when the part is back, or by
    the same command again.
    """
    with parts() as its:
        if not yes:
            _ask(
                whom, _run(its, lambda: its.record.read(lambda s: find_person(s, whom)))
            )
        try:
            report = _run(its, lambda: its.erasures.erase(whom, HERE))
        except UnknownPersonError:
            fail(_no_such(whom), WRONG_USE)
    if as_json:
        print_json(report.as_json())
    else:
        _show(whom, report)
    if not report.is_complete:
        raise typer.Exit(1)


def export(
    whom: Whom,
    out: Annotated[
        Path | None, typer.Option(help="The file to write, a zip archive.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write down what is kept about a person: JSON, a page to read, and their files.

    Exit status 1 if the account backend could not be reached; the rest is written.
    """
    with parts() as its:
        person = _run(its, lambda: its.record.read(lambda s: find_person(s, whom)))
        if person is None:
            fail(_no_such(whom), WRONG_USE)
        place = out or Path(f"person-{its.erasures.target_of(person, whom)[-8:]}.zip")
        try:
            file = os.fdopen(_for_its_owner(place), "wb")
        except OSError as error:
            fail(f"{place} cannot be written: {error.strerror}.")
        try:
            with file:
                written, problems = _run(its, lambda: _export(its, person, whom, file))
        except BaseException:
            place.unlink()  # half an archive would look like all there is
            raise
    if as_json:
        found = {"file": str(place), **vars(written), "problems": problems}
        print_json(found)
    else:
        counted = f"{written.conversations} conversations, {written.files} files"
        err.print(f"[green]✓[/] {place}: {counted}", soft_wrap=True)
        for address, why in problems.items():
            err.print(
                f"[yellow]![/] the account backend said nothing of {address}: {why}"
            )
    if problems:
        raise typer.Exit(1)


async def _export(
    its: Parts, person: Person, whom: str, file: IO[bytes]
) -> tuple[Export, dict[str, str]]:
    accounts: dict[str, dict[str, Any]] = {}
    problems: dict[str, str] = {}
    for address in person.addresses:
        try:
            accounts[address] = await its.backend.export_traces(address)
        except BackendError as error:
            problems[address] = error.code
    now, target = SystemClock().now(), its.erasures.target_of(person, whom)
    await its.record.write(
        lambda session: write_audit(session, HERE, "person.exported", target, now)
    )
    written = await its.record.read(
        lambda session: write_export(session, person, accounts, file, now)
    )
    return written, problems


def _for_its_owner(place: Path) -> int:
    """Make a file that nobody else may read; one that is there is left alone."""
    return os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def retain(as_json: AsJson = False) -> None:
    """Delete what settings.yml keeps no longer, now; the help desk does it by itself.

    Exit status 1 if a part could not be reached; it is tried again.
    """
    with parts() as its:
        expired = _run(its, lambda: its.retention.apply(HERE))
    if as_json:
        print_json({"removed": expired.removed, "left": expired.left})
    else:
        for kind, count in expired.removed.items():
            err.print(f"  {count:6} {kind}")
        for part, why in expired.left.items():
            err.print(f"[yellow]![/] {PARTS[part]}: not done yet ({why})")
    if expired.left:
        raise typer.Exit(1)


@contextmanager
def parts() -> Iterator[Parts]:
    """Yield the parts, as the settings name them."""
    with opened() as (settings, database):
        backend = AccountBackend(
            settings.accounts_url,
            settings.accounts_token,
            settings.accounts_staff_token,
        )
        assistant = AssistantPool.of(settings, Metrics())
        record = Record(database)
        try:
            yield Parts(settings, record, assistant, backend)
        finally:
            backend.close()
            record.close()


def _run(its: Parts, work: Callable[[], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        return await work()

    return asyncio.run(run())


def _ask(whom: str, person: Person | None) -> None:
    if person is None:
        fail(_no_such(whom), WRONG_USE)
    conversations = len(person.conversations)
    err.print(f"Of {whom} there are {conversations} conversations in the record.")
    if not typer.confirm("Erase all of it, for good?", err=True):
        fail("Nothing was erased.")


def _no_such(whom: str) -> str:
    return f"“{whom}” is neither an e-mail address nor the id of a contact."


def _show(whom: str, report: Report) -> None:
    if report.is_unknown:
        err.print(f"Nothing is kept about {whom}.")
    for table, count in sorted(report.removed.rows.items()):
        err.print(f"  {count:6} {table} removed")
    for table, count in sorted(report.removed.cut_out.items()):
        err.print(f"  {count:6} {table} of others: the address is cut out")
    for part, counts in report.done.items():
        counted = ", ".join(f"{count} {name}" for name, count in counts.items())
        err.print(f"[green]✓[/] {PARTS[part]}: {counted or 'nothing to do'}")
    for part, why in report.left.items():
        err.print(f"[yellow]![/] {PARTS[part]}: not done yet ({why})")
    for place, count in report.found_in.items():
        err.print(f"[bold red]✗[/] still found in {place}, {count} times")
    if report.is_agent:
        err.print("An agent has this address; their account stays (`user deactivate`).")
    if report.is_complete and not report.is_unknown:
        err.print(f"[green]✓[/] Nothing of {whom} is found any more.")
    elif report.left:
        err.print("The help desk goes on with it; so does the same command again.")
    err.print(f"The audit record knows the person as {report.target}.", soft_wrap=True)
