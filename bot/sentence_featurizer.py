"""Rasa's dense featurizer on the sentence encoder.

The exported encoder travels inside the model archive, so a model trained here runs
wherever onnxruntime does. Gives one vector a sentence; words get none, because nothing
in the pipeline reads them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.code_digest import understanding_code
from bot.message_text import meaningful
from bot.sentence_encoder import MODEL_FILE, TOKENIZER_FILE, SentenceEncoder

FORMAT = 1  # of what is stored in the model archive; raise it when the files change


def exported_encoder() -> Path:
    """Return the folder with the exported encoder, exporting it the first time."""
    from bot import minilm  # the weights and onnx are needed to train, not to run

    cache = Path(os.environ.get("LATCHKEY_CACHE", ".latchkey/cache"))
    folder = cache / f"minilm-int8-{minilm.WEIGHTS_SHA256[:12]}-{FORMAT}"
    if not (folder / TOKENIZER_FILE).exists():
        minilm.export_int8(folder / MODEL_FILE)
        shutil.copy(minilm.model_folder() / TOKENIZER_FILE, folder / TOKENIZER_FILE)
    return folder


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True
)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """all-MiniLM-L6-v2 sentence vectors, int8, on onnxruntime."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """Ask for a tokenizer, as Rasa's feature arrays need the number of tokens."""
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the options: `threads` for one sentence; `code` is not to be set."""
        own = {"threads": 1, "code": understanding_code()}
        return {**DenseFeaturizer.get_default_config(), **own}

    @staticmethod
    def required_packages() -> List[Text]:
        """Name the packages this component needs at run time."""
        return ["onnxruntime", "tokenizers"]

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Accept every configuration; Rasa itself checks the option names."""

    def __init__(
        self,
        config: Dict[Text, Any],
        name: Text,
        storage: ModelStorage,
        resource: Resource,
        folder: Optional[Path] = None,
    ) -> None:
        super().__init__(name, config)
        self._storage = storage
        self._resource = resource
        self._encoder = folder and SentenceEncoder(folder, threads=config["threads"])

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceFeaturizer":
        """Create the component for training."""
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SentenceFeaturizer":
        """Load the component from a model archive."""
        with model_storage.read_from(resource) as folder:
            return cls(
                config,
                execution_context.node_name,
                model_storage,
                resource,
                Path(folder),
            )

    def train(self, training_data: TrainingData) -> Resource:
        """Put the encoder into the model archive; there is nothing to fit."""
        folder = exported_encoder()
        with self._storage.write_to(self._resource) as target:
            for name in (MODEL_FILE, TOKENIZER_FILE):
                shutil.copy(folder / name, Path(target) / name)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add a vector to every example that has a text."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Add a vector to every message that has a text."""
        assert self._encoder is not None, "an untrained featurizer encodes nothing"
        with_text = [m for m in messages if m.get(TEXT)]
        vectors = self._encoder.encode([meaningful(m.get(TEXT)) for m in with_text])
        for message, vector in zip(with_text, vectors):
            length = len(message.get(TOKENS_NAMES[TEXT]) or [])
            words = np.zeros((length, vector.size), np.float32)
            self.add_features_to_message(words, vector[None], TEXT, message)
        return messages
