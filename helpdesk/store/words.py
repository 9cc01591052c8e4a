"""The words that columns of the record hold."""

from enum import StrEnum


class Status(StrEnum):
    """Where a conversation stands."""

    PENDING = "pending"  # the assistant has it
    OPEN = "open"  # waits for an agent, or has one
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


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


class Role(StrEnum):
    """What an agent may do."""

    AGENT = "agent"
    LEAD = "lead"
    ADMIN = "admin"
    AUDITOR = "auditor"
