"""Rasa's importer for a CSV file of labelled messages, for the benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Optional, Text, Union

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_model_configuration

from bot.measures import read_table


class CsvImporter(TrainingDataImporter):
    """Gives the rows of one CSV file as NLU examples, and nothing else."""

    def __init__(
        self,
        config_file: Optional[Text] = None,
        domain_path: Optional[Text] = None,
        training_data_paths: Optional[Union[List[Text], Text]] = None,
        table: Text = "",
    ) -> None:
        """Remember where the table is, an option of the importer."""
        self._config_file = config_file
        self._table = Path(table)

    def get_domain(self) -> Domain:
        """Return an empty domain."""
        return Domain.empty()

    def get_stories(self, exclusion_percentage: Optional[int] = None) -> StoryGraph:
        """Return no stories."""
        return StoryGraph([])

    def get_conversation_tests(self) -> StoryGraph:
        """Return no tests."""
        return StoryGraph([])

    def get_config(self) -> Dict:
        """Return the configuration."""
        return read_model_configuration(self._config_file) if self._config_file else {}

    def get_config_file_for_auto_config(self) -> Optional[Text]:
        """Return the configuration's path."""
        return self._config_file

    def get_nlu_data(self, language: Optional[Text] = "en") -> TrainingData:
        """Return the rows as examples."""
        rows = read_table(self._table)
        return TrainingData([Message({TEXT: r.text, INTENT: r.label}) for r in rows])
