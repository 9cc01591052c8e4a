"""Calls the rules of conversations, each in a transaction, at a moment of the test."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from foundation.database import Database
from foundation.names import read_names
from helpdesk.desk.answers import DONE, Finished, Outcome, Reply, finish_turn
from helpdesk.desk.buttons import Pressed
from helpdesk.desk.conversations import (
    access_conversation,
    current_conversation,
    start_over,
)
from helpdesk.desk.hours import Hours
from helpdesk.desk.identity import Identity
from helpdesk.desk.messages import (
    Accepted,
    Incoming,
    accept_message,
    read_after,
)
from helpdesk.desk.office import Office
from helpdesk.desk.sentences import read_sentences
from helpdesk.desk.turns import OpenTurn, take_due_turns
from helpdesk.desk.visits import begin_visit
from helpdesk.store.models import Conversation, Message
from helpdesk.store.words import Kind
from tests.accounts.service import ROOT

OFFICE = Office(read_sentences(read_names(ROOT / "settings.yml")), Hours())
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
INVITE = Reply(
    "Shall I send it?", {"buttons": [{"title": "Yes", "payload": "/affirm"}]}
)


def offer(article: str | None, action: str) -> Pressed | None:
    if article == "invite_expired" and action == "resend_invite":
        return Pressed("Send me a new invitation", "/resend_invite")
    return Pressed("A person", "/talk_to_human") if article is None else None


@dataclass
class Desk:
    """One contact at one conversation."""

    database: Database
    now: datetime = BEGIN
    contact: UUID = field(default_factory=uuid4)
    conversation: UUID = field(default_factory=uuid4)
    address_digest: str | None = None
    office: Office = OFFICE

    def enter(self, identity: Identity | None = None) -> "Desk":
        with self.database.transaction() as session:
            self.contact = begin_visit(session, self.now, identity).contact_id
            found = current_conversation(session, self.contact, self.now)
        self.conversation = found.id
        return self

    def start_over(self) -> None:
        with self.database.transaction() as session:
            new = start_over(session, self.contact, uuid4(), self.now).conversation
        self.conversation = new.id

    def other(self) -> "Desk":
        return Desk(self.database, self.now).enter()

    def say(self, text: str, client_id: UUID | None = None) -> Accepted:
        return self.send(
            Incoming(client_id or uuid4(), text, address_digest=self.address_digest)
        )

    def press(self, button: str) -> Accepted:
        return self.send(Incoming(uuid4(), button=button))

    def send(self, incoming: Incoming) -> Accepted:
        with self.database.transaction() as session:
            return accept_message(
                session,
                self.contact,
                self.conversation,
                incoming,
                offer,
                self.office,
                self.now,
            )

    def take(self) -> list[OpenTurn]:
        with self.database.transaction() as session:
            return take_due_turns(session, self.now, 10)

    def finish(
        self, turn: OpenTurn, *replies: Reply, has_acted: bool = False
    ) -> list[Message]:
        step = self.end(turn, *replies, outcome=Outcome(has_acted=has_acted)).change
        return step.messages if step else []

    def end(self, turn: OpenTurn, *replies: Reply, outcome: Outcome = DONE) -> Finished:
        with self.database.transaction() as session:
            return finish_turn(session, self.office, turn, replies, self.now, outcome)

    def answer(self, accepted: Accepted, *replies: Reply) -> list[Message]:
        assert accepted.turn
        return self.finish(accepted.turn, *(replies or [Reply("Answer.", {})]))

    def row(self) -> Conversation:
        with self.database.reading() as session:
            return access_conversation(session, self.contact, self.conversation)

    def texts(self) -> list[str]:
        with self.database.reading() as session:
            page = read_after(session, self.conversation, 0)
        return [message.text for message in page.messages]

    def everything(self) -> list[tuple[Kind, str]]:
        with self.database.reading() as session:
            rows = session.execute(
                select(Message.kind, Message.text)
                .where(Message.conversation_id == self.conversation)
                .order_by(Message.seq)
            )
            return [(kind, text) for kind, text in rows]
