"""Where a contact wants answers mailed to, and the proof that the address is theirs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from foundation.addresses import AddressError, normalise_address
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.conversations import access_conversation
from helpdesk.desk.errors import BadAddressError
from helpdesk.store.letter_models import Letter, MailAddress
from helpdesk.store.models import Contact
from helpdesk.store.rows import add, change, find, get
from helpdesk.store.words import LetterKind, LetterState

PROOF_LIFE = timedelta(hours=24)
# Asking again at once is impatience, or a request that was repeated: one mail is enough.
ASK_AGAIN_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class Wish:
    """A contact wants answers by mail.

    `address_digest` stands for where the wish comes from.
    """

    email: str
    address_digest: str | None = None


def leave_address(
    session: Session,
    contact_id: UUID,
    conversation_id: UUID,
    wish: Wish,
    limits: ActionLimits,
    now: datetime,
) -> MailAddress:
    """Note where answers shall go, and ask that address unless it is known to be theirs.

    Nothing that can be seen from outside tells whether a mail was sent: not if it was
    one too many, and not if others have the same address.

    Raises:
        NotFoundError: The conversation is not theirs.
        BadAddressError: It is no address.
    """
    access_conversation(session, contact_id, conversation_id)
    email = _normalised(wish.email)
    contact = get(session, Contact, id=contact_id, lock=True)
    known = find(session, MailAddress, contact_id=contact_id)
    if known is not None and known.email == email and _is_good(known):
        return known
    is_vouched = contact.issuer is not None and _is_same(contact.email, email)
    is_again = known is not None and known.email == email
    address = MailAddress(
        contact_id=contact_id,
        email=email,
        proof_id=known.proof_id if known and is_again else uuid4(),
        conversation_id=conversation_id,
        asked_at=now,
        proven_at=now if is_vouched else None,
        stopped_at=None,
    )
    _keep(session, address, is_new=known is None)
    if is_vouched:
        return address
    may_ask = limits.may_mail(session, contact_id, wish.address_digest, now)
    was_just_asked = (
        known is not None and is_again and now - known.asked_at < ASK_AGAIN_AFTER
    )
    if may_ask and not was_just_asked:
        add(session, _proof(address, wish.address_digest, now))
    return address


def find_address(session: Session, contact_id: UUID) -> MailAddress | None:
    """Return where a contact wants answers mailed to, proven or not."""
    address = find(session, MailAddress, contact_id=contact_id)
    return None if address is None or address.stopped_at is not None else address


def forget_address(session: Session, contact_id: UUID, now: datetime) -> None:
    """Mail a contact nothing more."""
    change(session, MailAddress, {"contact_id": contact_id}, stopped_at=now)


def read_proof(session: Session, proof_id: UUID, now: datetime) -> MailAddress | None:
    """Return the address that can still be proven, or has been."""
    address = find(session, MailAddress, proof_id=proof_id)
    if address is None or address.stopped_at is not None:
        return None
    is_late = address.proven_at is None and now - address.asked_at > PROOF_LIFE
    return None if is_late else address


def prove_address(session: Session, proof_id: UUID, now: datetime) -> bool:
    """Note that the owner of the address wants the answers; repeating changes nothing."""
    address = read_proof(session, proof_id, now)
    if address is None:
        return False
    if address.proven_at is None:
        change(session, MailAddress, {"proof_id": proof_id}, proven_at=now)
        contact = get(session, Contact, id=address.contact_id)
        if contact.issuer is None:  # what a site vouches for is the site's to say
            change(session, Contact, {"id": contact.id}, email=address.email)
    return True


def stop_letters(session: Session, proof_id: UUID, now: datetime) -> None:
    """Mail nothing more to an address: its owner says so."""
    change(session, MailAddress, {"proof_id": proof_id}, stopped_at=now)


def _normalised(text: str) -> str:
    try:
        return normalise_address(text)
    except AddressError as error:
        raise BadAddressError("This is not an e-mail address.") from error


def _is_good(address: MailAddress) -> bool:
    return address.proven_at is not None and address.stopped_at is None


def _is_same(vouched: str | None, email: str) -> bool:
    try:
        return vouched is not None and normalise_address(vouched) == email
    except AddressError:
        return False


def _keep(session: Session, address: MailAddress, *, is_new: bool) -> None:
    if is_new:
        add(session, address)
        return
    change(
        session,
        MailAddress,
        {"contact_id": address.contact_id},
        email=address.email,
        proof_id=address.proof_id,
        conversation_id=address.conversation_id,
        asked_at=address.asked_at,
        proven_at=address.proven_at,
        stopped_at=None,
    )


def _proof(address: MailAddress, address_digest: str | None, now: datetime) -> Letter:
    return Letter(
        id=uuid4(),
        kind=LetterKind.PROOF,
        state=LetterState.WAITING,
        contact_id=address.contact_id,
        conversation_id=address.conversation_id,
        email=address.email,
        first_seq=0,
        last_seq=0,
        created_at=now,
        next_attempt_at=now,
        attempts=0,
        address_digest=address_digest,
    )
