"""How many mails may be asked for in chat, by one contact and from one address.

They are counted in the record, with the turns and the agents' requests that asked for them:
neither a restart nor another process, visit or conversation begins anew, and where the
counts cannot be read no turn is asked, let alone acted on.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from foundation.tables import UtcDateTime
from helpdesk.desk.turns import UNFINISHED, OpenTurn
from helpdesk.store.console_models import MailRequest
from helpdesk.store.letter_models import Letter
from helpdesk.store.models import Conversation, Turn
from helpdesk.store.prepared import Prepared
from helpdesk.store.words import (
    LetterKind,
    LetterState,
    MailRequestState,
    Purpose,
    TurnState,
)

WINDOW = timedelta(hours=1)
OF_ONE_CONTACT = 6
FROM_ONE_ADDRESS = 30  # offices share one
OF_ONE_AGENT = 60  # by single commands, and by hand in conversations
NOTHING = UUID(int=0)
ONE_LINE = 64  # bits: whoever has an IPv6 address has as many as they like


def _counted() -> Select[int, int]:
    """Return the query for what counts of a contact, and of an address.

    Each is looked up by itself: this is asked with every message, and must not cost more
    the more mails everybody else has asked for.
    """
    contact: BindParameter[UUID] = bindparam("contact")
    digest: BindParameter[str] = bindparam("digest")
    own = _mails(
        Turn.conversation_id.in_(
            select(Conversation.id).where(Conversation.contact_id == contact)
        ),
        MailRequest.contact_id == contact,
        Letter.contact_id == contact,
    )
    near = _mails(
        Turn.address_digest == digest,
        MailRequest.address_digest == digest,
        Letter.address_digest == digest,
    )
    return select(own.label("own"), near.label("near"))


def _mails(
    of_turns: ColumnElement[bool],
    of_requests: ColumnElement[bool],
    of_letters: ColumnElement[bool],
) -> ScalarSelect[int]:
    """Return the count of mails that count for somebody, but for the one that asks.

    That is turns, requests of agents, and mails that asked whether an address is right.
    """
    begin = bindparam("begin", type_=UtcDateTime())
    it: BindParameter[UUID] = bindparam("it")
    turns = select(Turn.id).where(of_turns, Turn.id != it)
    have_acted = turns.where(Turn.acted_at > begin)
    # One whose time came before that was last tried before that.
    may_have_acted = turns.where(
        Turn.done_at.is_(None),
        Turn.due_at > begin,
        Turn.attempts > 0,
        Turn.state.in_((*UNFINISHED, TurnState.DROPPED)),
    )
    requests = select(MailRequest.id).where(
        of_requests,
        MailRequest.id != it,
        MailRequest.requested_at > begin,
        MailRequest.state != MailRequestState.REFUSED,
    )
    proofs = select(Letter.id).where(
        of_letters,
        Letter.kind == LetterKind.PROOF,
        Letter.created_at > begin,
        Letter.state != LetterState.DROPPED,
    )
    mails = union_all(have_acted, may_have_acted, requests, proofs).subquery()
    return select(func.count()).select_from(mails).scalar_subquery()


def _counted_of_agent() -> Select[int]:
    """Return the query for what an agent had mailed, but for the turn that asks."""
    begin = bindparam("begin", type_=UtcDateTime())
    agent = bindparam("agent", type_=Turn.agent_id.type)
    commands = (
        select(Turn.id)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(Turn.agent_id == agent, Turn.id != bindparam("it"))
        .where(Conversation.purpose == Purpose.STAFF)
    )
    is_under_way = and_(Turn.done_at.is_(None), Turn.due_at > begin, Turn.attempts > 0)
    requests = select(MailRequest.id).where(
        MailRequest.agent_id == agent,
        MailRequest.requested_at > begin,
        MailRequest.state != MailRequestState.REFUSED,
    )
    mails = union_all(
        commands.where(Turn.acted_at > begin), commands.where(is_under_way), requests
    ).subquery()
    return select(func.count()).select_from(mails)


_COUNTED = Prepared(_counted())
_COUNTED_OF_AGENT = _counted_of_agent()


@dataclass(frozen=True)
class ActionLimits:
    """Tells whether a turn may ask for a mail.

    Args:
        secret: The key of the digests that stand for addresses.
        factor: Multiplies every allowance, for load tests.
    """

    secret: str
    factor: int = 1

    def digest_of(self, address: str) -> str:
        """Return what the record keeps of the address that a message came from."""
        key, line = self.secret.encode(), line_of(address)
        return hmac.new(key, f"address:{line}".encode(), hashlib.sha256).hexdigest()

    def may_act(self, session: Session, turn: OpenTurn, now: datetime) -> bool:
        """Tell whether a turn may ask for a mail.

        Turns under way count like those that have asked, also when a conversation that
        was begun anew dropped them: each is taken before it is looked at, so that of two
        at once at least one sees the other.

        Args:
            session: A transaction that sees what was taken before the turn, and with it.
            turn: The turn.
            now: The moment.
        """
        whose = (turn.contact_id, turn.address_digest)
        return self.may_mail(session, *whose, now, turn.id)

    def may_command(self, session: Session, turn: OpenTurn, now: datetime) -> bool:
        """Tell whether a turn in an agent's own chat may ask for a mail.

        Args:
            session: A transaction that began after the turn was taken.
            turn: The turn.
            now: The moment.
        """
        whose = {"it": turn.id, "agent": turn.agent_id, "begin": now - WINDOW}
        mailed: int = session.execute(_COUNTED_OF_AGENT, whose).scalar_one()
        return mailed < OF_ONE_AGENT * self.factor

    def may_request(self, session: Session, asked: MailRequest, now: datetime) -> bool:
        """Tell whether an agent may have one more mail sent to a contact.

        Args:
            session: The transaction.
            asked: The request, in the record or not yet.
            now: The moment.
        """
        whose = (asked.contact_id, asked.address_digest)
        return self.may_mail(session, *whose, now, asked.id)

    def may_mail(
        self,
        session: Session,
        contact_id: UUID,
        digest: str | None,
        now: datetime,
        it: UUID = NOTHING,
    ) -> bool:
        """Tell whether one more mail may go out for a contact, from an address.

        Args:
            session: The transaction.
            contact_id: Who wants it.
            digest: Where the wish comes from.
            now: The moment.
            it: The turn or request that asks; it does not count itself.
        """
        of_whom = {
            "it": it,
            "contact": contact_id,
            "digest": digest,
            "begin": now - WINDOW,
        }
        counts = _COUNTED.first(session, of_whom)
        assert counts is not None, "a count is always one row"
        return bool(
            counts["own"] < OF_ONE_CONTACT * self.factor
            and counts["near"] < FROM_ONE_ADDRESS * self.factor
        )


def line_of(address: str) -> str:
    """Return what all addresses of one line have in common."""
    try:
        ip = ip_address(address)
    except ValueError:  # not known; all of those share one allowance
        return address
    if isinstance(ip, IPv6Address):
        bare = IPv6Address(int(ip))  # without the zone
        return str(bare.ipv4_mapped or ip_network((bare, ONE_LINE), strict=False))
    return str(ip)
