"""Every question of the FAQ list, in words that no article was trained on."""

from typing import NamedTuple

import pytest

from foundation.yaml_text import read_yaml
from tests.accounts.service import ROOT
from tests.e2e.chat import Chat


class Case(NamedTuple):
    """A person's question, the article it is about, facts that its answer holds."""

    article: str
    question: str
    facts: tuple[str, ...]
    offers: tuple[str, ...] = ()


INVITE, RESET = "Send me a new invitation", "Reset my password"
PERSON = "Talk to a person"
CASES = [
    Case(
        "how_to_sign_up",
        "So I just got told about this system by the landlord; by which routes does a "
        "newcomer obtain an account?",
        ("two ways", "installer", "register yourself", "same e-mail address"),
    ),
    Case(
        "installer_setup",
        "The fitter is coming on Tuesday to mount the locks, how will my account come "
        "into being?",
        ("invitation by e-mail", "personal details", "set a password", "released"),
    ),
    Case(
        "self_register",
        "Nobody is installing anything for me, I'd like to fill in the registration "
        "form on your page on my own. How does that go?",
        ("web site", "Register", "registration form", "e-mail is then sent"),
    ),
    Case(
        "how_to_log_in",
        "My account is finished, on which page do I sign in now and with what?",
        ("web site", "e-mail address you used for registration", "password"),
    ),
    Case(
        "forgot_password",
        "The password I chose in spring has vanished from my memory, what are the "
        "steps?",
        ("Forgot password", "login screen", "enter the e-mail address"),
        (RESET,),
    ),
    Case(
        "forgot_email",
        "I own several mailboxes and have no idea under which of them I am registered",
        ("site admin", "which e-mail address your account uses"),
    ),
    Case(
        "no_account",
        "Nobody ever made me a login, yet I am supposed to open the office door with "
        "it. Who can arrange it?",
        ("site admin", "create an account"),
    ),
    Case(
        "email_rejected",
        "When I sign in, the application tells me my mail address is not accepted, "
        "though I am positive it is spelled right",
        ("e-mail address and your password are right", "support team"),
        (PERSON,),
    ),
    Case(
        "no_confirmation_email",
        "I registered this morning and the mail to confirm my address is still nowhere "
        "to be seen",
        ("Reset your password", "new confirmation e-mail", "support team", "spam"),
        (RESET, PERSON),
    ),
    Case(
        "invite_expired",
        "I only opened the invitation after the weekend and the page says it is too old",
        ("72 hours", "site admin", "resend invite", "Forgot password"),
        (INVITE, RESET),
    ),
]


def articles() -> dict[str, dict[str, object]]:
    """Return the front matter of every article by its id."""
    fronts = [
        read_yaml(path.read_text(encoding="utf-8").split("---\n")[1])
        for path in (ROOT / "kb").glob("*.md")
    ]
    return {front["id"]: front for front in fronts}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.article)
def test_a_question_in_new_words_gets_its_answer(chat: Chat, case: Case) -> None:
    answer = chat.say(case.question)
    assert (answer.intent, answer.articles) == (case.article, [case.article])
    plain = answer.text.replace("**", "")
    assert [fact for fact in case.facts if fact not in plain] == []
    assert [offer for offer in case.offers if offer not in answer.buttons] == []
    assert "{" not in answer.text, "a name was not filled in"
    assert "Did that help?" in answer.text


def test_every_article_has_a_case_and_no_case_is_a_training_question() -> None:
    known = articles()
    assert {case.article for case in CASES} == set(known)
    trained = {str(q).lower() for a in known.values() for q in a["questions"]}  # type: ignore[attr-defined]
    assert not {case.question.lower() for case in CASES} & trained


def test_a_helpful_answer_is_acknowledged(chat: Chat) -> None:
    chat.say(CASES[0].question)
    assert "Good to hear" in chat.press("Yes, thanks").text


def test_an_answer_that_did_not_help_leads_to_a_person(chat: Chat) -> None:
    chat.say(CASES[0].question)
    chat.press("No")
    chat.say(CASES[2].question)
    assert PERSON in chat.press("No").buttons or "person" in chat.latest.text  # type: ignore[union-attr]
    assert chat.say("yes").raw["handoff"] == {"reason": "stuck"}


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Mongolia?",
        "Write me a poem about a lighthouse",
        "Which stock should I buy tomorrow?",
    ],
)
def test_what_it_does_not_know_it_says(chat: Chat, question: str) -> None:
    answer = chat.say(question)
    assert answer.intent == "out_of_scope"
    assert "don't know" in answer.text
    assert answer.articles == []
