"""Ghost answers: drafted beside a person's conversation, compared, reported."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from foundation.database import Database
from foundation.environment import SettingsError
from foundation.names import read_names
from helpdesk.desk.agreement import AGREED, Agreement, wilson
from helpdesk.desk.articles import read_articles
from helpdesk.desk.ghost_drafts import RESPONSES, GhostDrafts
from helpdesk.desk.ghosts import (
    compare_newest,
    find_question,
    keep_ghost,
    report_ghosts,
)
from helpdesk.desk.understanding import Guess, Understood
from helpdesk.store.console_models import GhostAnswer
from helpdesk.store.models import Conversation, Message
from helpdesk.store.rows import add, change, find
from helpdesk.store.words import Kind, Owner, Sender
from tests.accounts.service import ROOT, wait_for
from tests.console.agent_client import AgentClient
from tests.helpdesk.chat_client import ChatClient
from tests.helpdesk.desk_steps import BEGIN, Desk
from tests.helpdesk.running import HelpdeskRun
from tests.helpdesk.scripted_assistant import ScriptedAssistant, ranking

NAMES = read_names(ROOT / "settings.yml")
ARTICLES = read_articles(ROOT / "kb", ROOT / "domain.yml", NAMES)
DRAFTS = GhostDrafts(ARTICLES, ROOT / "domain.yml", NAMES)
AGREEMENT = Agreement(ARTICLES)
EXPIRED = ARTICLES.by_id["invite_expired"]
NLU = {"intent": "invite_expired", "confidence": 0.9, "ambiguous": False, "ranking": []}


def understood(*intents: str, is_ambiguous: bool = False) -> Understood:
    guesses = tuple(Guess(intent, 0.5) for intent in intents)
    return Understood(guesses[0], guesses, is_ambiguous)


# What would be said


def test_an_article_is_answered_with_its_short_answer() -> None:
    assert DRAFTS.draft(understood("invite_expired")) == EXPIRED.answer


@pytest.mark.parametrize(
    ("intent", "words"),
    [
        ("resend_invite", "new invitation go to"),
        ("reset_password", "registered with"),
        ("greet", NAMES.product),
    ],
)
def test_an_action_is_asked_about_in_the_words_of_the_domain(
    intent: str, words: str
) -> None:
    assert words in DRAFTS.draft(understood(intent))


def test_every_response_that_is_named_exists() -> None:
    for intent in RESPONSES:
        assert DRAFTS.draft(understood(intent)), intent


def test_two_equal_articles_are_asked_about() -> None:
    asked = DRAFTS.draft(
        understood("invite_expired", "forgot_password", is_ambiguous=True)
    )
    assert EXPIRED.title in asked
    assert ARTICLES.by_id["forgot_password"].title in asked


@pytest.mark.parametrize("intent", ["out_of_scope", "affirm", "deny", "unheard_of"])
def test_what_cannot_be_known_stays_unsaid(intent: str) -> None:
    assert DRAFTS.draft(understood(intent)) == ""


@pytest.mark.parametrize("content", ["", "[]", "a: b", "{", "responses: 1"])
def test_a_domain_that_cannot_be_used_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "domain.yml"
    path.write_text(content)
    with pytest.raises(SettingsError, match="LATCHKEY_DOMAIN"):
        GhostDrafts(ARTICLES, path, NAMES)


# How near it comes


def test_the_same_answer_agrees_and_another_does_not() -> None:
    same = (
        "Your invitation link has expired: it is valid for 72 hours. Ask for a new one."
    )
    assert AGREEMENT.between(EXPIRED.answer, EXPIRED.answer) == 1.0
    assert AGREEMENT.between(EXPIRED.answer, same) >= AGREED
    other = "Our office is closed on Monday, please come back on Tuesday morning."
    assert AGREEMENT.between(EXPIRED.answer, other) < AGREED


def test_a_short_reply_does_not_agree_by_being_short() -> None:
    assert AGREEMENT.between(EXPIRED.answer, "A new invitation") < AGREED
    assert AGREEMENT.between(EXPIRED.answer, "") == 0.0


def test_a_link_to_the_article_agrees() -> None:
    said = "Please read https://help.example.com/articles/invite-expired"
    assert AGREEMENT.between("Anything.", said, "invite-expired") == 1.0
    assert AGREEMENT.between("Anything.", said, "invite-expire") == 0.0


def test_different_articles_do_not_agree_with_each_other() -> None:
    scores = [
        AGREEMENT.between(one.answer, other.answer)
        for one in ARTICLES
        for other in ARTICLES
        if one.id < other.id
    ]
    assert sum(score >= AGREED for score in scores) <= len(scores) * 0.1


def test_the_interval_is_wilsons() -> None:
    assert wilson(0, 0) is None
    found = wilson(7, 10)
    assert found
    assert (found.rate, found.low, found.high) == (0.7, 0.3968, 0.8922)
    edges = wilson(0, 5), wilson(5, 5)
    assert [(e.low, e.high) for e in edges if e] == [(0.0, 0.4345), (0.5655, 1.0)]


# In the record


class Talk:
    """A conversation that a person has."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.conversation = Desk(database).enter().conversation
        self.seq = 0
        self.own(Owner.AGENT)

    def own(self, owner: Owner) -> None:
        with self.database.transaction() as session:
            change(session, Conversation, {"id": self.conversation}, owner=owner)

    def say(
        self, text: str, sender: Sender = Sender.CONTACT, kind: Kind = Kind.INCOMING
    ) -> int:
        self.seq += 1
        with self.database.transaction() as session:
            add(
                session,
                Message(
                    conversation_id=self.conversation,
                    seq=self.seq,
                    sender=sender,
                    kind=kind,
                    text=text,
                    details={},
                    client_id=uuid4(),
                    created_at=BEGIN,
                ),
            )
        return self.seq

    def reply(self, text: str) -> int:
        seq = self.say(text, Sender.AGENT, Kind.OUTGOING)
        with self.database.transaction() as session:
            compare_newest(session, self.conversation, ARTICLES, AGREEMENT)
        return seq

    def question(self) -> tuple[int, str] | None:
        with self.database.reading() as session:
            found = find_question(session, self.conversation)
        return (found.seq, found.text) if found else None

    def draft(self, text: str = EXPIRED.answer) -> bool:
        with self.database.transaction() as session:
            question = find_question(session, self.conversation)
            assert question
            return keep_ghost(session, question, text, NLU, BEGIN)

    def ghost(self, seq: int) -> GhostAnswer | None:
        with self.database.reading() as session:
            which: dict[str, Any] = {"conversation_id": self.conversation, "seq": seq}
            return find(session, GhostAnswer, **which)


@pytest.fixture
def talk(database: Database) -> Talk:
    return Talk(database)


def test_a_burst_is_one_question_and_has_one_ghost(talk: Talk) -> None:
    talk.say("earlier", Sender.ASSISTANT, Kind.OUTGOING)
    talk.say("my invitation")
    assert talk.draft()
    talk.say("a note in between", Sender.AGENT, Kind.NOTE)
    last = talk.say("has expired")
    assert talk.question() == (last, "my invitation\nhas expired")
    assert talk.draft()
    assert talk.question() is None
    assert talk.ghost(2) is None
    assert talk.ghost(last)


def test_the_assistants_own_conversations_have_no_ghosts(talk: Talk) -> None:
    talk.say("my invitation has expired")
    talk.own(Owner.ASSISTANT)
    assert talk.question() is None
    talk.own(Owner.QUEUE)
    assert talk.question()


def test_the_reply_is_compared_until_the_contact_writes_again(talk: Talk) -> None:
    seq = talk.say("my invitation has expired")
    talk.draft()
    talk.reply("Hello, this is Ana. One moment.")
    ghost = talk.ghost(seq)
    assert ghost
    assert ghost.agreement is not None
    assert ghost.agreement < AGREED
    answered = talk.reply(EXPIRED.answer)
    talk.say("thank you")
    talk.reply("Your office is closed.")
    ghost = talk.ghost(seq)
    assert ghost
    assert (ghost.agent_seq, ghost.agreement) == (answered, 1.0)


def test_what_has_no_ghost_is_not_compared(talk: Talk) -> None:
    talk.say("hello")
    talk.reply("Hello!")
    seq = talk.say("where is my cat?")
    talk.draft("")
    talk.reply("On the roof.")
    ghost = talk.ghost(seq)
    assert ghost
    assert ghost.agreement is None


def test_the_report_counts_what_was_compared_lately(talk: Talk) -> None:
    for said in (
        EXPIRED.answer,
        EXPIRED.answer,
        "No idea, sorry, I am new here today.",
    ):
        talk.say("my invitation has expired")
        talk.draft()
        talk.reply(said)
    talk.say("where is my cat?")
    talk.draft("")
    talk.say("and my invitation?")
    talk.draft()  # not answered yet
    with talk.database.reading() as session:
        report = report_ghosts(session, BEGIN + timedelta(days=1), 30)
        later = report_ghosts(session, BEGIN + timedelta(days=31), 30)
    assert (report.compared, report.agreed) == (3, 2)
    assert [(t.intent, t.compared, t.agreed) for t in report.by_topic] == [
        ("invite_expired", 3, 2)
    ]
    assert report.interval == wilson(2, 3)
    assert (later.compared, later.interval, later.silent) == (0, None, 0)


# Through the running help desk


@pytest.fixture
def chat(helpdesk: HelpdeskRun, assistant: ScriptedAssistant) -> Iterator[ChatClient]:
    assistant.reset()
    assistant.understood = ranking(("invite_expired", 0.9), ("greet", 0.1))
    with ChatClient.of_new_contact(helpdesk.base_url) as client:
        yield client


def place(chat: ChatClient, what: str = "") -> str:
    return f"/api/console/conversations/{chat.conversation['id']}{what}"


def claim(agent: AgentClient, chat: ChatClient) -> None:
    assert agent.post(place(chat, "/claim"), {}).status_code == 200


def reply(agent: AgentClient, chat: ChatClient, text: str, **more: Any) -> int:
    body = {"client_id": str(uuid4()), "kind": "reply", "text": text, **more}
    answer = agent.post(place(chat, "/messages"), body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["message"]["seq"])


def ghost_of(
    agent: AgentClient,
    chat: ChatClient,
    seq: int,
    is_it: Callable[[dict[str, Any]], bool] = lambda _: True,
) -> dict[str, Any]:
    """Wait for the ghost answer to a message."""

    def look() -> dict[str, Any] | None:
        ghosts = agent.get(place(chat)).json()["ghosts"]
        return next((g for g in ghosts if g["seq"] == seq and is_it(g)), None)

    return wait_for(look, f"a ghost answer to {seq}", 20)


def test_a_ghost_is_drafted_compared_and_reported(
    chat: ChatClient,
    agent: AgentClient,
    lead: AgentClient,
    assistant: ScriptedAssistant,
) -> None:
    chat.ask("hello, anybody there?")
    before = lead.get("/api/console/reports/ghost").json()
    claim(agent, chat)
    turns = len(assistant.turns)
    seq = int(chat.post("my invitation has expired")["seq"])
    ghost = ghost_of(agent, chat, seq)
    assert ghost["text"] == EXPIRED.answer
    assert (ghost["intent"], ghost["confidence"]) == ("invite_expired", 0.9)
    assert assistant.parsed == ["my invitation has expired"]
    assert len(assistant.turns) == turns
    answered = reply(agent, chat, EXPIRED.answer)
    ghost = ghost_of(agent, chat, seq, lambda g: g["agreement"] is not None)
    assert (ghost["agent_seq"], ghost["agreement"]) == (answered, 1.0)
    report = lead.get("/api/console/reports/ghost?days=1").json()
    assert report["compared"] == before["compared"] + 1
    assert report["agreed"] == before["agreed"] + 1
    assert 0 <= report["low"] <= report["rate"] <= report["high"] <= 1
    topic = {"key": "invite_expired", "title": EXPIRED.title}
    assert topic in [each["topic"] for each in report["by_topic"]]


def test_a_used_ghost_agrees_however_it_was_edited(
    chat: ChatClient, agent: AgentClient
) -> None:
    claim(agent, chat)
    seq = int(chat.post("my invitation has expired")["seq"])
    ghost_of(agent, chat, seq)
    answered = reply(agent, chat, "Something else.", ghost_seq=seq)
    ghost = ghost_of(agent, chat, seq, lambda g: g["agreement"] is not None)
    assert (ghost["agent_seq"], ghost["agreement"]) == (answered, 1.0)


def test_contacts_never_see_ghosts(chat: ChatClient, agent: AgentClient) -> None:
    claim(agent, chat)
    seq = int(chat.post("my invitation has expired")["seq"])
    ghost_of(agent, chat, seq)
    with ChatClient(chat.base_url, chat.token) as other_tab:
        shown = str(other_tab.join())
    assert EXPIRED.answer not in shown
    assert "ghost" not in shown


def test_without_the_assistant_there_is_no_ghost_and_no_harm(
    chat: ChatClient, agent: AgentClient, assistant: ScriptedAssistant
) -> None:
    claim(agent, chat)
    assistant.is_deaf = True
    chat.post("is anybody there now?")
    wait_for(lambda: assistant.parsed, "the look at the text", 20)
    assistant.is_deaf = False
    seq = int(chat.post("my invitation has expired")["seq"])
    assert ghost_of(agent, chat, seq)["text"] == EXPIRED.answer
    assert [g["seq"] for g in agent.get(place(chat)).json()["ghosts"]] == [seq]


def test_the_report_is_for_leads(
    agent: AgentClient, auditor: AgentClient, lead: AgentClient
) -> None:
    where = "/api/console/reports/ghost"
    answer = agent.get(where)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    for reader in (auditor, lead):
        assert reader.get(where).status_code == 200
    for days in ("x", "-1", "367"):
        answer = lead.get(where, params={"days": days})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_frame")
