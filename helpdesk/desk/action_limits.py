"""How many mails may be asked for in chat, by one contact and from one address.

They are counted in the record, with the turns that asked for them: neither a restart nor
another process, visit or conversation begins anew, and where the counts cannot be read
no turn is asked, let alone acted on.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from foundation.tables import UtcDateTime
from helpdesk.desk.turns import UNFINISHED, OpenTurn
from helpdesk.store.models import Conversation, Turn
from helpdesk.store.words import TurnState

WINDOW = timedelta(hours=1)
OF_ONE_CONTACT = 6
FROM_ONE_ADDRESS = 30  # offices share one
ONE_LINE = 64  # bits: whoever has an IPv6 address has as many as they like


def _counted() -> Select[int, int]:
    """Return the query for the other turns of a contact, and of an address, that count."""
    begin = bindparam("begin", type_=UtcDateTime())
    has_acted = Turn.acted_at > begin
    was_dropped = and_(Turn.state == TurnState.DROPPED, Turn.due_at > begin)
    may_have_acted = and_(
        or_(Turn.state.in_(UNFINISHED), was_dropped),
        Turn.attempts > 0,
        Turn.done_at.is_(None),
    )
    return (
        select(
            func.count().filter(Conversation.contact_id == bindparam("contact")),
            func.count().filter(Turn.address_digest == bindparam("digest")),
        )
        .select_from(Turn)
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(Turn.id != bindparam("turn"), or_(has_acted, may_have_acted))
    )


_COUNTED = _counted()  # building it takes longer than running it


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
        key, line = self.secret.encode(), _line_of(address)
        return hmac.new(key, f"address:{line}".encode(), hashlib.sha256).hexdigest()

    def may_act(self, session: Session, turn: OpenTurn, now: datetime) -> bool:
        """Tell whether a turn may ask for a mail.

        Turns under way count like those that have asked, also when a conversation that
        was begun anew dropped them: each was committed as taken before it looks, so of
        any that run at once none overlooks the others.

        Args:
            session: A transaction that began after the turn was taken.
            turn: The turn.
            now: The moment.
        """
        of_whom = {
            "turn": turn.id,
            "contact": turn.contact_id,
            "digest": turn.address_digest,
            "begin": now - WINDOW,
        }
        of_contact, from_there = session.execute(_COUNTED, of_whom).one()
        return bool(
            of_contact < OF_ONE_CONTACT * self.factor
            and from_there < FROM_ONE_ADDRESS * self.factor
        )


def _line_of(address: str) -> str:
    """Return what all addresses of one line have in common."""
    try:
        ip = ip_address(address)
    except ValueError:  # not known; all of those share one allowance
        return address
    if isinstance(ip, IPv6Address):
        bare = IPv6Address(int(ip))  # without the zone
        return str(bare.ipv4_mapped or ip_network((bare, ONE_LINE), strict=False))
    return str(ip)
