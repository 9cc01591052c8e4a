"""How the record looks to agents; see docs/console-protocol.md.

What buttons stand for stays here, as it does for contacts. Texts are sent as they are: the
console shows a contact's as plain text and draws the others' Markdown itself.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.addresses import mask_address
from helpdesk.desk.agent_transcript import Entry
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_reading import RECOVERY, decides, is_over
from helpdesk.desk.bulk_runs import MINUTE_MS, Progress
from helpdesk.desk.conversation_counts import Counts
from helpdesk.desk.conversation_lines import Line
from helpdesk.desk.conversation_view import ConversationView
from helpdesk.desk.numbers import number_of
from helpdesk.desk.receipts import may_be_undone
from helpdesk.desk.staff import Colleague, Staff
from helpdesk.desk.topics import Topics
from helpdesk.desk.viewers import Viewer
from helpdesk.store.action_models import Approval, Receipt
from helpdesk.store.console_models import GhostAnswer, Satisfaction
from helpdesk.store.models import Contact, Stretch, Turn
from helpdesk.store.words import ApprovalState, BulkState
from helpdesk.web.presentation import (
    AGENTS_FILES,
    Json,
    Presentation,
    files_json,
    moment,
)

KEPT = ("redactions", "event", "late", "link")
# What its agent may do with a bulk command.
MAY = {
    BulkState.PLANNED: ["start", "stop"],
    BulkState.WAITING: ["stop"],
    BulkState.RUNNING: ["stop"],
}


class ConsolePresentation:
    """Renders for agents.

    Args:
        presentation: Renders messages as contacts see them.
        topics: The titles of what the assistant understands.
    """

    def __init__(self, presentation: Presentation, topics: Topics) -> None:
        self._presentation = presentation
        self._topics = topics

    def summary(self, line: Line, staff: Staff) -> Json:
        """Return a line of a list."""
        it = line.conversation
        agent = staff.agents.get(it.agent_id) if it.agent_id else None
        return {
            "id": str(it.id),
            "number": it.id.hex[:8],
            "contact": _contact_json(line.contact),
            "status": it.status.value,
            "owner": it.owner.value,
            "agent": agent_json(agent) if agent else None,
            "team": team_json(it.team_id, staff),
            "topic": self._topic(it.topic),
            "handoff_reason": it.handoff_reason.value if it.handoff_reason else None,
            "waiting_since": moment(it.waiting_since) if it.waiting_since else None,
            "is_returned": it.is_returned,
            "snoozed_until": moment(it.snoozed_until) if it.snoozed_until else None,
            "last_text": it.last_text,
            "last_sender": it.last_sender.value if it.last_sender else None,
            "last_seq": it.last_seq,
            "unread": line.unread,
            "updated_at": moment(it.updated_at),
            "created_at": moment(it.created_at),
            "epoch": it.owner_epoch,
        }

    def message(self, entry: Entry, staff: Staff) -> Json:
        """Return a message with what only agents see."""
        message, details = entry.message, entry.message.details
        shown = self._presentation.message(message)
        shown.update({name: details[name] for name in KEPT if name in details})
        agent = staff.agents.get(message.agent_id) if message.agent_id else None
        if agent is not None:
            shown["agent"] = _named(agent)
        if entry.turn is not None:
            shown["turn"] = self._turn(entry.turn)
        if entry.mentions:
            shown["mentions"] = [str(agent_id) for agent_id in entry.mentions]
        shown.pop("receipts", None)  # what the contact sees of them
        if entry.receipts:
            shown["receipts"] = [receipt_json(each, staff) for each in entry.receipts]
        if "attachments" in details:
            shown["attachments"] = files_json(details["attachments"], AGENTS_FILES)
        if entry.run is not None:
            shown["run"] = run_json(entry.run)
        return shown

    def messages(self, entries: Iterable[Entry], staff: Staff) -> list[Json]:
        """Return messages in order."""
        return [self.message(entry, staff) for entry in entries]

    def conversation(self, view: ConversationView, staff: Staff) -> Json:
        """Return everything that the record has of a conversation."""
        return {
            "conversation": self.summary(view.line, staff),
            "messages": self.messages(view.page.entries, staff),
            "has_more": view.page.has_more,
            "person": _person_json(view.line.contact),
            "stretches": [_stretch_json(each, staff) for each in view.stretches],
            "ghosts": [_ghost_json(each) for each in view.ghosts],
            "satisfaction": _satisfaction_json(view.satisfaction),
            "draft": view.draft,
        }

    def topics(self) -> list[Json]:
        """Return what conversations can be about."""
        return [{"key": topic.key, "title": topic.title} for topic in self._topics]

    def _topic(self, key: str | None) -> Json | None:
        return {"key": key, "title": self._topics.title_of(key)} if key else None

    def _turn(self, turn: Turn) -> Json:
        nlu: dict[str, Any] = turn.nlu or {}
        took = turn.done_at - turn.created_at if turn.done_at else None
        return {
            **self._understood(nlu),
            "ranking": [self._understood(each) for each in nlu.get("ranking", [])],
            "state": turn.state.value,
            "acted": turn.acted_at is not None,
            "took_ms": round(took.total_seconds() * 1000) if took else None,
            "actions": nlu.get("actions", []),
        }

    def _understood(self, nlu: dict[str, Any]) -> Json:
        intent = nlu.get("intent")
        return {
            "intent": intent,
            "title": self._topics.title_of(intent) if intent else None,
            "confidence": nlu.get("confidence"),
        }


def agent_json(agent: Colleague) -> Json:
    """Return an agent."""
    return {
        "id": str(agent.id),
        "name": agent.name,
        "role": agent.role.value,
        "team_id": _text(agent.team_id),
        "is_away": agent.is_away,
        "is_online": agent.is_online,
    }


def run_json(progress: Progress) -> Json:
    """Return a bulk command as its agent sees it."""
    run = progress.run
    return {
        "id": str(run.id),
        "number": number_of(run.id),
        "command": run.command,
        "state": run.state.value,
        "total": run.total,
        "done": run.done,
        "failed": run.failed,
        "skipped": run.skipped,
        "per_minute": MINUTE_MS // run.pause_ms if run.pause_ms else None,
        "is_held_up": progress.is_held_up,
        "started_at": moment(run.started_at) if run.started_at else None,
        "ends_at": moment(progress.ends_at) if progress.ends_at else None,
        "may": MAY.get(run.state, []),
    }


def agents_json(staff: Staff) -> list[Json]:
    """Return everybody who works here."""
    return [agent_json(agent) for agent in staff.active]


def approval_json(
    approval: Approval, agent: SignedInAgent, staff: Staff, now: datetime
) -> Json:
    """Return a wish as an agent sees it."""
    state = ApprovalState.EXPIRED if is_over(approval, now) else approval.state
    by, decided_by = approval.requested_by, approval.decided_by
    is_open = state is ApprovalState.WAITING
    is_press = approval.command == RECOVERY
    return {
        "id": str(approval.id),
        "number": number_of(approval.id),
        "requested_by": agent_json(staff.agents[by]),
        "requested_at": moment(approval.requested_at),
        "expires_at": moment(approval.expires_at),
        "command": approval.command,
        "summary": approval.summary,
        "reasons": [reason["text"] for reason in approval.reasons["reasons"]],
        # A command was given in an agent's own chat, which is nobody else's to open.
        "conversation": str(approval.conversation_id) if is_press else None,
        "may_decide": is_open and decides(agent, approval),
        "state": state.value,
        "decided_by": agent_json(staff.agents[decided_by]) if decided_by else None,
        "decided_at": moment(approval.decided_at) if approval.decided_at else None,
    }


def viewers_json(
    viewers: Iterable[Viewer], staff: Staff, without: UUID | None = None
) -> list[Json]:
    """Return who looks at a conversation, without whoever asks."""
    return [
        {"agent": agent_json(staff.agents[each.agent_id]), "is_typing": each.is_typing}
        for each in viewers
        if each.agent_id in staff.agents and each.agent_id != without
    ]


def receipt_json(receipt: Receipt, staff: Staff) -> Json:
    """Return what was done for somebody, and what has become of it."""
    agent = staff.agents.get(receipt.agent_id) if receipt.agent_id else None
    return {
        "id": str(receipt.id),
        "number": receipt.id.hex[:8],
        "action": receipt.action,
        "kind": receipt.kind,
        "target": mask_address(receipt.email) if receipt.email else None,
        "by": _named(agent) if agent else None,
        "at": moment(receipt.at),
        "expires_at": moment(receipt.expires_at) if receipt.expires_at else None,
        "state": receipt.state.value,
        "reason": receipt.reason,
        "undone_at": moment(receipt.undone_at) if receipt.undone_at else None,
        "may_undo": may_be_undone(receipt),
    }


def team_json(team_id: UUID | None, staff: Staff) -> Json | None:
    """Return a team, if there is one."""
    name = staff.teams.get(team_id) if team_id else None
    return {"id": str(team_id), "name": name} if name else None


def teams_json(staff: Staff) -> list[Json]:
    """Return all teams."""
    return [{"id": str(team_id), "name": name} for team_id, name in staff.teams.items()]


def counts_json(counts: Counts) -> Json:
    """Return the numbers beside the views."""
    return dict(vars(counts))


def is_verified(contact: Contact) -> bool:
    """Tell whether somebody vouched for who this is; a typed address proves nothing."""
    return contact.issuer is not None


def _contact_json(contact: Contact) -> Json:
    return {
        "name": contact.name,
        "email": contact.email,
        "is_verified": is_verified(contact),
    }


def _person_json(contact: Contact) -> Json:
    since = moment(contact.created_at)
    return {"id": str(contact.id), **_contact_json(contact), "since": since}


def _named(agent: Colleague) -> Json:
    return {"id": str(agent.id), "name": agent.name}


def _stretch_json(stretch: Stretch, staff: Staff) -> Json:
    agent = staff.agents.get(stretch.agent_id) if stretch.agent_id else None
    return {
        "owner": stretch.owner.value,
        "agent": _named(agent) if agent else None,
        "reason": stretch.reason.value if stretch.reason else None,
        "began_at": moment(stretch.began_at),
        "ended_at": moment(stretch.ended_at) if stretch.ended_at else None,
        "end": stretch.end.value if stretch.end else None,
    }


def _ghost_json(ghost: GhostAnswer) -> Json:
    nlu = ghost.nlu or {}
    return {
        "seq": ghost.seq,
        "text": ghost.text,
        "intent": nlu.get("intent"),
        "confidence": nlu.get("confidence"),
        "agent_seq": ghost.agent_seq,
        "agreement": ghost.agreement,
    }


def _satisfaction_json(satisfaction: Satisfaction | None) -> Json | None:
    if satisfaction is None or satisfaction.score is None:
        return None
    return {"score": satisfaction.score, "comment": satisfaction.comment}


def _text(id: UUID | None) -> str | None:
    return str(id) if id else None
