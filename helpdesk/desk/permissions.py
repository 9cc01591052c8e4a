"""Who may do what with a conversation as it stands; the console shows nothing else."""

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.errors import (
    DeskError,
    ForbiddenError,
    NotOwnerError,
    NotPossibleError,
)
from helpdesk.store.models import Conversation
from helpdesk.store.words import Owner, Status

CLAIM = "claim"
TAKE_OVER = "take_over"
REPLY = "reply"
NOTE = "note"
TRANSFER = "transfer"
RELEASE = "release"
HAND_BACK = "hand_back"
SNOOZE = "snooze"
RESOLVE = "resolve"
REOPEN = "reopen"
ACT = "act"


def allowed(agent: SignedInAgent, conversation: Conversation) -> list[str]:
    """Return what an agent may do now, in the words of docs/console-protocol.md."""
    if not agent.may_change:
        return []
    if conversation.status is Status.RESOLVED:
        return [NOTE, REOPEN]
    if is_owner(agent, conversation):
        return [REPLY, NOTE, TRANSFER, RELEASE, HAND_BACK, SNOOZE, RESOLVE, ACT]
    if conversation.owner is Owner.AGENT:
        of_a_lead = [CLAIM, TRANSFER, RELEASE, HAND_BACK, RESOLVE, ACT]
    elif conversation.owner is Owner.QUEUE:
        of_a_lead = [TRANSFER, HAND_BACK, RESOLVE, ACT]
    else:
        of_a_lead = [RESOLVE, ACT]
    taking = {Owner.QUEUE: [CLAIM], Owner.ASSISTANT: [TAKE_OVER]}
    of_everybody = [*taking.get(conversation.owner, []), NOTE]
    return [*of_everybody, *of_a_lead] if agent.leads else of_everybody


def is_owner(agent: SignedInAgent, conversation: Conversation) -> bool:
    """Tell whether an agent has a conversation now: only this agent may speak."""
    return conversation.owner is Owner.AGENT and conversation.agent_id == agent.id


def check_may(agent: SignedInAgent, conversation: Conversation, what: str) -> None:
    """Refuse what an agent may not do now.

    Raises:
        ForbiddenError: The role never may.
        NotOwnerError: A colleague has the conversation.
        NotPossibleError: It does not stand where anybody could.
    """
    if what not in allowed(agent, conversation):
        raise _refusal(agent, conversation)


def _refusal(agent: SignedInAgent, conversation: Conversation) -> DeskError:
    if not agent.may_change:
        return ForbiddenError("Your role may look, and change nothing.")
    has_other = conversation.owner is Owner.AGENT and not is_owner(agent, conversation)
    if has_other:
        message = "A colleague has this conversation."
        return NotOwnerError(message, conversation.agent_id)
    return NotPossibleError("This cannot be done with the conversation as it stands.")
