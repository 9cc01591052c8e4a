"""Rasa's training data importer for `kb/`.

Reads what lies in `data/` and `domain.yml` as Rasa does, adds one intent, its examples,
one response and two rules for every article, and fills in the names of `settings.yml`.
Nothing is written to disk: the articles are the only source.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Union

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.story_reader.yaml_story_reader import (
    YAMLStoryReader,
)
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from bot.article import Article, read_articles
from bot.data_check import asked_by_forms, expect, said_by_actions
from bot.settings import fill, read_names

FORM = "recovery_form"
AFTER_ANSWER = "action_ask_if_helped"
BACK_TO_FORM = "action_resume_recovery"


class KnowledgeBaseImporter(RasaFileImporter):
    """Adds the articles of `kb/` to the ordinary Rasa project beside it."""

    def __init__(
        self,
        config_file: Optional[Text] = None,
        domain_path: Optional[Text] = None,
        training_data_paths: Optional[Union[List[Text], Text]] = None,
        kb: Text = "kb",
    ) -> None:
        """Read the articles.

        Args:
            config_file: as for any importer.
            domain_path: as for any importer.
            training_data_paths: as for any importer.
            kb: the folder of the articles, an option of the importer in config.yml.

        Raises:
            ArticleError: an article is malformed.
        """
        super().__init__(config_file, domain_path, training_data_paths)
        self._names = read_names()
        self._articles = read_articles(Path(kb), self._names)

    @cached_method
    def get_domain(self) -> Domain:
        """Return the domain with the articles' intents and responses."""
        own = super().get_domain().as_dict()
        own["responses"] = _filled(own.get("responses", {}), self._names)
        own["intents"] += [article.id for article in self._articles]
        for article in self._articles:
            own["responses"][f"utter_{article.id}"] = [self._response(article)]
        domain = Domain.from_dict(own)
        expect(said_by_actions(Path("actions")) | asked_by_forms(domain))
        return domain

    def get_nlu_data(self, language: Optional[Text] = "en") -> TrainingData:
        """Return the examples of `data/` and of the articles."""
        files = super().get_nlu_data(language)
        return files.merge(
            TrainingData(
                [
                    Message({TEXT: fill(question, self._names), INTENT: article.id})
                    for article in self._articles
                    for question in article.questions
                ]
            )
        )

    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        """Return the stories and rules of `data/` and the rules of the articles."""
        rules = [rule for article in self._articles for rule in _rules(article)]
        steps = YAMLStoryReader(self.get_domain()).read_from_parsed_yaml(
            {"version": "3.1", "rules": rules}
        )
        return super().get_stories(exclusion_percentage).merge(StoryGraph(steps))

    def _response(self, article: Article) -> Dict[Text, Any]:
        return {
            "text": fill(article.answer, self._names),
            "metadata": {
                "article": article.id,
                "title": fill(article.title, self._names),
                "offers": list(article.offers),
            },
        }


def _filled(content: Any, names: Dict[str, str]) -> Any:
    if isinstance(content, str):
        return fill(content, names)
    if isinstance(content, list):
        return [_filled(item, names) for item in content]
    if isinstance(content, dict):
        return {key: _filled(value, names) for key, value in content.items()}
    return content


def _rules(article: Article) -> List[Dict[Text, Any]]:
    """Return the rule that answers, and the one that answers and resumes the form."""
    answer = [{"intent": article.id}, {"action": f"utter_{article.id}"}]
    return [
        {
            "rule": f"answer {article.id}",
            "condition": [{"active_loop": None}],
            "steps": [*answer, {"action": AFTER_ANSWER}],
        },
        {
            "rule": f"answer {article.id}, then go on with {FORM}",
            "condition": [{"active_loop": FORM}],
            "steps": [
                *answer,
                {"action": BACK_TO_FORM},
                {"action": FORM},
                {"active_loop": FORM},
            ],
        },
    ]
