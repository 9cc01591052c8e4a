"""What the assistant would have said to a text, without asking it to say anything.

Its answers are the articles and the responses of its domain file. Where what it says hangs
on what was said before, or on an action's result, nobody can know it from outside: then
this is silent rather than inventing something.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from foundation.environment import SettingsError
from foundation.names import Names
from foundation.yaml_text import read_yaml
from helpdesk.desk.articles import Articles
from helpdesk.desk.understanding import Understood

CLARIFY = "utter_clarify"
# What begins with each intent outside of a form. Those that are missing, such as a bare
# “yes”, mean nothing by themselves.
RESPONSES: Mapping[str, str] = {
    "greet": "utter_greet",
    "goodbye": "utter_goodbye",
    "thank": "utter_welcome",
    "bot_challenge": "utter_bot",
    "ask_capabilities": "utter_capabilities",
    "other_language": "utter_other_language",
    "resend_invite": "utter_ask_email",
    "reset_password": "utter_ask_email",
}
KINDS = {"resend_invite": "invite", "reset_password": "password_reset"}
MOST_TOPICS = 2  # the assistant asks which of two articles is meant


class GhostDrafts:
    """Drafts answers.

    Args:
        articles: What the assistant answers from.
        domain: Its domain file.
        names: What placeholders in it stand for.
    """

    def __init__(self, articles: Articles, domain: Path, names: Names) -> None:
        self._articles = articles
        self._names = names
        self._responses = _read_responses(domain)

    def draft(self, understood: Understood) -> str:
        """Return what would be said; empty if nothing, or if nobody can know."""
        if understood.is_ambiguous:
            return self._ask_back(understood)
        intent = understood.best.intent
        article = self._articles.by_id.get(intent)
        if article is not None:
            return article.answer
        name = RESPONSES.get(intent)
        return self._say(name, KINDS.get(intent)) if name else ""

    def _ask_back(self, understood: Understood) -> str:
        known = self._articles.by_id
        titles = [
            f"- {known[guess.intent].title}"
            for guess in understood.ranking
            if guess.intent in known
        ][:MOST_TOPICS]
        return "\n".join([self._say(CLARIFY, None), "", *titles])

    def _say(self, name: str, kind: str | None) -> str:
        """Return the first wording of a response, of those for a kind of mail."""
        for wording in self._responses.get(name, ()):
            wanted = {each.get("value") for each in wording.get("condition", ())}
            if not wanted or kind in wanted:
                return self._names.fill(str(wording.get("text") or "").strip())
        return ""


def _read_responses(domain: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        content = read_yaml(domain.read_text(encoding="utf-8"))
        return dict(content["responses"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise SettingsError(f"LATCHKEY_DOMAIN: cannot read {domain}.") from error
