"""A full record as a console finds it: agents, a queue, and years that are resolved."""

import random
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cli.full_store import SEED, fill_store
from foundation.database import Database
from helpdesk.desk.agent_accounts import NewAgent, add_agent
from helpdesk.desk.agent_sessions import begin_session
from helpdesk.desk.audit import Who
from helpdesk.store import open_database
from helpdesk.store.words import Role

MESSAGES_OF_A_CONVERSATION = 17  # on average, in a full record
WAITING, OURS, SNOOZED = 300, 300, 150
STILL_PENDING = 0.1  # of the others
LONGEST_WAIT = timedelta(hours=8)
AGENTS = 12

_STAND = (
    "UPDATE conversations SET status = ?, owner = ?, agent_id = ?, waiting_since = ?,"
    " snoozed_until = ?, resolved_at = ?, updated_at = coalesce(?, updated_at),"
    " lease_until = ?, last_text = ?, last_sender = 'contact', topic = 'invite-expired'"
    " WHERE id = ?"
)
_SAID = "My colleague has sent me an invitation last week and the link says no."


@dataclass(frozen=True)
class FullConsole:
    """A record that is ready, and the sessions of its agents."""

    conversations: int
    messages: int
    tokens: list[str]


def fill_console(path: Path, conversations: int) -> FullConsole:
    """Make a record with at least so many conversations, and agents who have signed in."""
    fill_store(path, conversations * (MESSAGES_OF_A_CONVERSATION + 4))
    database = open_database(f"sqlite:///{path}")
    agents, tokens = _sign_in(database)
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM conversations")]
        stands = _stands(ids, [agent.hex for agent in agents])
        connection.executemany(_STAND, stands)
        messages = connection.execute("SELECT count(*) FROM messages").fetchone()[0]
        # Nobody gathers statistics on a record in use, and those of a record in which no
        # turn is open mislead: the few that are would be looked for among all.
        connection.execute("DELETE FROM sqlite_stat1")
        connection.commit()
    return FullConsole(len(ids), messages, tokens)


def _sign_in(database: Database) -> tuple[list[UUID], list[str]]:
    agents, tokens, now = [], [], datetime.now(UTC)
    with database.transaction() as session:
        for number in range(AGENTS):
            email = f"agent-{number}@example.com"
            new = NewAgent(email, f"Agent {number}", Role.AGENT, None)
            agent = add_agent(session, Who("bench"), new, now)
            agents.append(agent.id)
            tokens.append(begin_session(session, agent.id, now))
    return agents, tokens


def _stands(ids: list[str], agents: list[str]) -> list[tuple[object, ...]]:
    """Return how each conversation stands: most are resolved, some hundreds are active."""
    chance = random.Random(SEED)  # noqa: S311 - the same on every run
    now = datetime.now(UTC)
    far = _moment(now + timedelta(days=1))

    def since(longest: timedelta) -> str:
        return _moment(now - chance.random() * longest)

    rows: list[tuple[object, ...]] = []
    stand: tuple[str | None, ...]
    for number, id in enumerate(chance.sample(ids, len(ids))):
        if number < WAITING:
            at = since(LONGEST_WAIT)
            stand = ("open", "queue", None, at, None, None, at, None)
        elif number < WAITING + OURS:
            at, agent = since(LONGEST_WAIT), chance.choice(agents)
            stand = ("open", "agent", agent, at, None, None, at, far)
        elif number < WAITING + OURS + SNOOZED:
            at, agent = since(LONGEST_WAIT), chance.choice(agents)
            stand = ("snoozed", "agent", agent, at, far, None, at, None)
        elif chance.random() < STILL_PENDING:
            stand = ("pending", "assistant", None, None, None, None, None, None)
        else:
            at = since(timedelta(days=365))
            stand = ("resolved", "assistant", None, None, None, at, at, None)
        rows.append((*stand, _SAID, id))
    return rows


def _moment(at: datetime) -> str:
    """Return a moment as SQLAlchemy keeps it in SQLite."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")
