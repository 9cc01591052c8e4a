"""What a text means to the assistant, asked beside its conversations.

Only ever a help for agents: whoever asks has something else to show, so there is no
waiting in line and no trying again. Where the assistant is away or busy, nobody knows.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from helpdesk.assistant import Assistant, AssistantError

log = logging.getLogger(__name__)

AT_ONCE = 2  # the assistant's first duty are turns
MOST_WAITING = 8
LONGEST_TEXT = 2_000  # characters
OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Guess:
    """An intent, and how likely it is."""

    intent: str
    confidence: float


@dataclass(frozen=True)
class Understood:
    """What a text would be understood as.

    Where two articles are equally likely and the assistant would ask, `is_ambiguous` is
    true and `best` is the first of them.
    """

    best: Guess
    ranking: Sequence[Guess]
    is_ambiguous: bool

    def as_json(self) -> dict[str, Any]:
        """Return it in the form in which turns keep it."""
        return {
            "intent": self.best.intent,
            "confidence": self.best.confidence,
            "ambiguous": self.is_ambiguous,
            "ranking": [vars(guess) for guess in self.ranking],
        }


class Understanding:
    """Asks the assistant what texts mean.

    Args:
        assistant: Who knows.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._callers = ThreadPoolExecutor(AT_ONCE, "understanding")
        self._waiting = 0
        self._is_away = False

    async def of(self, text: str) -> Understood | None:
        """Return what a text means; None if nobody can tell now."""
        if self._waiting >= MOST_WAITING:
            return None
        self._waiting += 1
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(
                self._callers, self._assistant.parse, text[:LONGEST_TEXT]
            )
        except AssistantError as error:
            if not self._is_away:
                log.warning("no text is understood for agents: %s", error)
            self._is_away = True
            return None
        finally:
            self._waiting -= 1
        self._is_away = False
        return _read(answer)

    def close(self) -> None:
        """Let the threads go."""
        self._callers.shutdown(wait=False, cancel_futures=True)


def _read(answer: Mapping[str, Any]) -> Understood:
    ranking = tuple(
        Guess(str(each["intent"]), float(each.get("confidence") or 0.0))
        for each in answer["ranking"]
    )
    best = Guess(str(answer["intent"]), float(answer["confidence"]))
    return Understood(best, ranking, answer.get("ambiguous") is True)
