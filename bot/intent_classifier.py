"""Rasa's intent classifier on `bot.intent_model`.

Turns the model's opinion into one of three outcomes: an intent, `out_of_scope` when the
message is like nothing it was trained on, or `ambiguous` when two articles fit about
equally well and the person should be asked. The ranking always shows what it thought.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.code_digest import understanding_code
from bot.intent_model import (
    CHARACTERS,
    WORDS,
    Arrays,
    IntentModel,
    Limits,
    Prediction,
    Settings,
    held_out_limits,
    restored,
)
from bot.message_text import meaningful
from bot.sentence_featurizer import SentenceFeaturizer

FORMAT = 1  # of what is stored in the model archive; a model of another one is refused
AMBIGUOUS = "ambiguous"
ARRAYS = "arrays.npz"
DESCRIPTION = "classifier.json"


class IncompatibleModelError(RuntimeError):
    """The model archive was written by another version of this component."""


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True
)
class SimilarityIntentClassifier(IntentClassifier, GraphComponent):
    """Linear machine plus nearest examples, with an out-of-scope decision."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """Ask for the featurizer whose vectors are classified."""
        return [SentenceFeaturizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the options.

        `never_asked` lists the intents that are never offered in "did you mean";
        `least_confidence` names intents that count as out of scope below a confidence;
        `ranking_length` bounds what is reported; every field of
        `bot.intent_model.Settings` can be set too. `code` is not to be set.
        """
        return {
            **dataclasses.asdict(Settings()),
            "never_asked": [],
            "least_confidence": {},
            "ranking_length": 10,
            "code": understanding_code(),
        }

    @staticmethod
    def required_packages() -> List[Text]:
        """Name the packages this component needs at run time."""
        return ["sklearn"]

    def __init__(
        self,
        config: Dict[Text, Any],
        storage: ModelStorage,
        resource: Resource,
        model: Optional[IntentModel] = None,
        limits: Optional[Limits] = None,
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model = model
        self._limits = limits

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SimilarityIntentClassifier":
        """Create the component for training."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model, choose its limits, store both in the model archive."""
        examples = [
            e for e in training_data.intent_examples if e.get(INTENT) and e.get(TEXT)
        ]
        texts = [meaningful(e.get(TEXT)) for e in examples]
        vectors = _vectors(examples)
        intents = [e.get(INTENT) for e in examples]
        settings = _settings(self._config)
        self._limits = held_out_limits(texts, vectors, intents, settings)
        self._model = IntentModel.train(texts, vectors, intents, settings)
        self._store()
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Set `intent`, `intent_ranking` and `acceptance` of each message."""
        assert self._model is not None, "an untrained classifier knows no intents"
        with_text = [m for m in messages if m.get(TEXT) and not m.get(INTENT)]
        if not with_text:
            return messages
        texts = [meaningful(m.get(TEXT)) for m in with_text]
        predictions = self._model.predict(texts, _vectors(with_text))
        for message, prediction in zip(with_text, predictions):
            self._decide(message, prediction)
        return messages

    def _decide(self, message: Message, prediction: Prediction) -> None:
        assert self._limits is not None
        out_of_scope = self._config["out_of_scope"]
        ranking = [{"name": n, "confidence": c} for n, c in prediction.ranking]
        best = ranking[0]
        least = self._config["least_confidence"].get(best["name"], 0.0)
        is_rejected = prediction.acceptance < self._limits.acceptance
        if is_rejected or best["confidence"] < least:
            intent = {"name": out_of_scope, "confidence": 1 - prediction.acceptance}
        elif self._is_ambiguous(prediction):
            intent = {"name": AMBIGUOUS, "confidence": best["confidence"]}
        else:
            intent = best
        shown = ranking[: self._config["ranking_length"]]
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, shown, add_to_output=True)
        message.set("acceptance", prediction.acceptance, add_to_output=True)
        message.set("threshold", self._limits.acceptance, add_to_output=True)

    def _is_ambiguous(self, prediction: Prediction) -> bool:
        assert self._limits is not None
        if len(prediction.ranking) < 2:
            return False
        (first, probability), (second, rival) = prediction.ranking[:2]
        never_asked = self._config["never_asked"]
        if first in never_asked or second in never_asked:
            return False
        return rival > self._limits.rivalry * probability

    def _store(self) -> None:
        assert self._model is not None
        assert self._limits is not None
        model = self._model
        description = {
            "format": FORMAT,
            "limits": dataclasses.asdict(self._limits),
            "settings": dataclasses.asdict(model.settings),
            "characters": model.characters.get_feature_names_out().tolist(),
            "words": model.words.get_feature_names_out().tolist(),
        }
        with self._storage.write_to(self._resource) as folder:
            (Path(folder) / DESCRIPTION).write_text(json.dumps(description))
            np.savez(
                Path(folder) / ARRAYS,
                **vars(model.arrays),
                characters=model.characters.idf_,
                words=model.words.idf_,
            )

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SimilarityIntentClassifier":
        """Load the component from a model archive.

        Raises:
            IncompatibleModelError: another version of the component wrote it.
        """
        with model_storage.read_from(resource) as folder:
            description = json.loads((Path(folder) / DESCRIPTION).read_text())
            if description["format"] != FORMAT:
                raise IncompatibleModelError(
                    f"The model's classifier has format {description['format']}, this "
                    f"version reads {FORMAT}: run ./latchkey train."
                )
            with np.load(Path(folder) / ARRAYS) as stored:
                numbers = dict(stored)
        characters = description["characters"], numbers.pop("characters")
        words = description["words"], numbers.pop("words")
        model = IntentModel(
            Settings(**description["settings"]),
            restored(CHARACTERS, *characters),
            restored(WORDS, *words),
            Arrays(**numbers),
        )
        limits = Limits(**description["limits"])
        return cls(config, model_storage, resource, model, limits)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Return the data untouched: nothing after this component reads its opinion."""
        return training_data

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Accept every configuration; Rasa itself checks the option names."""


def _settings(config: Dict[Text, Any]) -> Settings:
    names = [field.name for field in dataclasses.fields(Settings)]
    return Settings(**{name: config[name] for name in names})


def _vectors(messages: List[Message]) -> np.ndarray:
    rows = []
    for message in messages:
        _, sentence = message.get_dense_features(TEXT, [])
        assert sentence is not None, "the featurizer gives every text a vector"
        rows.append(np.asarray(sentence.features, np.float32)[0])
    return np.stack(rows)
