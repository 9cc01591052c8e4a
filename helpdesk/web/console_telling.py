"""Telling: writes what consoles are told, each frame once for all that it is meant for."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec

from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.approval_reading import sees
from helpdesk.desk.events import AgentsTold
from helpdesk.desk.staff import Staff
from helpdesk.desk.viewers import Viewers
from helpdesk.store.words import Purpose
from helpdesk.web.console_batch import Batch, Facts
from helpdesk.web.console_presentation import (
    ConsolePresentation,
    agents_json,
    approval_json,
    counts_json,
    run_json,
    viewers_json,
)
from helpdesk.web.frames import write_frame
from helpdesk.web.presentation import Json


class Hearer(Protocol):
    """A console, as far as telling it something needs one."""

    @property
    def agent(self) -> SignedInAgent:
        """Whose it is."""

    @property
    def shows(self) -> UUID | None:
        """The conversation that it shows."""

    @property
    def own_chat(self) -> UUID | None:
        """The agent's own chat, which it hears of whatever it shows."""

    def send(self, name: str, data: Any = None) -> None:
        """Send a frame."""

    def send_written(self, frame: str) -> None:
        """Send a frame that was written for several consoles."""


class Teller:
    """Tells consoles what a batch is about.

    Args:
        presentation: Renders for agents.
        viewers: Who looks at what.
    """

    def __init__(self, presentation: ConsolePresentation, viewers: Viewers) -> None:
        self._presentation = presentation
        self._viewers = viewers
        self._agents: list[Json] = []  # as they were told last

    def tell(self, hearers: Sequence[Hearer], batch: Batch, facts: Facts) -> None:
        """Send everything; lines first, so that a notice finds its conversation there."""
        self._tell_agents(hearers, facts.staff)
        self._tell_lines(hearers, batch.changed, facts)
        self._tell_messages(hearers, facts)
        self._tell_company(hearers, batch.company, facts.staff)
        for progress in facts.runs:
            theirs = [it for it in hearers if it.agent.id == progress.run.agent_id]
            _send_all(theirs, write_frame("run", {"run": run_json(progress)}))
        self._tell_approvals(hearers, facts)
        for told in batch.notices:
            self._tell_notice(hearers, told, facts)

    def _tell_agents(self, hearers: Sequence[Hearer], staff: Staff) -> None:
        agents = agents_json(staff)
        if agents != self._agents:
            self._agents = agents
            _send_all(hearers, write_frame("agents", {"agents": agents}))

    def _tell_lines(
        self, hearers: Sequence[Hearer], changed: Iterable[UUID], facts: Facts
    ) -> None:
        lines = [facts.lines[each] for each in changed if each in facts.lines]
        shown = [
            msgspec.Raw(
                msgspec.json.encode(self._presentation.summary(line, facts.staff))
            )
            for line in lines
        ]
        by_agent: dict[UUID, list[Hearer]] = {}
        for hearer in hearers:
            by_agent.setdefault(hearer.agent.id, []).append(hearer)
        for tabs in by_agent.values():
            counts = counts_json(facts.tally.of(tabs[0].agent, facts.staff))
            for line in shown:
                data = {"conversation": line, "counts": counts}
                _send_all(tabs, write_frame("conversation", data))

    def _tell_messages(self, hearers: Sequence[Hearer], facts: Facts) -> None:
        for conversation_id, entries in facts.entries.items():
            viewing = [
                each
                for each in hearers
                if conversation_id in {each.shows, each.own_chat}
            ]
            for message in self._presentation.messages(entries, facts.staff):
                data = {"conversation": str(conversation_id), "message": message}
                _send_all(viewing, write_frame("message", data))

    def _tell_company(
        self, hearers: Iterable[Hearer], changed: set[UUID], staff: Staff
    ) -> None:
        for hearer in hearers:
            if hearer.shows is None or hearer.shows not in changed:
                continue
            viewers = self._viewers.of(hearer.shows)
            agents = viewers_json(viewers, staff, without=hearer.agent.id)
            data = {"conversation": str(hearer.shows), "agents": agents}
            hearer.send("presence", data)

    def _tell_approvals(self, hearers: Iterable[Hearer], facts: Facts) -> None:
        for hearer in hearers:
            for approval in facts.approvals:
                if sees(hearer.agent, approval):
                    shown = approval_json(
                        approval, hearer.agent, facts.staff, facts.now
                    )
                    hearer.send("approval", {"approval": shown})

    def _tell_notice(
        self, hearers: Iterable[Hearer], told: AgentsTold, facts: Facts
    ) -> None:
        line = facts.lines.get(told.conversation_id)
        is_agents_own = told.conversation.purpose is not Purpose.HELP
        if line is None and not is_agents_own:
            return
        shown = None if line is None or is_agents_own else line
        data = {
            "kind": told.kind.value,
            "conversation": shown and self._presentation.summary(shown, facts.staff),
            "text": told.text,
        }
        meant = [each for each in hearers if _is_for(told, each.agent, facts.staff)]
        _send_all(meant, write_frame("notice", data))


def _is_for(told: AgentsTold, agent: SignedInAgent, staff: Staff) -> bool:
    """Tell whether an agent is told; who is away hears only of what is their own."""
    if told.agent_id is not None:
        return told.agent_id == agent.id
    colleague = staff.agents.get(agent.id)
    if not agent.may_change or colleague is None or colleague.is_away:
        return False
    return agent.leads or told.team_id in {None, agent.team_id}


def _send_all(hearers: Iterable[Hearer], frame: str) -> None:
    for hearer in hearers:
        hearer.send_written(frame)
