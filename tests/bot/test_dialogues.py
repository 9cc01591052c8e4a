"""Whole dialogues: the trained assistant with the real action server, no backend.

The account backend is a closed port, so what was confirmed ends in "can't reach".
"""

from collections.abc import Iterator
from typing import Any

import pytest

from bot.turn import TurnTaker
from tests.bot.own_actions import run_own_actions
from tests.bot.turns import Run, new_id, pressed, texts, typed

ADDRESS, CONFIRM, DOUBT = "Which e-mail address", "Shall I?", "Did you mean"
MISSING, INVALID, SEVERAL = (
    "I need the e-mail",
    "can't be right",
    "one address at a time",
)
UNCLEAR, STILL_UNCLEAR = "I didn't understand that", "I still don't understand"
UNSURE, SWITCHED = "wasn't sure whether", "instead of the"
NO_ENGLISH, WORDLESS = "only understand English", "I'm here. Tell me"
WHICH_MAIL, CUT_OFF = "Which one are you waiting for", "seems to end too early"
WHICH_OF_TWO, ASIDE = "which of the two", "If you would rather have"
LOST, PERSON = "I don't know the answer", "Shall I get a person"
STOPPED, TRIED, HANDED = "Nothing was sent", "can't reach", "I'm passing you on"
HANDED_AGAIN = "asked for a person already"
KEPT, KEPT_TOO = "the file is kept", "That one is kept, too"
HELPED, GLAD, SORRY = "Did that help?", "Good to hear", "Sorry about that"
LOG_IN, CLOSER, FOUND = "Log in on", "Which one is closer", "come closest"
WHAT_NEXT, WHAT_FOR = "What can I help you with", "What shall I do with"

Line = tuple[str, list[str]]


@pytest.fixture(scope="module")
def taker(agent: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnTaker]:
    """A turn taker whose actions are the product's own."""
    with run_own_actions(agent, tmp_path_factory.mktemp("actions")) as running:
        yield running


# name: [(what is typed, or pressed when it begins with a "/", parts of the replies)]
DIALOGUES: dict[str, list[Line]] = {
    "an answer and a verdict": [
        ("how do I log in?", [LOG_IN, HELPED]),
        ("yes", [GLAD]),
    ],
    "no verdict helps": [
        ("how do I log in?", [LOG_IN, HELPED]),
        ("no", [SORRY]),
        ("still doesn't work", [PERSON]),
        ("yes", [HANDED]),
    ],
    "the form to its end": [
        ("reset my password", [ADDRESS]),
        ("ana@example.com", [CONFIRM]),
        ("yes", [TRIED]),
        ("/reset_password", [CONFIRM]),
    ],
    "no at the end": [
        ("reset my password for ana@example.com", [CONFIRM]),
        ("no", [STOPPED]),
        ("reset my password", [ADDRESS]),
    ],
    "hello in the form": [
        ("reset my password", [ADDRESS]),
        ("hello", [ADDRESS]),
        ("ana@example.com", [CONFIRM]),
        ("hello", [CONFIRM]),
        ("yes", [TRIED]),
    ],
    "a search in the form": [
        ("reset my password", [ADDRESS]),
        ("/search_articles", [FOUND, ADDRESS]),
        ("ana@example.com", [CONFIRM]),
        ("yes", [TRIED]),
    ],
    "a file in the form, and two without it": [
        ("reset my password", [ADDRESS]),
        ("/share_file", [KEPT, ADDRESS]),
        ("stop", [STOPPED]),
        ("/share_file", [KEPT]),
        ("/share_file", [KEPT_TOO]),
        ("/talk_to_human", [HANDED]),
        ("a person please", [HANDED_AGAIN]),
    ],
    "two close articles in the form": [
        ("reset my password", [ADDRESS]),
        ("/ambiguous", [CLOSER, ADDRESS]),
        ("/how_to_log_in", [LOG_IN, ADDRESS]),
        ("ana@example.com", [CONFIRM]),
        ("yes", [TRIED]),
    ],
    "a question while a spelling is in doubt": [
        ("reset my password", [ADDRESS]),
        ("ana@gmial.com", [DOUBT]),
        ("how do I log in?", [LOG_IN, DOUBT]),
        ("yes", [CONFIRM]),
    ],
    "nonsense while a spelling is in doubt": [
        ("reset my password", [ADDRESS]),
        ("ana@gmial.com", [DOUBT]),
        ("what's the weather in Paris", [UNCLEAR, DOUBT]),
        ("no", [CONFIRM]),
    ],
    "a rare domain is insisted on": [
        ("reset my password", [ADDRESS]),
        ("ana@gmial.com", [DOUBT]),
        ("ana@gmial.com", [CONFIRM]),
    ],
    "nonsense at the confirmation": [
        ("reset my password for ana@example.com", [CONFIRM]),
        ("what's the weather in Paris", [UNCLEAR, CONFIRM]),
        ("who won the world cup", [STILL_UNCLEAR, CONFIRM]),
        ("yes", [TRIED]),
    ],
    "the address again, another, and a wrong one": [
        ("reset my password for ana@example.com", [CONFIRM]),
        ("ana@example.com", [CONFIRM]),
        ("my mail is bo@@example", [INVALID, ADDRESS]),
        ("bo@example.com", [CONFIRM]),
    ],
    "a wrong address with the wish": [
        ("resend my invite to foo@bar", [INVALID, ADDRESS]),
        ("foo@bar.com", [CONFIRM]),
    ],
    "two addresses with the wish": [
        ("resend invite to a@example.com and b@example.com", [SEVERAL, ADDRESS]),
        ("b@example.com", [CONFIRM]),
    ],
    "a bare yes for an address": [
        ("reset my password", [ADDRESS]),
        ("yes", [MISSING, ADDRESS]),
        ("ana at example dot com", [CONFIRM]),
    ],
    "nonsense instead of an address is no failed address": [
        ("reset my password", [ADDRESS]),
        ("why do you need that", [UNCLEAR, ADDRESS]),
        ("what happens then", [STILL_UNCLEAR, ADDRESS]),
        ("do i need this", [UNCLEAR, ADDRESS]),
        ("ana@@example.com", [INVALID, ADDRESS]),
        ("ana@example.com", [CONFIRM]),
    ],
    "an address that ends too early": [
        ("reset my password", [ADDRESS]),
        ("ana@example.c", [CUT_OFF, ADDRESS]),
        ("ana@example.com", [CONFIRM]),
    ],
    "another kind in the middle": [
        ("resend my invite to ana@example.com", [CONFIRM]),
        ("I forgot my password instead", ["Forgot password", SWITCHED, "reset link"]),
        ("no, a new invite please", [SWITCHED, "invitation"]),
        ("yes", [TRIED]),
    ],
    "a question about invitations in a reset": [
        ("reset my password for ana@example.com", [CONFIRM]),
        ("how long is an invitation valid?", ["72 hours", ASIDE, "reset link"]),
        ("/resend_invite", [SWITCHED, "new invitation"]),
    ],
    "a choice is no question for yes or no": [
        ("ana@example.com", [WHAT_FOR]),
        ("yes", [WHICH_OF_TWO]),
        ("ok do it", [WHAT_FOR]),
        ("a new invitation please", [CONFIRM]),
    ],
    "an address after an answer that offers one thing": [
        ("I forgot my password", ["Forgot password", HELPED]),
        ("ana@example.com", ["reset link"]),
    ],
    "yes to an offer, twice": [
        ("I forgot my password", ["Forgot password", HELPED]),
        ("yes", [GLAD]),
        ("yes", [ADDRESS]),
        ("ana@example.com", [CONFIRM]),
    ],
    "why is no yes": [
        ("reset my password for ana@example.com", [CONFIRM]),
        ("why", [UNCLEAR, CONFIRM]),
        ("not sure", [UNSURE, CONFIRM]),
        ("ok do it", [TRIED]),
    ],
    "other languages": [
        ("hola, no puedo entrar", [NO_ENGLISH]),
        ("ich habe mein passwort vergessen", ["English is the only language"]),
        ("не могу войти", [NO_ENGLISH]),
        ("我忘记了密码", ["English is the only language"]),
        ("reset my password", [ADDRESS]),
        ("не могу войти", [NO_ENGLISH, ADDRESS]),
        ("моя почта ana@example.com", [CONFIRM]),
    ],
    "signs instead of words": [
        ("...", [WORDLESS]),
        ("?", ["Whenever you're ready"]),
        ("", [WORDLESS]),
        ("what is the capital of France", [LOST]),
        ("reset my password for ana@example.com", [CONFIRM]),
        ("?", [WORDLESS, CONFIRM]),
        ("👍🏽", [TRIED]),
        ("👍", ["Is there anything else"]),
        ("🙏", ["You're welcome"]),
    ],
    "a mail is asked after without one": [
        ("did it come?", [WHICH_MAIL]),
        ("still nothing", [SORRY]),
    ],
    "an address out of the blue": [
        ("my mail is carla@tiscali.it", [WHAT_FOR]),
        ("reset it", [CONFIRM]),
    ],
    "two addresses out of the blue": [
        ("my mails are a@example.com and b@example.com", [SEVERAL]),
        ("b@example.com", [WHAT_FOR]),
    ],
    "a person in the middle": [
        ("resend invite", [ADDRESS]),
        ("talk to a human", [HANDED]),
        ("how do I log in?", [LOG_IN, HELPED]),
    ],
    "stop and begin anew": [
        ("resend invite", [ADDRESS]),
        ("stop", [STOPPED]),
        ("reset my password", [ADDRESS]),
    ],
    "lost twice, then no person": [
        ("what is the capital of France", [LOST]),
        ("who won the world cup", [PERSON]),
        ("/deny", [WHAT_NEXT]),
        ("what is the capital of Spain", [LOST]),
    ],
    "typed commands": [
        ("/restart", ["begin with a slash"]),
        ("//affirm", [PERSON]),
    ],
}


def converse(taker: TurnTaker, run: Run, lines: list[Line]) -> list[dict[str, Any]]:
    """Have a dialogue and check each reply; returns the results."""
    conversation = new_id()
    results = []
    for said, expected in lines:
        button = said.startswith("/") and "begin with" not in expected[0]
        as_typed = not button or said == "//affirm"
        turn = typed(said, conversation) if as_typed else pressed(said, conversation)
        result = run(taker.take(turn))
        replies = texts(result)
        assert len(replies) == len(expected), (said, replies)
        for reply, part in zip(replies, expected):
            assert part in reply, (said, replies)
        assert result["trouble"] is False
        results.append(result)
    return results


@pytest.mark.parametrize("dialogue", DIALOGUES)
def test_a_dialogue_goes_as_it_should(
    dialogue: str, taker: TurnTaker, run: Run
) -> None:
    converse(taker, run, DIALOGUES[dialogue])


def test_a_handoff_carries_its_reason(taker: TurnTaker, run: Run) -> None:
    asked = converse(taker, run, [("talk to a human", [HANDED])])
    stuck = converse(taker, run, DIALOGUES["no verdict helps"])
    assert asked[-1]["handoff"] == {"reason": "asked"}
    assert stuck[-1]["handoff"] == {"reason": "stuck"}


def test_no_reply_shows_a_bare_placeholder(taker: TurnTaker, run: Run) -> None:
    for lines in DIALOGUES.values():
        for result in converse(taker, run, lines):
            assert not any("{" in text or "None" in text for text in texts(result))


def test_nothing_is_said_twice_in_a_row(taker: TurnTaker, run: Run) -> None:
    again = ["hello", "thanks", "help", "are you a robot", "stop", "yes"]
    lost = ["what is the capital of France", "who won the cup", "can you bake a cake"]
    for start in ([], ["reset my password"], ["resend my invite to ana@example.com"]):
        for words in (*([word] * 3 for word in again if word not in ("stop",)), lost):
            conversation, before = new_id(), []
            for text in [*start, *words]:
                said = texts(run(taker.take(typed(text, conversation))))
                assert not set(said) & set(before), (text, said)
                before = said


def test_the_wording_is_always_the_same_one(taker: TurnTaker, run: Run) -> None:
    for lines in (DIALOGUES["signs instead of words"], DIALOGUES["typed commands"]):
        first, second = (converse(taker, run, lines) for _ in range(2))
        assert [texts(result) for result in first] == [texts(r) for r in second]
