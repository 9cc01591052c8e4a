"""What is kept about a person beside the account: shown whole, and erased whole."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import MetaData, func, select

from accounts.client import AccountsError, DeliveryState, LinkState
from accounts.database import open_database
from accounts.models import DeliveryEvent
from accounts.outbox.mailbox import Mailbox
from accounts.traces import erase_traces
from accounts.words import JobKind
from foundation.database import Database
from tests.accounts import people
from tests.accounts.browser import Browser
from tests.accounts.office import ANA, LATER, Office
from tests.accounts.service import AccountsRun

NOTHING = dict.fromkeys(
    ("mails", "events", "jobs", "links", "failed_logins", "suppressions", "outbox"), 0
)


@pytest.fixture
def database(backend: AccountsRun) -> Iterator[Database]:
    """The running service's own database."""
    opened = open_database(backend.service.variables["LATCHKEY_ACCOUNTS_DATABASE_URL"])
    yield opened
    opened.close()


def places_of(database: Database, text: str) -> dict[str, int]:
    """Return in which tables a text stands, and how often."""
    tables = MetaData()
    tables.reflect(database.engine)
    found: dict[str, int] = {}
    with database.engine.connect() as connection:
        for table in tables.sorted_tables:
            rows = connection.execute(select(table)).all()
            if count := sum(text in str(tuple(row)) for row in rows):
                found[table.name] = count
    return found


def test_everything_about_a_person_is_shown(backend: AccountsRun) -> None:
    email = people.active(backend)
    key = uuid4().hex
    backend.request(email, key=key)
    backend.next_mail(email)
    Browser(backend.base_url).log_in(email, "not the password")
    shown = backend.staff().export_traces(f" {email.upper()}")
    assert shown["email"] == shown["account"]["email"] == email
    letters = ["password_reset", "invitation"]
    assert [mail["letter"] for mail in shown["deliveries"]] == letters
    assert [job["kind"] for job in shown["jobs"]] == ["auto", "new_invitation"]
    assert shown["jobs"][0]["key"] == key
    assert [link["state"] for link in shown["links"]] == ["valid", "used"]
    assert len(shown["failed_logins"]) == len(shown["logins"]) == 1
    assert shown["suppression"] is None
    assert len(shown["outbox"]) == 2
    assert all(email not in mail["subject"] for mail in shown["outbox"])


def test_what_was_mailed_is_erased_and_the_account_stays(
    backend: AccountsRun, database: Database
) -> None:
    email = people.active(backend)
    somebody, invitation = people.invite(backend)
    for _ in range(2):
        backend.request(email)
        link = backend.next_link(email)
    Browser(backend.base_url).log_in(email, "not the password")
    backend.delivery_in(email, DeliveryState.ACCEPTED)

    gone = backend.staff().erase_traces(email)
    assert gone == NOTHING | {
        "mails": 3,
        "events": 6,
        "jobs": 3,
        "links": 1,  # the first password link; the second still works
        "failed_logins": 1,
        "outbox": 3,
    }
    assert backend.staff().erase_traces(email) == NOTHING
    assert places_of(database, email) == {"accounts": 1}
    assert backend.mails(email) == []
    account = backend.staff().get_account(email)
    assert account is not None
    assert account.invitation is not None
    assert account.invitation.accepted_at is not None
    assert people.reset(Browser(backend.base_url), link).url.endswith("/home")

    assert len(backend.mails(somebody)) == 1
    assert len(backend.staff().deliveries(somebody)) == 1
    assert backend.client().inspect_link(invitation).state is LinkState.VALID


def test_of_a_stranger_nothing_is_left(
    backend: AccountsRun, database: Database
) -> None:
    email, key = people.stranger(backend), uuid4().hex
    backend.request(email, key=key)
    backend.next_mail(email)
    backend.decided(key)
    Browser(backend.base_url).log_in(email, "some password")
    gone = backend.staff().erase_traces(email)
    assert (gone["mails"], gone["jobs"], gone["outbox"]) == (1, 1, 1)
    assert places_of(database, email) == {}
    assert backend.staff().get_recovery(key) is None
    shown = backend.staff().export_traces(email)
    assert shown.pop("email") == email
    assert not any(shown.values())


def test_an_erased_address_is_in_no_file(accounts: AccountsRun) -> None:
    email = people.stranger(accounts)
    accounts.request(email)
    accounts.next_mail(email)
    accounts.delivery_in(email, DeliveryState.ACCEPTED)

    def files_with_it() -> list[str]:
        return [
            path.name
            for path in accounts.folder.rglob("*")
            if path.is_file() and email.encode() in path.read_bytes()
        ]

    assert files_with_it() != []
    accounts.staff().erase_traces(email)
    assert files_with_it() == []


def test_only_staff_may_show_or_erase(backend: AccountsRun) -> None:
    service = backend.client()
    for use in (service.export_traces, service.erase_traces):
        with pytest.raises(AccountsError, match="forbidden"):
            use("sam@example.com")


def test_what_waits_is_erased_too(each_office: Office) -> None:
    office = each_office
    office.postman.outcome = LATER
    office.ask(JobKind.INVITE)
    office.settle()
    references = office.links().references
    with office.database.transaction() as session:
        account_id = office.account_id(session, ANA)
        other_id = office.account_id(session, "sam@example.com")
    office.ask(email=None, reference=references.to(account_id))
    office.ask(email=None, reference=references.to(other_id))
    office.ask(email=None, reference="forged")
    office.ask(JobKind.PASSWORD_RESET)
    with office.database.transaction() as session:
        gone = erase_traces(session, ANA, references, office.clock.now())
    assert (gone["mails"], gone["jobs"]) == (1, 3)
    office.settle()
    assert office.mails() == []
    assert len(office.mails("sam@example.com")) == 1
    assert places_of(office.database, ANA) == {"accounts": 1}


def test_erasing_while_a_mail_is_handed_over_disturbs_nothing(
    each_office: Office,
) -> None:
    office = each_office

    def erase() -> None:
        with office.database.transaction() as session:
            erase_traces(session, ANA, office.links().references, office.clock.now())

    office.postman.meanwhile = erase
    office.ask()
    office.ask(email="sam@example.com")
    office.settle()
    assert office.mails() == []
    assert [state for state, _ in office.mails("sam@example.com")] == ["accepted"]


def test_the_mailbox_forgets_one_address(tmp_path: Path) -> None:
    box = Mailbox(tmp_path)
    box.keep(b"Subject: one\r\n\r\nHello", ["ana@example.com"])
    box.keep(b"Subject: two\r\n\r\nHello", ["Ana@Example.com", "bob@example.com"])
    box.keep(b"Subject: to mariana@example.com\r\n\r\nHi", ["mariana@example.com"])
    box.keep(b"\xff\xfe\x00 no mail at all", ["ana@example.com"])
    assert box.forget("ana@example.com") == 3
    assert box.forget("ana@example.com") == 0
    assert [mail.to for mail in box.newest_first()] == [("mariana@example.com",)]


def test_the_ledger_has_no_lines_without_a_mail(each_office: Office) -> None:
    office = each_office
    office.ask()
    office.settle()
    with office.database.transaction() as session:
        erase_traces(session, ANA, office.links().references, office.clock.now())
        assert session.scalar(select(func.count()).select_from(DeliveryEvent)) == 0
