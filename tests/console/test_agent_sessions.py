"""Sessions of agents: how they begin, run out and end, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from foundation.database import Database
from helpdesk.desk.agent_accounts import (
    AgentAccountError,
    NewAgent,
    access_agent,
    access_team,
    activate_agent,
    add_agent,
    add_team,
    change_role,
    change_team,
    count_agents,
    deactivate_agent,
    list_agents,
    list_teams,
    rename_agent,
    set_password,
)
from helpdesk.desk.agent_sessions import (
    FoundSession,
    access_session,
    access_session_again,
    begin_session,
    end_all_sessions,
    end_session,
    find_session,
    list_sessions,
    touch_session,
)
from helpdesk.desk.audit import Who
from helpdesk.desk.errors import UnauthorizedError
from helpdesk.store.models import Agent, AuditEntry
from helpdesk.store.rows import get, table_of
from helpdesk.store.words import Role, SignInStep

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BY = Who("test")


class Book:
    """One agent in a record."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction() as session:
            new = NewAgent("ana@example.com", "Ana", Role.AGENT, password_hash="hash")
            self.agent = add_agent(session, BY, new, NOON)

    def begin(self, now: datetime = NOON, step: SignInStep | None = None) -> str:
        with self.database.transaction() as session:
            return begin_session(
                session, self.agent.id, now, browser="Firefox, Linux", next_step=step
            )

    def access(self, token: str, now: datetime = NOON) -> FoundSession:
        with self.database.reading() as session:
            return access_session(session, token, now)

    def is_good(self, token: str, now: datetime = NOON) -> bool:
        try:
            return self.access(token, now) is not None
        except UnauthorizedError:
            return False

    def touch(self, token: str, now: datetime) -> None:
        found = self.access(token, now)
        with self.database.transaction() as session:
            touch_session(session, found.agent.session_id, now)

    def row(self) -> Agent:
        with self.database.reading() as session:
            return get(session, Agent, id=self.agent.id)

    def audited(self) -> list[str]:
        with self.database.reading() as session:
            rows = session.execute(table_of(AuditEntry).select())
            return [row.action for row in rows]


@pytest.fixture
def book(database: Database) -> Book:
    return Book(database)


def test_a_token_leads_to_its_agent_and_is_not_kept(book: Book) -> None:
    token = book.begin()
    agent = book.access(token).agent
    assert (agent.id, agent.email, agent.role) == (
        book.agent.id,
        "ana@example.com",
        Role.AGENT,
    )
    with book.database.reading() as session:
        (row,) = session.execute(text("SELECT * FROM agent_sessions"))
    assert token not in str(row)
    assert len(token) >= 43


def test_no_two_tokens_are_alike(book: Book) -> None:
    assert len({book.begin() for _ in range(20)}) == 20


def test_a_token_that_is_not_ours_leads_to_nobody(book: Book) -> None:
    book.begin()
    for token in ("", "made up", "x" * 43, "x" * 5000, "é\0\ud800"):
        assert not book.is_good(token)


def test_a_session_ends_after_twelve_idle_hours(book: Book) -> None:
    token = book.begin()
    assert book.is_good(token, NOON + 12 * HOUR - MINUTE)
    assert not book.is_good(token, NOON + 12 * HOUR)


def test_use_keeps_a_session_but_not_longer_than_a_week(book: Book) -> None:
    token, now = book.begin(), NOON
    while now < NOON + 7 * DAY - 11 * HOUR:
        now += 11 * HOUR
        book.touch(token, now)
    assert book.is_good(token, NOON + 7 * DAY - MINUTE)
    assert not book.is_good(token, NOON + 7 * DAY)


def test_use_is_written_down_once_a_minute_at_most(book: Book) -> None:
    found = book.access(book.begin())
    assert not found.needs_touch(NOON + timedelta(seconds=59))
    assert found.needs_touch(NOON + MINUTE)


def test_a_session_that_waits_for_a_step_opens_nothing(book: Book) -> None:
    token = book.begin(step=SignInStep.CODE)
    assert not book.is_good(token)
    with book.database.reading() as session:
        found = find_session(session, token, NOON + 9 * MINUTE)
        assert found
        assert found.next_step is SignInStep.CODE
        assert find_session(session, token, NOON + 10 * MINUTE) is None
        with pytest.raises(UnauthorizedError):
            access_session_again(session, found.agent.session_id, NOON)


def test_a_session_that_was_ended_stays_ended(book: Book) -> None:
    one, other = book.begin(), book.begin()
    session_id = book.access(one).agent.session_id
    with book.database.transaction() as session:
        assert not end_session(session, uuid4(), session_id, NOON), "not theirs"
        assert end_session(session, book.agent.id, session_id, NOON)
    assert not book.is_good(one)
    assert book.is_good(other)
    with book.database.transaction() as session:
        end_all_sessions(session, book.agent.id, NOON)
    assert not book.is_good(other)


def test_an_open_socket_can_ask_again(book: Book) -> None:
    session_id = book.access(book.begin()).agent.session_id
    with book.database.reading() as session:
        found = access_session_again(session, session_id, NOON + HOUR)
        assert found.agent.id == book.agent.id
        with pytest.raises(UnauthorizedError):
            access_session_again(session, session_id, NOON + 12 * HOUR)


def test_an_agent_sees_their_open_sessions_the_last_used_first(book: Book) -> None:
    old, new = book.begin(), book.begin(NOON + MINUTE)
    book.begin(step=SignInStep.CODE)
    book.touch(old, NOON + HOUR)
    with book.database.reading() as session:
        listed = list_sessions(session, book.agent.id, NOON + HOUR)
        assert list_sessions(session, uuid4(), NOON) == []
    ids = [book.access(token, NOON + HOUR).agent.session_id for token in (old, new)]
    assert [each.id for each in listed] == ids
    assert listed[0].browser == "Firefox, Linux"
    assert listed[0].seen_at == NOON + HOUR


def test_a_deactivated_agent_and_a_new_password_end_every_session(
    book: Book,
) -> None:
    token, half = book.begin(), book.begin(step=SignInStep.CODE)
    with book.database.transaction() as session:
        set_password(session, BY, book.agent, "another", NOON)
    assert not book.is_good(token)
    with book.database.reading() as session:
        assert find_session(session, half, NOON) is None
    token = book.begin()
    with book.database.transaction() as session:
        deactivate_agent(session, BY, book.agent, NOON)
    assert not book.is_good(token)


def test_being_let_in_again_brings_no_session_back(book: Book) -> None:
    token = book.begin()
    with book.database.transaction() as session:
        deactivate_agent(session, BY, book.agent, NOON)
        late = begin_session(session, book.agent.id, NOON)
    assert not book.is_good(late), "not even one that has just begun"
    with book.database.transaction() as session:
        activate_agent(session, BY, book.agent, NOON)
    assert not book.is_good(token)
    assert book.is_good(book.begin())


def test_a_new_role_and_team_and_name_count_at_once(book: Book) -> None:
    token = book.begin()
    with book.database.transaction() as session:
        team = add_team(session, BY, " Front  desk ", NOON)
        change_role(session, BY, book.agent, Role.LEAD, NOON)
        change_team(session, BY, book.agent, team.id, NOON)
        rename_agent(session, BY, book.agent, "Ana  Costa", NOON)
    agent = book.access(token).agent
    assert (agent.role, agent.team_id, agent.name) == (Role.LEAD, team.id, "Ana Costa")
    assert team.name == "Front desk"
    assert book.audited() == [
        "agent.added",
        "team.added",
        "agent.role_changed",
        "agent.team_changed",
        "agent.renamed",
    ]


def test_what_cannot_be_is_refused_in_words(book: Book) -> None:
    with book.database.transaction() as session:
        add_team(session, BY, "Billing", NOON)
        for refused in (
            lambda: add_agent(
                session, BY, NewAgent("ana@example.com", "Ana", Role.AGENT), NOON
            ),
            lambda: add_agent(
                session, BY, NewAgent("b@example.com", " ", Role.AGENT), NOON
            ),
            lambda: rename_agent(session, BY, book.agent, "A\nna\x07", NOON),
            lambda: add_team(session, BY, "Billing", NOON),
            lambda: add_team(session, BY, "x" * 101, NOON),
            lambda: access_team(session, "Nowhere"),
            lambda: access_agent(session, "nobody@example.com"),
        ):
            with pytest.raises(AgentAccountError):
                refused()
        assert access_team(session, "Billing").name == "Billing"
        assert access_agent(session, "ana@example.com").id == book.agent.id


def test_agents_and_teams_are_listed_in_order(book: Book) -> None:
    with book.database.transaction() as session:
        for name in ("ivo", "aaron"):
            new = NewAgent(f"{name}@example.com", name, Role.AUDITOR)
            add_agent(session, BY, new, NOON)
        add_team(session, BY, "Zoo", NOON)
        add_team(session, BY, "Ark", NOON)
        assert [each.name for each in list_agents(session)] == ["aaron", "Ana", "ivo"]
        assert [each.name for each in list_teams(session)] == ["Ark", "Zoo"]
        assert count_agents(session) == 3
        assert isinstance(list_agents(session)[0].id, UUID)
