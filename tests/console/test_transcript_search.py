"""Search over transcripts: what is found, in which order, and never an error."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text

from foundation.database import Database
from helpdesk.desk.errors import BadRangeError
from helpdesk.desk.identity import Identity
from helpdesk.desk.transcript_search import FoundTranscripts, search_transcripts
from helpdesk.store import open_database
from helpdesk.store.models import Message
from helpdesk.store.rows import add, change, table_of
from helpdesk.store.words import Kind, Sender
from tests.helpdesk.desk_steps import BEGIN, Desk
from tests.new_record import new_record


@dataclass
class Transcripts:
    """A record to search in; each text is a conversation of its own if not told else."""

    database: Database
    seq: dict[UUID, int] = field(default_factory=dict)

    def begin(self, identity: Identity | None = None) -> UUID:
        desk = Desk(self.database).enter(identity)
        return desk.conversation

    def say(
        self,
        text: str,
        conversation: UUID | None = None,
        sender: Sender = Sender.CONTACT,
        kind: Kind = Kind.INCOMING,
    ) -> UUID:
        where = conversation or self.begin()
        seq = self.seq[where] = self.seq.get(where, 0) + 1
        with self.database.transaction() as session:
            add(
                session,
                Message(
                    conversation_id=where,
                    seq=seq,
                    sender=sender,
                    kind=kind,
                    text=text,
                    details={},
                    client_id=uuid4(),
                    created_at=BEGIN,
                ),
            )
        return where

    def find(
        self, typed: str, after: str | None = None, limit: int = 20
    ) -> FoundTranscripts:
        with self.database.reading() as session:
            return search_transcripts(session, typed, after, limit)

    def ids(self, typed: str) -> list[UUID]:
        return [hit.conversation_id for hit in self.find(typed).hits]

    def hits(self, typed: str) -> list[str]:
        (found,) = self.find(typed).hits
        return [piece.text for piece in found.passage if piece.is_hit]


@pytest.fixture
def transcripts(database: Database) -> Transcripts:
    return Transcripts(database)


def test_the_newest_of_those_with_all_words_come_first(
    transcripts: Transcripts,
) -> None:
    one = transcripts.say("the invitation of my colleague has expired")
    two = transcripts.say("my colleague is away")
    three = transcripts.say("another invitation for a colleague")
    transcripts.say("nothing of the kind")
    four = transcripts.say("an invitation")
    assert transcripts.ids("colleague invitation") == [three, one, four, two]


@pytest.mark.parametrize(
    ("typed", "hits"),
    [
        ("invit", ["invitation"]),
        ("INVITATION", ["invitation"]),
        ("jose", ["José"]),
        ("JOSÉ", ["José"]),
        ("ana@example.com", ["Ana@example.com"]),
        ("example", ["example"]),
        ('"has expired"', ["has expired"]),
        ("“has expired”", ["has expired"]),
        ("don't", ["don’t"]),
        ("49-11", ["49 11"]),
        ("expired has", ["has", "expired"]),
    ],
)
def test_what_is_found_is_marked(
    typed: str, hits: list[str], transcripts: Transcripts
) -> None:
    said = (
        "José says the invitation to Ana@example.com has expired, I don’t know: 49 11"
    )
    transcripts.say(said)
    transcripts.say("something else entirely")
    assert transcripts.hits(typed) == hits


@pytest.mark.parametrize(
    "typed", ['"expired has"', "vitation", "in", "", "  ", "*", "“”"]
)
def test_what_is_not_there_is_not_found(typed: str, transcripts: Transcripts) -> None:
    transcripts.say("the invitation has expired")
    assert transcripts.find(typed) == FoundTranscripts([], None)


def test_a_long_message_is_cut_around_its_hit(transcripts: Transcripts) -> None:
    transcripts.say("before that " * 60 + "the turnstile beeps " + "and then " * 60)
    (found,) = transcripts.find("turnstile").hits
    shown = "".join(piece.text for piece in found.passage)
    assert "the turnstile beeps" in shown
    assert len(shown) < 260
    assert shown.startswith("…")
    assert shown.endswith("…")


def test_notes_and_agents_are_searched_and_the_assistant_is_not(
    transcripts: Transcripts,
) -> None:
    where = transcripts.say("hello")
    transcripts.say("the invoice is wrong", where, Sender.AGENT, Kind.NOTE)
    transcripts.say("we send another invoice", where, Sender.AGENT, Kind.OUTGOING)
    transcripts.say("an invoice is a paper", where, Sender.ASSISTANT, Kind.OUTGOING)
    (found,) = transcripts.find("invoice").hits
    assert (found.seq, found.sender) == (3, Sender.AGENT)


def test_a_changed_or_erased_message_is_not_found_any_more(
    transcripts: Transcripts,
) -> None:
    where = transcripts.say("my secret is swordfish")
    other = transcripts.say("swordfish again")
    with transcripts.database.transaction() as session:
        changed = {"conversation_id": where, "seq": 1}
        change(session, Message, changed, text="my secret is [removed]")
    assert transcripts.ids("swordfish") == [other]
    assert transcripts.ids("removed") == [where]
    with transcripts.database.transaction() as session:
        said = table_of(Message)
        session.execute(delete(said).where(said.c.conversation_id == other))
    assert transcripts.ids("swordfish") == []
    with transcripts.database.reading() as session:
        kept = session.execute(text("SELECT count(*) FROM transcript_entries"))
        assert kept.scalar() == 1


def test_a_message_that_was_rolled_back_is_not_found(transcripts: Transcripts) -> None:
    where = transcripts.say("something")

    def fail() -> None:
        with transcripts.database.transaction() as session:
            change(
                session,
                Message,
                {"conversation_id": where, "seq": 1},
                text="turnstile",
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert transcripts.ids("turnstile") == []
    assert transcripts.ids("something") == [where]


def test_contacts_are_found_by_name_and_address(transcripts: Transcripts) -> None:
    identity = Identity(
        "https://shop.example", "7", "Ana López", "ana.lopez@example.com"
    )
    hers = transcripts.begin(identity)
    mention = transcripts.say("is ana in the office?")
    assert transcripts.ids("ana") == [hers, mention]
    assert transcripts.ids("ana.lopez@example.com") == [hers]
    assert transcripts.ids("lópez ana") == [hers, mention]
    (found, _) = transcripts.find("ana").hits
    assert found.seq is None
    assert [p.text for p in found.passage if p.is_hit] == ["Ana", "ana"]


def test_a_conversation_is_found_by_its_number(transcripts: Transcripts) -> None:
    where = transcripts.say("hello")
    transcripts.say("hello")
    for typed in (where.hex[:8], f"#{where.hex[:8].upper()}", str(where)):
        (found,) = transcripts.find(typed).hits
        assert found.conversation_id == where
        assert found.passage[0].text == f"#{where.hex[:8]}"


def test_pages_hold_every_conversation_once(transcripts: Transcripts) -> None:
    identity = Identity("https://shop.example", "8", "Gateway Gus", None)
    wanted = [transcripts.begin(identity)]
    wanted += [transcripts.say("the gateway hums") for _ in range(7)]
    both = [transcripts.say("the gateway and the siren") for _ in range(5)]
    for where in both:
        transcripts.say("siren at the gateway", where)
    for typed, expected in (
        ("gateway", wanted + both),
        ("gateway siren", wanted[1:] + both),
    ):
        seen, after = [], None
        while True:
            page = transcripts.find(typed, after, limit=3)
            seen += [hit.conversation_id for hit in page.hits]
            assert len(page.hits) <= 3
            if page.next is None:
                break
            after = page.next
        assert sorted(set(seen)) == sorted(expected)


@pytest.mark.parametrize(
    "after",
    [
        *("x", "all", "all.", "all.-1.", "all.٣.", "none.1.", "who.1.zz", "who.1.x.y"),
        *(f"all.{2**63}.", f"who.1.{UUID(int=7)}"),
    ],
)
def test_a_place_that_nobody_gave_is_refused(
    after: str, transcripts: Transcripts
) -> None:
    with pytest.raises(BadRangeError):
        transcripts.find("hello", after)


SPECIAL = st.sampled_from(
    [
        *"\"'*^+-(){}[]:&|!<>\\%_ \x00\ud800é中🙂",
        "NEAR",
        "AND",
        "OR",
        "NOT",
        "<->",
        ":*",
    ]
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(typed=st.lists(SPECIAL | st.text(max_size=8), max_size=12).map("".join))
def test_nothing_that_is_typed_fails(typed: str, shared: Transcripts) -> None:
    for hit in shared.find(typed).hits:
        assert "".join(piece.text for piece in hit.passage)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Transcripts:
    filled = Transcripts(new_record(request, tmp_path_factory.mktemp("search")))
    for said in ("and or not near", "中文 é e", "100% _ [removed] \\ 'x'", "a" * 4_000):
        filled.say(said)
    return filled


def test_what_was_said_before_the_index_existed_is_found(
    transcripts: Transcripts,
) -> None:
    where = transcripts.say("the old turnstile")
    config = Config()
    config.set_main_option("script_location", "helpdesk/store/migrations")
    for move, target in ((command.downgrade, "0003"), (command.upgrade, "head")):
        with transcripts.database.engine.begin() as connection:
            config.attributes["connection"] = connection
            move(config, target)
    assert transcripts.ids("turnstile") == [where]
    transcripts.say("a new turnstile", where)
    (found,) = transcripts.find("turnstile").hits
    assert found.seq == 2


def test_a_vacuum_leaves_the_index_right(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/record.db")
    database.migrate()
    transcripts = Transcripts(database)
    gone = [transcripts.say("some turnstile") for _ in range(5)]
    kept = transcripts.say("another turnstile")
    with database.transaction() as session:
        said = table_of(Message)
        session.execute(delete(said).where(said.c.conversation_id.in_(gone)))
    database.close()
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.execute("VACUUM")
    assert transcripts.ids("turnstile") == [kept]
