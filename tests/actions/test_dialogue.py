"""Fallback, search, verdict and handoff over the webhook."""

import pytest

from tests.actions.action_server import ActionServer
from tests.actions.calls import (
    DOMAIN,
    Json,
    call,
    did,
    payloads,
    said,
    slots_set,
    title,
    user_event,
)

OUT = user_event("out_of_scope", "pancakes")
ARTICLES = [
    variants[0]["metadata"]["article"]
    for variants in DOMAIN["responses"].values()
    if "metadata" in variants[0]
]
ANSWERED = [user_event("invite_expired"), did("utter_invite_expired")]


def run(server: ActionServer, action: str, *events: Json, **more: Json) -> Json:
    return server.run(call(action, *events, **more))


def test_every_action_of_the_domain_is_served_and_no_other(
    server: ActionServer,
) -> None:
    import requests

    served = requests.get(f"{server.url}/actions", timeout=20).json()
    assert sorted(action["name"] for action in served) == DOMAIN["actions"]


def test_every_response_that_an_action_utters_is_in_the_domain() -> None:
    import re
    from pathlib import Path

    used = set()
    for path in Path("actions").glob("*.py"):
        words = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'"(utter_(?!action")[a-z_]+)"', words))
    assert used <= set(DOMAIN["responses"])


def test_every_response_is_said_by_somebody() -> None:
    import re
    from pathlib import Path

    sources = [*Path("actions").glob("*.py"), *Path("bot").glob("*.py")]
    sources += Path("data/rules").glob("*.yml")
    words = " ".join(path.read_text(encoding="utf-8") for path in sources)
    said_somewhere = set(re.findall(r"utter_[a-z_]+", words))
    asked = {f"utter_ask_{slot}" for slot in DOMAIN["slots"]}  # the form's questions
    articles = {f"utter_{article}" for article in ARTICLES}
    assert set(DOMAIN["responses"]) == said_somewhere & set(DOMAIN["responses"]) | (
        asked & set(DOMAIN["responses"]) | articles
    )


# --- when it is not clear what is meant


def test_the_first_miss_is_admitted(server: ActionServer) -> None:
    result = run(server, "action_fall_back", OUT)
    assert said(result) == ["utter_fallback"]
    assert slots_set(result) == {"misses": 1, "awaiting": None}


@pytest.mark.parametrize("misses", [1, 2, 7])
def test_from_the_second_miss_on_a_person_is_offered(
    misses: int, server: ActionServer
) -> None:
    result = run(server, "action_fall_back", OUT, slots={"misses": misses})
    assert said(result) == ["utter_offer_person"]
    assert slots_set(result) == {"misses": misses + 1, "awaiting": "person"}


def test_a_typed_command_is_explained(server: ActionServer) -> None:
    typed = user_event("out_of_scope", "/restart", typed_command=True)
    assert said(run(server, "action_fall_back", typed)) == ["utter_typed_command"]


@pytest.mark.parametrize("loop", [None, "recovery_form"])
def test_a_message_without_a_word_is_no_miss(
    loop: str | None, server: ActionServer
) -> None:
    silence = user_event("out_of_scope", "...", wordless=True)
    result = server.run(call("action_fall_back", silence, loop=loop))
    assert said(result) == ["utter_wordless"]
    assert slots_set(result) == {}


def test_inside_the_form_no_second_question_is_asked(server: ActionServer) -> None:
    slots = {"misses": 4, "requested_slot": "recovery_confirmed"}
    fall_back = call("action_fall_back", OUT, slots=slots, loop="recovery_form")
    result = server.run(fall_back)
    assert said(result) == ["utter_form_unclear"]
    assert slots_set(result) == {}


def followups(result: Json) -> list[str]:
    return [e["name"] for e in result["events"] if e["event"] == "followup"]


def test_after_an_expected_miss_the_rules_go_on(server: ActionServer) -> None:
    assert followups(run(server, "action_fall_back", OUT)) == []


def test_when_no_rule_fits_it_is_said_once_and_listened(server: ActionServer) -> None:
    result = run(server, "action_fall_back", user_event("inform_email", "my work one"))
    assert followups(result) == ["action_listen"]


def test_when_no_rule_fits_inside_the_form_the_form_goes_on(
    server: ActionServer,
) -> None:
    lost = call("action_fall_back", user_event("greet"), loop="recovery_form")
    assert followups(server.run(lost)) == ["recovery_form"]


def test_two_articles_are_offered_in_their_own_titles(server: ActionServer) -> None:
    ranking = ("no_account", "how_to_sign_up", "self_register")
    unclear = user_event("ambiguous", "account", ranking=ranking)
    result = run(server, "action_ask_clarification", unclear)
    (response,) = result["responses"]
    assert response["response"] == "utter_clarify"
    assert payloads(response) == ["/no_account", "/how_to_sign_up", "/out_of_scope"]
    titles = [button["title"] for button in response["buttons"]]
    assert titles[:2] == [title("no_account"), title("how_to_sign_up")]
    assert slots_set(result) == {"awaiting": None}


def test_only_articles_are_offered(server: ActionServer) -> None:
    ranking = ("greet", "no_account", "talk_to_human", "forgot_email")
    unclear = user_event("ambiguous", "account", ranking=ranking)
    (response,) = run(server, "action_ask_clarification", unclear)["responses"]
    assert payloads(response) == ["/no_account", "/forgot_email", "/out_of_scope"]


def test_the_search_shows_the_three_nearest_articles(server: ActionServer) -> None:
    ranking = ("thank", "forgot_email", "no_account", "how_to_log_in", "self_register")
    typed = user_event("out_of_scope", "pancakes", ranking=ranking)
    pressed = user_event("search_articles")
    result = run(server, "action_search_articles", typed, pressed)
    (response,) = result["responses"]
    assert response["response"] == "utter_search_results"
    assert payloads(response) == ["/forgot_email", "/no_account", "/how_to_log_in"]


def test_the_search_is_about_what_was_typed_last(server: ActionServer) -> None:
    older = user_event("x", "older", ranking=("no_account", "greet"))
    newer = user_event("x", "newer", ranking=("forgot_email", "greet"))
    pressed = user_event("search_articles")
    asked = [older, newer, did("action_fall_back"), pressed]
    (response,) = run(server, "action_search_articles", *asked)["responses"]
    assert payloads(response) == ["/forgot_email"]


@pytest.mark.parametrize(
    "events",
    [
        [user_event("search_articles")],
        [user_event("x", ranking=("greet", "thank")), user_event("search_articles")],
    ],
)
def test_a_search_without_results_asks_for_words(
    events: list[Json], server: ActionServer
) -> None:
    result = run(server, "action_search_articles", *events)
    assert said(result) == ["utter_search_nothing"]


# --- did that help?


def test_the_verdict_is_asked_for_with_what_the_article_offers(
    server: ActionServer,
) -> None:
    result = run(server, "action_ask_if_helped", *ANSWERED)
    (response,) = result["responses"]
    assert response["response"] == "utter_ask_if_helped"
    assert payloads(response) == ["/resend_invite", "/reset_password"]
    assert slots_set(result) == {"awaiting": "verdict"}


@pytest.mark.parametrize("article", ARTICLES)
def test_every_article_offers_what_it_says(article: str, server: ActionServer) -> None:
    notes = DOMAIN["responses"][f"utter_{article}"][0]["metadata"]
    asked = [user_event(article), did(f"utter_{article}")]
    (response,) = run(server, "action_ask_if_helped", *asked)["responses"]
    offered = [payload.removeprefix("/") for payload in payloads(response)]
    assert sorted(offered) == sorted(notes["offers"])


def test_the_offers_are_those_of_the_last_article(server: ActionServer) -> None:
    later = [user_event("forgot_email"), did("utter_forgot_email")]
    (response,) = run(server, "action_ask_if_helped", *ANSWERED, *later)["responses"]
    assert payloads(response) == []


def test_without_an_article_the_verdict_is_asked_for_all_the_same(
    server: ActionServer,
) -> None:
    (response,) = run(server, "action_ask_if_helped", OUT)["responses"]
    assert payloads(response) == []


def test_a_bare_yes_after_an_offer_shows_the_offer_again(server: ActionServer) -> None:
    before = {"awaiting": "verdict", "misses": 1}
    result = run(server, "action_answer_yes", *ANSWERED, slots=before)
    (response,) = result["responses"]
    assert response["response"] == "utter_solved_or_offer"
    assert payloads(response) == ["/resend_invite", "/reset_password"]
    assert slots_set(result)["awaiting"] == "offer"


def test_a_second_yes_takes_the_only_offer(server: ActionServer) -> None:
    asked = [user_event("forgot_password"), did("utter_forgot_password")]
    before = {"awaiting": "offer"}
    result = run(server, "action_answer_yes", *asked, slots=before)
    assert said(result) == []
    assert slots_set(result) == {"awaiting": None, "recovery_kind": "password_reset"}
    assert followups(result) == ["recovery_form"]


def test_a_second_yes_to_several_offers_is_asked_which(server: ActionServer) -> None:
    result = run(server, "action_answer_yes", *ANSWERED, slots={"awaiting": "offer"})
    (response,) = result["responses"]
    assert response["response"] == "utter_offers"
    assert payloads(response) == ["/resend_invite", "/reset_password"]


def test_a_mumbled_yes_to_nothing_is_no_yes(server: ActionServer) -> None:
    mumbled = user_event("affirm", "huh")
    mumbled["parse_data"]["intent"]["confidence"] = 0.55
    assert said(run(server, "action_answer_yes", mumbled)) == ["utter_what_next"]


VERDICTS = {
    # (action, slots): (response, slots set, reason of a handoff)
    ("action_note_solved", "verdict", 3): (
        "utter_solved", {"awaiting": None, "misses": 0}, None),
    ("action_note_unsolved", "verdict", 0): (
        "utter_not_solved", {"awaiting": None, "misses": 1}, None),
    ("action_note_unsolved", "verdict", 1): (
        "utter_offer_person", {"awaiting": "person", "misses": 2}, None),
    ("action_answer_yes", "verdict", 1): (
        "utter_solved", {"awaiting": None, "misses": 0}, None),
    ("action_answer_yes", "person", 2): (
        "utter_handoff", {"awaiting": None, "misses": 0}, "stuck"),
    ("action_answer_yes", "purpose", 0): ("utter_ask_what_for_email", {}, None),
    ("action_answer_yes", None, 0): ("utter_nothing_asked", {}, None),
    ("action_answer_no", "verdict", 0): (
        "utter_not_solved", {"awaiting": None, "misses": 1}, None),
    ("action_answer_no", "verdict", 1): (
        "utter_offer_person", {"awaiting": "person", "misses": 2}, None),
    ("action_answer_no", "person", 2): (
        "utter_what_next", {"awaiting": None, "misses": 0}, None),
    ("action_answer_no", None, 1): (
        "utter_what_next", {"awaiting": None, "misses": 0}, None),
    ("action_request_handoff", None, 0): (
        "utter_handoff", {"awaiting": None, "misses": 0}, "asked"),
    ("action_request_handoff", "person", 2): (
        "utter_handoff", {"awaiting": None, "misses": 0}, "stuck"),
}  # fmt: skip


@pytest.mark.parametrize("case", VERDICTS, ids=str)
def test_what_a_verdict_brings(
    case: tuple[str, str | None, int], server: ActionServer
) -> None:
    action, awaiting, misses = case
    response, slots, reason = VERDICTS[case]
    before = {"awaiting": awaiting, "misses": misses}
    result = server.run(call(action, user_event("affirm"), slots=before))
    assert said(result) == [response]
    assert slots_set(result) == slots
    custom = result["responses"][0]["custom"]
    assert custom == ({"handoff": {"reason": reason}} if reason else {})


@pytest.mark.parametrize(
    ("said_last", "reason"),
    [
        ("utter_recovery_failed", "action_failed"),
        ("utter_link_not_renewed", "action_failed"),
        ("utter_assistant_trouble", "action_failed"),
        ("utter_fallback", "asked"),
        (None, "asked"),
    ],
)
def test_whoever_was_let_down_by_an_action_goes_to_a_person_for_that(
    said_last: str | None, reason: str, server: ActionServer
) -> None:
    bot = {"event": "bot", "text": "…", "metadata": {"utter_action": said_last}}
    earlier = {"event": "bot", "text": "…", "metadata": None}
    wish = user_event("talk_to_human", "agent please")
    result = run(server, "action_request_handoff", earlier, bot, wish)
    assert said(result) == ["utter_handoff"]
    assert result["responses"][0]["custom"] == {"handoff": {"reason": reason}}


# --- no exception leaves an action

ACTIONS = DOMAIN["actions"]
SILENT = ("validate_recovery_form", "action_resume_recovery")  # the form itself asks on


def broken(tracker: Json) -> dict[str, Json]:
    """Return trackers that Rasa should never send."""
    return {
        "an empty latest message": {**tracker, "latest_message": {}},
        "a message without an intent": {**tracker, "latest_message": {"intent": None}},
        "entities that are none": {
            **tracker,
            "latest_message": {"entities": [{}, {"entity": "email"}]},
        },
        "an address that is a list": {
            **tracker,
            "latest_message": {"entities": [{"entity": "email", "value": [1]}]},
        },
        "slots of the wrong kind": {
            **tracker,
            "slots": {"misses": "many", "email": 3, "email_attempts": "x"},
        },
        "no slots": {**tracker, "slots": {}},
        "events that are none": {**tracker, "events": [{}, {"event": "user"}]},
        "no events": {**tracker, "events": []},
        "a confirmed form without a kind": {
            **tracker,
            "slots": {"recovery_confirmed": True, "email": "a@b.cd"},
        },
        "an unknown kind": {
            **tracker,
            "slots": {
                "recovery_confirmed": True,
                "email": "a@b.cd",
                "recovery_kind": "x",
            },
        },
    }


CASES = list(broken({}))


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_broken_tracker_ends_in_words(
    action: str, case: str, server: ActionServer
) -> None:
    sent = call(action, OUT)
    result = server.run({**sent, "tracker": broken(sent["tracker"])[case]})
    assert result["responses"] or action in SILENT


@pytest.mark.parametrize("action", ACTIONS)
def test_a_domain_without_responses_ends_in_words(
    action: str, server: ActionServer
) -> None:
    sent = call(action, OUT, slots={"misses": 1})
    result = server.run({**sent, "domain": {"responses": {}}})
    assert result["responses"] or action in SILENT


def test_trouble_is_told_without_a_detail(server: ActionServer) -> None:
    sent = call("action_fall_back", OUT, slots={"misses": "many"})
    result = server.run(sent)
    assert said(result) == ["utter_assistant_trouble"]
    assert "many" not in str(result)
