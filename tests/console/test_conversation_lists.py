"""The lists of the console on real databases: order, pages that tile, counts that agree."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from foundation.database import Database
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.conversation_counts import Counts, count_conversations
from helpdesk.desk.conversation_lists import (
    ListPage,
    View,
    Wanted,
    list_conversations,
)
from helpdesk.desk.list_cursors import Cursor, read_cursor
from helpdesk.desk.staff import read_staff
from helpdesk.store.models import Agent, Contact, Conversation, Message, Team
from helpdesk.store.rows import add, change
from helpdesk.store.words import Kind, Owner, Role, Sender, Status

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Shelf:
    """A record with conversations as the test puts them there."""

    database: Database
    contact: UUID = field(default_factory=uuid4)
    team: UUID = field(default_factory=uuid4)
    other_team: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        with self.database.transaction() as session:
            add(session, Contact(id=self.contact, created_at=NOW))
            add(session, Team(id=self.team, name="Ours"))
            add(session, Team(id=self.other_team, name="Theirs"))
        self.me = self.hire("Ana", self.team)
        self.mate = self.hire("Ivo", self.team)
        self.stranger = self.hire("Lea", self.other_team)
        self.lead = self.hire("Sam", None, Role.LEAD)

    def hire(
        self, name: str, team: UUID | None, role: Role = Role.AGENT
    ) -> SignedInAgent:
        """Add an agent."""
        email = f"{name.lower()}@example.com"
        agent = Agent(
            id=uuid4(),
            email=email,
            name=name,
            role=role,
            created_at=NOW,
            team_id=team,
            is_active=True,
            is_away=False,
            totp_last_step=0,
        )
        with self.database.transaction() as session:
            add(session, agent)
        return SignedInAgent(uuid4(), agent.id, name, email, role, team)

    def put(self, **columns: Any) -> UUID:
        """Add a conversation."""
        row = {
            "id": uuid4(),
            "contact_id": self.contact,
            "created_at": NOW,
            "updated_at": NOW,
            "status": Status.PENDING,
            "owner": Owner.ASSISTANT,
            "owner_epoch": 1,
            "last_seq": 1,
            "contact_seen_seq": 0,
            "is_returned": False,
            "misses": 0,
            "assistant_turns": 0,
            "last_text": "",
            "agent_seen_seq": 0,
            "last_contact_seq": 0,
            **columns,
        }
        with self.database.transaction() as session:
            add(session, Conversation(**row))
        return UUID(str(row["id"]))

    def wait(self, minutes: int, **columns: Any) -> UUID:
        """Add one that waits in the queue for so many minutes."""
        standing = {"status": Status.OPEN, "owner": Owner.QUEUE} | columns
        return self.put(waiting_since=NOW - minutes * MINUTE, **standing)

    def page(self, wanted: Wanted, agent: SignedInAgent | None = None) -> ListPage:
        """Return a page of a view."""
        with self.database.reading() as session:
            return list_conversations(session, agent or self.me, wanted)

    def ids(
        self, view: View, agent: SignedInAgent | None = None, **more: Any
    ) -> list[UUID]:
        """Return all lines of a view, page by page."""
        return list(self.walk(view, 100, agent, **more))

    def walk(
        self,
        view: View,
        limit: int,
        agent: SignedInAgent | None = None,
        **more: Any,
    ) -> Iterator[UUID]:
        """Yield the lines of a view; cursors go by their written form."""
        after: Cursor | None = None
        while True:
            page = self.page(Wanted(view, after=after, limit=limit, **more), agent)
            assert len(page.lines) <= limit
            yield from (line.conversation.id for line in page.lines)
            if page.next is None:
                return
            after = read_cursor(str(page.next))
            assert after == page.next

    def counts(self, agent: SignedInAgent | None = None) -> Counts:
        """Return what an agent's console shows beside the views."""

        def read(session: Session) -> Counts:
            staff = read_staff(session, NOW)
            return count_conversations(session).of(agent or self.me, staff)

        with self.database.reading() as session:
            return read(session)


@pytest.fixture
def shelf(database: Database) -> Shelf:
    """An empty record with two teams."""
    return Shelf(database)


def test_the_queue_is_longest_first_with_the_returned_in_front(shelf: Shelf) -> None:
    short, long = shelf.wait(1), shelf.wait(30)
    returned = shelf.wait(5, is_returned=True)
    longer_returned = shelf.wait(10, is_returned=True)
    with_assistant = shelf.wait(20, owner=Owner.ASSISTANT)
    shelf.put()
    queue = [longer_returned, returned, long, with_assistant, short]
    assert shelf.ids(View.QUEUE) == queue
    assert shelf.counts().queue == 5


def test_the_queue_of_a_team_is_for_the_team_and_for_leads(shelf: Shelf) -> None:
    anybody = shelf.wait(3)
    ours = shelf.wait(2, team_id=shelf.team)
    theirs = shelf.wait(1, team_id=shelf.other_team)
    assert shelf.ids(View.QUEUE) == [anybody, ours]
    assert shelf.ids(View.QUEUE, shelf.stranger) == [anybody, theirs]
    assert shelf.ids(View.QUEUE, shelf.lead) == [anybody, ours, theirs]
    numbers = [
        shelf.counts(agent).queue for agent in (shelf.me, shelf.stranger, shelf.lead)
    ]
    assert numbers == [2, 2, 3]


def test_views_hold_what_they_say(shelf: Shelf) -> None:
    had: dict[str, Any] = {"owner": Owner.AGENT, "status": Status.OPEN}
    mine = shelf.put(agent_id=shelf.me.id, **had)
    mates = shelf.put(agent_id=shelf.mate.id, updated_at=NOW + MINUTE, **had)
    strangers = shelf.put(agent_id=shelf.stranger.id, **had)
    given = shelf.put(
        team_id=shelf.team, agent_id=shelf.lead.id, updated_at=NOW - MINUTE, **had
    )
    asleep = shelf.put(agent_id=shelf.me.id, owner=Owner.AGENT, status=Status.SNOOZED)
    early, late = (
        shelf.put(status=Status.RESOLVED, resolved_at=NOW - minutes * MINUTE)
        for minutes in (2, 1)
    )
    silent = shelf.put(last_seq=0)
    assert shelf.ids(View.MINE) == [mine]
    assert shelf.ids(View.TEAM) == [mates, mine, given]
    assert shelf.ids(View.TEAM, team_id=shelf.other_team) == [strangers]
    assert shelf.ids(View.TEAM, shelf.lead) == []
    assert shelf.ids(View.SNOOZED) == [asleep]
    assert shelf.ids(View.RESOLVED) == [late, early]
    everything = {mine, mates, strangers, given, asleep, early, late}
    assert set(shelf.ids(View.ALL)) == everything
    assert silent not in everything
    expected = Counts(queue=0, mine=1, team=3, all=7, snoozed=1, mentions=0)
    assert shelf.counts() == expected


def test_unread_counts_the_contacts_messages_after_the_last_seen(shelf: Shelf) -> None:
    asked = shelf.put(last_seq=4, agent_seen_seq=1)
    with shelf.database.transaction() as session:
        senders = (Sender.CONTACT, Sender.CONTACT, Sender.ASSISTANT, Sender.CONTACT)
        for seq, sender in enumerate(senders, 1):
            message = Message(
                conversation_id=asked,
                seq=seq,
                sender=sender,
                kind=Kind.INCOMING,
                text="",
                details={},
                created_at=NOW,
            )
            add(session, message)
    read = shelf.put()
    unread = {
        line.conversation.id: line.unread for line in shelf.page(Wanted(View.ALL)).lines
    }
    assert unread == {asked: 2, read: 0}


@pytest.mark.parametrize("seed", range(4))
def test_pages_tile_a_list_while_rows_move(shelf: Shelf, seed: int) -> None:
    """What does not move is there exactly once; what moves is never there twice."""
    chance = random.Random(seed)
    view = chance.choice([View.QUEUE, View.ALL, View.RESOLVED])
    for _ in range(40):  # many share a moment: then the id decides
        minutes = chance.randrange(6)
        shelf.wait(
            minutes,
            updated_at=NOW - minutes * MINUTE,
            is_returned=chance.random() < 0.3,
            **(
                {"status": Status.RESOLVED, "resolved_at": NOW - minutes * MINUTE}
                if view is View.RESOLVED
                else {}
            ),
        )
    before = shelf.ids(view)
    assert len(before) == len(set(before)) == 40
    moved, seen = set(), []
    for id in shelf.walk(view, 7):
        seen.append(id)
        if chance.random() < 0.3:
            mover = chance.choice(before)
            moved.add(mover)
            with shelf.database.transaction() as session:
                newer = NOW + len(moved) * MINUTE
                change(
                    session,
                    Conversation,
                    {"id": mover},
                    updated_at=newer,
                    resolved_at=newer,
                )
    if view is View.QUEUE:  # a message does not change the place in line
        moved = set()
    assert [id for id in seen if id not in moved] == [
        id for id in before if id not in moved
    ]
    assert len(seen) == len(set(seen))
