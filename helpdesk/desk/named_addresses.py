"""Which addresses contacts name, and where: kept so that the radar need not read messages.

One row for each address in each conversation, however often it is named there: whoever
writes it a thousand times leaves no more than whoever writes it once.
"""

from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from foundation.addresses import addresses_in
from helpdesk.store.action_models import NamedAddress
from helpdesk.store.models import Conversation
from helpdesk.store.rows import add, change

MOST_IN_ONE_MESSAGE = 20  # more than that are a list, and no wish


def note_named(
    session: Session, conversation: Conversation, text: str, now: datetime
) -> None:
    """Note the addresses in what a contact wrote; the conversation is locked."""
    if "@" not in text:
        return
    named = list(dict.fromkeys(addresses_in(text)))[:MOST_IN_ONE_MESSAGE]
    for email in named:
        it = {"conversation_id": conversation.id, "email": email}
        if not change(session, NamedAddress, it, named_at=now):
            add(session, NamedAddress(id=uuid4(), named_at=now, **it))
