"""The words that columns of the record hold."""

from enum import StrEnum


class Status(StrEnum):
    """Where a conversation stands."""

    PENDING = "pending"  # the assistant has it
    OPEN = "open"  # waits for an agent, or has one
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Purpose(StrEnum):
    """What a conversation is for."""

    HELP = "help"  # a contact asks
    STAFF = "staff"  # an agent's own chat with the assistant: commands
    BULK = "bulk"  # one turn for each person whom a bulk command is about


class Owner(StrEnum):
    """Who may speak to the contact."""

    ASSISTANT = "assistant"
    QUEUE = "queue"  # handed off, not yet taken by an agent
    AGENT = "agent"


class Sender(StrEnum):
    """Who wrote a message."""

    CONTACT = "contact"
    ASSISTANT = "assistant"
    AGENT = "agent"
    SYSTEM = "system"


class Kind(StrEnum):
    """What a message is."""

    INCOMING = "incoming"  # from the contact
    OUTGOING = "outgoing"  # to the contact
    ACTIVITY = "activity"  # something that happened, shown to both sides
    NOTE = "note"  # for agents only


class TurnState(StrEnum):
    """How far a turn has come."""

    WAITING = "waiting"  # to be sent to the assistant when due
    RUNNING = "running"  # leased by a process that talks to the assistant
    DONE = "done"
    FAILED = "failed"  # the assistant refused it for good
    DROPPED = "dropped"  # the assistant no longer owns the conversation


class MailRequestState(StrEnum):
    """What became of a mail that an agent had sent."""

    ASKED = "asked"  # the account backend is being asked, or gave no answer
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Role(StrEnum):
    """What an agent may do."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"
    AUDITOR = "auditor"


class SignInStep(StrEnum):
    """What an agent whose password was right still has to do."""

    CODE = "code"  # enter a one-time code
    SET_UP = "set_up"  # set the one-time codes up: the role asks for them


class HandoffReason(StrEnum):
    """Why a conversation went from the assistant to people."""

    ASKED = "asked"  # the contact asked for a person
    MISSED = "missed"  # the assistant had no answer twice in a row
    TURN_CAP = "turn_cap"  # the assistant was tried for too long
    ACTION_FAILED = "action_failed"  # something it did for the contact went wrong
    STUCK = "stuck"  # what the assistant answered did not help
    TAKEOVER = "takeover"  # an agent stepped in
    LETTER = "letter"  # the contact answered a mail of an agent


class StretchEnd(StrEnum):
    """How a stretch under one owner ended."""

    HANDED_OFF = "handed_off"  # from the assistant to the queue
    CLAIMED = "claimed"  # from the queue to an agent
    TAKEN_OVER = "taken_over"  # from the assistant to an agent
    TRANSFERRED = "transferred"  # from an agent to another one, or to a team
    RELEASED = "released"  # from an agent back to the queue
    CLOSED = "closed"  # from the queue to the assistant, while nobody is there
    LEASE_LOST = "lease_lost"  # the agent vanished; back to the queue
    HANDED_BACK = "handed_back"  # from people to the assistant
    RESOLVED = "resolved"
    REOPENED = "reopened"
    REPLACED = "replaced"  # the contact started over


class LetterKind(StrEnum):
    """What a mail to a contact is for."""

    PROOF = "proof"  # asks whether the address is theirs
    ANSWER = "answer"  # what agents said and the contact has not seen


class LetterState(StrEnum):
    """What became of a mail to a contact."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"  # for good, or for too long
    DROPPED = "dropped"  # no longer needed, or one too many


class ReceiptState(StrEnum):
    """What is known of something that was done for somebody."""

    REQUESTED = "requested"  # the account backend took it
    UNKNOWN = "unknown"  # the account backend gave no answer
    REFUSED = "refused"  # nothing was done
    SENT = "sent"  # the mail server has the mail
    DEFERRED = "deferred"  # the mail server did not take it yet
    BOUNCED = "bounced"  # the mail server refused the mail for good
    SUPPRESSED = "suppressed"  # not mailed, on purpose
    UNDONE = "undone"  # the link was withdrawn


class ApprovalState(StrEnum):
    """What became of a wish that needs a second person."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"


class BulkState(StrEnum):
    """How far a bulk command has come."""

    PLANNED = "planned"  # shown, not yet confirmed
    WAITING = "waiting"  # confirmed; needs a second person
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    DROPPED = "dropped"  # never begun
