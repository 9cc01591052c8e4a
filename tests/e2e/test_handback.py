"""After people have had a conversation, the real assistant begins with a blank mind."""

from uuid import UUID, uuid4

import pytest

from foundation.clock import SystemClock
from foundation.database import Database
from helpdesk.desk.agents import SignedInAgent
from helpdesk.desk.assignment import claim
from helpdesk.desk.handoff import hand_back
from helpdesk.store import open_database
from helpdesk.store.models import Agent
from helpdesk.store.rows import add
from helpdesk.store.words import Role
from tests.e2e.full_stack import FullStack
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.desk_steps import OFFICE

NONSENSE = "zxqv blorp wibble frobnicate quux"
ADDRESS = "nobody.at.all@example.com"
CLOCK = SystemClock()


@pytest.fixture
def record(product: FullStack) -> Database:
    """The record of the running help desk."""
    return open_database(product.record_url)


def take_and_hand_back(record: Database, conversation: UUID) -> int:
    """Have an agent take a conversation over and give it back; return the notice's number."""
    ana = SignedInAgent(uuid4(), uuid4(), "Ana", f"{uuid4()}@desk.example", Role.AGENT)

    row = Agent(
        id=ana.id,
        email=ana.email,
        name=ana.name,
        role=ana.role,
        created_at=CLOCK.now(),
    )
    with record.transaction() as session:
        add(session, row)
        step = claim(session, OFFICE, ana, conversation, CLOCK.now())
    with record.transaction() as session:
        epoch = step.conversation.owner_epoch
        back = hand_back(session, OFFICE, ana, conversation, epoch, CLOCK.now())
    return back.messages[-1].seq


def test_an_open_form_is_forgotten(product: FullStack, record: Database) -> None:
    with ChatClient.of_new_contact(product.site) as chat:
        asked = chat.ask("my invitation has expired, please send me a new one")
        while "address" not in asked["text"]:
            asked = chat.hear()
        it = UUID(chat.conversation["id"])
        notice = take_and_hand_back(record, it)
        acknowledged = chat.post(ADDRESS)
        assert acknowledged["seq"] == notice + 1, "nothing was said in between"
        answer = chat.hear()
        assert answer["text"].startswith("Thanks. What shall I do with"), "no form asks"


def test_what_it_could_not_answer_before_does_not_count(
    product: FullStack, record: Database
) -> None:
    with ChatClient.of_new_contact(product.site) as chat:
        first = chat.ask(NONSENSE)
        second = chat.ask(NONSENSE)
        assert first["text"] != second["text"], "the second time it offers a person"
        take_and_hand_back(record, UUID(chat.conversation["id"]))
        assert chat.ask(NONSENSE)["text"] == first["text"]
