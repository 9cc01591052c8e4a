"""The worker over days of postponed work, with a clock in the test's hand."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from accounts.database import open_database
from accounts.jobs import IdempotencyConflictError, queue_job
from accounts.links import find_token, state_of
from accounts.models import Account, Mail
from accounts.seed import seed_if_empty
from accounts.words import DeliveryState, JobKind, LinkState
from accounts.worker import BACK_OFF, LEASE
from tests.accounts.office import ANA, Office
from tests.accounts.service import wait_for
from tests.new_record import empty_file


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    file = tmp_path / "office.db"
    file.write_bytes(empty_file(open_database))
    database = open_database(f"sqlite:///{file}")
    yield Office(database)
    database.close()


def test_waits_grow_and_the_mail_is_given_up_after_two_days(office: Office) -> None:
    office.ask()
    with office.worker() as worker:
        for number, wait in enumerate([*BACK_OFF, BACK_OFF[-1]], start=1):
            mail = office.wait_for_attempt(number)
            assert mail.state is DeliveryState.DEFERRED
            assert mail.next_attempt_at == office.clock.now() + wait
            office.clock.advance(wait)
            worker.wake()
        number += 1
        office.wait_for_attempt(number)
        office.clock.advance(timedelta(hours=48))
        worker.wake()
        mail = office.wait_for_attempt(number + 1)
    assert mail.state is DeliveryState.BOUNCED
    assert str(mail.reason).startswith("gave up: the mail server cannot be reached")
    assert mail.next_attempt_at is None


def test_what_was_queued_before_the_clock_was_put_back_is_done_at_once(
    office: Office,
) -> None:
    office.clock.advance(timedelta(hours=1))
    office.ask()
    office.clock.advance(-timedelta(hours=1))
    with office.worker():
        assert office.wait_for_attempt(1).state is DeliveryState.DEFERRED


def test_each_attempt_starts_the_links_time_anew(office: Office) -> None:
    office.ask()
    with office.worker() as worker:
        office.wait_for_attempt(1)
        office.clock.advance(timedelta(hours=30))
        worker.wake()
        mail = office.wait_for_attempt(2)
    assert mail.token is not None
    assert mail.token.expires_at == office.clock.now() + timedelta(hours=72)


def test_a_link_survives_a_change_of_the_servers_secret(office: Office) -> None:
    office.ask()
    with office.worker():
        office.wait_for_attempt(1)
    office.clock.advance(timedelta(hours=1))
    changed = "another secret of the server, as long"
    with office.worker(changed):
        mail = office.wait_for_attempt(2)
    assert mail.token is not None
    secret = office.links(changed).url(mail.token).rpartition("/")[2]
    with office.database.transaction() as session:
        token = find_token(session, secret)
        assert state_of(token, office.clock.now()) is LinkState.VALID


def test_a_mail_in_other_hands_is_left_alone_until_the_lease_ends(
    office: Office,
) -> None:
    office.ask()
    with office.worker():
        office.wait_for_attempt(1)
    with office.database.transaction() as session:
        leased = office.clock.now() + LEASE
        session.execute(update(Mail).values(next_attempt_at=leased))
    with office.worker() as worker:
        office.clock.advance(LEASE - timedelta(seconds=1))
        worker.wake()
        office.ask(email="sam@example.com")
        wait_for(lambda: office.mail("sam@example.com"), "the other mail")
        assert office.mail().attempts == 1  # type: ignore[union-attr]
        office.clock.advance(timedelta(seconds=1))
        worker.wake()
        office.wait_for_attempt(2)


def test_a_job_that_cannot_be_done_is_tried_five_times_and_stops_nobody(
    office: Office,
) -> None:
    # A site that does not exist breaks the foreign key each time.
    details = {"site_id": "00000000-0000-0000-0000-000000000000"}
    kind, email = JobKind.NEW_INVITATION, "new@example.com"
    queue_job(office.database, kind, email, office.clock.now(), details=details)
    with office.worker() as worker:
        for number in range(1, 6):
            wait_for(lambda n=number: office.job().attempts == n, f"attempt {number}")
            office.clock.advance(timedelta(minutes=2))
            worker.wake()
        assert office.job().next_attempt_at is None
        assert office.job().done_at is None
        assert office.mail(email) is None
        office.ask()
        office.wait_for_attempt(1)


def test_a_finished_job_forgets_what_was_typed(office: Office) -> None:
    details = {"first_name": "Rita", "last_name": "Vega"}
    kind, email = JobKind.REGISTER, "rita@example.com"
    queue_job(office.database, kind, email, office.clock.now(), details=details)
    with office.worker():
        wait_for(lambda: office.job().done_at, "the registration")
    assert office.job().details == {}
    with office.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.email == email)).one()
        assert account.last_name == "Vega"
        assert account.password_hash is None


def test_a_key_that_was_used_stays_used(office: Office) -> None:
    def ask(email: str, kind: JobKind) -> None:
        now = office.clock.now()
        queue_job(office.database, kind, email, now, idempotency_key="key")

    ask(ANA, JobKind.AUTO)
    ask(ANA, JobKind.AUTO)
    for email, kind in [(ANA, JobKind.INVITE), ("sam@example.com", JobKind.AUTO)]:
        with pytest.raises(IdempotencyConflictError):
            ask(email, kind)
    assert office.job().email == ANA


def test_moments_without_a_zone_are_not_stored(office: Office) -> None:
    with pytest.raises(Exception, match="without a time zone"):
        queue_job(office.database, JobKind.AUTO, ANA, datetime(2026, 3, 3))


def test_seeding_happens_once(office: Office) -> None:
    assert not seed_if_empty(office.database, office.links(), office.clock.now())
    with office.database.transaction() as session:
        people = session.scalars(select(Account)).all()
    assert len(people) == 6
    assert {person.email.partition("@")[2] for person in people} == {"example.com"}
