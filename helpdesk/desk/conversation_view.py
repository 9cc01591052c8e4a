"""One conversation, with everything that an agent sees when it is opened."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from helpdesk.desk.agent_transcript import EntryPage, entries_before
from helpdesk.desk.conversation_lines import Line, get_line
from helpdesk.desk.drafts import read_draft
from helpdesk.desk.stretches import recorded_stretches
from helpdesk.store.console_models import GhostAnswer, Satisfaction
from helpdesk.store.models import Stretch
from helpdesk.store.rows import as_row, find, table_of


@dataclass(frozen=True)
class ConversationView:
    """What is shown of a conversation."""

    line: Line
    page: EntryPage  # the newest messages
    stretches: list[Stretch]
    ghosts: list[GhostAnswer]  # beside the messages of the page
    satisfaction: Satisfaction | None
    draft: str


_GHOSTS = table_of(GhostAnswer).c
_THEIR_GHOSTS = (
    select(*_GHOSTS)
    .where(_GHOSTS.conversation_id == bindparam("conversation"))
    .where(_GHOSTS.seq >= bindparam("first"))
    .order_by(_GHOSTS.seq)
)


def view_conversation(
    session: Session, agent_id: UUID, conversation_id: UUID
) -> ConversationView:
    """Return a conversation as an agent opens it.

    Raises:
        NotFoundError: There is no such conversation.
    """
    line = get_line(session, conversation_id)
    page = entries_before(session, conversation_id)
    first = page.entries[0].message.seq if page.entries else 0
    shown = {"conversation": conversation_id, "first": first}
    ghosts = session.execute(_THEIR_GHOSTS, shown).mappings()
    return ConversationView(
        line=line,
        page=page,
        stretches=recorded_stretches(session, conversation_id),
        ghosts=[as_row(GhostAnswer, row) for row in ghosts],
        satisfaction=find(session, Satisfaction, conversation_id=conversation_id),
        draft=read_draft(session, agent_id, conversation_id),
    )
