"""Agents at their own chats, each step a transaction; on any database."""

from typing import Any

from sqlalchemy.orm import Session

from helpdesk.assistant import Actor
from helpdesk.desk.action_limits import ActionLimits
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.answers import Finished, Outcome, Reply, finish_turn
from helpdesk.desk.bulk_runs import begin_run, check_may_start, progress_of, stop_run
from helpdesk.desk.bursts import AT_ONCE
from helpdesk.desk.changes import Change
from helpdesk.desk.command_payloads import write_payload
from helpdesk.desk.own_chat import open_own_chat
from helpdesk.desk.turn_actors import TurnActors
from helpdesk.desk.turns import OpenTurn, Saying, add_to_turn, end_turn
from helpdesk.store.action_models import BulkRun
from helpdesk.store.rows import get
from helpdesk.store.words import Kind, Sender, TurnState
from tests.desk.desk_people import People

RESEND = write_payload("resend", {"address": "ana@example.com", "dry_run": False})
LIMITS = ActionLimits("only for tests, long enough, not a secret")


class Floor(People):
    """The agents, each at their own chat."""

    def say(self, agent: SignedInAgent, payload: str | None = RESEND) -> OpenTurn:
        """Have an agent send something to the assistant; the turn runs at once."""

        def work(session: Session) -> OpenTurn:
            own = open_own_chat(session, agent.id, self.now)
            step = Change(own, self.now)
            step.say(Sender.CONTACT, Kind.INCOMING, "…", agent_id=agent.id)
            saying = Saying(
                "Hello there.", payload, agent_id=agent.id, session_id=agent.session_id
            )
            turn = add_to_turn(session, own, saying, self.now, AT_ONCE)
            step.write(session)
            return turn

        return self.run(work)

    def actor_of(self, turn: OpenTurn) -> Actor | None:
        """Return who a turn would be sent for now."""
        return self.run(lambda s: TurnActors(LIMITS).find(s, turn, self.now))

    def end(self, turn: OpenTurn, *, has_acted: bool) -> None:
        """End a turn, of which nothing is said."""
        done = {"state": TurnState.DONE, "done_at": self.now}
        acted = {"acted_at": self.now} if has_acted else {}
        assert self.run(lambda session: end_turn(session, turn, **done, **acted))

    def finish(self, turn: OpenTurn, *replies: Reply, **outcome: Any) -> Finished:
        """End a turn as the worker does."""
        ended, office = Outcome(**outcome), self.desk.office
        return self.run(
            lambda s: finish_turn(s, office, turn, replies, self.now, ended)
        )

    def plan(self, agent: SignedInAgent, count: int) -> BulkRun:
        """Have a bulk command planned."""
        people = [f"person{n}@x.example" for n in range(count)]
        plan = {"command": "resend", "arguments": {"site": ""}, "addresses": people}
        turn = self.say(agent, write_payload("resend_expired", {"dry_run": False}))
        finished = self.finish(turn, Reply("So many.", {}), plan=plan)
        assert finished.change
        (shown,) = (m for m in finished.change.messages if "run" in m.details)
        return self.run(
            lambda s: get(s, BulkRun, asked_in=shown.conversation_id, seq=shown.seq)
        )

    def start(self, agent: SignedInAgent, run: BulkRun, per_minute: int = 60) -> None:
        """Give the word."""

        def work(session: Session) -> None:
            step = Change(open_own_chat(session, agent.id, self.now), self.now)
            begin_run(
                session, step, check_may_start(session, run, self.now), per_minute
            )
            step.write(session)

        self.run(work)

    def stop(self, agent: SignedInAgent, run: BulkRun) -> BulkRun:
        """Stop a bulk command."""

        def work(session: Session) -> BulkRun:
            step = Change(open_own_chat(session, agent.id, self.now), self.now)
            stopped = stop_run(session, self.desk.office, step, agent, run)
            step.write(session)
            return stopped

        return self.run(work)

    def row(self, run: BulkRun) -> BulkRun:
        """Return a bulk command as it is now."""
        return self.run(lambda session: get(session, BulkRun, id=run.id))

    def is_held_up(self, run: BulkRun) -> bool:
        """Tell whether its agent is told that a part is down."""
        return self.run(lambda s: progress_of(s, get(s, BulkRun, id=run.id))).is_held_up
