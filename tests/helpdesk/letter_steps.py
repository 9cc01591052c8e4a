"""Answers by mail in tests: the real mailbox, and steps of a contact and an agent."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from imap_tools import MailMessage

from foundation.database import Database
from foundation.environment import Environment
from foundation.names import read_names
from foundation.postman import Postman, SmtpSettings
from foundation.secret import Secret
from helpdesk.desk.account_backend import AccountBackend
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.chat import Desk as ChatDesk
from helpdesk.desk.events import Event
from helpdesk.desk.identity import Identity
from helpdesk.desk.letter_addresses import Wish, leave_address, prove_address
from helpdesk.desk.letter_inbox import LetterInbox
from helpdesk.desk.letter_tokens import LetterTokens
from helpdesk.desk.letter_worker import LetterWorker
from helpdesk.desk.letter_writing import LetterWriter
from helpdesk.desk.limits import RateLimits
from helpdesk.desk.link_autopsy import LinkAutopsy
from helpdesk.desk.signals import read_signals
from helpdesk.desk.turn_worker import TurnWorker
from helpdesk.desk.turns import OpenTurn
from helpdesk.inbox import ADDRESS, URL, Inbox, InboxSettings, Verdict
from helpdesk.metrics import Metrics
from helpdesk.store.letter_models import Letter, MailAddress
from helpdesk.store.models import Agent, Conversation, Message
from helpdesk.store.record import Record
from helpdesk.store.rows import add, change, find, table_of
from helpdesk.store.words import Kind, LetterState, Owner, Role, Sender, Status
from tests.accounts.service import ROOT, Part, free_port
from tests.helpdesk.desk_steps import BEGIN, Desk, offer

PUBLIC_URL = "https://help.example.com"
MAIL_FROM = "no-reply@help.example.com"
ANSWER_TO = "answers@help.example.com"
SECRET = "only for tests, long enough, not a secret"
LIMITS = ActionLimits(SECRET)
TOKENS = LetterTokens(Secret(SECRET))
NAMES = read_names(ROOT / "settings.yml")
MINUTE = timedelta(minutes=1)


@dataclass
class Outbox:
    """The development mailbox: a real mail server that keeps what it gets."""

    smtp_port: int
    folder: Path
    process: Part
    seen: set[str] = field(default_factory=set)

    def news(self, *to: str) -> list[EmailMessage]:
        """Return the mails to addresses that this has not returned yet, in order."""
        found = []
        for path in sorted(self.folder.glob("*.eml")):
            mail = BytesParser(EmailMessage, policy=policy.default).parsebytes(
                path.read_bytes()
            )
            if path.name not in self.seen and mail["X-Outbox-To"] in to:
                self.seen.add(path.name)
                found.append(mail)
        return found

    def wait(self, to: str) -> EmailMessage:
        """Wait for the next mail to an address."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            news = self.news(to)
            if news:
                return news[0]
            time.sleep(0.03)
        raise AssertionError(f"no mail to {to}")


@contextmanager
def run_outbox(folder: Path) -> Iterator[Outbox]:
    """Run the mailbox for the length of a test."""
    smtp_port, http_port = free_port(), free_port()
    variables = {
        "LATCHKEY_OUTBOX_DIR": str(folder / "outbox"),
        "LATCHKEY_OUTBOX_SMTP_PORT": str(smtp_port),
        "LATCHKEY_OUTBOX_HTTP_PORT": str(http_port),
        "LATCHKEY_OUTBOX_REFUSE": "bounce@example.com",
    }
    health = f"http://127.0.0.1:{http_port}/healthz"
    process = Part("accounts.outbox", variables, folder / "outbox.log", health)
    process.start()
    try:
        yield Outbox(smtp_port, folder / "outbox", process)
    finally:
        process.stop()


def smtp(port: int) -> SmtpSettings:
    return SmtpSettings("127.0.0.1", port, "", "", False, MAIL_FROM)


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@dataclass
class Clock:
    """The time of the steps."""

    desk: Desk

    def now(self) -> datetime:
        return self.desk.now


@dataclass
class Told:
    """What was published, and which turns the assistant got."""

    events: list[Event] = field(default_factory=list)
    turns: list[OpenTurn] = field(default_factory=list)

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def submit(self, turn: OpenTurn) -> None:
        self.turns.append(turn)


@dataclass
class Case:
    """A contact who wants answers by mail, an agent, and the worker."""

    desk: Desk
    outbox: Outbox
    answer_to: str | None = None
    agent: UUID = field(default_factory=uuid4)
    emails: list[str] = field(default_factory=list)
    backend: AccountBackend = field(default_factory=lambda: AccountBackend("", "", ""))
    told: "Told" = field(default_factory=lambda: Told())
    port: int = 0

    @classmethod
    def of(
        cls, database: Database, outbox: Outbox, identity: Identity | None = None
    ) -> "Case":
        """Return a new case; its port is the mailbox's, until it is down."""
        here = uuid4().hex
        desk = Desk(database, BEGIN, address_digest=here).enter(identity)
        case = cls(desk, outbox, port=outbox.smtp_port)
        ana = Agent(
            id=case.agent,
            email=f"{case.agent.hex}@desk.example",
            name="Ana",
            role=Role.AGENT,
            created_at=BEGIN,
        )
        with database.transaction() as session:
            add(session, ana)
        return case

    def news(self) -> list[EmailMessage]:
        """Return what came to the addresses that were left."""
        return self.outbox.news(*self.emails)

    def leave(self, email: str) -> MailAddress:
        self.emails.append(email.strip().lower())
        with self.desk.database.transaction() as session:
            return leave_address(
                session,
                self.desk.contact,
                self.desk.conversation,
                Wish(email, self.desk.address_digest),
                LIMITS,
                self.desk.now,
            )

    def prove(self) -> bool:
        proof_id = self.address().proof_id
        with self.desk.database.transaction() as session:
            return prove_address(session, proof_id, self.desk.now)

    def leave_proven(self, email: str) -> None:
        self.leave(email)
        assert self.prove()

    def address(self) -> MailAddress:
        with self.desk.database.reading() as session:
            found = find(session, MailAddress, contact_id=self.desk.contact)
        assert found
        return found

    def take_over(self) -> None:
        """Have the agent own the conversation."""
        row = self.desk.row()
        with self.desk.database.transaction() as session:
            change(
                session,
                Conversation,
                {"id": row.id},
                status=Status.OPEN,
                owner=Owner.AGENT,
                agent_id=self.agent,
                owner_epoch=row.owner_epoch + 1,
            )

    def give_back(self, status: Status = Status.PENDING) -> None:
        """Have the assistant own the conversation; the agent had it long ago."""
        row = self.desk.row()
        with self.desk.database.transaction() as session:
            change(
                session,
                Conversation,
                {"id": row.id},
                status=status,
                owner=Owner.ASSISTANT,
                agent_id=None,
                owner_epoch=row.owner_epoch + 1,
            )

    def reply(self, text: str, kind: Kind = Kind.OUTGOING) -> int:
        """Have the agent say something, and return its number."""
        with self.desk.database.transaction() as session:
            is_it = {"id": self.desk.conversation}
            row = find(session, Conversation, lock=True, **is_it)
            assert row
            said = Message(
                conversation_id=row.id,
                seq=row.last_seq + 1,
                sender=Sender.AGENT,
                kind=kind,
                text=text,
                details={},
                agent_id=self.agent,
                created_at=self.desk.now,
            )
            add(session, said)
            change(
                session,
                Conversation,
                is_it,
                last_seq=said.seq,
                updated_at=self.desk.now,
            )
        return said.seq

    def look(self) -> None:
        """Have the worker look once, as a process of its own would."""
        asyncio.run(self._look())

    def letters(self) -> list[tuple[LetterState, str | None]]:
        rows = table_of(Letter).c
        with self.desk.database.reading() as session:
            found = session.execute(
                table_of(Letter)
                .select()
                .where(rows.contact_id == self.desk.contact)
                .order_by(rows.created_at, rows.id)
            )
            return [(row.state, row.reason) for row in found]

    def pass_time(self, by: timedelta) -> None:
        self.desk.now += by

    def receive(self, *mails: bytes) -> list[Verdict]:
        """Have the inbox judge mails."""
        return asyncio.run(self._receive(mails))

    def visit(self, url: str) -> int:
        """Have the inbox look once into a mailbox."""
        return asyncio.run(self._visit(url))

    @contextmanager
    def _inbox(self, url: str) -> Iterator[LetterInbox]:
        variables = {URL: url, ADDRESS: ANSWER_TO}
        settings = InboxSettings.from_environment(Environment(variables))
        assert settings
        desk = ChatDesk(
            Record(self.desk.database),
            cast(TurnWorker, self.told),
            self.told,
            RateLimits(),
            LIMITS,
            offer,
            LinkAutopsy(self.backend, RateLimits(), read_signals()),
            self.desk.office,
            Clock(self.desk),
            Metrics(),
        )
        yield LetterInbox(desk, Inbox(settings), TOKENS)

    async def _receive(self, mails: Sequence[bytes]) -> list[Verdict]:
        with self._inbox("imap://a:b@127.0.0.1/") as inbox:
            return [await inbox.take(MailMessage.from_bytes(m)) for m in mails]

    async def _visit(self, url: str) -> int:
        with self._inbox(url) as inbox:
            return await inbox.look()

    async def _look(self) -> None:
        record = Record(self.desk.database)
        writer = LetterWriter(NAMES, PUBLIC_URL, MAIL_FROM, self.answer_to, TOKENS)
        postman = Postman(smtp(self.port))
        worker = LetterWorker(record, writer, postman, Clock(self.desk), Metrics())
        await worker.look()
        await worker.stop()
