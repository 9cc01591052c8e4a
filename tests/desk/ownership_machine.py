"""Everything that may happen to a conversation, done to the real rules and to the model."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy.orm import Session

from helpdesk.desk import (
    agent_messages,
    answers,
    assignment,
    handoff,
    lifecycle,
    satisfaction,
)
from helpdesk.desk.assignment import Receiver
from helpdesk.desk.messages import Incoming, accept_message
from helpdesk.desk.turns import AFRESH, OpenTurn, take_due_turns
from helpdesk.desk.watchman import ROUNDS
from helpdesk.store.models import (
    Agent,
)
from helpdesk.store.rows import change
from helpdesk.store.words import Kind, TurnState
from tests.desk.ownership_comparison import OwnershipComparison
from tests.desk.ownership_model import ASSISTANT
from tests.helpdesk.desk_steps import offer

AGENT = st.integers(0, 2)
OWNER = 3  # whoever has it; otherwise one of them
ANY = st.sampled_from([0, 1, 2, OWNER, OWNER])
IS = st.booleans()
# Some epochs that a console shows are older than what is so.
BEHIND = st.sampled_from([0, 0, 0, 1])
PAUSES = st.sampled_from([1, 5, 90, 130, 660, 90_000])
OUTCOMES = st.sampled_from(
    ["good", "solved", "miss", "miss", "asked", "stuck", "failed"]
)
TURN = "SELECT state, attempts, done_at IS NULL FROM turns WHERE id = ?"


class OwnershipMachine(OwnershipComparison):
    """Everything that may happen to one conversation, in any order."""

    # The contact, and the assistant.

    @rule()
    def contact_says(self) -> None:
        self._say(Incoming(uuid4(), self._words("I still cannot get in at all")))

    @rule()
    def contact_presses(self) -> None:
        self._say(Incoming(uuid4(), button="person"))

    @precondition(lambda self: self.last_contact is not None)
    @rule()
    def contact_repeats(self) -> None:
        """The acknowledgement was lost: the same message comes again."""
        assert self.last_contact
        accepted = self._accept(self.last_contact)
        assert not accepted.is_new

    def _say(self, incoming: Incoming) -> None:
        self.model.hear(incoming.text or "A person")
        accepted = self._accept(incoming)
        is_for_assistant = self.model.owner == ASSISTANT
        assert (accepted.turn is not None) == is_for_assistant
        assert (accepted.message.turn_id is not None) == is_for_assistant
        self.last_contact = incoming
        if accepted.turn is not None:
            self.epoch_of.setdefault(accepted.turn.id, self.model.epoch)
            if accepted.turn.is_running:
                self.attempts.append(accepted.turn)

    def _accept(self, incoming: Incoming) -> Any:
        return self.run(
            lambda session: accept_message(
                session,
                self.contact,
                self.conversation,
                incoming,
                offer,
                self.office,
                self.model.now,
            )
        )

    @rule()
    def assistant_takes(self) -> None:
        """A process takes what is due, also what a dead one never finished."""
        taken = self.run(lambda s: take_due_turns(s, self.model.now, 10))
        for turn in taken:
            assert self.model.owner == ASSISTANT, (
                "nothing is asked while people have it"
            )
            if turn.payload != AFRESH:
                assert self.epoch_of[turn.id] == self.model.epoch
        self.attempts += taken

    @precondition(lambda self: self.attempts)
    @rule(which=st.integers(0, 9), outcome=OUTCOMES, is_last=IS)
    def assistant_answers(self, which: int, outcome: str, is_last: bool) -> None:
        """An attempt ends; it may be one that was taken from a process long dead."""
        turn = self.attempts[-1 if is_last else which % len(self.attempts)]
        text = self._words("answer")
        if self._counts(turn):
            self.model.answer(text, self.epoch_of[turn.id], outcome)
        result = answers.Outcome(
            state=TurnState.FAILED if outcome == "failed" else TurnState.DONE,
            nlu={
                "intent": {"miss": "out_of_scope", "solved": "problem_solved"}.get(
                    outcome
                )
            },
            handoff_reason=outcome if outcome in {"asked", "stuck"} else None,
        )
        self.run(
            lambda session: answers.finish_turn(
                session,
                self.office,
                turn,
                [answers.Reply(text, {})],
                self.model.now,
                result,
            )
        )

    def _counts(self, turn: OpenTurn) -> bool:
        """Tell whether an attempt is the newest of a turn that has no end yet."""
        state, attempts, is_new = self.driver.execute(TURN, (turn.id.hex,)).fetchone()
        is_open = state in {TurnState.RUNNING, TurnState.DROPPED} and is_new
        return turn.payload != AFRESH and is_open and attempts == turn.attempt

    @rule(score=st.integers(1, 5))
    def contact_rates(self, score: int) -> None:
        self._both(
            self.model.rate,
            lambda session: satisfaction.rate(
                session, self.contact, self.conversation, score, "", self.model.now
            ),
        )

    # Agents.

    @rule(agent=AGENT)
    def agent_claims(self, agent: int) -> None:
        self._both(
            lambda: self.model.claim(agent),
            lambda session: assignment.claim(
                session,
                self.office,
                self.people[agent],
                self.conversation,
                self.model.now,
            ),
        )

    @rule(agent=AGENT, is_owner=IS)
    def agent_replies(self, agent: int, is_owner: bool) -> None:
        if is_owner and isinstance(self.model.owner, int):
            agent = self.model.owner
        sent = agent_messages.AgentMessage(uuid4(), self._words("reply"))
        self._both(
            lambda: self.model.reply(agent, sent.text),
            lambda session: self._send(session, agent, sent),
        )
        if self.model.owner == agent:
            self.last_reply = agent, sent

    @precondition(lambda self: self.last_reply is not None)
    @rule()
    def agent_repeats(self) -> None:
        """Another tab sends the same again, whoever has the conversation by now."""
        assert self.last_reply
        agent, sent = self.last_reply
        again = self.run(lambda session: self._send(session, agent, sent))
        assert not again.is_new

    @rule(agent=AGENT)
    def agent_notes(self, agent: int) -> None:
        sent = agent_messages.AgentMessage(uuid4(), self._words("note"), Kind.NOTE)
        self.model.note(sent.text)
        self.run(lambda session: self._send(session, agent, sent))

    def _send(
        self, session: Session, agent: int, sent: agent_messages.AgentMessage
    ) -> agent_messages.Sent:
        return agent_messages.accept_reply(
            session, self.people[agent], self.conversation, sent, self.model.now
        )

    @rule(agent=ANY, to=st.sampled_from([0, 1, 2, None]), behind=BEHIND)
    def agent_transfers(self, agent: int, to: int | None, behind: int) -> None:
        agent = self._who(agent)
        note, epoch = self._words("note"), self.model.epoch - behind
        to_agent = None if to is None else self.people[to].id
        to_team = self.team if to is None else None
        self._both(
            lambda: self.model.transfer(agent, to, epoch, note),
            lambda session: assignment.transfer(
                session,
                self.office,
                self.people[agent],
                self.conversation,
                Receiver(to_agent, to_team),
                epoch,
                self.model.now,
                note=note,
            ),
        )

    @rule(agent=ANY, behind=BEHIND)
    def agent_releases(self, agent: int, behind: int) -> None:
        self._by_epoch(self.model.release, assignment.release, agent, behind)

    @rule(agent=ANY, behind=BEHIND)
    def agent_hands_back(self, agent: int, behind: int) -> None:
        self._by_epoch(self.model.hand_back, handoff.hand_back, agent, behind)

    @rule(agent=ANY, behind=BEHIND)
    def agent_resolves(self, agent: int, behind: int) -> None:
        self._by_epoch(self.model.resolve, lifecycle.resolve, agent, behind)

    @rule(agent=AGENT, behind=BEHIND)
    def agent_reopens(self, agent: int, behind: int) -> None:
        self._by_epoch(self.model.reopen, lifecycle.reopen, agent, behind)

    def _by_epoch(
        self,
        expected: Callable[[int, int], None],
        verb: Callable[..., Any],
        agent: int,
        behind: int,
    ) -> None:
        agent, epoch = self._who(agent), self.model.epoch - behind
        self._both(
            lambda: expected(agent, epoch),
            lambda session: verb(
                session,
                self.office,
                self.people[agent],
                self.conversation,
                epoch,
                self.model.now,
            ),
        )

    @precondition(lambda self: isinstance(self.model.owner, int))
    @rule(agent=ANY, behind=BEHIND)
    def agent_snoozes(self, agent: int, behind: int) -> None:
        agent, epoch = self._who(agent), self.model.epoch - behind
        until = self.model.now + timedelta(minutes=10)
        self._both(
            lambda: self.model.snooze(agent, until, epoch),
            lambda session: lifecycle.snooze(
                session,
                self.people[agent],
                self.conversation,
                until,
                epoch,
                self.model.now,
            ),
        )

    def _who(self, agent: int) -> int:
        owner = self.model.owner
        return agent if agent != OWNER else owner if isinstance(owner, int) else 0

    # Time, and who is there.

    @rule(agent=AGENT)
    def agent_shows_life(self, agent: int) -> None:
        self.model.beat(agent)
        self.run(
            lambda session: assignment.renew_leases(
                session, self.people[agent], self.model.now
            )
        )

    @rule(agent=AGENT, is_away=IS)
    def agent_goes_away(self, agent: int, is_away: bool) -> None:
        self.model.away[agent] = is_away
        it = {"id": self.people[agent].id}
        self.run(lambda session: change(session, Agent, it, is_away=is_away))

    @rule(is_open=IS)
    def hours_change(self, is_open: bool) -> None:
        self.model.is_open = is_open

    @rule(seconds=PAUSES)
    def time_passes(self, seconds: int) -> None:
        self.model.now += timedelta(seconds=seconds)

    @rule()
    def watchman_walks(self) -> None:
        self.model.walk()
        for each in ROUNDS:
            self.run(
                lambda session, each=each: each(session, self.office, self.model.now)
            )
