"""Rasa's tokenizer and entity extractor on a blank spaCy pipeline.

Rules only: nothing to download, nothing to train, the same result on every machine.
"""

from __future__ import annotations

from typing import Any, Dict, List, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.message_text import find_pieces, make_doc


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False
)
class BlankSpacyTokenizer(Tokenizer):
    """Splits text with the rules of spaCy's English tokenizer."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the base class's options; there are no others."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
        }

    @staticmethod
    def required_packages() -> List[Text]:
        """Name the packages this component needs at run time."""
        return ["spacy"]

    def tokenize(self, message: Message, attribute: Text) -> List[Token]:
        """Tokenize one attribute of a message."""
        tokens = [
            Token(token.text, token.idx)
            for token in make_doc(message.get(attribute) or "")
            if not token.is_space
        ]
        return self._apply_token_pattern(tokens)


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False
)
class AccountEntityExtractor(GraphComponent, EntityExtractorMixin):
    """Finds e-mail addresses, links and codes; entities `email`, `link`, `code`."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """Ask for the tokenizer, whose rules find the links."""
        return [BlankSpacyTokenizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """Name the packages this component needs at run time."""
        return ["spacy"]

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "AccountEntityExtractor":
        """Create the component; it has no configuration and no state."""
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the entities found to each message."""
        for message in messages:
            entities = [
                {
                    "entity": piece.kind,
                    "value": piece.value,
                    "start": piece.start,
                    "end": piece.end,
                    "extractor": type(self).__name__,
                }
                for piece in find_pieces(make_doc(message.get(TEXT) or ""))
            ]
            message.set(
                ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True
            )
        return messages
