"""A person about whom every table has something, and a bystander who mentions them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from foundation.database import Database
from helpdesk.desk.agent_accounts import NewAgent, add_agent
from helpdesk.desk.answers import Outcome, Reply
from helpdesk.desk.attachments import keep_file
from helpdesk.desk.audit import Who
from helpdesk.desk.drafts import keep_draft
from helpdesk.desk.file_types import CheckedFile
from helpdesk.desk.identity import Identity
from helpdesk.desk.messages import Incoming
from helpdesk.store.action_models import Approval, BulkRun, Receipt
from helpdesk.store.console_models import (
    GhostAnswer,
    MailRequest,
    Mention,
    Satisfaction,
)
from helpdesk.store.letter_models import Letter, MailAddress
from helpdesk.store.models import (
    ArticleRating,
    Base,
    Contact,
    Conversation,
    Message,
    Stretch,
    Turn,
    Visit,
)
from helpdesk.store.rows import add
from helpdesk.store.words import (
    ApprovalState,
    BulkState,
    Kind,
    LetterKind,
    LetterState,
    MailRequestState,
    Owner,
    Purpose,
    ReceiptState,
    Role,
    Sender,
    Status,
    StretchEnd,
    TurnState,
)
from tests.helpdesk.desk_steps import BEGIN, Desk
from tests.personal.stand_ins import PSEUDONYMS

ADDRESS = "quentin.weird@example.com"
NAME = "Quentin Quagmire"
MARKER = "xylophonezebra"  # a word that nobody else says
MARKERS = (ADDRESS, NAME, MARKER)
SITE = "https://www.example.com"
LATER = BEGIN + timedelta(hours=1)


@dataclass
class Life:
    """Three conversations of one person, and what stands around them."""

    database: Database
    desk: Desk
    agent: UUID
    conversations: list[UUID] = field(default_factory=list)
    own_chat: UUID = field(default_factory=uuid4)
    bulk: UUID = field(default_factory=uuid4)
    bystander: Desk | None = None

    def add(self, *rows: Base) -> None:
        with self.database.transaction() as session:
            for row in rows:
                add(session, row)


def live(database: Database, *, proven: bool = True) -> Life:
    """Fill a record.

    Args:
        database: Which.
        proven: Whether a site vouches for the person; else they typed their address.
    """
    who = Identity(SITE, "quentin-7", NAME, ADDRESS) if proven else None
    life = Life(database, Desk(database).enter(who), _new_agent(database))
    for number in range(3):
        if number:
            life.desk.start_over()
        life.conversations.append(life.desk.conversation)
        _talk(life, number)
    _add_what_agents_did(life)
    _add_mails(life)
    _add_own_chat(life)
    _add_bulk(life)
    life.bystander = _add_bystander(life)
    return life


def _new_agent(database: Database) -> UUID:
    new = NewAgent(f"{uuid4().hex}@desk.example", "Ana", Role.ADMIN, None, None)
    with database.transaction() as session:
        return add_agent(session, Who("test"), new, BEGIN).id


def _talk(life: Life, number: int) -> None:
    desk = life.desk
    said = desk.say(f"I am {NAME}, {ADDRESS}, and my {MARKER} is gone, {number}")
    desk.end(
        said.turn,  # type: ignore[arg-type]
        Reply(f"I can write to {ADDRESS}.", {"buttons": [_button()]}),
        outcome=Outcome(nlu={"intent": "resend_invite", "entities": [ADDRESS]}),
    )
    file = CheckedFile("application/pdf", MARKER.encode() * 9, None, None)
    with desk.database.transaction() as session:
        kept = keep_file(session, desk.conversation, file, f"{MARKER}.pdf", desk.now)
    desk.send(Incoming(uuid4(), f"see the {MARKER}", attachments=(kept.id,)))


def _button() -> dict[str, Any]:
    return {
        "title": f"Send to {ADDRESS}",
        "payload": f'/affirm{{"email": "{ADDRESS}"}}',
    }


def _add_what_agents_did(life: Life) -> None:
    here = life.conversations[0]
    with life.database.transaction() as session:
        keep_draft(session, life.agent, here, f"Dear {NAME}, your {MARKER}", LATER)
    life.add(
        _message(here, 90, Sender.AGENT, Kind.NOTE, f"{NAME} has a {MARKER}"),
        Mention(conversation_id=here, seq=90, agent_id=life.agent),
        GhostAnswer(
            conversation_id=here,
            seq=1,
            text=f"The {MARKER}",
            nlu={"text": MARKER},
            created_at=LATER,
        ),
        Satisfaction(
            conversation_id=here,
            agent_id=life.agent,
            asked_at=LATER,
            asked_seq=3,
            score=5,
            comment=f"{MARKER}, says {NAME}",
            answered_at=LATER,
        ),
        Stretch(
            conversation_id=here,
            epoch=90,
            owner=Owner.AGENT,
            agent_id=life.agent,
            began_at=BEGIN,
            first_seq=1,
            ended_at=LATER,
            end=StretchEnd.RESOLVED,
        ),
        MailRequest(
            id=uuid4(),
            conversation_id=here,
            contact_id=life.desk.contact,
            agent_id=life.agent,
            client_id=uuid4(),
            kind="invite",
            email=ADDRESS,
            address_digest="0" * 64,
            requested_at=LATER,
            state=MailRequestState.ACCEPTED,
        ),
        receipt(life, here, life.desk.contact),
    )


def _add_mails(life: Life) -> None:
    here = life.conversations[1]
    life.add(
        MailAddress(
            contact_id=life.desk.contact,
            email=ADDRESS,
            proof_id=uuid4(),
            conversation_id=here,
            asked_at=LATER,
        ),
        Letter(
            id=uuid4(),
            kind=LetterKind.PROOF,
            state=LetterState.REFUSED,
            contact_id=life.desk.contact,
            conversation_id=here,
            email=ADDRESS,
            created_at=LATER,
            next_attempt_at=LATER,
            reason=f"550 no {ADDRESS} here",
        ),
    )


def _add_own_chat(life: Life) -> None:
    """An agent's own chat, where commands name the person."""
    contact = Contact(
        id=uuid4(), created_at=BEGIN, issuer="latchkey:console", subject=str(life.agent)
    )
    life.add(
        contact,
        _conversation(life.own_chat, contact.id, Purpose.STAFF),
        _message(life.own_chat, 1, Sender.CONTACT, Kind.INCOMING, f"/resend {ADDRESS}"),
        Approval(
            id=uuid4(),
            requested_by=life.agent,
            client_id=uuid4(),
            requested_at=LATER,
            expires_at=LATER,
            conversation_id=life.own_chat,
            command="resend",
            arguments={"address": ADDRESS},
            summary="/resend",
            reasons={},
            state=ApprovalState.WAITING,
        ),
        receipt(life, life.own_chat, contact.id),
    )


def _add_bulk(life: Life) -> None:
    contact = Contact(id=uuid4(), created_at=BEGIN)
    both = [ADDRESS, "other@example.com"]
    life.add(
        contact,
        _conversation(life.bulk, contact.id, Purpose.BULK),
        BulkRun(
            id=uuid4(),
            agent_id=life.agent,
            asked_in=life.own_chat,
            seq=1,
            conversation_id=life.bulk,
            command="resend",
            arguments={},
            addresses={"addresses": both},
            total=2,
            state=BulkState.RUNNING,
            created_at=LATER,
        ),
    )
    life.add(*(_bulk_turn(life, number, each) for number, each in enumerate(both)))


def _bulk_turn(life: Life, number: int, address: str) -> Turn:
    return Turn(
        id=uuid4(),
        conversation_id=life.bulk,
        number=number,
        state=TurnState.WAITING,
        text="",
        payload=f'/run_command{{"command": "resend", "arguments": "{address}"}}',
        owner_epoch=1,
        created_at=LATER,
        due_at=LATER,
    )


def _add_bystander(life: Life) -> Desk:
    """Somebody else, known by name, who mentions the person and their namesake."""
    other = Desk(life.database, life.desk.now)
    other.enter(Identity(SITE, "bea", "Bea Bystander", "bea@example.com"))
    other.answer(other.say(f"my colleague {ADDRESS.upper()}, not x{ADDRESS}, waits"))
    rating = ArticleRating(
        id=uuid4(),
        article="log_in",
        visitor="0" * 64,
        is_useful=False,
        comment=f"Write to {ADDRESS}!",
        created_at=LATER,
    )
    visit = Visit(
        id=uuid4(), contact_id=other.contact, created_at=BEGIN, expires_at=LATER
    )
    life.add(rating, visit)
    return other


def receipt(life: Life, conversation: UUID, contact: UUID) -> Receipt:
    return Receipt(
        id=uuid4(),
        conversation_id=conversation,
        contact_id=contact,
        agent_id=life.agent,
        action="recovery.requested",
        kind="invite",
        recovery_key=uuid4().hex,
        email=ADDRESS,
        email_digest=PSEUDONYMS.digest(ADDRESS),
        at=LATER,
        state=ReceiptState.REQUESTED,
    )


def _conversation(new_id: UUID, contact: UUID, purpose: Purpose) -> Conversation:
    return Conversation(
        id=new_id,
        contact_id=contact,
        purpose=purpose,
        created_at=BEGIN,
        updated_at=LATER,
        status=Status.PENDING,
        owner=Owner.ASSISTANT,
        last_text=f"/resend {ADDRESS}",
    )


def _message(
    conversation: UUID, seq: int, sender: Sender, kind: Kind, text: str
) -> Message:
    return Message(
        conversation_id=conversation,
        seq=seq,
        sender=sender,
        kind=kind,
        text=text,
        details={},
        created_at=LATER,
    )
