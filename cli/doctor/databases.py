"""The two databases: reached, let in, and of the version that the programs need."""

from collections.abc import Iterator, Mapping

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from cli.backup.contents import ACCOUNTS, RECORD
from cli.backup.installation import Installation
from cli.doctor.check import accounts_of, helpdesk_of
from cli.doctor.finding import LeftOutError, first_line, found, say
from cli.doctor.patient import Patient
from cli.shared_addresses import DATABASE_URL
from foundation.database import Database, version_of
from foundation.environment import SettingsError
from foundation.start_checks import Finding

VARIABLES = {RECORD: DATABASE_URL, ACCOUNTS: "LATCHKEY_ACCOUNTS_DATABASE_URL"}
CONNECT_WITHIN_S = "2"
# What PostgreSQL says to somebody who has reached it.
REFUSALS = (
    "authentication failed",
    "no password supplied",
    "does not exist",
    "no pg_hba.conf entry",
    "permission denied",
)


def look_at_record(patient: Patient) -> Iterator[Finding]:
    """Find what is wrong with the help desk's database."""
    url = helpdesk_of(patient).database_url
    if patient.servers.get(DATABASE_URL) == url and not patient.is_running:
        raise LeftOutError("not_running")  # `up` starts it itself
    yield from _look(patient, RECORD, url)


def look_at_accounts(patient: Patient) -> Iterator[Finding]:
    """Find what is wrong with the account backend's database."""
    yield from _look(patient, ACCOUNTS, accounts_of(patient).database_url)


def patient_place(patient: Patient, name: str, url: str) -> Installation:
    """Return where a database is, with a server that is not waited for long.

    Raises:
        SettingsError: The URL cannot be used.
    """
    try:
        place = make_url(url)
    except ArgumentError as error:
        raise SettingsError(f"{VARIABLES[name]} cannot be used.") from error
    if place.get_backend_name() == "postgresql":
        place = place.update_query_dict({"connect_timeout": CONNECT_WITHIN_S})
    whole = place.render_as_string(hide_password=False)
    return Installation(patient.state, {name: whole})


def _look(patient: Patient, name: str, url: str) -> Iterator[Finding]:
    facts = {"what": say("places", name), "variable": VARIABLES[name]}
    try:
        installation = patient_place(patient, name, url)
        if not installation.has(name):
            raise LeftOutError("nothing_kept")  # and opening it would make a file
        database = installation.open(name)
    except SettingsError as error:
        yield found("LK201", problem=error)
        return
    try:
        with database.snapshot() as connection:
            version = version_of(connection)
    except DBAPIError as error:
        yield _refusal(database, error, facts)
        return
    finally:
        database.close()
    if version is None:
        raise LeftOutError("nothing_kept")
    if version != database.newest:
        number = "LK233" if database.knows(version) else "LK234"
        yield found(number, what=facts["what"], found=version, needed=database.newest)


def _refusal(
    database: Database, error: DBAPIError, facts: Mapping[str, str]
) -> Finding:
    said = str(error.orig)
    reason = first_line(said).rpartition("failed: ")[2].removeprefix("FATAL:").strip()
    if database.is_embedded:
        return found("LK235", reason=reason, **facts)
    if any(words in said for words in REFUSALS):
        return found("LK232", reason=reason, **facts)
    is_away = isinstance(error, OperationalError)
    return found("LK231" if is_away else "LK235", reason=reason, **facts)
