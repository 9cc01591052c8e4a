"""What actions know of the articles: only what the trained model's domain carries.

Rasa sends its domain with each call, and the importer put title and offers beside each
answer; so titles on buttons are always those of the model that is talking.
"""

from typing import Any

from rasa_sdk import Tracker

from actions.safe_action import Domain

Button = dict[str, str]

RESPONSE = "utter_{}"


def article_notes(domain: Domain, article_id: str) -> dict[str, Any] | None:
    """Return an article's `title` and `offers`, or None if there is no such article."""
    variants = domain.get("responses", {}).get(RESPONSE.format(article_id)) or [{}]
    notes: dict[str, Any] = variants[0].get("metadata") or {}
    return notes if "article" in notes else None


def article_buttons(
    domain: Domain, ranking: list[dict[str, Any]], most: int
) -> list[Button]:
    """Return buttons with the titles of the best-ranked articles, best first."""
    buttons = []
    for entry in ranking:
        notes = article_notes(domain, entry["name"])
        if notes:
            buttons.append({"title": notes["title"], "payload": f"/{entry['name']}"})
    return buttons[:most]


def response_buttons(domain: Domain, response: str) -> list[Button]:
    """Return the buttons that domain.yml gives a response."""
    buttons: list[Button] = domain["responses"][response][0].get("buttons", [])
    return buttons


def last_ranking(tracker: Tracker) -> list[dict[str, Any]]:
    """Return the intent ranking of the last message that was typed, not pressed."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            ranking: list[dict[str, Any]] = event["parse_data"].get(
                "intent_ranking", []
            )
            if len(ranking) > 1:
                return ranking
    return []


def article_just_answered(tracker: Tracker, domain: Domain) -> dict[str, Any] | None:
    """Return the notes of the article that the message before the latest was about."""
    messages = 0
    for event in reversed(tracker.events):
        messages += event.get("event") == "user"
        if messages == 1 and event.get("event") == "action":
            name = str(event.get("name") or "")
            notes = article_notes(domain, name.removeprefix("utter_"))
            if notes:
                return notes
        if messages > 1:
            break
    return None


def last_article(tracker: Tracker, domain: Domain) -> dict[str, Any] | None:
    """Return the notes of the article that was answered last, if any."""
    for event in reversed(tracker.events):
        if event.get("event") == "action":
            name = str(event.get("name") or "")
            notes = article_notes(domain, name.removeprefix("utter_"))
            if notes:
                return notes
    return None
