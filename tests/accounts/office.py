"""The account service's inner parts, with a clock and a mail server in the test's hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.jobs import queue_job
from accounts.letters import Letters
from accounts.links import Links, find_token, state_of
from accounts.measures import Measures
from accounts.models import Account, Job, Mail, Site, Suppression
from accounts.seed import seed_if_empty
from accounts.withdrawals import Withdrawal, withdraw
from accounts.words import AccountState, DeliveryState, JobKind, LinkState
from accounts.worker import Worker
from foundation.database import Database
from foundation.names import read_names
from foundation.postman import Handover, Outcome, Postman, SmtpSettings
from foundation.secret import Secret
from tests.accounts.service import ROOT, free_port, wait_for

ANA = "ana@example.com"
SECRET = "a secret of the server, long enough"
PUBLIC_URL = "https://id.example.com"
REFUSED = Outcome(Handover.BOUNCED, "550 5.1.1 There is no mailbox of this name")
LATER = Outcome(Handover.DEFERRED, "451 4.3.0 try later")


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 3, 9, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class NobodysPostman(Postman):
    """Finds no mail server."""

    def __init__(self) -> None:
        smtp = SmtpSettings("127.0.0.1", free_port(), "", "", False, "us@example.com")
        super().__init__(smtp)


class ScriptedPostman(NobodysPostman):
    """Keeps what is sent, and says about it what the test tells it to."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[EmailMessage] = []
        self.outcome = Outcome(Handover.ACCEPTED)
        self.meanwhile: Callable[[], None] = lambda: None

    def deliver(self, message: EmailMessage, email: str) -> Outcome:
        self.meanwhile()
        self.sent.append(message)
        return self.outcome

    @property
    def links(self) -> list[str]:
        """The links in what was sent, oldest first."""
        texts = [message.get_body(("plain",)) for message in self.sent]
        lines = [line for text in texts if text for line in text.get_content().split()]
        return [line for line in lines if line.startswith(f"{PUBLIC_URL}/")]


class Office:
    """A database with the seeded people, and workers that find no mail server."""

    def __init__(self, database: Database) -> None:
        self.clock = HandClock()
        self.database = database
        self.postman = ScriptedPostman()
        database.migrate()
        seed_if_empty(database, self.links(), self.clock.now())

    def links(self, secret: str = SECRET) -> Links:
        return Links(Secret(secret), PUBLIC_URL)

    @contextmanager
    def worker(
        self, secret: str = SECRET, postman: Postman | None = None
    ) -> Iterator[Worker]:
        letters = Letters(
            read_names(ROOT / "settings.yml"), PUBLIC_URL, "us@example.com"
        )
        postman = postman or NobodysPostman()
        links, measures = self.links(secret), Measures()
        worker = Worker(self.database, self.clock, links, letters, postman, measures)
        worker.start()
        yield worker
        worker.stop(5)
        assert not worker.is_alive

    def settle(self) -> None:
        """Let a worker with the scripted postman do all that is due."""
        with self.worker(postman=self.postman):
            wait_for(lambda: not self._is_anything_due(), "the end of the work")

    def ask(
        self,
        kind: JobKind = JobKind.AUTO,
        email: str | None = ANA,
        key: str | None = None,
        reference: str | None = None,
    ) -> None:
        queue_job(
            self.database,
            kind,
            email,
            self.clock.now(),
            reference=reference,
            idempotency_key=key,
        )

    def withdraw(self, key: str) -> Withdrawal:
        wanted = select(Job).where(Job.idempotency_key == key)
        with self.database.transaction() as session:
            job = session.scalars(wanted.with_for_update(of=Job)).one()
            return withdraw(session, job, self.clock.now())

    def link_state(self, link: str) -> LinkState:
        with self.database.transaction() as session:
            token = find_token(session, link.rpartition("/")[2])
            return state_of(token, self.clock.now())

    def mail(self, email: str = ANA) -> Mail | None:
        with self.database.transaction() as session:
            return session.scalar(select(Mail).where(Mail.email == email))

    def mails(self, email: str = ANA) -> list[tuple[DeliveryState, str | None]]:
        """Return state and reason of the mails to somebody, oldest first."""
        newest_last = select(Mail).where(Mail.email == email).order_by(Mail.queued_at)
        with self.database.transaction() as session:
            return [(mail.state, mail.reason) for mail in session.scalars(newest_last)]

    def held_since(self, email: str = ANA) -> datetime | None:
        with self.database.transaction() as session:
            held = session.get(Suppression, email)
            return held.since if held else None

    def job(self) -> Job:
        with self.database.transaction() as session:
            return session.scalars(select(Job)).one()

    def account_id(self, session: Session, email: str) -> UUID:
        wanted = select(Account.id).where(Account.email == email)
        return session.scalars(wanted).one()

    def add_account(
        self, email: str, site: str, first: str = "", last: str = ""
    ) -> None:
        """Add somebody to a site, which is made if there is none of this name."""
        with self.database.transaction() as session:
            found = session.scalar(select(Site).where(Site.name == site))
            session.add(
                Account(
                    email=email,
                    state=AccountState.INVITED,
                    first_name=first,
                    last_name=last,
                    site=found or Site(name=site),
                    created_at=self.clock.now(),
                )
            )

    def wait_for_attempt(self, number: int) -> Mail:
        def tried() -> Mail | None:
            mail = self.mail()
            is_over = mail and mail.state is not DeliveryState.QUEUED
            is_tried = mail and mail.attempts == number and is_over
            is_entered = mail and len(mail.events) == number + 1
            return mail if is_tried and is_entered else None

        return wait_for(tried, f"attempt {number}")

    def _is_anything_due(self) -> bool:
        now = self.clock.now()
        with self.database.transaction() as session:
            return any(
                session.scalar(
                    select(func.count())
                    .select_from(kind)
                    .where(kind.next_attempt_at <= now)
                )
                for kind in (Job, Mail)
            )
