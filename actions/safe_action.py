"""The base of all actions: no exception leaves an action.

Rasa only logs an action that raised, and the SDK's error reply repeats the whole tracker;
so an unexpected error is logged here and the person is told in plain words.
"""

import abc
import logging
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.measures import ACTION_FAILURES

Event = dict[str, Any]
Domain = dict[str, Any]

logger = logging.getLogger(__name__)


class SafeAction(Action, abc.ABC):  # type: ignore[misc]  # rasa-sdk has no type information
    """An action that always ends well for the person."""

    @abc.abstractmethod
    def name(self) -> str:
        """Return the action's name in domain.yml."""

    @abc.abstractmethod
    async def act(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Do the work; override this instead of `run`."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Domain
    ) -> list[Event]:
        """Do the work; tell the person when it failed."""
        try:
            return await self.act(dispatcher, tracker, domain)
        except Exception:
            logger.exception("Action %s failed.", self.name())
            ACTION_FAILURES.labels(self.name()).inc()
            dispatcher.utter_message(response="utter_assistant_trouble")
            return []
