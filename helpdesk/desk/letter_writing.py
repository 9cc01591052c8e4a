"""What the mails to contacts say, from `templates/mail/`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import formataddr
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from foundation.names import Names
from foundation.stationery import Envelope, Stationery, message_id
from helpdesk.desk.letter_addresses import PROOF_LIFE
from helpdesk.desk.letter_tokens import LetterTokens, Purpose
from helpdesk.desk.letters import Taken, replies_of
from helpdesk.desk.prose import html_of
from helpdesk.store.letter_models import Letter
from helpdesk.store.models import Agent, Attachment, Contact, Message
from helpdesk.store.rows import find, table_of
from helpdesk.store.words import Kind, LetterKind, LetterState, Sender

LONGEST_QUESTION = 400
MOST_REFERENCES = 20


@dataclass(frozen=True)
class Reply:
    """One thing that an agent said, and the files that came with it."""

    name: str | None
    text: str
    html: str
    at: datetime
    files: Sequence[str]


@dataclass(frozen=True)
class Content:
    """What a letter carries, as the record has it now."""

    name: str | None = None  # of the contact
    question: str = ""  # what was answered
    replies: Sequence[Reply] = ()
    earlier: Sequence[str] = field(default_factory=tuple)  # mails of the same thread


class LetterWriter:
    """Writes mails to contacts.

    Args:
        names: Of the product and its people.
        public_url: Where the help desk is.
        mail_from: The sender's address.
        answer_to: Where answers are read from, if they are.
        tokens: What links and answers are known by.
    """

    def __init__(
        self,
        names: Names,
        public_url: str,
        mail_from: str,
        answer_to: str | None,
        tokens: LetterTokens,
    ) -> None:
        self._stationery = Stationery("helpdesk", names, mail_from)
        self._names = names
        self._public_url = public_url
        self._answer_to = answer_to
        self._tokens = tokens

    def read(self, session: Session, taken: Taken) -> Content:
        """Return what a letter has to say; a question whether an address is right, nothing."""
        letter = taken.letter
        if letter.kind is LetterKind.PROOF:
            return Content()
        contact = find(session, Contact, id=letter.contact_id)
        asked = session.execute(_QUESTION, _chosen(letter)).first()
        sent = session.execute(_SENT, _chosen(letter)).scalars().all()
        earlier = [self._id_of(each, letter) for each in reversed(sent)]
        if asked is not None and asked.details.get("mail_id"):
            earlier.append(asked.details["mail_id"])
        return Content(
            name=contact.name if contact else None,
            question=" ".join(asked.text.split())[:LONGEST_QUESTION] if asked else "",
            replies=[_reply(session, each) for each in replies_of(session, letter)],
            earlier=earlier,
        )

    def write(self, taken: Taken, content: Content, now: datetime) -> EmailMessage:
        """Return the finished message; it has the same Message-ID each time."""
        if taken.letter.kind is LetterKind.PROOF:
            return self._write_proof(taken, now)
        return self._write_answer(taken, content, now)

    def _write_proof(self, taken: Taken, now: datetime) -> EmailMessage:
        letter, proof_id = taken.letter, taken.address.proof_id
        link = f"{self._public_url}/mail/{self._tokens.issue(Purpose.PROOF, proof_id)}"
        its_id = message_id(letter.id.hex, self._public_url)
        until = taken.address.asked_at + PROOF_LIFE
        envelope = Envelope(letter.email, its_id)
        return self._stationery.write("proof", envelope, now, link=link, until=until)

    def _write_answer(
        self, taken: Taken, content: Content, now: datetime
    ) -> EmailMessage:
        letter = taken.letter
        stop = self._tokens.issue(Purpose.STOP, taken.address.proof_id)
        stop_link = f"{self._public_url}/mail/stop/{stop}"
        message = self._stationery.write(
            "answer",
            Envelope(letter.email, self._id_of(letter.id, letter)),
            now,
            content=content,
            number=letter.conversation_id.hex[:8],
            can_answer=self._answer_to is not None,
            chat_link=f"{self._public_url}/chat",
            stop_link=stop_link,
        )
        message["List-Unsubscribe"] = f"<{stop_link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        if content.earlier:
            message["In-Reply-To"] = content.earlier[-1]
            message["References"] = " ".join(content.earlier)
        if self._answer_to is not None:
            local, _, domain = self._answer_to.rpartition("@")
            address = f"{local}+{self._token_of(letter)}@{domain}"
            message["Reply-To"] = formataddr((self._names.product, address))
        return message

    def _id_of(self, letter_id: UUID, thread: Letter) -> str:
        # The token in it is how an answer to it is known, if its Reply-To was lost.
        return message_id(f"{letter_id.hex}.{self._token_of(thread)}", self._public_url)

    def _token_of(self, letter: Letter) -> str:
        return self._tokens.issue(Purpose.ANSWER, letter.conversation_id)


_SAID = table_of(Message).c
_LETTERS = table_of(Letter).c
_QUESTION = (
    select(_SAID.text, _SAID.details)
    .where(_SAID.conversation_id == bindparam("conversation"))
    .where(_SAID.seq < bindparam("first"))
    .where(_SAID.sender == Sender.CONTACT, _SAID.kind == Kind.INCOMING)
    .order_by(_SAID.seq.desc())
    .limit(1)
)
_SENT = (
    select(_LETTERS.id)
    .where(_LETTERS.conversation_id == bindparam("conversation"))
    .where(_LETTERS.last_seq < bindparam("first"))
    .where(_LETTERS.kind == LetterKind.ANSWER, _LETTERS.state == LetterState.SENT)
    .order_by(_LETTERS.last_seq.desc())
    .limit(MOST_REFERENCES)
)
_FILES = (
    select(table_of(Attachment).c.name)
    .where(Attachment.conversation_id == bindparam("conversation"))
    .where(Attachment.seq == bindparam("seq"))
    .order_by(Attachment.created_at, Attachment.id)
)


def _chosen(letter: Letter) -> dict[str, object]:
    return {"conversation": letter.conversation_id, "first": letter.first_seq}


def _reply(session: Session, message: Message) -> Reply:
    agent = find(session, Agent, id=message.agent_id) if message.agent_id else None
    chosen = {"conversation": message.conversation_id, "seq": message.seq}
    return Reply(
        name=agent.name if agent else None,
        text=message.text,
        html=html_of(message.text),
        at=message.created_at,
        files=session.execute(_FILES, chosen).scalars().all(),
    )
